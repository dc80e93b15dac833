#!/usr/bin/python3
"""The daemon stands still (SIGSTOP) in the middle of calls and runs again: a bridged call that is
recorded, a caller who hears music. From 200 ms after each wake-up on every stream is whole, nothing
old is heard, the recording stands where it should, and no call has ended.

usage: stall_test.py [SECONDS]...    how long it stands still, each in turn; 1 4 8 by default"""
import os
import signal
import sys
import time
import world
world.enter()

import numpy  # noqa: E402
import hotline  # noqa: E402
import rtpcheck  # noqa: E402
import stood_still  # noqa: E402

STALLS = [float(a) for a in sys.argv[1:]] or [1, 4, 8]
BETWEEN_S = 2.5
WHOLE_S = 0.2
CALLER, WAITING = "10.99.0.10", "10.99.0.20"
NOISY_S, ATTEMPTS = 0.06, 3
OLD_S = 0.06 + 0.1  # what may be passed on late, and the disorder of a busy test machine


def noise(path, seconds, seed):
    """Sound of which no 20 ms are like any other."""
    samples = numpy.random.default_rng(seed).normal(0, 2000, int(seconds * 8000))
    hotline.write_wav(path, samples)
    return path


def one(streams, what):
    assert len(streams) == 1, f"{what}: {len(streams)} streams"
    return streams[0]


def waited_s(w):
    """How long each of the daemon's threads has waited for a CPU that others had."""
    waits = stood_still.Waits(w.daemon.process.pid)
    list(waits.look())
    return waits.waited


class Stall:
    """The daemon stopped for so long, and what came after it."""

    def __init__(self, w, seconds):
        os.kill(w.daemon.process.pid, signal.SIGSTOP)
        self.begun = time.time()
        time.sleep(seconds)
        self.woken = time.time()
        before = waited_s(w)
        os.kill(w.daemon.process.pid, signal.SIGCONT)
        time.sleep(BETWEEN_S)
        self.end = time.time() - 0.1
        self.waited_s = max(t - before.get(task, t) for task, t in waited_s(w).items())

    def after(self, stream):
        return [p for p in stream.audio() if self.woken <= p.time < self.end]

    def noisy(self, w):
        """Whether far ends or daemon stood still for lack of a CPU: nothing can be judged."""
        said = one(rtpcheck.read_streams(w.wire.pcap, CALLER, world.MEDIA), "from the caller")
        times = [self.woken] + [p.time for p in self.after(said)] + [self.end]
        return self.waited_s > NOISY_S or max(
            b - a for a, b in zip(times, times[1:])) > NOISY_S


def stall(w, seconds, every):
    """One that can be judged; every one, this or not, is added to the list."""
    for _ in range(ATTEMPTS):
        result = Stall(w, seconds)
        every.append(result)
        if not result.noisy(w):
            return result
        print(f"a stall of {seconds:g} s is repeated: the machine is busy with other things, "
              f"the daemon waited for {result.waited_s * 1000:.0f} ms")
    print("skipped: the machine is too noisy")
    sys.exit(world.SKIP)


def check_whole(stream, s):
    """No gap and no disorder from WHOLE_S after the wake-up to the next stall."""
    after = s.after(stream)
    before = [p for p in stream.audio() if p.time < s.begun]
    whole = [p for p in after if p.time >= s.woken + WHOLE_S]
    to = stream.target[0]
    assert after and before, f"to {to}: nothing was sent after the stall"
    first_ms = (after[0].time - s.woken) * 1000
    gap = max(b.time - a.time for a, b in zip(whole, whole[1:])) * 1000
    for a, b in zip(whole, whole[1:]):
        assert (b.seq - a.seq) & 0xFFFF == 1, f"to {to}: {a.seq} is followed by {b.seq}"
        assert (b.ts - a.ts) & 0xFFFFFFFF == 160, f"to {to}: ts {a.ts} is followed by {b.ts}"
    passed_s = whole[-1].time - before[-1].time
    off_ms = (((whole[-1].ts - before[-1].ts) & 0xFFFFFFFF) / 8000 - passed_s) * 1000
    print(f"  to {to}: first after {first_ms:.1f} ms, {len(whole)} packets in "
          f"{s.end - s.woken - WHOLE_S:.2f} s, widest spacing {gap:.1f} ms, timestamps off "
          f"{off_ms:+.1f} ms")
    assert first_ms <= WHOLE_S * 1000, f"to {to}: silent for {first_ms:.0f} ms"
    assert len(whole) >= (s.end - s.woken - WHOLE_S) * 50 * 0.97, f"to {to}: {len(whole)} packets"
    assert abs(off_ms) < 150, f"to {to}: timestamps are {off_ms:.0f} ms off the clock"


