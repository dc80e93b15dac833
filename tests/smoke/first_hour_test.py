#!/usr/bin/python3
"""docs/first-hour.md, lived through: each command of the page is run on a terminal of 80 columns,
in the page's order, and must print what the page shows; nothing may be wider than the terminal.

    first_hour_test.py            compares
    first_hour_test.py --write    writes what differs into the page (--all: all that has no "…")
"""
import json
import os
import re
import sqlite3
import subprocess
import sys
import time
import world
world.enter()

import transcript  # noqa: E402

ROOT = os.path.abspath(os.path.join(world.HERE, "..", ".."))
PAGE = os.path.join(ROOT, "docs", "first-hour.md")
CONFIG = "/etc/ringhall/ringhall.yaml"
# What the test needs otherwise: only a worker's own load may refuse calls, as the tests' machine
# has other work to do; and nobody waits until an agent is ready again.
OTHERWISE = [("engine:\n", "engine:\n  load_late: 0ms\n  load_stolen: 0\n"),
             ("wrap_up: 5s", "wrap_up: 0s")]
REALM = "ringhall"


class Machine:
    """A machine with Ringhall installed, phones around it, and what the page does to them."""

    def __init__(self, w):
        self.w = w
        self.root = w.path("root")
        folders(w)
        sbin = os.path.join(self.root, "usr/local/sbin")
        os.environ["PATH"] = ":".join([sbin, sbin.replace("sbin", "bin"), os.environ["PATH"]])
        os.environ.update(LC_ALL="C.UTF-8", TZ="UTC")

    # --- how commands are run that a test cannot run as they stand ---
    def form(self, command):
        """The command as the test runs it, or a function that does the same."""
        if command == "make install":  # into a folder, without packages and compilers
            return (f"make -s -C {ROOT} -o all install BUILD={self.w.build} DESTDIR={self.root} && "
                    f"mkdir -p /etc/ringhall && cp {self.root}{CONFIG} {CONFIG}")
        if command in ("systemctl enable --now ringhall", "systemctl start ringhall"):
            return self.service
        if command.startswith("play -q "):  # nobody listens
            return command.replace("play -q", "sox") + " -n"
        return command

    def service(self):
        """What the unit that was installed would start, once what ran before has ended."""
        if self.w.daemon:
            assert self.w.daemon.wait(10) == 0
        with open(os.path.join(self.root, "usr/local/lib/systemd/system/ringhall.service")) as f:
            unit = f.read()
        with open(CONFIG) as f:
            text = f.read()
        for old, new in OTHERWISE:
            text = text if new in text else text.replace(old, new, 1)
        with open(CONFIG, "w") as f:
            f.write(text)
        os.makedirs("/run/ringhall", exist_ok=True)
        steps = re.findall(r"^(ExecStart(?:Pre)?)=[-+!]*(.*)$", unit, re.M)
        for key, line in steps:
            words = (self.root + line.replace("${CONFIG}", CONFIG)).split()
            if key == "ExecStart":
                self.w.daemon = self.w.start("ringhall", words)
            else:
                world.run(*words)
        world.wait_for("ringhall answers", self.answers, 20)
        for last in range(10, 20):
            world.run("ip", "address", "add", f"10.99.0.{last}/24", "dev", "ringhall0",
                      check=False)
        return [], 0

    def answers(self):
        assert self.w.daemon.alive(), self.w.daemon.log()[-2000:]
        return self.ringctl("status").returncode == 0

    def ringctl(self, *args):
        return subprocess.run(["ringctl", *args], text=True, capture_output=True, check=False)

    # --- stages: what happens between the commands ---
    def alice_signs_in(self):
        sound = world.speech(self.w.path("alice.wav"), "Service desk, this is Alice.", seconds=20)
        self.w.baresip("alice", "10.99.0.11", sound, password=self.password("alice"))
        world.wait_for("alice's phone", lambda: self.rows("registrations", "list"))

    def bob_signs_in(self):
        peer = self.w.peer("10.99.0.12", 5070)
        peer.register("bob", self.password("bob"), realm=REALM, expires=600)
        peer.socket.close()

    def password(self, agent):
        """As the installed configuration has it."""
        with open(CONFIG) as f:
            return re.search(rf"{agent}: {{password: (\w+)", f.read())[1]

    def a_caller_dials_4001(self):
        """Presses 1 and talks with alice."""
        pcm = world.speech(self.w.path("caller.wav"), "Good morning, my washing machine stopped.",
                           voice="en+m3", seconds=20)
        with open(world.law_file(pcm, self.w.path("caller.ul")), "rb") as f:
            world.write_call_pcap(self.w.path("caller.pcap"), f.read(), [(0.6, "1")])
        self.call("caller", "10.99.0.10")
        world.wait_for("they talk", lambda: [
            c for c in self.rows("calls", "list") if c["state"] == "talking"], 20)
        time.sleep(2)

    def another_caller_dials_4001(self):
        self.call("another", "10.99.0.16")
        world.wait_for("the call is there", lambda: self.rows("calls", "list"))

    def call(self, name, address):
        self.w.caller(name, number="4001", sound=self.w.path("caller.pcap"), stay_ms=30000,
                      template="caller_pcap", address=address)

    def alice_hangs_up(self):
        world.baresip_command("10.99.0.11", "hangup")
        world.wait_for("its record is there", lambda: self.rows("calls", "list", "--history"))

    def somebody_dials_4009(self):
        """A number that leads nowhere."""
        peer = self.w.peer("10.99.0.14")
        peer.request("INVITE", f"sip:4009@{world.HOST}", user="13900002", body=peer.sdp())
        peer.status(404)
        peer.socket.close()

    def a_day_goes_by(self):
        """The calls that there were are yesterday's now."""
        world.wait_for("their records", lambda: len(self.rows("calls", "list", "--history")) == 2)
        with sqlite3.connect("/var/lib/ringhall/store/ringhall.db", timeout=10) as db:
            for column in ("started", "answered", "connected", "ended"):
                db.execute(f"UPDATE calls SET {column} = {column} - 86400000000000 "
                           f"WHERE {column} > 0")
            db.execute("UPDATE recordings SET started = started - 86400000000000")

    def a_phone_guesses_bobs_password(self):
        peer = self.w.peer("10.99.0.15", 5070)
        for n in range(5):
            peer.register("bob", f"wrong{n}", realm=REALM, final=(401,))
        peer.socket.close()

    def rows(self, *args):
        """A list of ringctl's."""
        return json.loads(self.ringctl("--json", *args).stdout)

    def end(self):
        for call in self.rows("calls", "list"):
            self.ringctl("calls", "hangup", call["call"])
        assert self.w.daemon.stop() == 0

    def stage(self, words):
        getattr(self, words.replace("'", "").replace(" ", "_"))()


