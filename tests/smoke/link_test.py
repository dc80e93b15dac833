#!/usr/bin/python3
"""The media interface goes down and comes up: told in the daemon's messages, by `ringctl ports` and
as a trouble that is over, once each, also over a reload and when the node stops meanwhile."""
import sys
import world
world.enter()

import hotline  # noqa: E402


def link(w, state):
    world.run("ip", "link", "set", "rh0", state)


def told(events):
    return [e["body"]["over"] for e in events.of("trouble") if e["body"]["topic"] == "link"]


def main():
    with world.World() as w:
        hotline.start(w)
        events = hotline.Events(w)
        port, = w.ask("ports")
        assert port["up"], port
        world.wait_for("its start is over", lambda: w.ask("status")["up_ms"] > 5000)
        link(w, "down")
        world.wait_for("it is told", lambda: told(events) == [False])
        event, = [e["body"] for e in events.of("trouble")]
        assert event["name"] == "media0" and "link is down" in event["text"], event
        port, = w.ask("ports")
        assert not port["up"], port
        assert "is in force" in w.ringctl("reload").stdout
        link(w, "up")
        world.wait_for("its end is told", lambda: told(events) == [False, True])
        link(w, "down")
        world.wait_for("it is told again", lambda: told(events) == [False, True, False])
        assert w.daemon.stop() == 0
        assert "link media0: the node stops" in w.daemon.log(), w.daemon.log()
        events.stop()


if __name__ == "__main__":
    sys.exit(main())
