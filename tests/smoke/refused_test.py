#!/usr/bin/python3
"""Who was turned away, and why: a full trunk, no codec in common, a number that nobody has. Each is
in the history with its call id, its SIP trace and the counts that agree; a kill right behind the
answers takes none of them, nor what queues and trunks have counted."""
import sys
import time
import world
world.enter()

import hotline  # noqa: E402

COUNTED = {"queues": ("joined", "answered_calls", "abandoned", "timed_out", "refused", "since"),
           "trunks": ("taken_calls", "rejected", "last", "since"),
           "agents": ("offered", "answered_calls", "missed", "talked_ms", "since")}


def refused(p, status, number="9000", **kwargs):
    """An INVITE that is answered so; returns its Call-ID."""
    branch = f"z9hG4bK{status}{number}"
    target = f"sip:{number}@{world.HOST}"
    call = p.request("INVITE", target, **{"body": p.sdp(), "branch": branch, **kwargs})
    answer = p.status(status)
    p.request("ACK", target, call=call, to=world.sip_kit.header(answer, "To"), branch=branch)
    return call


def figures(w):
    return {of: [{k: row[k] for k in keys} for row in w.ask(of, "list")]
            for of, keys in COUNTED.items()}


def rejected(w):
    return w.ask("trunks", "show", "carrier")["rejected"]


def history(w, why):
    return w.ask("calls", "list", "--history", "--why", why)


def main():
    with world.World() as w:
        with open(hotline.prepare(w)) as f:
            text = f.read()
        media = "        media: inside\n"
        text = text.replace(media, media + "        calls_max: 1\n", 1)
        w.start_daemon(w.write("refused.yaml", text))
        w.caller("caller", number="9001", stay_ms=20000)
        world.wait_for("it waits in the queue", lambda: [
            c for c in w.ask("calls", "list") if c["state"] == "queue"])
        p = w.peer("10.99.0.35")
        calls = {"trunk-full": refused(p, 503)}
        world.wait_for("the history has it", lambda: history(w, "trunk-full"))
        time.sleep(0.5)
        before = figures(w)
        assert rejected(w) == 1, before
        w.daemon.process.kill()
        w.daemon.wait(5)
        w.start_daemon(w.config)
        assert figures(w) == before, (before, figures(w))
        assert len(history(w, "node-killed")) == 1
        calls["offer-not-met"] = refused(p, 488, body=p.sdp(pts="18"))
        calls["no-such-number"] = refused(p, 404, "4711")
        w.daemon.process.kill()  # each was in the log before it was answered
        w.daemon.wait(5)
        w.start_daemon(w.config)
        for why, call in calls.items():
            row, = world.wait_for(why, lambda w=w, why=why: history(w, why))
            assert (row["trunk"], row["sip_call_id"]) == ("carrier", call), row
            assert w.ask("calls", "show", row["call"])["why"] == why
        assert rejected(w) == 3
        refused(p, 404, "4712")
        row, = world.wait_for("4712", lambda: [
            r for r in history(w, "no-such-number") if r["called"] == "4712"])
        trace = w.ringctl("trace", "sip", row["call"]).stdout
        assert "404 Not Found" in trace, trace
        assert w.ask("status")["calls"]["refused"] == 1
        assert w.daemon.stop() == 0


if __name__ == "__main__":
    sys.exit(main())
