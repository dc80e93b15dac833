#!/usr/bin/python3
"""Descriptors that run short: strangers' TCP connections are bounded and take none from the log,
the recorder, ringctl and known peers; with none left at all the node goes on, says so in some
lines, and ends in order."""
import os
import subprocess
import time
import world
world.enter()

import hotline  # noqa: E402

TRUNK, STRANGERS = "10.99.0.20", ("10.99.0.70", "10.99.0.71", "10.99.0.72")
EACH, ALL = 8, 20


def limit(w, files):
    world.run("prlimit", "--pid", str(w.daemon.process.pid), f"--nofile={files}:")


def open_files(w):
    return {int(n) for n in os.listdir(f"/proc/{w.daemon.process.pid}/fd")}


def connections(w):
    return w.ask("status")["connections"]


def options(peer, seconds=3.0):
    peer.request("OPTIONS", "sip:10.99.0.1")
    return peer.status(seconds=seconds).split("\r\n")[0]


def peers(w, address, count):
    """Connections that the kernel made for us; whether the node keeps them is another matter."""
    return [w.peer(address, 0, tcp=True) for _ in range(count)]


def recorded_call(w, name):
    """A call of the trunk over UDP, recorded from its answer on."""
    before = len([r for r in w.ask("recordings", "list") if r["state"] != "open"])
    assert w.caller(name, "9090", stay_ms=2000).wait(30) == 0, name
    newest = hotline.recordings(w, before + 1)[0]
    assert newest["state"] == "whole", newest
    print(f"{name}: recorded, {newest['state']}")


def in_pieces(w):
    """A message in ten pieces is a good message."""
    peer, before = w.peer(TRUNK, 0, tcp=True), w.ask("status")["sip"]["malformed"]
    send_raw = peer.send_raw

    def pieces(data):
        step = len(data) // 10 + 1
        for at in range(0, len(data), step):
            send_raw(data[at:at + step])
            time.sleep(0.02)
    peer.send_raw = pieces
    assert " 200 " in options(peer)
    assert w.ask("status")["sip"]["malformed"] == before, "pieces are counted as malformed"
    peer.socket.close()


def strangers(w):
    """They share their number, one address has a part of it, and known peers have their own."""
    kept = [p for address in STRANGERS for p in peers(w, address, 30)]
    seen = world.wait_for("strangers are counted", lambda: (
        lambda c: c if c["strangers_refused"] >= 60 else None)(connections(w)))
    print(f"90 connections of strangers: {seen}")
    assert seen["strangers"] <= ALL and seen["strangers_max"] == ALL, seen
    trunk = w.peer(TRUNK, 0, tcp=True)
    assert " 200 " in options(trunk), "a trunk is kept out by strangers"
    phone = w.peer(hotline.AGENTS["alice"], 0, tcp=True)
    phone.register("alice", "secret", realm="smoke.example")
    assert connections(w)["known"] >= 2
    recorded_call(w, "beside strangers")
    return kept + [trunk, phone]


def tight(w):
    """A limit that becomes lower takes from the strangers: calls, ringctl and the disk go on."""
    limit(w, max(open_files(w)) + 13)
    refused = connections(w)["strangers_refused"]
    more = peers(w, STRANGERS[0], 20)
    world.wait_for("strangers are refused",
                   lambda: connections(w)["strangers_refused"] >= refused + 10)
    assert connections(w)["strangers"] <= 4
    assert " 200 " in options(w.peer(TRUNK, 0, tcp=True))
    recorded_call(w, "at a low limit")
    return more


def none_left(w):
    """Not one: ringctl gets in by the one in hand, SIP over UDP is answered, listeners rest."""
    taken = open_files(w)
    limit(w, max(taken) + 1)
    filling = peers(w, TRUNK, max(taken) + 1 - len(taken))  # a trunk's: no stranger would do
    world.wait_for("all are taken", lambda: len(open_files(w)) > max(taken))
    waiting = peers(w, TRUNK, 3)
    for _ in range(5):
        assert w.ringctl("version", check=False).returncode == 0, "ringctl is kept out"
        assert " 200 " in options(w.peer(TRUNK, 0))
    time.sleep(3)
    lines = [t for t in w.daemon.log().splitlines() if "is refused" in t or "are refused" in t]
    for text in lines:
        print("said:", text)
    assert 1 <= len(lines) <= 8, f"{len(lines)} lines"
    limit(w, 4096)
    for peer in waiting:
        assert " 200 " in options(peer, seconds=8), "not accepted when there is room again"
    return filling + waiting


def starts_low(w, config):
    """With next to nothing it does not start, and says what to raise."""
    program = os.path.join(w.build, "ringhall")
    done = subprocess.run(["prlimit", "--nofile=48:48", program, config], text=True, timeout=20,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    last = done.stdout.strip().splitlines()[-1]
    print(f"48 descriptors: {done.returncode}: {last}")
    assert done.returncode == 1 and "48 descriptors are allowed, a start alone" in last, done.stdout


def main():
    with world.World() as w:
        config = hotline.prepare(w, sip=f"  unknown_connections: {ALL}\n"
                                 f"  unknown_connections_each: {EACH}\n")
        starts_low(w, config)
        w.start_daemon(config)
        in_pieces(w)
        held = strangers(w) + tight(w) + none_left(w)
        assert w.ringctl("calls", "list").returncode == 0
        assert w.daemon.stop() == 0, "SIGTERM does not end it in order"
        size = os.path.getsize(w.daemon.log_path)
        print(f"{len(held)} connections held, the log has {size} bytes")
        assert size < 20000, size


if __name__ == "__main__":
    main()
