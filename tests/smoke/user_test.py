#!/usr/bin/python3
"""Whoever runs the daemon, its files are his: as root, as root that becomes control.user, and as
the service does, a user with three capabilities. Each time a first start, a recorded call, a
reload, a stop, then a kill in the middle of a recorded call and the start that mends it. After each
the table "Files" of docs/operations.md is held against what is really there, and the store must
have the calls: what one user makes and another cannot read is found here."""
import fnmatch
import grp
import os
import pwd
import re
import stat
import sys
import time
import world
world.enter()

import hotline  # noqa: E402

DOCS = os.path.join(world.HERE, "..", "..", "docs", "operations.md")
USER = "nobody"
CAPABILITIES = ("net_admin", "net_raw", "ipc_lock")


def table(w):
    """Rows of the documented table as (pattern, owner, mode), more particular ones first."""
    with open(DOCS) as f:
        text = f.read().split("\n## Files\n")[1].split("\n## ")[0]
    rows = []
    for path, owner, mode in re.findall(r"^\| `([^`]+)` \| (user|root) \| (\d{4}) \|", text, re.M):
        for key, value in (("store.directory", w.state + "/store"),
                           ("recording.directory", w.state + "/recordings"),
                           ("control.socket", w.run + "/ringctl.sock")):
            path = path.replace(key, value)
        rows.append((re.sub(r"[A-Z]{2,}|…", "*", path), owner, int(mode, 8)))
    assert len(rows) > 8, "the table of docs/operations.md is not to be found"
    return rows


def things(w):
    """All that the daemon has made: below its folders, and in shared memory."""
    for top in (w.state, w.run):
        for folder, folders, files in os.walk(top):
            for name in folders + files:
                yield os.path.join(folder, name)
    for name in os.listdir("/dev/shm"):
        yield os.path.join("/dev/shm", name)


def same_depth(path, pattern):
    return path.count("/") == pattern.count("/") and fnmatch.fnmatch(path, pattern)


def check_files(w, user, when):
    """Each file as its row says; returns the rows that were met."""
    owner = pwd.getpwnam(user)
    met = set()
    for path in things(w):
        try:
            file = os.lstat(path)
        except FileNotFoundError:
            continue
        row = next((r for r in w.table if same_depth(path, r[0])), None)
        assert row, f"{when}: {path} is not in the table of docs/operations.md"
        uid, gid = (owner.pw_uid, owner.pw_gid) if row[1] == "user" else (0, 0)
        said = f"{when}: {path}: {pwd.getpwuid(file.st_uid).pw_name}:" \
               f"{grp.getgrgid(file.st_gid).gr_name} {stat.S_IMODE(file.st_mode):04o}"
        assert (file.st_uid, file.st_gid) == (uid, gid), f"{said}, documented {row[1]}"
        assert stat.S_IMODE(file.st_mode) == row[2], f"{said}, documented {row[2]:04o}"
        met.add(row[0])
    return met


def start(w, command):
    w.daemon = w.start("ringhall", [*command, os.path.join(w.build, "ringhall"), w.settings])
    world.wait_for("ringhall answers", lambda: w.daemon.alive() and os.path.exists(
        w.socket) and w.ringctl("status", check=False).returncode == 0, 20)
    world.run("ip", "address", "add", "10.99.0.10/24", "dev", "rh0", check=False)


def call(w, name, stay_ms):
    caller = w.caller(name, number="9090", sound=w.path("caller.ul"), stay_ms=stay_ms)
    world.wait_for("it is recorded", lambda: [
        r for r in w.ask("recordings", "list") if r["state"] == "open"])
    return caller


def no_complaint(w):
    bad = [line for line in w.daemon.log().splitlines()
           if re.search(r" (warn|error) ", line) and re.search(r"enied|not permitted", line)]
    assert not bad, bad[:3]


