#!/usr/bin/python3
"""Every command of ringctl against a daemon with a call in conversation: as text, as JSON, with
its exit code. A reload in mid-call, a wrong one, and the two ways to drain."""
import os
import pty
import pwd
import re
import signal
import sys
import time
import world
world.enter()

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import hotline  # noqa: E402
import schemas  # noqa: E402

AGENT = "10.99.0.30"
USER = "nobody"
DONE, FAILED, USAGE, MISSING = 0, 1, 2, 3
TREE = """    sites: north
    shifts: {early: north}
    teams: {red: early}
    groups: [hotline, training]
    regions: {east: {numbers: "9000", agents: agent0}}
"""


class Commands:
    """Runs commands, keeps account of which ones were run."""

    def __init__(self, w):
        self.w, self.seen = w, set()

    def text(self, words, *args, code=DONE):
        """What it prints for people; never with colours, as it goes to no terminal."""
        self.seen.add(words)
        done = self.w.ringctl(*words.split(), *args, check=False)
        assert done.returncode == code, f"{words} {args}: {done.returncode}\n{done.stdout}"
        assert "\033" not in done.stdout, f"{words}: colours without a terminal"
        return done.stdout

    def json(self, words, *args):
        """What it answers as JSON; checked against its exit code and its text's emptiness."""
        assert self.text(words, *args).strip(), f"{words}: says nothing"
        answer = self.w.ask(*words.split(), *args)
        schemas.judge(words, answer)
        return answer

    def all_run(self):
        told = self.w.ringctl("help").stdout.split("Commands:")[1].split("Options")[0]
        names = {re.split(r"  +| [A-Z\[]| bash", line.strip())[0].strip()
                 for line in told.splitlines() if re.match(r"  \w", line)}
        assert names == self.seen, f"give each command its line here: {names ^ self.seen}"


def look(c, call):
    """All that only looks."""
    status = c.json("status")
    assert status["state"] == "running" and status["calls"]["alive"] == 1
    row, = c.json("calls list")
    assert row["call"] == call and row["state"] == "talking"
    shown = c.json("calls show", call[:14])
    assert shown["agent"] == "agent0" and shown["caller_media"]["rx_packets"] > 10
    offer, = c.json("calls why", call[:14])
    assert offer["outcome"] == "connected" and offer["candidates"][0]["agent"] == "agent0"
    assert c.json("queues list") and c.json("queues show", "talk")["talking"] == 1
    assert "agent0" in {a["agent"] for a in c.json("agents list")}
    assert c.json("agents show", "agent0")["state"] == "talking"
    talks, = c.json("why agent", "agent0")
    assert talks["why"] == "talking" and talks["call"] == call
    assert [r["why"] for r in c.json("why call", call[:14])] == ["talking"]
    assert c.json("why queue", "talk")[0]["why"] == "nobody-waits"
    assert c.json("conferences list") == []
    assert [r["agent"] for r in c.json("registrations list")] == ["agent0"]
    assert {t["trunk"] for t in c.json("trunks list")} == {"carrier", "carrier6"}
    assert c.json("trunks show", "carrier")["in_progress"] == 1
    sessions = c.json("sessions list")
    assert len(sessions) == 2
    assert c.json("sessions show", sessions[0]["session"])["codec"] == "PCMU"
    assert len(c.json("workers")) == 1 and c.json("ports") and len(c.json("media")) == 2
    assert {"= received"} <= {r["reason"] for r in c.json("drops", "--all")}
    assert c.json("drops")
    version = c.json("version")
    assert re.match(r"2[2-9]\.", version["libraries"]["dpdk"]), version
    for page, word in (("ringctl", ".TH"), ("ringhall", ".TH"), ("cli.md", "recordings check"),
                       ("figures.md", "answer_rate_percent")):
        assert word in c.text("man", page), page
    assert "complete" in c.text("completion", "bash")
    assert "calls-list" in c.text("schema") and "$defs" in c.text("schema", "events")
    assert "calls show CALL" in c.text("help", "calls", "show")
    assert c.json("stats", "--by", "agent", "--since", "1h")[0]["signed_in_ms"] > 0
    for by, name in (("agent", "agent0"), ("team", "red"), ("shift", "early"), ("site", "north"),
                     ("group", "hotline"), ("region", "east")):
        rows = [r for r in c.json("stats", "--by", by, "--since", "1h") if r["name"] == name]
        assert sum(r["signed_in_ms"] for r in rows) > 0, (by, rows)
    assert c.json("agents show", "agent0")["team"] == "red"
    live = c.json("stats", "--by", "agent", "--live", "5m")[0]
    assert 0 < live["signed_in_ms"] <= 300000, live
    c.text("stats", "--live", "5m", "--since", "1h", code=USAGE)
    until = time.monotonic() + 30  # the first question has them asked for
    while not (queue := c.json("queues show", "talk"))["answer_rate_percent"]:
        assert time.monotonic() < until, queue
        time.sleep(0.2)
    assert queue["answer_rate_percent"] == queue["service_level_percent"] == 100, queue
    assert queue["answer_speed_ms"] < 20000, queue
    assert c.json("lockouts list") == []


