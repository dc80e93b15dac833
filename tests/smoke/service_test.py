#!/usr/bin/python3
"""The daemon as a service: what its manager hears on NOTIFY_SOCKET and in which order, signs of
life and what becomes of them when the loop hangs, priorities in the journal's stream; a node that
is taken out and back, and what a balancer's OPTIONS and `ringctl status --ready` say meanwhile."""
import os
import re
import shutil
import signal
import socket
import subprocess
import time
import world
world.enter()

import hotline  # noqa: E402

BALANCER, STRANGER, CALLER = "10.99.0.71", "10.99.0.72", "10.99.0.20"
SERVICE = "sip:10.99.0.1"
WATCHDOG_US = 600000


class Manager:
    """What a service manager hears."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(path)
        self.socket.setblocking(False)
        self.heard = []

    def listen(self):
        while True:
            try:
                self.heard.append(self.socket.recv(4096).decode().splitlines())
            except BlockingIOError:
                return self.heard

    def lines(self):
        return [line for message in self.listen() for line in message]

    def hears(self, line, seconds=10):
        def told():
            return any(re.fullmatch(line, x) for x in self.lines())
        world.wait_for(f"the manager hears {line}", told, seconds)

    def order(self, *lines):
        heard, at = self.lines(), 0
        for line in lines:
            at += next((i for i, x in enumerate(heard[at:]) if re.fullmatch(line, x)), len(heard))
            assert at < len(heard), f"{line} is not heard in its turn: {heard}"


def start(w, config, manager=None, **variables):
    """The daemon with a journal's stream as its stderr."""
    log = open(w.path("journal"), "ab")
    st = os.fstat(log.fileno())
    env = {k: v for k, v in os.environ.items() if k not in ("NOTIFY_SOCKET", "WATCHDOG_USEC")}
    env["JOURNAL_STREAM"] = f"{st.st_dev}:{st.st_ino}"
    if manager:
        env["NOTIFY_SOCKET"] = manager
    env.update(variables)
    process = subprocess.Popen([os.path.join(w.build, "ringhall"), config], env=env, stderr=log,
                               stdout=log, stdin=subprocess.DEVNULL)
    log.close()
    world.wait_for("ringhall answers", lambda: process.poll() is None and
                   w.ringctl("status", check=False).returncode == 0, 20)
    for address in (BALANCER, STRANGER, CALLER):
        world.run("ip", "address", "add", address + "/24", "dev", "rh0", check=False)
    return process


def options(w, address):
    """The answer to OPTIONS: (status, whether it says when to come again); None: none."""
    peer = w.peer(address, 5090)
    peer.request("OPTIONS", SERVICE)
    answer = peer.receive(1)
    peer.socket.close()
    if not answer:
        return None
    return int(answer.split()[1]), "\r\nRetry-After:" in answer


def ready(w):
    done = w.ringctl("status", "--ready", check=False)
    return done.returncode, done.stdout.strip()


def call(w, port):
    peer = w.peer(CALLER, port)
    uri = "sip:9001@10.99.0.1"
    call_id = peer.request("INVITE", uri, body=peer.sdp(port=port + 1000))
    answer = peer.status(200, 503, seconds=5)
    to = re.search(r"^To: *(.*)\r$", answer, re.M).group(1)
    peer.request("ACK", uri, call=call_id, to=to)
    return peer, int(answer.split()[1])


def out_and_back(w):
    """ringctl drain and --cancel, with a call up."""
    assert ready(w) == (0, "ready")
    assert options(w, BALANCER) == (200, False), options(w, BALANCER)
    assert options(w, STRANGER)[0] != 200, "a stranger is told that we are here"
    idle = w.ringctl("drain", "--cancel", check=False)
    assert idle.returncode == 1 and "does not drain" in idle.stdout, idle.stdout
    held, status = call(w, 6000)
    assert status == 200, status
    w.ringctl("drain")
    code, why = ready(w)
    assert code == 1 and "not ready: it drains" in why, (code, why)
    assert options(w, BALANCER) == (503, True)
    assert call(w, 6002)[1] == 503, "a draining node takes a call"
    print("drains:", why)
    assert "new calls are taken again" in w.ringctl("drain", "--cancel").stdout
    assert ready(w) == (0, "ready")
    assert options(w, BALANCER) == (200, False)
    back, status = call(w, 6004)
    assert status == 200, "a node that is back refuses a call"
    row = w.ask("status")
    assert row["takes_calls"] is True and row["not_ready_why"] is None, row
    return held, back


