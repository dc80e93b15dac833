#!/usr/bin/python3
"""kill -9 at random moments in the middle of recorded calls. After each restart: every recording
opens and holds what was on the wire up to 40 ms before the kill, every call has exactly one
record that says how it ended, and the registrations still stand.

RINGHALL_SMOKE_KILLS rounds (3) of RINGHALL_SMOKE_CALLS calls (20); RINGHALL_SMOKE_SEED decides the
moments and is printed."""
import os
import random
import signal
import sys
import time
import world
world.enter()

import hotline  # noqa: E402
import rtpcheck  # noqa: E402

ROUNDS = int(os.environ.get("RINGHALL_SMOKE_KILLS", "3"))
CALLS = int(os.environ.get("RINGHALL_SMOKE_CALLS", "20"))
SEED = int(os.environ.get("RINGHALL_SMOKE_SEED", str(time.time_ns() % 1000000)))
LOSS_S = 0.040
SILENCE = 0xFF


def register(w):
    """All agents at one SIPp that answers their calls; registered for an hour."""
    rows = "SEQUENTIAL\n" + "".join(
        f"{a};[authentication username={a} password=secret]\n" for a in hotline.many(CALLS))
    csv = w.write("agents.csv", rows)
    xml = w.scenario("register", "register", contact="10.99.0.30:5070", expires=3600)
    sipp = w.sipp("register", "-sf", xml, "-inf", csv, "-m", str(CALLS), "-r", "100",
                  address="10.99.0.30")
    assert sipp.wait(20) == 0, sipp.log()[-500:]


def side_lost(recorded, stream, killed):
    """Seconds of what was sent before the kill that the recording lacks, or why it is wrong."""
    sound = recorded.tobytes()
    begin = next((i for i, b in enumerate(sound) if b != SILENCE), None)
    if begin is None:
        return None
    sent = stream.payload()
    probe = sound[begin:begin + 4000]
    at = sent.find(probe[:min(len(probe), 800)])
    if at < 0:
        return f"what is recorded at {begin / 8000:.2f} s was never sent"
    end = min(len(sound) - begin, len(sent) - at)
    if sound[begin:begin + end] != sent[at:at + end]:
        where = next(i for i in range(end) if sound[begin + i] != sent[at + i])
        return f"differs {where / 8000:.3f} s after the first sound of {end / 8000:.2f} s"
    lost_at = at + end
    for packet in stream.audio():
        lost_at -= len(packet.payload)
        if lost_at < 0:
            return max(0.0, killed - packet.time)
    return 0.0


def check_recordings(w, killed):
    rows = {r["call"]: r for r in w.ask("recordings", "list")}
    streams = {s.source[0] + str(s.source[1]): s
               for s in rtpcheck.read_streams(w.wire.pcap, None, world.MEDIA)}
    worst, judged = 0.0, 0
    for row in rows.values():
        if row["file"] in check_recordings.done:
            continue
        check_recordings.done.add(row["file"])
        assert os.path.exists(row["file"]), row
        world.run("sox", row["file"], "-n", "stat")
        _, _, channels = rtpcheck.wav_channels(row["file"])
        for channel in channels:
            results = [side_lost(channel, s, killed) for s in streams.values()]
            numbers = [r for r in results if isinstance(r, float)]
            if not numbers and any(r is None for r in results):
                continue  # nothing was heard on this side yet
            assert numbers, (row["file"], results[:3])
            worst, judged = max(worst, min(numbers)), judged + 1
    return len(rows), judged, worst


check_recordings.done = set()


def check_records(w, before):
    """One record for each call ever started, none twice."""
    rows = w.ask("calls", "list", "--history", "--limit", "10000")
    ids = [r["call"] for r in rows]
    assert len(ids) == len(set(ids)), "a call has two records"
    assert all(r["why"] for r in rows), rows
    assert len(rows) >= before, (len(rows), before)
    return rows


def round_of(w, number, rng):
    voice = w.path("voice.ul")
    caller = w.caller("caller", number="9003", sound=voice, stay_ms=20000, calls=CALLS,
                      args=("-r", str(CALLS), "-rtp_threadtasks", "10"))
    answering = w.sipp("phones", "-sf", w.scenario("phones", "phone", sound=w.path("agent.ul"),
                                                   ring_ms=50, pt=0),
                       "-p", "5070", "-rtp_threadtasks", "10", address="10.99.0.30")
    moment = rng.uniform(0.2, 6.0)
    time.sleep(moment)
    started = [e for e in w.ask("calls", "list")]
    killed = time.time()
    w.daemon.process.send_signal(signal.SIGKILL)
    w.daemon.process.wait()
    time.sleep(0.1)
    w.wire.stop()
    for process in (caller, answering):
        process.stop(signal.SIGKILL)
    w.start_daemon(w.config)
    world.wait_for("each call has its record", lambda: {c["call"] for c in started} <= {
        r["call"] for r in w.ask("calls", "list", "--history", "--limit", "10000")}, 10)
    rows = check_records(w, len(started))
    registered = {r["agent"] for r in w.ask("registrations", "list")}
    assert set(hotline.many(CALLS)) <= registered, f"{len(registered)} registrations stand"
    count, judged, worst = check_recordings(w, killed)
    print(f"round {number}: killed after {moment:.2f} s with {len(started)} calls; {len(rows)} records, "
          f"{count} recordings, {judged} sides judged, at most {worst * 1000:.0f} ms lost", flush=True)
    assert worst <= LOSS_S, f"{worst * 1000:.0f} ms were lost"
    w.wire = w.capture(f"wire{number}")


def main():
    rng = random.Random(SEED)
    print(f"seed {SEED}, {ROUNDS} rounds, {CALLS} calls")
    with world.World() as w:
        hotline.start(w, many=CALLS, recordings=CALLS + 10, wrap_up="0s")
        world.law_file(world.speech(w.path("voice.wav"), "One two three four five six seven eight "
                                    "nine ten, this caller counts without end.", seconds=25),
                       w.path("voice.ul"))
        world.law_file(world.speech(w.path("agent.wav"), "The agent answers with other words, and "
                                    "with another voice.", voice="en+f2", seconds=25),
                       w.path("agent.ul"))
        register(w)
        for number in range(ROUNDS):
            round_of(w, number, rng)
        assert w.daemon.stop() == 0


if __name__ == "__main__":
    sys.exit(main())
