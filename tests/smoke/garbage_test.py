#!/usr/bin/python3
"""Garbage on every door while two people talk and are recorded: the conversation goes on byte by
byte, every bad packet is dropped and counted by its reason, bad SIP gets nothing or its error."""
import os
import random
import socket
import struct
import sys
import time
import world
world.enter()

import hotline  # noqa: E402
import rtpcheck  # noqa: E402

TIMES = 20  # each packet
CALLER, AGENT, STRANGER = "10.99.0.10", "10.99.0.30", "10.99.0.36"
# These also come from the kernel itself (multicast listeners, ARP of others).
NOISY = ("ip-other", "icmp-other", "eth-other", "arp-other")


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def ip4(payload, source=STRANGER, target=world.MEDIA, protocol=17, fragment=0, spoil=0):
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 1, fragment, 64, protocol, 0,
                       socket.inet_aton(source), socket.inet_aton(target))
    return head[:10] + struct.pack("!H", checksum(head) ^ spoil) + head[12:] + payload


def udp(payload, port, source_port=6000, length=None):
    """Without a checksum, as IPv4 allows."""
    return struct.pack("!HHHH", source_port, port, length or 8 + len(payload), 0) + payload


def rtp(seq=1, kind=0, sound=b"\x55" * 160, first=0x80):
    return struct.pack("!BBHII", first, kind, seq, seq * 160, 0xBAD) + sound


def frames(mac, port):
    """(reason, frame) for each way to be wrong; some pretend to come from the true caller."""
    ether = mac + b"\x02\x00\x00\x00\x00\x01"

    def on(payload, kind=0x0800, head=ether):
        return head + struct.pack("!H", kind) + payload
    true = {"source": CALLER}
    arp = struct.pack("!HHBBH6s4s6s4s", 1, 0x0800, 6, 4, 1, b"\x02" * 6, socket.inet_aton(STRANGER),
                      b"\0" * 6, socket.inet_aton("10.99.0.77"))
    return [
        ("eth-short", on(b"\x45\x00\x00")),
        ("eth-type", on(b"\x55" * 60, 0x88CC)),
        ("eth-vlan", on(struct.pack("!HH", 77, 0x0800) + ip4(udp(rtp(), port)), 0x8100)),
        ("eth-other", on(ip4(udp(rtp(), port)), head=b"\x02\x77" * 3 + ether[6:])),
        ("arp-other", on(arp, 0x0806)),
        ("ip-other", on(ip4(udp(rtp(), port), target="10.99.0.77"))),
        ("ip-header", on(ip4(udp(rtp(), port), spoil=1))),
        ("ip-header", on(ip4(udp(rtp(), port))[:30])),
        ("ip-fragment", on(ip4(udp(rtp(), port), fragment=0x2000))),
        ("ip-protocol", on(ip4(b"\x17\x70\x06\x00" * 5, protocol=6))),
        ("icmp-other", on(ip4(b"\x05\x01\xfa\xfe" + b"\0" * 8, protocol=1))),
        ("udp-header", on(ip4(udp(rtp(), port, length=2000)))),
        ("udp-port", on(ip4(udp(rtp(), 1024)))),
        ("session-none", on(ip4(udp(rtp(), 50000)))),
        ("stun", on(ip4(udp(b"\x00\x01\x00\x00\x21\x12\xa4\x42" + b"\1" * 12, port)))),
        ("dtls", on(ip4(udp(b"\x16\xfe\xfd" + b"\0" * 40, port)))),
        ("not-media", on(ip4(udp(b"GET / HTTP/1.0\r\n\r\n", port)))),
        ("rtp-header", on(ip4(udp(b"\x80\x00\x01", port), **true))),
        ("rtp-header", on(ip4(udp(rtp(first=0x8F, sound=b""), port), **true))),
        ("rtp-stranger", on(ip4(udp(rtp(), port)))),
        ("rtp-type", on(ip4(udp(rtp(kind=18), port), **true))),
        ("rtp-size", on(ip4(udp(rtp(sound=b""), port), **true))),
        ("rtcp-stranger", on(ip4(udp(b"\x80\xc8\x00\x06" + b"\1" * 24, port + 1)))),
        ("rtcp-header", on(ip4(udp(b"\x80\xc8\x00\x99\0\0\0\1", port + 1, 6001), **true))),
    ]


def drops(w):
    return {r["reason"]: r["packets"] for r in w.ask("drops", "--all")}