def act(c, call):
    assert "are masked" in c.text("calls mask", call, "on")
    assert c.w.ask("calls", "show", call)["masked"] is True
    assert "no longer" in c.text("calls mask", call, "off")
    c.text("calls originate", "talk", "--trunk", "nowhere", "--to", "13900139000", "--connect",
           "queue", code=FAILED)  # tests/carrier has those that are taken
    assert "away" in c.text("agents set", "bob", "away")
    assert "lunch" in c.text("agents pause", "bob", "--code", "lunch")
    assert c.w.ask("agents", "show", "bob")["pause"] == "Lunch break"
    c.text("agents pause", "bob", "--code", "tea", code=MISSING)
    assert "again" in c.text("agents resume", "bob")
    assert c.text("log level", "debug", "sip") and c.text("log level", "info")


def monitor(c, call):
    """A third phone is put on the conversation and taken off it."""
    hotline.sign_in(c.w, "carol", "10.99.0.34", 5070)
    xml = c.w.scenario("listener", "phone", sound=c.w.path("voice.ul"), ring_ms=50, pt=8)
    c.w.sipp("listener", "-sf", xml, "-p", "5070", "-m", "1", address="10.99.0.34")
    c.text("calls monitor", call, "carol", "listen", code=FAILED)  # she takes calls
    c.text("agents set", "carol", "away")
    assert "listen" in c.text("calls monitor", call, "carol", "listen")
    world.wait_for("carol listens", lambda: sum(
        s["rx_packets"] > 0 for s in c.w.ask("sessions", "list")) == 3)
    assert "off" in c.text("calls monitor", call, "carol", "off")
    world.wait_for("carol is gone", lambda: len(c.w.ask("sessions", "list")) == 2)


def mistakes(c, call):
    c.text("conferences show", "nowhere", code=MISSING)
    c.text("conferences mute", call, "on", code=FAILED)
    c.text("conferences gain", call, "-6", code=FAILED)
    c.text("calls show", "ffffffff", code=MISSING)
    c.text("agents show", "nobody", code=MISSING)
    c.text("agents set", "nobody", "away", code=MISSING)
    c.text("lockouts lift", "nobody", code=MISSING)
    c.text("sessions show", "1", code=MISSING)
    c.text("calls show", code=USAGE)
    c.text("log level", "loud", code=USAGE)
    assert c.w.ringctl("calls", "liste", check=False).returncode == USAGE
    assert c.w.ringctl("calls", "list", "--wrong", check=False).returncode == USAGE
    gone = world.run(os.path.join(c.w.build, "ringctl"), "--socket", "/nowhere", "status",
                     check=False)
    assert gone.returncode == FAILED and "/nowhere" in gone.stdout, gone.stdout
    assert "\033[" in c.w.ringctl("--color", "status").stdout


def trace(c, call):
    """The ladder names both legs' messages; the capture decodes as the same."""
    ladder = c.text("trace sip", call)
    for word in ("INVITE", "180", "200", "ACK", AGENT):
        assert word in ladder, f"{word} is not in\n{ladder}"
    path = c.w.path("trace.pcap")
    c.text("trace sip", call, "--pcap", path)
    decoded = world.run("tshark", "-r", path, "-Y", "sip").stdout
    assert decoded.count("Request: INVITE") == 2 and decoded.count("Request: ACK") == 2, decoded
    assert "Malformed" not in decoded, decoded


