#!/usr/bin/python3
"""A full disk stops recordings, loudly, and no call: a recording under way ends whole, a new call
goes without one and says so, and with room again the next call is recorded."""
import os
import re
import sys
import time
import world
world.enter()

import hotline  # noqa: E402
import rtpcheck  # noqa: E402

AGENT = "10.99.0.30"


def talk(w, name, number, stay_s):
    """A caller in conversation with a phone of SIPp; returns its process."""
    caller = w.caller(name, number="talk", sound=w.path("caller.ul"), stay_ms=stay_s * 1000,
                      address=f"10.99.0.{10 + number}")
    world.wait_for(f"{name} talks", lambda: [
        c for c in w.ask("calls", "list") if c["state"] == "talking"])
    return caller


def fill(w):
    """Takes all the room there is."""
    with open(w.path("small", "filler"), "wb", buffering=0) as f:
        try:
            while f.write(b"\0" * 65536):
                pass
        except OSError as e:
            print(f"the disk is full: {e.strerror}")


def check_heard(w, address):
    """The caller heard the agent without a gap, from the first packet to the last."""
    stream, = [s for s in rtpcheck.read_streams(w.wire.pcap, world.MEDIA)
               if s.target[0] == address]
    w.host_gaps.expect_whole(stream)


def prepare(w):
    """A configuration whose recordings lie on a small disk of their own."""
    os.mkdir(w.path("small"))
    world.run("mount", "-t", "tmpfs", "-o", "size=100m", "none", w.path("small"))
    with open(w.path("caller.ul"), "wb") as f:
        f.write(os.urandom(20 * 8000))
    settings = hotline.prepare(w, {"talk": ["agent0"]})
    with open(settings) as f:
        text = f.read().replace(f"{w.folder}/recordings", w.path("small", "recordings"))
    return w.write("hotline.yaml", text)


def calls(w, events):
    """One call while the disk fills up, one while it is full, one with room again."""
    first = talk(w, "first", 0, 6)
    time.sleep(2)
    fill(w)
    world.wait_for("the trouble is told", lambda: events.of("trouble"))
    assert "disk is full" in events.of("trouble")[0]["body"]["text"]
    assert re.search("disk full +yes", w.ringctl("status").stdout)
    assert first.wait(20) == 0, "the call did not go on"
    assert talk(w, "second", 1, 2).wait(20) == 0, "a call was refused"
    os.unlink(w.path("small", "filler"))
    world.wait_for("there is room", lambda: re.search("disk full +no", w.ringctl("status").stdout))
    assert talk(w, "third", 2, 2).wait(20) == 0


def check(w, events):
    first, second, third = reversed(hotline.records(w, 3))
    assert first["recording"] and third["recording"] and not second.get("recording")
    assert [e["body"]["why"] for e in events.of("recording-failed")] == ["disk full"]
    assert [e["body"]["over"] for e in events.of("trouble")] == [False, True]
    rows = {r["call"]: r for r in hotline.recordings(w, 3)}
    states = [rows[r["call"]]["state"] for r in (first, second, third)]
    assert states == ["whole", "failed", "whole"], states
    verdict = w.ringctl("recordings", "check", check=False)
    print(verdict.stdout.splitlines()[-1])
    assert verdict.returncode == 1 and "to record 3, recorded 2" in verdict.stdout
    for address in ("10.99.0.10", "10.99.0.11", "10.99.0.12"):
        check_heard(w, address)


def main():
    with world.World() as w:
        w.start_daemon(prepare(w))
        hotline.listen(w)
        events = hotline.Events(w)
        hotline.sign_in(w, "agent0", AGENT, 5070)
        w.sipp("phone", "-sf", w.scenario("phone", "phone", sound=w.path("caller.ul"), ring_ms=50,
                                          pt=0), "-p", "5070", address=AGENT)
        calls(w, events)
        w.wire.stop()
        check(w, events)
        events.stop()
        assert w.daemon.stop() == 0


if __name__ == "__main__":
    sys.exit(main())
