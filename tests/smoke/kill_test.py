#!/usr/bin/python3
"""kill -9 at random moments in the middle of recorded calls. After each restart: every recording
opens and holds what was on the wire up to 40 ms before the kill, every call has exactly one
record that says how it ended, and the registrations still stand.

RINGHALL_SMOKE_KILLS rounds (3) of RINGHALL_SMOKE_CALLS calls (20); RINGHALL_SMOKE_SEED decides the
moments and is printed."""
import datetime
import os
import random
import re
import signal
import sys
import time
import world
world.enter()

import host_gaps  # noqa: E402
import hotline  # noqa: E402
import rtpcheck  # noqa: E402

ROUNDS = int(os.environ.get("RINGHALL_SMOKE_KILLS", "3"))
CALLS = int(os.environ.get("RINGHALL_SMOKE_CALLS", "20"))
CROWD = [f"agent{i:03}" for i in range(CALLS)]
SEED = int(os.environ.get("RINGHALL_SMOKE_SEED", str(time.time_ns() % 1000000)))
LOSS_S = 0.040
CUT = 800  # samples that a side may lack in its middle, so that both sides stay together
SILENCE = b"\xff"
CALLERS, AGENTS = "10.99.0.10", "10.99.0.30"


def register(w):
    """All agents at one SIPp's address, for an hour, from that very address: calls come there."""
    rows = "SEQUENTIAL\n" + "".join(
        f"{a};[authentication username={a} password=secret]\n" for a in CROWD)
    csv = w.write("agents.csv", rows)
    xml = w.scenario("register", "register", contact="10.99.0.30:5070", expires=3600)
    sipp = w.sipp("register", "-sf", xml, "-inf", csv, "-m", str(CALLS), "-r", "100",
                  "-p", "5070", address="10.99.0.30")
    assert sipp.wait(20) == 0, sipp.log()[-500:]


def follow(sound, sent, at, stood_still=0):
    """Where in what was sent the recorded sound ends, which begins at a place of it: it may have
    silence put in, and pieces cut out, where sender and recorder disagreed about the time, and
    silence in place of what was sent for as many samples as the machine stood still (rtp-stale).
    None and the place in the sound from where on it is anything else."""
    i, cut = 0, 0
    while i < len(sound) and at < len(sent):
        if sound[i] == sent[at]:
            i, at = i + 1, at + 1
            continue
        gap = len(sound) - i - len(sound[i:].lstrip(SILENCE))
        if gap and sound[i + gap:i + gap + 40] == sent[at:at + 40]:
            i += gap
            continue
        after = sent.find(sound[i + gap:i + gap + 80], at, at + stood_still + 80) if gap else -1
        if after >= 0:
            stood_still -= after - at
            i, at = i + gap, after
            continue
        further = sent.find(sound[i:i + 80], at, at + CUT - cut + 80)
        if further < 0:
            return None, i
        cut += further - at
        at = further
    return at, i


def side_lost(recorded, stream, killed, stood_still):
    """Seconds of what was sent before the kill that the recording lacks, or what is wrong with it.
    None: so short that it holds no whole packet of sound."""
    sound = recorded.tobytes().strip(SILENCE)  # a side that is behind the other is filled up
    if len(sound) < 160:
        return None
    sent = stream.payload()
    at = sent.find(sound[:160])
    if at < 0:
        return "what it begins with was never sent"
    kept, heard = follow(sound, sent, at, stood_still)
    if kept is None:
        return f"differs {heard / 8000:.3f} s after the first sound of {len(sound) / 8000:.2f} s"
    while sent[kept:kept + 1] == SILENCE:
        kept += 1
    for packet in stream.audio():
        kept -= len(packet.payload)
        if kept < 0:
            return max(0.0, killed - packet.time)
    return 0.0


def media_ports(pcap):
    """{(caller's number, address of the phone): our media port for it}, from what our SIP said."""
    ports = {}
    for _, source, _, target, _, payload in rtpcheck.datagrams(pcap):
        text = payload.decode(errors="replace")
        number = re.search(r"^From:.*sip:(\d+)@", text, re.M)
        port = re.search(r"^m=audio (\d+)", text, re.M)
        if source == world.HOST and number and port:
            ports[number.group(1), target] = int(port.group(1))
    return ports


def judge(w, row, caller, ports, streams, killed):
    """What the two sides of a recording lost, in seconds."""
    lost = []
    stood_still = int(sum(g.seconds for g in w.host_gaps.between(
        killed - 30, killed, host_gaps.WORKER, host_gaps.STALL_S)) * 8000)
    for channel, phone in zip(rtpcheck.wav_channels(row["file"])[2], (CALLERS, AGENTS)):
        stream = streams.get((phone, ports.get((caller, phone))))
        result = side_lost(channel, stream, killed, stood_still) if stream else None
        assert not isinstance(result, str), (row["file"], phone, result)
        if result is not None:
            lost.append(result)
    return lost


def check_recordings(w, rows, killed):
    """Those of this round; returns how many there are and what each side lost."""
    callers = {r["call"]: r["caller"] for r in rows}
    ports = media_ports(w.signalling.pcap)
    streams = {(s.source[0], s.target[1]): s
               for s in rtpcheck.read_streams(w.wire.pcap, None, world.MEDIA)}
    new = [r for r in w.ask("recordings", "list", "--limit", "10000")
           if r["file"] not in check_recordings.done]
    lost = []
    for row in new:
        check_recordings.done.add(row["file"])
        world.run("sox", row["file"], "-n", "stat")
        lost += judge(w, row, callers[row["call"]], ports, streams, killed)
    return len(new), lost


