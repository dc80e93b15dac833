#!/usr/bin/python3
"""An agent whom one reload takes out and the next gives back: its registration went with it. Nobody
is sent to a phone that is not there; when the phone registers again it is rung."""
import re
import sys
import world
world.enter()

import hotline  # noqa: E402


def states(w):
    return {a["agent"]: a["state"] for a in w.ask("agents", "list")}


def reload(w, text):
    w.write("hotline.yaml", text)
    assert "is in force" in w.ringctl("reload").stdout


def rung(phone, seconds):
    m = phone.receive(seconds)
    return m is not None and m.startswith("INVITE ")


def main():
    with world.World() as w:
        hotline.start(w, {"desk": ["dora", "emil"]})
        with open(w.config) as f:
            good = f.read()
        without = re.sub(r" +dora: .*\n", "", good).replace("[dora, emil]", "[emil]")
        phone = w.peer("10.99.0.30")
        phone.register("dora", "secret", realm="smoke.example", expires=600)
        world.wait_for("dora is ready", lambda: states(w)["dora"] == "ready", 5)
        reload(w, without)
        assert "dora" not in states(w), states(w)
        reload(w, good)
        assert states(w)["dora"] == "signed-out", states(w)
        caller = w.caller("caller", number="desk", stay_ms=8000)
        assert not rung(phone, 3)
        dora, = [a for a in w.ask("agents", "list") if a["agent"] == "dora"]
        assert dora["offered"] == 0, dora
        phone.register("dora", "secret", realm="smoke.example", expires=600)
        assert rung(phone, 5)
        caller.stop()
        phone.socket.close()
        assert w.daemon.stop() == 0


if __name__ == "__main__":
    sys.exit(main())
