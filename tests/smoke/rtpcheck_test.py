#!/usr/bin/python3
"""rtpcheck itself: a whole capture and recording are green; each single fault turns them red. And
what host_gaps takes out of its faults: that which was measured, and nothing else."""
import os
import random
import struct
import sys
import tempfile

import numpy

import host_gaps
import rtpcheck
from stood_still import Gap

PROMPT = random.Random(1).randbytes(160 * 50)
CALLER, MEDIA = "10.99.0.10", "10.99.0.2"


def packets(count=50):
    """A prompt of one second in 20 ms packets, over and over: [seconds, seq, ts, payload]."""
    return [[i * 0.02, 700 + i, 5000 + i * 160, PROMPT[i % 50 * 160:i % 50 * 160 + 160]]
            for i in range(count)]


def write(path, rows):
    def address(text):
        return bytes(int(part) for part in text.split("."))
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for now, seq, ts, payload in rows:
            rtp = struct.pack("!BBHII", 0x80, 0, seq & 0xFFFF, ts & 0xFFFFFFFF, 7) + payload
            udp = struct.pack("!HHHH", 2000, 6000, 8 + len(rtp), 0) + rtp
            ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0,
                             address(MEDIA), address(CALLER)) + udp
            frame = b"\x02" * 6 + b"\x04" * 6 + b"\x08\x00" + ip
            f.write(struct.pack("<IIII", int(now), round(now % 1 * 1e6), len(frame), len(frame)))
            f.write(frame)


def faults(folder, change=lambda rows: None):
    """What rtpcheck finds after the change."""
    rows, path = packets(), os.path.join(folder, "wire.pcap")
    change(rows)
    write(path, rows)
    stream, = rtpcheck.read_streams(path, MEDIA, CALLER)
    return rtpcheck.judge(stream, [PROMPT])


def dropped(rows):
    del rows[20]


def doubled(rows):
    rows.insert(20, list(rows[20]))


def swapped(rows):
    rows[20], rows[21] = rows[21], rows[20]


def altered(rows):
    rows[20][3] = rows[20][3][:5] + bytes([rows[20][3][5] ^ 1]) + rows[20][3][6:]


def late(rows):
    """The time stamp runs on by half a packet too much, the sequence number does not."""
    for row in rows[20:]:
        row[2] += 80


def begun_late(rows):
    """The first packet is missing: what remains is without a gap, but not the prompt."""
    del rows[0]


def cut_off(rows):
    del rows[-1]


def wave(path, left, right):
    """A stereo recording in µ-law, as the daemon writes it."""
    data = numpy.stack([left, right], axis=1).astype(numpy.uint8).tobytes()
    with open(path, "wb") as f:
        f.write(b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVEfmt " + struct.pack(
            "<IHHIIHH", 16, 7, 2, 8000, 16000, 2, 8) + b"data" + struct.pack("<I", len(data)))
        f.write(data)
    return path


def recording(path, first, second):
    """Whether the judgement of a recording is green: first left, second right, neither crossed."""
    left, right = rtpcheck.channel_pcm(path)
    own = rtpcheck.correlate(left, first), rtpcheck.correlate(right, second)
    cross = rtpcheck.leak(left, right, second), rtpcheck.leak(right, left, first)
    return min(own) >= 0.95 and max(cross) <= 0.05


def voices():
    """Two sounds like speech: noise whose loudness comes and goes, as µ-law bytes and int16."""
    rng = numpy.random.default_rng(3)
    t = numpy.arange(5 * 8000) / 8000
    made = []
    for speed in (1.3, 1.9):
        pcm = rng.normal(0, 3000, len(t)) * (0.1 + numpy.sin(t * speed * numpy.pi) ** 2)
        table = rtpcheck.ulaw_decode(bytes(range(256))).astype(numpy.int32)
        order = numpy.argsort(table, kind="stable")
        nearest = numpy.searchsorted(table[order], pcm).clip(0, 255)
        law = order[nearest].astype(numpy.uint8)
        made.append((law, rtpcheck.ulaw_decode(law.tobytes())))
    return made


class Measured(host_gaps.HostGaps):
    """Gaps, and a daemon's count of stale packets, as a test wants them."""

    def __init__(self, gaps, stale=3):
        self.gaps, self.count, self.taken_out = gaps, stale, {}

    def all(self):
        return self.gaps

    def stale(self):
        return self.count

    def tell(self, stream):
        pass