def top(c):
    """A screen on a terminal, left by its key."""
    c.seen.add("top")
    shown = b""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm"
        os.execv(os.path.join(c.w.build, "ringctl"), [
            "ringctl", "--socket", c.w.path("ringctl.sock"), "top"])
    for wait_s in (1.5, 0.5):
        time.sleep(wait_s)
        try:
            shown += os.read(terminal, 65536)
            os.write(terminal, b"q")
        except OSError:
            pass
    _, status = os.waitpid(pid, 0)
    assert status == 0, f"top ended with {status:#x}"
    assert b"talk" in shown and b"agent0" in shown, shown[-500:]


def reload(c, call):
    """The call in progress is untouched, a new number works; a wrong file changes nothing."""
    w = c.w
    with open(w.config) as f:
        good = f.read()
    w.write("hotline.yaml", good.replace('"9000": main', '"9000": main\n      "9100": main'))
    assert "is in force" in c.text("reload")
    assert invite(w, "9100", "10.99.0.31") == 200
    w.write("hotline.yaml", good.replace("queue: talk", "queue: tolk"))
    wrong = c.text("reload", code=FAILED)
    assert re.search(r"hotline\.yaml:\d+:\d+: .*tolk.*did you mean 'talk'", wrong), wrong
    os.kill(w.daemon.process.pid, signal.SIGHUP)
    assert invite(w, "9100", "10.99.0.32") == 200
    w.write("hotline.yaml", good)
    row, = [r for r in w.ask("calls", "list") if r["call"] == call]
    assert row["state"] == "talking"


def invite(w, number, address):
    """The final status of a call; answered ones are hung up again."""
    p = w.peer(address)
    uri = f"sip:{number}@{world.HOST}"
    call = p.request("INVITE", uri, body=p.sdp(), branch="z9hG4bKi")
    answer = p.status()
    to = world.sip_kit.header(answer, "To")
    status = int(answer.split()[1])
    p.request("ACK", uri, call=call, to=to, branch="z9hG4bKa" if status == 200 else "z9hG4bKi")
    if status == 200:
        p.request("BYE", uri, call=call, to=to, cseq=2)
        p.status(200)
    p.socket.close()
    return status


def history(c, call):
    """What is asked of the store, once the call has ended."""
    assert "ended" in c.text("calls hangup", call)
    world.wait_for("it has ended", lambda: not c.w.ask("calls", "list"))
    row, = [r for r in hotline.records(c.w, 3) if r["call"] == call]
    assert (row["why"], row["by"]) == ("operator", "operator"), row
    assert c.json("calls show", call)["why"] == "operator"
    assert call[:14] in c.text("calls list", "--history", "--why", "operator")
    c.json("calls list", "--history")
    assert len(c.w.ask("calls", "list", "--history", "--limit", "2")) == 2
    hotline.recordings(c.w, 1)
    assert c.json("recordings list")[0]["call"] == call
    assert c.json("recordings show", call)["state"] == "whole"
    c.text("recordings fetch", call, c.w.path("fetched.wav"))
    assert os.path.getsize(c.w.path("fetched.wav")) > 8000
    assert "recorded 1" in c.text("recordings check") and c.json("recordings check", call)


def fetch(c, events, call):
    """By a user who may use the socket and may not look into the recordings' folder."""
    w, who = c.w, pwd.getpwnam(USER)
    file = w.ask("recordings", "list")[0]["file"]
    os.chown(w.path("ringctl.sock"), 0, who.pw_gid)
    os.chmod(w.folder, 0o711)
    mine = w.path("mine")
    os.mkdir(mine)
    os.chown(mine, who.pw_uid, who.pw_gid)
    user = ["setpriv", f"--reuid={USER}", f"--regid={who.pw_gid}", "--clear-groups"]
    assert world.run(*user, "head", "-c1", file, check=False).returncode != 0, "it may be read"
    ringctl = [*user, os.path.join(w.build, "ringctl"), "--socket", w.path("ringctl.sock")]
    done = world.run(*ringctl, "recordings", "fetch", call[:14], mine + "/call.wav")
    assert "length and checksum as its ledger says" in done.stdout, done.stdout
    assert os.listdir(mine) == ["call.wav"]
    with open(mine + "/call.wav", "rb") as got, open(file, "rb") as there:
        assert got.read() == there.read()

    def his():
        return [e for e in events.of("recording-fetched") if e["body"]["uid"] == who.pw_uid]

    fetched, = world.wait_for("it is told", his)
    assert (fetched["call"], fetched["tenant"]) == (call, "city"), fetched
    body = fetched["body"]
    assert (body["file"], body["by"], body["uid"]) == (file, "operator", who.pw_uid), body
    assert body["pid"] and f"recording fetched call={call}" in w.daemon.log()
    done = world.run(*ringctl, "recordings", "fetch", call, mine + "/call.wav", check=False)
    assert done.returncode == FAILED and "exists" in done.stdout, done.stdout
    assert len(his()) == 1, "told of what was not fetched"