check_recordings.done = set()


def answered(pcap):
    """Call-IDs of the calls that were answered before the kill."""
    calls = set()
    for _, source, _, target, _, payload in rtpcheck.datagrams(pcap):
        text = payload.decode(errors="replace")
        if (source, target) == (world.HOST, CALLERS) and text.startswith("SIP/2.0 200"):
            if re.search(r"^CSeq: *\d+ INVITE", text, re.M):
                calls.add(re.search(r"^Call-ID: *(\S+)", text, re.M).group(1))
    return calls


def check_records(w):
    """Exactly one record for each call that was answered, each saying how it ended."""
    calls = answered(w.signalling.pcap)

    def rows_of_all():
        rows = w.ask("calls", "list", "--history", "--limit", "10000")
        return rows if calls <= {r["sip_call_id"] for r in rows} else None
    rows = world.wait_for("each answered call has its record", rows_of_all)
    ids = [r["sip_call_id"] for r in rows]
    assert len(ids) == len(set(ids)), "a call has two records"
    assert all(r["why"] and r["ended"] for r in rows), rows
    assert not w.ask("calls", "list"), "a call of the killed process is still listed"
    return rows, len(calls)


def check_talks(rows, killed):
    """A talk that the kill cut off lasted until then, though nothing was logged of it meanwhile."""
    for row in rows:
        if row["why"] != "node-killed" or not row["connected"] or row in check_talks.done:
            continue
        check_talks.done.append(row)
        connected = datetime.datetime.fromisoformat(row["connected"].replace("Z", "+00:00"))
        until = connected.timestamp() + row["talked_ms"] / 1000
        assert killed - 2 <= until <= killed + 1, f"{killed - until:.3f} s are missing: {row}"


check_talks.done = []


def capture(w, number):
    w.wire = w.capture(f"wire{number}")
    w.signalling = w.capture(f"signalling{number}", "lo")
    w.host_gaps = host_gaps.HostGaps(w)


def kill_in_calls(w, rng):
    """Calls begin, talk, and the daemon is killed at some moment; returns (after, when)."""
    caller = w.caller("caller", number="crowd", sound=w.path("voice.ul"), stay_ms=20000,
                      calls=CALLS, args=("-r", str(CALLS), "-rtp_threadtasks", "10"))
    phones = w.sipp("phones", "-sf", w.scenario("phones", "phone", sound=w.path("agent.ul"),
                                                ring_ms=50, pt=0),
                    "-p", "5070", "-rtp_threadtasks", "10", address=AGENTS)
    moment = rng.uniform(0.2, 6.0)
    time.sleep(moment)
    killed = time.time()
    w.daemon.process.send_signal(signal.SIGKILL)
    w.daemon.process.wait()
    time.sleep(0.1)
    for process in (w.wire, w.signalling):
        process.stop()
    for process in (caller, phones):
        process.stop(signal.SIGKILL)
    return moment, killed


def round_of(w, number, rng):
    capture(w, number)
    moment, killed = kill_in_calls(w, rng)
    w.start_daemon(w.config)
    rows, calls = check_records(w)
    check_talks(rows, killed)
    registered = {r["agent"] for r in w.ask("registrations", "list")}
    assert set(CROWD) <= registered, f"{len(registered)} registrations stand"
    count, lost = check_recordings(w, rows, killed)
    worst = max(lost, default=0.0)
    stood_s = w.host_gaps.seconds(killed - 0.2, killed, "recorder|rte-worker|cpu")
    print(f"round {number}: killed after {moment:.2f} s in {calls} calls; {len(rows)} records, "
          f"{count} recordings, {len(lost)} sides judged, at most {worst * 1000:.0f} ms lost",
          flush=True)
    assert worst <= LOSS_S + stood_s, \
        f"{worst * 1000:.0f} ms were lost, this machine stood still for {stood_s * 1000:.0f} ms"
    for process in (w.wire, w.signalling):
        os.unlink(process.pcap)
    return len(rows), count, len(lost), worst


def main():
    rng = random.Random(SEED)
    print(f"seed {SEED}, {ROUNDS} rounds, {CALLS} calls")
    with world.World() as w:
        w.start_daemon(hotline.prepare(w, {"crowd": CROWD}, recordings=CALLS + 10))
        # Noise, so that no piece of it can be taken for another.
        for name in ("voice.ul", "agent.ul"):
            with open(w.path(name), "wb") as f:
                f.write(rng.randbytes(25 * 8000))
        register(w)
        results = [round_of(w, number, rng) for number in range(ROUNDS)]
        print(f"{ROUNDS} kills: {results[-1][0]} call records, {sum(r[1] for r in results)} "
              f"recordings, {sum(r[2] for r in results)} sides judged, at most "
              f"{max(r[3] for r in results) * 1000:.0f} ms lost, {CALLS} of {CALLS} registrations "
              "stood each time")
        assert w.daemon.stop() == 0


if __name__ == "__main__":
    sys.exit(main())
