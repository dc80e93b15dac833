#!/usr/bin/python3
"""Judges media from a packet capture, independently of the engine's own counters.

As a program:
    rtpcheck.py CAPTURE [--from ADDRESS] [--prompt RAW]... [--json]
prints one line a stream and exits 1 when a stream has a gap, a wrong time stamp or other bytes
than the prompts named (raw G.711 bytes, in the order in which they play).

As a module: read_streams(), Stream, correlate(), wav_channels() serve the smoke tests.
Nothing in here shares code with the engine: captures are parsed byte by byte.
"""
import argparse
import json
import re
import socket
import struct
import sys

import numpy

TICKS_PER_MS = 8  # of an RTP clock of 8 kHz
PACE_STEP_S = 0.008  # from which on a recording follows its sender (engine/voice/tap_side.h)
SILENCE = b"\xff", b"\xd5"  # in µ-law, in A-law


class Packet:
    """One RTP packet as it stood on the wire."""
    __slots__ = ("time", "seq", "ts", "pt", "marker", "payload")

    def __init__(self, time, seq, ts, pt, marker, payload):
        self.time, self.seq, self.ts = time, seq, ts
        self.pt, self.marker, self.payload = pt, marker, payload


def missing(a, b):
    """How many packets are missing between two; 65535 of one that comes twice."""
    return (b.seq - a.seq - 1) & 0xFFFF