def talk(w, stay_s, **kwargs):
    """A call in conversation; returns its id and its SIPp."""
    caller = w.caller("caller", number="talk", sound=w.path("voice.ul"), stay_ms=stay_s * 1000,
                      **kwargs)
    call, = world.wait_for("they talk", lambda: [
        c for c in w.ask("calls", "list") if c["state"] == "talking"])
    return call["call"], caller


def drain(c):
    """SIGTERM waits for the call; new ones get 503. Then the limit ends the next one."""
    w = c.w
    _, caller = talk(w, 4)
    events = hotline.Events(w)
    c.json("status")  # whoever follows is heard before
    os.kill(w.daemon.process.pid, signal.SIGTERM)
    world.wait_for("it drains", lambda: w.ask("status")["state"] == "draining")
    assert invite(w, "9000", "10.99.0.33") == 503
    told, = world.wait_for("it says so", lambda: events.of("drain"))
    schemas.judge("events", told)
    assert (told["body"]["by"], told["body"]["pid"]) == ("signal", os.getpid()), told
    assert (told["body"]["open_calls"], told["body"]["limit_ms"]) == (1, 20000), told
    assert caller.wait(10) == 0, "the call was cut short"
    assert w.daemon.wait(5) == 0, "ringhall did not end after its last call"
    with open(w.config) as f:
        text = f.read().replace("drain_limit: 20s", "drain_limit: 1s")
    w.start_daemon(w.write("hotline.yaml", text))
    call, caller = talk(w, 30, address="10.99.0.11")
    c.text("drain")
    assert w.daemon.wait(5) == 0, "the limit did not end it"
    assert caller.wait(5) != 0  # it got a BYE that its script does not know
    w.start_daemon(w.config)
    row, = [r for r in w.ask("calls", "list", "--history") if r["call"] == call]
    print("ended by the limit:", row["why"], row["by"])
    assert row["by"] == "system"


def main():
    with world.World() as w:
        w.start_daemon(hotline.prepare(
            w, {"talk": ["agent0"]}, agent_keys={"agent0": ", team: red, group: hotline"},
            more_sections=TREE))
        c = Commands(w)
        hotline.caller_sound(w, "voice", seconds=30)
        events = hotline.Events(w)
        hotline.sign_in(w, "agent0", AGENT, 5070)
        w.sipp("phone", "-sf", w.scenario("phone", "phone", sound=w.path("voice.ul"), ring_ms=50,
                                          pt=0), "-p", "5070", address=AGENT)
        call, _ = talk(w, 60)
        time.sleep(1)
        look(c, call)
        act(c, call)
        mistakes(c, call)
        trace(c, call)
        monitor(c, call)
        top(c)
        reload(c, call)
        history(c, call)
        fetch(c, events, call)
        names = [e["event"] for e in events.all if e["call"] == call]
        assert names[:3] == ["call-started", "call-answered", "call-step"], names
        assert "call-ended" in names
        for event in events.all:
            schemas.judge("events", event)
        c.seen.add("events follow")
        loaded, = [e["body"] for e in events.of("config-loaded")]
        assert (loaded["by"], loaded["uid"]) == ("operator", os.getuid()) and loaded["pid"], loaded
        assert (loaded["added"], loaded["removed"], loaded["changed"]) == (1, 0, 0), loaded
        registered = events.of("agent-registered")
        assert registered and all(e["tenant"] for e in registered), registered
        events.stop()
        drain(c)
        c.all_run()
        assert w.daemon.stop() == 0


if __name__ == "__main__":
    sys.exit(main())
