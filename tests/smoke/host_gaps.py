"""Which faults of what was heard are the machine's: the one place where tests that judge sound and
sequence by time take host gaps out.

No more is taken out than was measured. Packets are missing because of the machine only where a
worker or its CPU stood still for about 60 ms or more just then, no more of them than it stood still
for, and no more in all than the daemon says that it dropped for that (rtp-stale). Whatever else is
missing is a fault, and is told with all that decides whose."""
import collections
import os
import re
import sys

import rtpcheck
import stood_still
import world

STALL_S = 0.05  # a worker drops what waited for longer than 60 ms; a part of them is work
NEAR_S = 0.04   # what waited is sent after a gap; and the step of a look
PACKET_S = 0.02
WORKER = "rte-worker|cpu"


class HostGaps:
    """Of the daemon that runs now, from now on."""

    def __init__(self, w):
        self.w, self.taken_out = w, {}  # (ssrc, number before): packets missing
        self.path = w.path(f"host-gaps.{w.daemon.process.pid}")
        self.process = w.start("host-gaps", [
            sys.executable, "-B", stood_still.__file__, str(w.daemon.process.pid), self.path])
        world.wait_for("gaps are watched", lambda: os.path.exists(self.path))

    def all(self):
        with open(self.path) as f:
            rows = [line.split(" ", 3) for line in f if line.endswith("\n")]
        return [stood_still.Gap(*map(float, row[:3]), row[3].strip()) for row in rows]

    def between(self, begin, end, who="", least_s=0.0):
        """Those near a piece of time."""
        return [g for g in self.all() if g.begin <= end + NEAR_S and g.end >= begin - NEAR_S
                and g.seconds >= least_s and re.match(who, g.who)]

    def seconds(self, begin, end, who=""):
        """For how long the one who did so longest stood still in a piece of time."""
        sums = collections.Counter()
        for g in self.between(begin, end, who):
            sums[g.who] += g.seconds
        return max(sums.values(), default=0.0)

    # --- missing packets ---
    def stale(self):
        """What the daemon says that it dropped since it had waited for a worker."""
        return next(r["packets"] for r in self.w.ask("drops", "--all")
                    if r["reason"] == "rtp-stale")

    def is_stale(self, a, b):
        """Whether what is missing between two packets waited for a worker that stood still."""
        longest = max((g.seconds for g in self.between(a.time, b.time, WORKER, STALL_S)),
                      default=0.0)
        count = rtpcheck.missing(a, b)
        return count <= longest / PACKET_S and \
            sum(self.taken_out.values()) + count <= self.stale()

    def take_out(self, stream):
        """Notes in the stream how many packets are rightly missing behind which number."""
        for a, b in zip(stream.packets, stream.packets[1:]):
            count, name = rtpcheck.missing(a, b), (stream.ssrc, a.seq)
            if not 0 < count < 0x8000:
                continue
            if name not in self.taken_out and self.is_stale(a, b):
                self.taken_out[name] = count
                print(f"taken out: {count} packets to {stream.target[0]}, dropped after this "
                      f"machine stood still for {self.seconds(a.time, b.time, WORKER) * 1000:.0f} "
                      "ms")
            stream.gone[a.seq] = self.taken_out.get(name, 0)

    def faults(self, stream, prompts=(), judge=rtpcheck.judge):
        """As rtpcheck finds them, without what the machine explains."""
        self.take_out(stream)
        found = judge(stream, prompts)
        if found:
            self.tell(stream)
        return found

    def expect_whole(self, stream, prompts=()):
        found = self.faults(stream, prompts)
        assert not found, found[:3]

    def expect_in_sequence(self, stream):
        found = self.faults(stream, judge=lambda s, _: s.sequence_faults())
        assert not found, found[:3]

    # --- what sound lacks ---
    def likeness(self, sound, source, span=(0, 1e12), seconds=1.0, sent=()):
        """How alike they are: as a whole where the machine was always there in that piece of time,
        else second by second, the least alike, without two for each time that it was not: what was
        lost, and the moment when the time was set right. At least half of them are judged.

        sent: the sound's way to the daemon, as captured; a step of its sender's pace is such a
        time, too."""
        whole = rtpcheck.correlate(sound, source)
        n = int(seconds * 8000)
        pieces = sorted(rtpcheck.correlate(sound[at:at + n], source)
                        for at in range(0, len(sound) - n + 1, n))
        gone = len(self.times(*span)) + sum(stream.pace_steps() for stream in sent)
        out = min(2 * gone, len(pieces) // 2)
        if out == 0:
            return whole
        print(f"{out} of {len(pieces)} s of sound are taken out; whole: {whole:.3f}")
        return max(whole, pieces[out])

    def times(self, begin, end, apart_s=0.3):
        """When the daemon's workers, or a CPU, stood still: what is close together is one time."""
        times = []
        for gap in sorted(self.between(begin, end, WORKER, stood_still.LATE_S)):
            if not times or gap.begin > times[-1] + apart_s:
                times.append(gap.end)
            times[-1] = max(times[-1], gap.end)
        return times

    def touch(self, begin, end, sent=None):
        """Whether the machine, or the phone whose stream is given, stood still in a time."""
        if self.between(begin, end, WORKER, stood_still.LATE_S):
            return True
        near = [p.time for p in sent.packets if begin - 0.1 <= p.time <= end + 0.1] if sent else []
        return any(b - a > PACKET_S + stood_still.LATE_S for a, b in zip(near, near[1:]))

    def keyed(self, digits, sent=None):
        """A pattern of what is to be heard of digits, each with the time when it was keyed; one
        that the machine broke may be missing or come twice."""
        return "".join(digit + "{0,2}" * self.touch(at - 0.1, at + 0.4, sent)
                       for digit, at in digits)

    # --- what decides whose fault it is ---
    def tell(self, stream):
        print(f"--- {stream.source} to {stream.target}, {len(stream.packets)} packets")
        for a, b in zip(stream.packets, stream.packets[1:]):
            if rtpcheck.missing(a, b):
                self.tell_of(a, b)
        print({r["reason"]: r["packets"] for r in self.w.ask("drops", "--all") if r["packets"]})
        print(self.w.ringctl("workers").stdout, self.w.wire.log()[-200:])

    def tell_of(self, a, b):
        """One place where packets are missing: what stood still, and what the phones sent then."""
        print(f"{a.time:.3f} s: {a.seq} is followed by {b.seq} after "
              f"{(b.time - a.time) * 1000:.0f} ms; stood still: "
              f"{[(g.who, round(g.seconds * 1000)) for g in self.between(a.time, b.time)]}")
        for sent in rtpcheck.read_streams(self.w.wire.pcap, None, world.MEDIA):
            near = [p for p in sent.packets if a.time - 0.2 < p.time < b.time + 0.2]
            if not near:
                continue
            gone = sum(rtpcheck.missing(p, q) != 0 for p, q in zip(near, near[1:]))
            widest = max((q.time - p.time for p, q in zip(near, near[1:])), default=0.0)
            print(f"  {sent.source[0]} sent {len(near)} packets around it, {gone} gaps, "
                  f"{widest * 1000:.0f} ms apart at most")