def three_missing(rows):
    """As after 0.13 s without a worker: those that waited for more than 60 ms are missing, and
    the rest comes late."""
    del rows[20:23]
    for row in rows[20:23]:
        row[0] = 0.53


def check_gaps(folder):
    path, rows = os.path.join(folder, "gap.pcap"), packets()
    three_missing(rows)
    write(path, rows)

    def left(*gap, stale=3, who="rte-worker-1"):
        stream, = rtpcheck.read_streams(path, MEDIA, CALLER)
        gaps = [Gap(*gap, gap[1] - gap[0], who)] if gap else []
        judge = Measured(gaps, stale)
        found = judge.faults(stream)
        assert not judge.taken_out or judge.faults(stream) == found, "counted twice"
        return found
    assert not left(0.4, 0.53), left(0.4, 0.53)
    assert not left(0.4, 0.53, who="cpu0")
    for name, found in {
            "no gap": left(), "another time": left(0.7, 0.83), "too short": left(0.48, 0.53),
            "another thread": left(0.4, 0.53, who="store"),
            "not counted as stale": left(0.4, 0.53, stale=2)}.items():
        assert len(found) == 2, f"{name}: {found}"
        print(f"three are missing, {name}: {found[0]}")


def check_likeness(pcm):
    """A recording that was set right by 5 ms in its middle."""
    shifted = numpy.concatenate([pcm[:20000], pcm[20040:]])
    quiet, noisy = Measured([]), Measured([Gap(0.4, 0.53, 0.13, "rte-worker-1")])
    values = [quiet.likeness(pcm, pcm), noisy.likeness(shifted, pcm), quiet.likeness(shifted, pcm),
              noisy.likeness(shifted, pcm, (3, 5)), noisy.likeness(pcm[::-1], pcm)]
    print("likeness:", " ".join(f"{v:.2f}" for v in values))
    assert min(values[:2]) > 0.95 > 0.9 > max(values[2:]), values


def check_pace(folder, pcm):
    """The same recording, of a sender that came 5 ms too late until then, or 12 ms, or did not."""
    shifted = numpy.concatenate([pcm[:20000], pcm[20040:]])

    def steps(late_s, jitter_s=0.0):
        path, rows = os.path.join(folder, "pace.pcap"), packets(250)
        for i, row in enumerate(rows):
            row[0] += late_s if i < 125 else jitter_s * (i % 7)
        write(path, rows)
        stream, = rtpcheck.read_streams(path, MEDIA, CALLER)
        return stream.pace_steps(), Measured([]).likeness(shifted, pcm, sent=[stream])
    told = {name: steps(*args) for name, args in {
        "steady": (0.0,), "jitter": (0.0, 0.01), "5 ms": (0.005,), "12 ms": (0.012,)}.items()}
    print("pace:", told)
    assert [n for n, _ in told.values()] == [0, 0, 0, 1], told
    assert told["12 ms"][1] > 0.95 > 0.9 > max(told[n][1] for n in ("steady", "jitter", "5 ms"))


def main():
    with tempfile.TemporaryDirectory() as folder:
        assert not faults(folder), faults(folder)
        for change in (dropped, doubled, swapped, altered, late, begun_late, cut_off):
            found = faults(folder, change)
            assert found, f"{change.__name__}: not noticed"
            print(f"{change.__name__}: {found[0]}")
        (one, one_pcm), (two, two_pcm) = voices()
        good = wave(os.path.join(folder, "good.wav"), one, two)
        assert recording(good, one_pcm, two_pcm), "a good recording is red"
        bad = wave(os.path.join(folder, "swapped.wav"), two, one)
        assert not recording(bad, one_pcm, two_pcm), "swapped channels are green"
        # A tenth of the other's loudness on one's own side is a leak.
        table = rtpcheck.ulaw_decode(bytes(range(256))).astype(numpy.int32)
        mixed = one_pcm.astype(numpy.int32) + two_pcm // 10
        law = numpy.abs(table[None, :] - mixed[:, None]).argmin(axis=1)
        bad = wave(os.path.join(folder, "leak.wav"), law, two)
        assert not recording(bad, one_pcm, two_pcm), "a leak is green"
        print("swapped channels and a leak are red")
        check_gaps(folder)
        check_likeness(one_pcm)
        check_pace(folder, one_pcm)


if __name__ == "__main__":
    sys.exit(main())