class Stream:
    """Packets of one SSRC from one address to another, in the order of their capture."""

    def __init__(self, source, target, ssrc):
        self.source, self.target, self.ssrc = source, target, ssrc
        self.packets = []
        self.gone = {}  # number → how many packets are rightly missing behind it

    def audio(self, pts=(0, 8)):
        return [p for p in self.packets if p.pt in pts]

    def events(self, pts=(0, 8)):
        return [p for p in self.packets if p.pt not in pts]

    def sequence_faults(self):
        """Gaps, repeats and reorderings, as text."""
        faults = []
        for before, after in zip(self.packets, self.packets[1:]):
            if missing(before, after) != self.gone.get(before.seq, 0):
                faults.append(f"seq {before.seq} is followed by {after.seq}")
        return faults

    def timestamp_faults(self):
        """Audio packets whose time stamp does not follow from the length of the one before.

        A jump is right where a telephone-event or a marker bit stands (RFC 3550, RFC 4733)."""
        faults = []
        audio = self.audio()
        for before, after in zip(audio, audio[1:]):
            step = (after.ts - before.ts) & 0xFFFFFFFF
            if after.marker or step == len(before.payload) * (1 + self.gone.get(before.seq, 0)):
                continue
            if self.events() and step % TICKS_PER_MS == 0 and step < 0x80000000:
                continue
            faults.append(f"ts {before.ts} + {len(before.payload)} is followed by {after.ts}")
        return faults

    def payload(self):
        return b"".join(piece for p in self.audio() for piece in (
            p.payload, SILENCE[p.pt == 8] * (len(p.payload) * self.gone.get(p.seq, 0))))

    def spacing_ms(self):
        times = numpy.array([p.time for p in self.audio()])
        return numpy.diff(times) * 1000.0

    def pace_steps(self, apart_s=PACE_STEP_S):
        """How often its sender's clock went forward or back: the quickest packets of one second
        came earlier or later, by their time stamps, than those of the second before."""
        audio, late = self.audio(), {}
        for p in audio:
            elapsed = ((p.ts - audio[0].ts + 0x80000000) & 0xFFFFFFFF) - 0x80000000
            second = elapsed // (TICKS_PER_MS * 1000)
            late.setdefault(second, []).append(p.time - elapsed / (TICKS_PER_MS * 1000))
        row = [min(late[second]) for second in sorted(late) if len(late[second]) >= 10]
        return sum(abs(b - a) > apart_s for a, b in zip(row, row[1:]))

    def spacing_text(self):
        gaps = self.spacing_ms()
        if len(gaps) == 0:
            return "spacing -"
        low, mid, high = numpy.percentile(gaps, [0.1, 50, 99.9])
        return f"spacing p0.1 {low:.2f} p50 {mid:.2f} p99.9 {high:.2f} ms"

    def prompt_fault(self, expected, at=0):
        """None when the sound from byte `at` on equals `expected`, else where it differs."""
        got = self.payload()[at:at + len(expected)]
        if len(got) < len(expected):
            return f"{len(got)} bytes of {len(expected)} were sent"
        if got != expected:
            where = next(i for i, (a, b) in enumerate(zip(got, expected)) if a != b)
            return f"differs at byte {where} ({where / TICKS_PER_MS:.1f} ms)"
        return None

    def follows(self, expected, at):
        """(bytes of silence from byte `at` on, bytes equal to `expected` after it)."""
        got = self.payload()
        begin = got.find(expected[:160], at)
        if begin < 0 or got[at:begin].strip(b"\xff\xd5"):
            return len(got) - at, 0
        same = next((i for i, (a, b) in enumerate(zip(got[begin:], expected)) if a != b),
                    min(len(expected), len(got) - begin))
        return begin - at, same

    def digits(self):
        """Telephone-events (RFC 4733) as (digit, duration in ms), one for each time stamp."""
        seen = {}
        for p in self.events():
            if len(p.payload) < 4:
                continue
            event, _, duration = struct.unpack("!BBH", p.payload[:4])
            if event < 16:
                seen[p.ts] = ("0123456789*#ABCD"[event], duration // TICKS_PER_MS)
        return [seen[ts] for ts in sorted(seen)]


def frames(path):
    """Yields (time, Ethernet payload type, bytes) of a classic pcap file."""
    with open(path, "rb") as f:
        head = f.read(24)
        if len(head) < 24:
            return
        magic = head[:4]
        order = "<" if magic in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
        fine = 1e-9 if magic in (b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d") else 1e-6
        link = struct.unpack(order + "I", head[20:24])[0]
        while True:
            record = f.read(16)
            if len(record) < 16:
                return
            seconds, part, kept, _ = struct.unpack(order + "IIII", record)
            data = f.read(kept)
            if len(data) < kept:
                return
            at = {1: 14, 113: 16, 276: 20, 101: 0}.get(link, 14)
            if link == 101:
                kind = 0x0800 if data[:1] and data[0] >> 4 == 4 else 0x86DD
            elif link == 276:
                kind = struct.unpack("!H", data[:2])[0]
            else:
                kind = struct.unpack("!H", data[at - 2:at])[0]
            if kind == 0x8100:
                kind = struct.unpack("!H", data[at + 2:at + 4])[0]
                at += 4
            yield seconds + part * fine, kind, data[at:]


def datagrams(path):
    """Yields (time, source, source port, target, target port, payload) of all UDP."""
    for time, kind, data in frames(path):
        if kind == 0x0800 and len(data) >= 28 and data[9] == 17:
            head = (data[0] & 15) * 4
            total = struct.unpack("!H", data[2:4])[0]
            source, target = socket.inet_ntoa(data[12:16]), socket.inet_ntoa(data[16:20])
            udp = data[head:total]
        elif kind == 0x86DD and len(data) >= 48 and data[6] == 17:
            source = socket.inet_ntop(socket.AF_INET6, data[8:24])
            target = socket.inet_ntop(socket.AF_INET6, data[24:40])
            udp = data[40:40 + struct.unpack("!H", data[4:6])[0]]
        else:
            continue
        if len(udp) >= 8:
            from_port, to_port, length = struct.unpack("!HHH", udp[:6])
            yield time, source, from_port, target, to_port, udp[8:length]


def rtp(payload):
    """(seq, ts, ssrc, pt, marker, sound) of an RTP packet, or None."""
    if len(payload) < 12 or payload[0] >> 6 != 2 or 192 <= payload[1] <= 223:
        return None
    head = 12 + 4 * (payload[0] & 15)
    if payload[0] & 16 and len(payload) >= head + 4:
        head += 4 + 4 * struct.unpack("!H", payload[head + 2:head + 4])[0]
    end = len(payload) - (payload[-1] if payload[0] & 32 else 0)
    seq, ts, ssrc = struct.unpack("!HII", payload[2:12])
    return seq, ts, ssrc, payload[1] & 127, bool(payload[1] & 128), payload[head:end]


def read_streams(path, source=None, target=None):
    """All RTP streams of a capture, in the order of their first packet."""
    streams = {}
    for time, src, sport, dst, dport, payload in datagrams(path):
        if sport % 2 or dport % 2 or sport < 1024 or 5060 in (sport, dport):
            continue
        if (source and src != source) or (target and dst != target):
            continue
        fields = rtp(payload)
        if fields is None:
            continue
        seq, ts, ssrc, pt, marker, sound = fields
        key = (src, sport, dst, dport, ssrc)
        if key not in streams:
            streams[key] = Stream((src, sport), (dst, dport), ssrc)
        streams[key].packets.append(Packet(time, seq, ts, pt, marker, sound))
    return list(streams.values())


def media_port(path, ip, port):
    """Where the phone at that SIP address has its sound, by its last 200 with a description."""
    found = None
    for _, src, sport, _, _, payload in datagrams(path):
        if (src, sport) == (ip, port) and payload.startswith(b"SIP/2.0 200"):
            line = re.search(rb"^m=audio (\d+)", payload, re.M)
            found = int(line.group(1)) if line else found
    return found


def ulaw_decode(data):
    """ITU-T G.711 µ-law to int16, from the standard's formula."""
    u = ~numpy.frombuffer(data, dtype=numpy.uint8).astype(numpy.int32) & 0xFF
    t = (((u & 0x0F) << 3) + 0x84) << ((u & 0x70) >> 4)
    return numpy.where(u & 0x80, 0x84 - t, t - 0x84).astype(numpy.int16)


def alaw_decode(data):
    """ITU-T G.711 A-law to int16, from the standard's formula."""
    a = numpy.frombuffer(data, dtype=numpy.uint8).astype(numpy.int32) ^ 0x55
    seg = (a & 0x70) >> 4
    low = (a & 0x0F) << 4
    t = numpy.where(seg == 0, low + 8, (low + 0x108) << numpy.maximum(seg - 1, 0))
    return numpy.where(a & 0x80, t, -t).astype(numpy.int16)


def wav_channels(path):
    """(format, rate, [bytes or int16 of each channel]) of a WAV file."""
    with open(path, "rb") as f:
        data = f.read()
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise ValueError(f"{path}: no WAV file")
    at, fmt = 12, None
    while at + 8 <= len(data):
        name, size = data[at:at + 4], struct.unpack("<I", data[at + 4:at + 8])[0]
        body = data[at + 8:at + 8 + size]
        if name == b"fmt ":
            fmt = struct.unpack("<HHIIHH", body[:16])
        elif name == b"data":
            kind, channels, rate = fmt[0], fmt[1], fmt[2]
            dtype = numpy.int16 if kind == 1 else numpy.uint8
            body = body[:len(body) // (channels * numpy.dtype(dtype).itemsize)
                        * channels * numpy.dtype(dtype).itemsize]
            sound = numpy.frombuffer(body, dtype=dtype).reshape(-1, channels)
            return kind, rate, [sound[:, c].copy() for c in range(channels)]
        at += 8 + size + (size & 1)
    raise ValueError(f"{path}: no data chunk")


def channel_pcm(path):
    """Each channel of a WAV file (PCM, A-law, µ-law) as int16."""
    kind, _, channels = wav_channels(path)
    decode = {1: lambda c: c, 6: lambda c: alaw_decode(c.tobytes()),
              7: lambda c: ulaw_decode(c.tobytes())}[kind]
    return [decode(c) for c in channels]


def correlate(a, b):
    """The largest normalised correlation of two sounds over all shifts, 0 … 1.

    The overlap's own energy is the norm, so that a part of a sound compares with the whole; an
    overlap of less than half the shorter sound does not count."""
    a, b = a.astype(numpy.float64), b.astype(numpy.float64)
    short, long_ = (a, b) if len(a) <= len(b) else (b, a)
    if len(short) == 0 or not short.any() or not long_.any():
        return 0.0
    size = 1 << int(numpy.ceil(numpy.log2(len(a) + len(b))))
    spectrum = numpy.fft.rfft(long_, size) * numpy.conj(numpy.fft.rfft(short, size))
    cross = numpy.fft.irfft(spectrum, size)
    lags = numpy.concatenate([numpy.arange(0, len(long_)), numpy.arange(-len(short) + 1, 0)])
    cross = numpy.concatenate([cross[:len(long_)], cross[size - len(short) + 1:]])
    e_long = numpy.concatenate([[0], numpy.cumsum(long_ ** 2)])
    e_short = numpy.concatenate([[0], numpy.cumsum(short ** 2)])
    begin_l, begin_s = numpy.maximum(lags, 0), numpy.maximum(-lags, 0)
    overlap = numpy.minimum(len(long_) - begin_l, len(short) - begin_s)
    norm = numpy.sqrt((e_long[begin_l + overlap] - e_long[begin_l])
                      * (e_short[begin_s + overlap] - e_short[begin_s]))
    good = (overlap >= len(short) // 2) & (norm > 1e-3 * numpy.sqrt(e_long[-1] * e_short[-1]))
    if not good.any():
        return 0.0
    return float(numpy.max(numpy.abs(cross[good]) / norm[good]))


def correlate_pieces(sound, source, seconds=1.5):
    """The median correlation of the pieces of a sound that a phone recorded by its own clock,
    which may leave out or repeat a moment here and there."""
    n = int(seconds * 8000)
    pieces = [correlate(sound[at:at + n], source) for at in range(0, len(sound) - n + 1, n)]
    return float(numpy.median(pieces)) if pieces else 0.0


def leak(channel, other_channel, source, window=400):
    """How much of `source`, which belongs to other_channel, is heard in channel.

    Both channels share one time line, so the place of source is known from its own channel; the
    correlation is taken there and up to `window` samples around it, not wherever two unrelated
    voices happen to be alike."""
    def spectrum(x, size):
        return numpy.fft.rfft(x.astype(numpy.float64), size)
    size = 1 << int(numpy.ceil(numpy.log2(len(channel) + len(source))))
    own = numpy.fft.irfft(spectrum(other_channel, size) * numpy.conj(spectrum(source, size)), size)
    lag = int(numpy.argmax(numpy.abs(own)))
    lag = lag if lag < size // 2 else lag - size
    best = 0.0
    for shift in range(lag - window, lag + window + 1, 4):
        a = channel[max(shift, 0):].astype(numpy.float64)
        b = source[max(-shift, 0):].astype(numpy.float64)
        n = min(len(a), len(b))
        norm = numpy.linalg.norm(a[:n]) * numpy.linalg.norm(b[:n])
        if norm > 0:
            best = max(best, abs(float(numpy.dot(a[:n], b[:n]))) / norm)
    return best


def judge(stream, prompts):
    """All faults of one stream as text."""
    faults = stream.sequence_faults() + stream.timestamp_faults()
    at = 0
    for prompt in prompts:
        fault = stream.prompt_fault(prompt, at)
        if fault:
            faults.append(f"prompt at byte {at}: {fault}")
        at += len(prompt)
    return faults


def main():
    parser = argparse.ArgumentParser(description="judge the RTP streams of a capture")
    parser.add_argument("capture")
    parser.add_argument("--from", dest="source", help="only streams sent by this address")
    parser.add_argument("--prompt", action="append", default=[], metavar="RAW",
                        help="raw G.711 bytes that each stream must begin with; repeatable")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    prompts = []
    for name in args.prompt:
        with open(name, "rb") as f:
            prompts.append(f.read())
    streams = read_streams(args.capture, args.source)
    bad = 0
    for s in streams:
        faults = judge(s, prompts)
        bad += bool(faults)
        if args.json:
            print(json.dumps({"from": s.source, "to": s.target, "ssrc": s.ssrc,
                              "packets": len(s.packets), "digits": s.digits(), "faults": faults}))
        else:
            print(f"{s.source[0]}:{s.source[1]} -> {s.target[0]}:{s.target[1]} "
                  f"{len(s.packets)} packets, {s.spacing_text()}, "
                  + ("; ".join(faults[:3]) if faults else "whole"))
    if not streams:
        print("rtpcheck: no RTP stream in the capture", file=sys.stderr)
    return 1 if bad or not streams else 0


if __name__ == "__main__":
    sys.exit(main())
