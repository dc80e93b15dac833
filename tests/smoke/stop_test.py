#!/usr/bin/python3
"""A stop in the middle of everything: callers that are being answered, that hear a menu, wait,
ring at a phone, talk and confer; offers that nobody answers; a supervisor who listens. After the
drain limit, and at a second signal, each is ended, each has its record, also in the database,
nothing is left behind (under a sanitizer: no leak) and the exit is in order."""
import os
import re
import signal
import sqlite3
import time
import world
world.enter()

import hotline  # noqa: E402

CALLER = "10.99.0.20"
SALES = "sip:{}@10.99.0.1"


class Phone:
    """An agent's phone that does with an INVITE what its name says."""

    def __init__(self, w, name, port, does):
        self.name, self.does = name, does
        self.peer = w.peer(hotline.AGENTS[name], port)
        self.peer.register(name, "secret", realm="smoke.example", expires=600)

    def answer(self, request, status):
        fields = [line for line in request.split("\r\n")
                  if re.match("(Via|From|Call-ID|CSeq|To):", line)]
        fields = [f + ";tag=p" if f.startswith("To:") and ";tag=" not in f else f for f in fields]
        body = self.peer.sdp() if status.startswith("200") else ""
        kind = ["Content-Type: application/sdp"] if body else []
        self.peer.send(f"SIP/2.0 {status}", fields + kind + [
            f"Contact: <sip:{self.name}@{self.peer.ip}:{self.peer.port}>"], body)

    def invited(self):
        request = world.wait_for(f"{self.name} is called", lambda: next(
            (m for m in [self.peer.receive(0.2)] if m and m.startswith("INVITE")), None), 15)
        for status in self.does:
            self.answer(request, status)


def call(w, number, port, ack=True):
    """A caller by hand; without the ACK its call is being answered when the stop comes."""
    peer = w.peer(CALLER, port)
    uri = SALES.format(number)
    call_id = peer.request("INVITE", uri, body=peer.sdp(port=port + 1000))
    ok = peer.status(200, seconds=10)
    to = re.search(r"^To: *(.*)\r$", ok, re.M).group(1)
    if ack:
        peer.request("ACK", uri, call=call_id, to=to)
    return peer


def populate(w):
    """One of each; returns what must be kept alive, and how many calls there are."""
    alice = Phone(w, "alice", 5061, ["180 Ringing", "200 OK"])
    bob = Phone(w, "bob", 5062, ["180 Ringing"])
    carol = Phone(w, "carol", 5063, [])
    held = [alice, bob, carol]
    held.append(call(w, "9001", 6000))
    first = next((p for p in held[:3] if invited(p)), None)
    print(f"{first.name} is called first")
    for port in (6002, 6004):
        held.append(call(w, "9001", port))
    held.append(call(w, "9000", 6006))              # hears the menu
    held.append(call(w, "9000", 6008, ack=False))   # is being answered
    held.append(call(w, "9090", 6010))              # recorded
    late = w.peer(CALLER, 6012)                     # a late offer, never acknowledged
    late.request("INVITE", SALES.format("9000"))
    late.status(200, seconds=10)
    early = w.peer(CALLER, 6014)                    # comes with the stop itself
    early.request("INVITE", SALES.format("9001"), body=early.sdp(port=7014))
    return held + [late, early]


def invited(phone):
    try:
        phone.invited()
        return True
    except AssertionError:
        return False


def told_to_go(peer):
    """Whether a BYE, or a final answer to an INVITE that had none, is among what came."""
    messages = iter(lambda: peer.receive(0.1), None)
    return any(m.startswith("BYE") or re.match("SIP/2.0 [3-6]", m) for m in messages)


def stored(w):
    """What the database knows of a node that has stopped in order: all that the log has."""
    db = sqlite3.connect(f"file:{w.path('store', 'ringhall.db')}?mode=ro", uri=True)
    calls = db.execute("SELECT count(*) FROM calls").fetchone()[0]
    rows = db.execute("SELECT state, samples, file FROM recordings").fetchall()
    db.close()
    log = w.daemon.log()
    print(f"stored: {calls} calls, recordings {[r[:2] for r in rows]}")
    assert calls == log.count("call ended: "), (calls, log[-3000:])
    assert rows and all(state == "whole" for state, _, _ in rows), rows
    for _, samples, path in rows:
        assert os.path.getsize(path) == 4096 + 2 * samples, (path, samples)


def stopped(w, config, name, signals):
    w.start_daemon(config)
    before = len(w.daemon.log())
    held = populate(w)
    calls = len(w.ask("calls", "list"))
    print(f"{name}: {calls} calls, {len(held)} peers")
    assert calls >= 6
    for _ in range(signals):
        w.daemon.process.send_signal(signal.SIGTERM)
        time.sleep(0.1)
    code = w.daemon.process.wait(30)
    log = w.daemon.log()[before:]
    ended = log.count("call ended: ")
    bad = [t for t in log.splitlines() if "left behind" in t or "Sanitizer" in t]
    print(f"{name}: exit {code}, {ended} calls ended, {bad[:3]}")
    assert code == 0 and not bad, log[-6000:]
    assert ended >= calls, log[-3000:]
    stored(w)
    for peer in (p for p in held if not isinstance(p, Phone)):
        assert told_to_go(peer), f"the caller at port {peer.port} believes in a call"
    for held_by in held:
        getattr(held_by, "peer", held_by).socket.close()


def main():
    with world.World() as w:
        config = hotline.prepare(w)
        with open(config) as f:
            text = f.read()
        config = w.write("hotline.yaml", text.replace("drain_limit: 20s", "drain_limit: 1s"))
        stopped(w, config, "drain limit", 1)
        stopped(w, config, "second signal", 2)
        assert "did not stop in order" not in w.daemon.log()


if __name__ == "__main__":
    main()
