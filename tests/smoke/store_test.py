#!/usr/bin/python3
"""A damaged database keeps no node from starting and loses no record that the event log has: it is
set aside, an alarm stands in status until it is moved away, and what is beyond the bounds goes."""
import glob
import os
import sqlite3
import sys
import time
import world
world.enter()

import hotline  # noqa: E402

AGENT = "10.99.0.30"


def database(w, sql):
    with sqlite3.connect(w.path("store", "ringhall.db")) as db:
        return db.execute(sql).fetchall()


def states(w):
    """Rows of agents' states, once the store has taken in what was written."""
    def taken():
        s = w.ask("status")["storage"]
        return s["events_stored"] == s["events"]
    world.wait_for("the store has all", taken)
    return database(w, "SELECT sequence, agent, why FROM agent_states ORDER BY sequence")


def damage(w):
    """The page that holds the table of states is garbage."""
    database(w, "PRAGMA wal_checkpoint(TRUNCATE)")
    (page,), = database(w, "SELECT rootpage FROM sqlite_master WHERE name='agent_states'")
    with open(w.path("store", "ringhall.db"), "r+b") as f:
        f.seek((page - 1) * 4096)
        f.write(os.urandom(4096))


def mended(w, settings):
    w.start_daemon(settings)
    hotline.sign_in(w, "agent0", AGENT, 5070)
    for state in ("away", "ready") * 5:
        w.ringctl("agents", "set", "agent0", state)
    before = states(w)
    assert len(before) >= 10, before
    assert w.ask("status")["storage"]["store_trouble"] is None
    assert w.daemon.stop() == 0
    damage(w)
    w.start_daemon(settings)
    world.wait_for("the alarm", lambda: w.ask("status")["storage"]["store_trouble"])
    aside, = glob.glob(w.path("store", "ringhall.db.damaged-*Z"))
    assert aside in w.ask("status")["storage"]["store_trouble"]
    assert "ringhall.db.damaged" in w.ringctl("status").stdout
    after = states(w)
    assert after[:len(before)] == before, after
    assert w.daemon.stop() == 0
    os.unlink(aside)


def forgets(w, settings):
    """A year-old row goes by itself, one of today stays."""
    old = time.time_ns() - 500 * 86400 * 10 ** 9
    database(w, f"INSERT INTO agent_states(sequence, time, agent) VALUES(0, {old}, 'old')")
    w.start_daemon(settings)
    world.wait_for("the old row is gone", lambda: not database(
        w, "SELECT 1 FROM agent_states WHERE agent='old'"), seconds=30)
    assert len(states(w)) >= 10
    assert w.ask("status")["storage"]["store_trouble"] is None
    assert w.daemon.stop() == 0


def main():
    with world.World() as w:
        settings = hotline.prepare(w, {"talk": ["agent0"]})
        mended(w, settings)
        forgets(w, settings)


if __name__ == "__main__":
    sys.exit(main())
