#!/usr/bin/python3 -B
"""Talks to a host and to the engine on its interface at once: shared_talk.py serve | talk.

serve: the host's own services. talk: TCP and datagrams in fragments with the host while RTP comes
back from the engine, then the engine's address in a VLAN by tagged frames.
"""
import os
import socket
import struct
import sys
import threading

HOST4, HOST6, MEDIA4, MEDIA6 = '10.99.0.3', 'fd99::3', '10.99.0.2', 'fd99::2'
OURS_VLAN, MEDIA_VLAN, VLAN = '10.98.0.1', '10.98.0.2', 7
TCP, UDP, RTP = 7001, 7002, 28000
BYTES = 1 << 20
SOL_PACKET, PACKET_AUXDATA = 263, 8


def family(ip):
    return socket.AF_INET6 if ':' in ip else socket.AF_INET


def serve():
    """One echo of each kind; a TCP peer gets back all that it sent."""
    datagrams = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    datagrams.bind(('::', UDP))

    def echo():
        while True:
            data, peer = datagrams.recvfrom(65535)
            datagrams.sendto(data, peer)

    threading.Thread(target=echo, daemon=True).start()
    listener = socket.create_server(('::', TCP), family=socket.AF_INET6, dualstack_ipv6=True)
    print('serving', flush=True)
    while True:
        peer, _ = listener.accept()
        threading.Thread(target=lambda s: [s.sendall(d) for d in iter(lambda: s.recv(65536), b'')]
                         and s.close(), args=(peer,), daemon=True).start()


def tcp(ip):
    sent = os.urandom(BYTES)
    got = bytearray()
    with socket.create_connection((ip, TCP), timeout=10) as s:
        sender = threading.Thread(target=s.sendall, args=(sent,))
        sender.start()
        while len(got) < BYTES:
            data = s.recv(65536)
            assert data, (ip, len(got))
            got += data
        sender.join()
    assert got == sent, ip


def echoed(s, payload, before):
    """Whether it came back; what was sent again may come back later."""
    while True:
        try:
            got = s.recv(65535)
        except TimeoutError:
            return False
        if got == payload:
            return True
        assert got in before, (len(payload), len(got))


def datagrams(ip, port, payloads):
    """A datagram may be lost where a CPU stands still, one in ten at most; none comes altered."""
    lost = 0
    with socket.socket(family(ip), socket.SOCK_DGRAM) as s:
        s.settimeout(2)
        for i, payload in enumerate(payloads):
            s.sendto(payload, (ip, port))
            while not echoed(s, payload, payloads[:i]):
                lost += 1
                assert lost <= len(payloads) // 10, (ip, len(payload), lost)
                s.sendto(payload, (ip, port))
    if lost:
        print(f'{ip} port {port}: {lost} of {len(payloads)} were sent again')


def rtp(ip):
    datagrams(ip, RTP, [struct.pack('!BBHII', 0x80, 0, i, 160 * i, 7) + bytes([i & 255]) * 160
                        for i in range(300)])


def fragments(ip):
    datagrams(ip, UDP, [os.urandom(1000 + 291 * i) for i in range(30)])


def at_once(*jobs):
    """Runs all; the first fault ends the program."""
    faults = []

    def run(work, ip):
        try:
            work(ip)
        except (OSError, AssertionError) as fault:
            faults.append((work.__name__, ip, repr(fault)))

    threads = [threading.Thread(target=run, args=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults, faults


def checksum(data):
    total = sum(struct.unpack(f'!{len(data) // 2}H', data))
    total = (total & 0xffff) + (total >> 16)
    return ~(total + (total >> 16)) & 0xffff


def tagged(wire, frame):
    """Sends a frame with its tag and waits for one that comes back with it."""
    wire.send(frame[:12] + struct.pack('!HH', 0x8100, VLAN) + frame[12:])
    while True:
        data, extra, _, _ = wire.recvmsg(2000, 256)
        for level, kind, value in extra:
            if (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
                status, tci = struct.unpack('=I12xH', value[:18])
                # TP_STATUS_VLAN_VALID
                if status & 0x10 and tci & 0xfff == VLAN and data[:6] == frame[6:12]:
                    return data


def vlan(interface):
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    wire.bind((interface, 3))
    wire.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    wire.settimeout(5)
    mac = wire.getsockname()[4]
    ours, media = socket.inet_aton(OURS_VLAN), socket.inet_aton(MEDIA_VLAN)
    question = struct.pack('!HHBBH', 1, 0x0800, 6, 4, 1) + mac + ours + bytes(6) + media
    answer = tagged(wire, b'\xff' * 6 + mac + b'\x08\x06' + question)
    assert answer[12:14] == b'\x08\x06' and answer[28:32] == media, answer
    payload = b'\x80\x00' + bytes(170)
    udp = struct.pack('!HHHH', 4000, RTP, 8 + len(payload), 0) + payload
    head = struct.pack('!BBHHHBBH', 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0) + ours + media
    head = head[:10] + struct.pack('!H', checksum(head)) + head[12:]
    answer = tagged(wire, answer[6:12] + mac + b'\x08\x00' + head + udp)
    assert answer[14 + 28:] == payload, answer


def talk():
    at_once((tcp, HOST4), (tcp, HOST6), (fragments, HOST4), (rtp, MEDIA4), (rtp, MEDIA6))
    at_once((fragments, HOST6), (rtp, MEDIA4))
    vlan('reach0')


if __name__ == '__main__':
    {'serve': serve, 'talk': talk}[sys.argv[1]]()