def managed(w, config):
    path = w.path("notify")
    manager = Manager(path)
    process = start(w, config, path, WATCHDOG_USEC=str(WATCHDOG_US))
    manager.hears("READY=1")
    # Whoever hears READY can call.
    out = out_and_back(w)
    manager.hears("STATUS=running; open calls: 2")
    w.ringctl("reload")
    with open(config, "a") as f:
        f.write("nonsense: 1\n")
    assert w.ringctl("reload", check=False).returncode == 1
    manager.hears("STATUS=running with the old configuration.*")
    manager.order("STATUS=starting", "READY=1", "WATCHDOG=1", "STATUS=draining.*",
                  "STATUS=running.*", "RELOADING=1", "MONOTONIC_USEC=[0-9]+", "READY=1",
                  "STATUS=running with the new configuration", "RELOADING=1", "READY=1",
                  "STATUS=running with the old configuration.*")
    # A loop that hangs gives no sign of life, one that goes on does.
    process.send_signal(signal.SIGSTOP)
    manager.listen()
    silent = len(manager.heard)
    time.sleep(3 * WATCHDOG_US / 1e6)
    assert len(manager.listen()) == silent, manager.heard[silent:]
    process.send_signal(signal.SIGCONT)
    world.wait_for("signs of life again", lambda: "WATCHDOG=1" in sum(
        manager.listen()[silent:], []))
    # What its manager stops cannot be taken back, and has the time that it needs.
    assert "STOPPING=1" not in manager.lines()
    process.send_signal(signal.SIGTERM)
    manager.hears("STOPPING=1")
    manager.hears("EXTEND_TIMEOUT_USEC=[0-9]+")
    late = w.ringctl("drain", "--cancel", check=False)
    assert late.returncode == 1 and "service manager" in late.stdout, late.stdout
    assert process.wait(20) == 0
    manager.order("STOPPING=1", "EXTEND_TIMEOUT_USEC=30000000", "WATCHDOG_USEC=0",
                  "STATUS=stopping")
    assert all(p.socket.fileno() >= 0 for p in out)


def journal(w):
    """Each line has its priority, and neither a time nor a level of its own."""
    with open(w.path("journal"), errors="replace") as f:
        lines = f.read().splitlines()
    ours = [x for x in lines if x.startswith("<")]
    assert ours and all(re.match(r"<[3467]>[a-z-]+: \S", x) for x in ours), ours
    strange = [x for x in lines if re.match(r"\d{4}-\d\d-\d\dT", x)]
    assert not strange, strange
    for what in ("<6>main: ringhall", "<4>", "<6>node: draining"):
        assert any(x.startswith(what) for x in ours), (what, lines)


def alone(w, config):
    """Without a manager nothing is said, and a drain by hand can be taken back."""
    path = w.path("nobody")
    other = Manager(path)
    process = start(w, config, WATCHDOG_USEC=str(WATCHDOG_US))
    held, status = call(w, 6010)
    assert status == 200 and held
    process.send_signal(signal.SIGTERM)
    world.wait_for("it drains", lambda: w.ask("status")["state"] == "draining")
    w.ringctl("drain", "--cancel")
    events = w.ask("status")
    assert events["state"] == "running", events
    w.ringctl("drain")
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0 and not other.listen()


def unasked(w, config):
    """A manager that wants no signs of life hears none."""
    path = w.path("quiet")
    manager = Manager(path)
    process = start(w, config, path)
    manager.hears("READY=1")
    time.sleep(2 * WATCHDOG_US / 1e6)
    w.ringctl("drain")
    assert process.wait(20) == 0
    assert "WATCHDOG=1" not in manager.lines() and "STOPPING=1" in manager.lines()


def unit(w):
    """What is installed is a unit that systemd understands."""
    tool = shutil.which("systemd-analyze")
    if not tool:
        print("without systemd-analyze the unit is not judged")
        return
    root = w.path("root")
    os.environ["DESTDIR"] = root
    world.run("meson", "install", "-C", w.build, "--no-rebuild", "--quiet")
    del os.environ["DESTDIR"]
    example = os.path.join(root, "etc/ringhall/ringhall.yaml")
    assert os.stat(example).st_mode & 0o777 == 0o640
    with open(example, "w") as f:
        f.write("mine\n")
    os.environ["DESTDIR"] = root
    world.run("meson", "install", "-C", w.build, "--no-rebuild", "--quiet")
    del os.environ["DESTDIR"]
    with open(example) as f:
        assert f.read() == "mine\n", "a configuration was overwritten"
    path = next(os.path.join(base, "ringhall.service") for base, _, names in os.walk(root)
                if "ringhall.service" in names)
    with open(path) as f:
        text = f.read()
    prefix = re.search(r"^ExecStart=(\S+)/sbin/ringhall", text, re.M).group(1)
    for program in ("sbin/ringhall", "bin/ringctl"):
        assert os.access(root + os.path.join(prefix, program), os.X_OK), program
    # The programs are not where the unit will find them: it is judged with those of here.
    text = text.replace(prefix + "/", root + prefix + "/")
    verdict = world.run(tool, "verify", "--man=no", w.write("ringhall.service", text), check=False)
    said = [x for x in verdict.stdout.splitlines() if "ringhall" in x]
    assert verdict.returncode == 0 and not said, verdict.stdout


def main():
    with world.World() as w:
        config = hotline.prepare(w, sip=f"  health_peers: [{BALANCER}]\n")
        with open(config) as f:
            text = f.read().replace("drain_limit: 20s", "drain_limit: 4s")
        w.write("hotline.yaml", text)
        managed(w, config)
        journal(w)
        w.write("hotline.yaml", text)
        alone(w, config)
        unasked(w, config)
        unit(w)


if __name__ == "__main__":
    main()