def folders(w):
    """/etc/ringhall and /var/lib/ringhall of this test alone."""
    for place in ("/etc", "/var/lib"):
        work = "/run/over" + place.replace("/", "-")
        os.makedirs(work + "/upper")
        os.makedirs(work + "/work")
        world.run("mount", "-t", "overlay", "overlay", "-o",
                  f"lowerdir={place},upperdir={work}/upper,workdir={work}/work", place)
    os.makedirs("/etc/ringhall", exist_ok=True)
    os.makedirs("/var/lib/ringhall", exist_ok=True)
    os.makedirs(w.path("var"))
    world.run("mount", "--bind", w.path("var"), "/var/lib/ringhall")


def live(machine, commands):
    """Runs the page's commands; returns what each printed, and the faults."""
    judge, outputs, faults = transcript.Judge(), [], []
    for command in commands:
        for words in command.stages:
            machine.stage(words)
        form = machine.form(judge.filled(command.text))
        lines, code = form() if callable(form) else transcript.on_terminal(form, machine.w.folder)
        lines = [line for line in lines if line or len(lines) > 1]
        fault = judge.fault(command.shown, lines)
        judge.look(lines)
        keeps = not fault and ("--all" not in sys.argv or "…" in map(str.strip, command.shown))
        outputs.append(command.shown if keeps else lines)
        told = [fault] if fault else []
        told += [f"ended with {code}"] if code else []
        told += [f"wider than 80: {line}" for line in transcript.wide(lines)]
        faults += [f"line {command.line}: {command.text}\n{text}" for text in told]
        print(f"{command.text}: {len(lines)} lines{', faults' if told else ''}", flush=True)
    return [judge.paged(lines) for lines in outputs], faults


def main():
    with open(PAGE, encoding="utf-8") as f:
        page = f.read()
    commands = transcript.read(page)
    with world.World() as w:
        machine = Machine(w)
        outputs, faults = live(machine, commands)
        if "--write" in sys.argv:
            with open(PAGE, "w", encoding="utf-8") as f:
                f.write(transcript.write(page, outputs))
            return 0
        for fault in faults:
            print(fault)
        machine.end()
        return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