def throw_packets(w, port):
    """Every frame TIMES times; its reason's counter must rise by just that."""
    world.run("ping", "-c", "1", "-W", "2", world.MEDIA)
    neighbour = world.run("ip", "neigh", "show", world.MEDIA).stdout.split()
    mac = bytes.fromhex(neighbour[neighbour.index("lladdr") + 1].replace(":", ""))
    raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    raw.bind(("rh0", 0))
    expected = {}
    before = drops(w)
    for reason, frame in frames(mac, port):
        expected[reason] = expected.get(reason, 0) + TIMES
        for _ in range(TIMES):
            raw.send(frame)
    risen = {}

    def all_counted():
        now = drops(w)
        risen.update({r: now[r] - before[r] for r in expected})
        return all(risen[r] >= n for r, n in expected.items())
    try:
        world.wait_for("all are counted", all_counted, 3)
    finally:
        wrong = {r: (risen[r], n) for r, n in expected.items()
                 if risen[r] < n or (risen[r] > n and r not in NOISY)}
        print(f"{sum(expected.values())} bad packets, {len(expected)} reasons; wrong: {wrong}")
    assert not wrong
    rng = random.Random(5)
    for i in range(3000):  # anything at all
        raw.send(mac + rng.randbytes(6) + rng.choice((b"\x08\x00", b"\x08\x06", b"\x86\xdd"))
                 + rng.randbytes(rng.randint(1, 400)))
        if i % 50 == 49:
            time.sleep(0.002)  # else the tap's queue overflows, and with it goes the caller's sound


def throw_sip(w):
    """Broken requests over both transports, and a stream without an end."""
    rng = random.Random(7)
    p = w.peer("10.99.0.35")
    good = (f"INVITE sip:9000@{world.HOST} SIP/2.0\r\nVia: SIP/2.0/UDP 10.99.0.35:9;branch=z9hG4bKq"
            "\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n"
            "Contact: <sip:a@10.99.0.35:9>\r\nContent-Length: 500\r\n\r\n" + p.sdp()).encode()
    samples = [b"\0" * 5, b"\r\n\r\n", b"INVITE", b"SIP/2.0 200 OK\r\n\r\n", b"X" * 60000,
               good.replace(b"From: ", b"From: " + b"A" * 50000)]
    for _ in range(300):
        data = bytearray(good)
        for _ in range(rng.randint(1, 9)):
            at = rng.randrange(len(data))
            data[at:at + rng.randint(0, 9)] = rng.randbytes(rng.randint(0, 9))
        samples.append(bytes(data))
    for data in samples:
        p.send_raw(data)
    for i, data in enumerate(samples[:40]):
        t = w.peer("10.99.0.35", 7000 + i, tcp=True)
        t.send_raw(data)
        t.socket.close()
    endless = w.peer("10.99.0.35", 7999, tcp=True)
    try:
        for _ in range(400):  # 26 MB of one header
            endless.send_raw(b"X" * 65536)
    except OSError as e:
        print(f"a request without an end: {e.strerror}")
    endless.socket.close()


def memory_kb(pid):
    with open(f"/proc/{pid}/status") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmRSS"))


def check_conversation(w, ports):
    """Both directions, byte by byte; and the recording of both."""
    for file, port in (("caller.ul", ports[1]), ("agent.ul", ports[0])):
        stream, = [s for s in rtpcheck.read_streams(w.wire.pcap, world.MEDIA)
                   if s.source[1] == port]
        w.host_gaps.expect_whole(stream)
        with open(w.path(file), "rb") as f:
            sound = f.read()
        for said in stream.payload()[-12 * 8000:].split(rtpcheck.SILENCE[0] * 160):
            assert said in sound, f"{file}: not what was said"
    hotline.recordings(w, 1)
    assert "ok" in w.ringctl("recordings", "check").stdout


def main():
    with world.World() as w:
        hotline.start(w, {"talk": ["agent0"]})
        for name in ("caller.ul", "agent.ul"):
            with open(w.path(name), "wb") as f:
                f.write(os.urandom(25 * 8000))
        hotline.sign_in(w, "agent0", AGENT, 5070)
        w.sipp("phone", "-sf", w.scenario("phone", "phone", sound=w.path("agent.ul"), ring_ms=50,
                                          pt=0), "-p", "5070", "-m", "1", address=AGENT)
        caller = w.caller("caller", number="talk", sound=w.path("caller.ul"), stay_ms=16000)
        call, = world.wait_for("they talk", lambda: [
            c for c in w.ask("calls", "list") if c["state"] == "talking"])
        shown = w.ask("calls", "show", call["call"])
        ports = [int(shown[s]["local"].rsplit(":")[1]) for s in ("caller_media", "agent_media")]
        before = memory_kb(w.daemon.process.pid)
        throw_packets(w, ports[0])
        throw_sip(w)
        assert caller.wait(30) == 0, "the call did not go on"
        status = w.ask("status")
        grown = memory_kb(w.daemon.process.pid) - before
        print(f"sip: {status['sip']}, memory grew by {grown} kB")
        assert status["sip"]["malformed"] > 100 and grown < 32000
        assert status["calls"]["surprises"] == 0 and status["media"]["surprises"] == 0
        w.wire.stop()
        check_conversation(w, ports)
        rows = drops(w)
        assert rows["= received"] == rows["= dropped"] + rows["+ delivered"], rows
        assert w.daemon.stop() == 0


if __name__ == "__main__":
    sys.exit(main())