def life(w, user, command):
    """Everything that makes a file, and a look after each; returns the rows that were met."""
    start(w, command)
    met = check_files(w, user, "started")
    caller = call(w, "first", 2500)
    met |= check_files(w, user, "in a call")
    assert caller.wait(20) == 0
    hotline.records(w, 1)
    hotline.recordings(w, 1)
    w.ringctl("reload")
    met |= check_files(w, user, "reloaded")
    assert w.daemon.stop() == 0
    met |= check_files(w, user, "stopped")
    left = [p for p in things(w) if p.startswith("/dev/shm/")]
    assert not left, f"a stop in order leaves {left}"
    start(w, command)
    call(w, "second", 8000)
    time.sleep(2)
    w.daemon.process.kill()
    w.daemon.wait(5)
    met |= check_files(w, user, "killed")
    start(w, command)
    rows = hotline.records(w, 2)
    assert [r["why"] for r in rows][0] == "node-killed", rows
    sound = hotline.recordings(w, 2)
    assert all(r["state"] == "whole" and os.path.getsize(r["file"]) > 20000 for r in sound), sound
    met |= check_files(w, user, "mended")
    no_complaint(w)
    assert w.daemon.stop() == 0
    return met


def folders(w, owner):
    """Where a mode of running finds its folders: made by nobody, or by the service manager."""
    w.state, w.run = w.path("state"), w.path("run")
    w.socket = w.run + "/ringctl.sock"
    for path in (w.state, w.run):
        world.run("rm", "-rf", path)
        os.mkdir(path, 0o755)
        if owner:
            os.chown(path, pwd.getpwnam(owner).pw_uid, pwd.getpwnam(owner).pw_gid)
    w.table = table(w)


def settings(w, text, more):
    for name in ("store", "recordings"):
        text = text.replace(f"{w.folder}/{name}", f"{w.state}/{name}")
    text = text.replace(f"socket: {w.folder}/", f"{more}socket: {w.run}/")
    w.settings = w.write("user.yaml", text)


def handed_over(w):
    """What the daemon made as root it may write on as control.user: two lives in one folder."""
    folders(w, None)
    settings(w, w.text, "")
    start(w, [])
    assert call(w, "roots", 1500).wait(20) == 0
    hotline.recordings(w, 1)
    assert w.daemon.stop() == 0
    outside = w.path("outside")
    with open(outside, "w") as f:
        f.write("of root's alone")
    os.symlink(outside, w.state + "/store/link")
    os.link(outside, w.state + "/store/name")
    settings(w, w.text, f"user: {USER}\n  ")
    start(w, [])
    assert call(w, "users", 1500).wait(20) == 0
    hotline.records(w, 2)
    assert w.daemon.stop() == 0
    no_complaint(w)
    assert os.stat(outside).st_uid == 0, "a file of root's was given away"
    os.unlink(w.state + "/store/link")
    os.unlink(w.state + "/store/name")
    check_files(w, USER, "given over")


def link_in_the_way(w):
    """The user turns his folder into a link: root does not give away what it leads to."""
    target = w.path("target")
    os.mkdir(target, 0o755)
    world.run("rm", "-rf", w.state + "/store")
    os.symlink(target, w.state + "/store")
    done = world.run(os.path.join(w.build, "ringhall"), w.settings, check=False)
    print(done.stdout.splitlines()[-1])
    assert done.returncode == 1 and "a symbolic link stands in the way" in done.stdout
    assert os.stat(target).st_uid == 0 and not os.listdir(target)


def main():
    names = "".join(f",+{c}" for c in CAPABILITIES)
    service = ["setpriv", f"--reuid={USER}", f"--regid={pwd.getpwnam(USER).pw_gid}",
               "--clear-groups", f"--inh-caps=-all{names}", f"--ambient-caps=-all{names}",
               f"--bounding-set=-all{names}", "--no-new-privs"]
    ways = {
        "root": ("root", [], None, ""),
        "root, control.user": (USER, [], None, f"user: {USER}, "),
        "service": (USER, service, USER, ""),
    }
    with world.World() as w:
        os.chmod(w.folder, 0o755)
        world.run("mount", "-t", "tmpfs", "none", "/dev/shm")
        with open(hotline.prepare(w)) as f:
            w.text = f.read()
        with open(w.path("caller.ul"), "wb") as f:
            f.write(os.urandom(20 * 8000))
        for name, (user, command, owner, more) in ways.items():
            folders(w, owner)
            settings(w, w.text, more.replace(", ", "\n  "))
            met = life(w, user, command)
            missing = [r[0] for r in w.table if r[0] not in met]
            print(f"{name}: {len(met)} of {len(w.table)} rows of the table met")
            assert not missing, f"{name}: never there: {missing}"
        handed_over(w)
        link_in_the_way(w)


if __name__ == "__main__":
    sys.exit(main())