def check_age(heard, said):
    """Nothing is passed on that was said long before."""
    when = {}
    for p in said.audio():
        when.setdefault(p.payload, []).append(p.time)
    known = [(p, max(t for t in when[p.payload])) for p in heard.audio() if p.payload in when]
    oldest = max(p.time - t for p, t in known)
    print(f"  to {heard.target[0]}: {len(known)} packets of {said.source[0]}, the oldest "
          f"{oldest * 1000:.1f} ms old")
    assert len(known) > 100 and oldest < OLD_S


def check_recording(w, said, stalls):
    """What was said stands in the recording at the time when it was said."""
    row = hotline.recordings(w, 1)[0]
    left = rtpcheck.wav_channels(row["file"])[2][0].tobytes()
    offs, missing = [], 0
    for p in said.audio():
        if any(s.begun - 0.1 <= p.time <= s.woken + 0.3 for s in stalls):
            continue
        at = left.find(p.payload)
        if at < 0:
            missing += 1
        else:
            offs.append(at / 8000 - p.time)
    spread = (max(offs) - min(offs)) * 1000
    print(f"  recording: {len(left) / 8000:.2f} s, {len(offs)} packets found, {missing} not, "
          f"{spread:.1f} ms between the most early and the most late")
    assert len(offs) > 200 and missing <= 100 and spread < 100


def judge(w, stalls, every):
    w.wire.stop()
    sent = rtpcheck.read_streams(w.wire.pcap, world.MEDIA)
    got = rtpcheck.read_streams(w.wire.pcap, None, world.MEDIA)
    to_caller = one([s for s in sent if s.target[0] == CALLER], "to the caller")
    to_waiting = one([s for s in sent if s.target[0] == WAITING], "to the one who waits")
    to_agent = one([s for s in sent if s.target[0] not in (CALLER, WAITING)], "to the agent")
    said = one([s for s in got if s.source[0] == CALLER], "from the caller")
    answered = one([s for s in got if s.source[0] not in (CALLER, WAITING)], "from the agent")
    for s in stalls:
        print(f"stall of {s.woken - s.begun:.1f} s")
        for stream in (to_caller, to_agent, to_waiting):
            check_whole(stream, s)
    check_age(to_caller, answered)
    check_age(to_agent, said)
    check_recording(w, said, every)


def check_counts(w):
    drops = {r["reason"]: r["packets"] for r in w.ask("drops", "--all")}
    load = w.ask("status")["load"]
    print("dropped as stale:", drops["rtp-stale"], "load:", load)
    assert drops["rtp-stale"] > 0
    assert drops["= received"] == drops["= dropped"] + drops["+ delivered"], drops
    assert not load["overload"] and load["refused"] == 0, load


def main():
    total = ATTEMPTS * (sum(STALLS) + len(STALLS) * BETWEEN_S) + 10
    with world.World() as w:
        hotline.start(w)
        w.baresip("alice", hotline.AGENTS["alice"], noise(w.path("alice.wav"), total, 1))
        world.wait_for("alice registers", lambda: w.ask("registrations", "list"))
        sound = world.law_file(noise(w.path("caller.wav"), total, 2), w.path("caller.ul"))
        stay = {"sound": sound, "stay_ms": int(total * 1000), "args": ("-timeout", "200s")}
        w.caller("first", "9001", address=CALLER, **stay)
        world.wait_for("they talk", lambda: any(
            c["state"] == "talking" for c in w.ask("calls", "list")))
        w.caller("second", "9001", address=WAITING, **stay)
        time.sleep(2)
        every = []
        stalls = [stall(w, seconds, every) for seconds in STALLS]
        check_counts(w)
        calls = w.ask("calls", "list")
        assert sorted(c["state"] for c in calls) == ["queue", "talking"], calls
        for c in calls:
            w.ringctl("calls", "hangup", c["call"])
        hotline.records(w, 2)
        judge(w, stalls, every)


if __name__ == "__main__":
    main()
