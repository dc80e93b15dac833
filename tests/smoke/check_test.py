#!/usr/bin/python3
"""`ringhall --check` finds what a start on this machine would be refused, all at once, each at its
line with the cure, and changes nothing; the start then says the same. Beside a ringhall that runs
it finds nothing wrong; with --elsewhere it does not ask the machine; the examples pass."""
import hashlib
import os
import re
import resource
import shutil
import socket
import stat
import subprocess
import sys
import world
world.enter()

import hotline  # noqa: E402

EXAMPLES = os.path.join(world.HERE, "..", "..", "examples")


def check(w, config, *args, program=None, **kwargs):
    """(exit code, what stdout says, problems, warnings)."""
    done = subprocess.run([program or os.path.join(w.build, "ringhall"), "--check", *args, config],
                          text=True, timeout=20, capture_output=True, check=False, **kwargs)
    lines = done.stderr.splitlines()
    warnings = [line for line in lines if ": warning: " in line]
    return done.returncode, done.stdout, [line for line in lines if line not in warnings], warnings


def tree(folder):
    """Every file and folder below with all that a look could change."""
    found = {}
    for path, _, files in os.walk(folder):
        for name in [".", *files]:
            full = os.path.join(path, name)
            s = os.lstat(full)
            data = b""
            if stat.S_ISREG(s.st_mode):
                with open(full, "rb") as f:
                    data = f.read()
            found[full] = (s.st_mode, s.st_uid, s.st_gid, s.st_size, s.st_mtime_ns, s.st_ctime_ns,
                           hashlib.sha256(data).hexdigest())
    return found


def whole(w):
    return [tree(folder) for folder in (w.folder, "/run", "/var/lib", "/dev/shm", "/etc/ringhall")
            if os.path.isdir(folder)]


def changed(good, *words):
    with open(good) as f:
        text = f.read()
    for old, new in zip(words[::2], words[1::2]):
        assert old in text, old
        text = text.replace(old, new)
    return text


def told(w, name, text, *sentences, **kwargs):
    """Exactly these problems, in this order, and nothing else is changed by asking."""
    config = w.write("wrong.yaml", text)
    before = whole(w)
    code, out, problems, _ = check(w, config, **kwargs)
    assert whole(w) == before, f"{name}: something was changed"
    print(f"{name}: {len(problems)}: {problems[0] if problems else out}")
    assert code == 2 and out == "" and len(problems) == len(sentences), f"{name}: {code}\n" + \
        "\n".join(problems)
    for problem, sentence in zip(problems, sentences):
        assert re.search(r"wrong\.yaml:\d+:\d+: .*" + sentence, problem), f"{name}: {problem}"


def good_one(w, good):
    before = whole(w)
    code, out, problems, warnings = check(w, good)
    assert (code, problems) == (0, []), f"{code} {problems}"
    assert all("password of at least 8 bytes, got 6" in line for line in warnings), warnings
    assert out == f"{good}: the configuration is good, {len(warnings)} warnings\n", out
    assert whole(w) == before


def prompts(w, good):
    world.run("sox", "-n", "-r", "44100", "-c", "2", w.path("cd.wav"), "synth", "1", "sine")
    w.write("empty.wav", "")
    os.mkdir(w.path("folder.wav"))
    told(w, "prompts", changed(good, "/greeting.wav", "/nowhere.wav", "/menu.wav", "/cd.wav",
                               "/wrong.wav", "/empty.wav", "/bye.wav", "/folder.wav",
                               "/music.wav", "/hotline.yaml"),
         "prompt greeting: .*nowhere.wav: cannot be read: No such file or directory; put it there",
         "prompt menu: .*cd.wav: expected 8000 Hz mono WAV.*got 44100 Hz, 2 channels.*sox",
         "prompt wrong: .*empty.wav: is not a whole WAV file",
         "prompt bye: .*folder.wav: cannot be read: Is a directory; name a file",
         "prompt music: .*hotline.yaml: is not a whole WAV file")


def folders(w, good):
    os.mkdir(w.path("readonly"))
    world.run("mount", "-t", "tmpfs", "-o", "ro", "none", w.path("readonly"))
    w.write("file", "")
    told(w, "folders that cannot be made",
         changed(good, f"{w.folder}/recordings", f"{w.folder}/readonly/recordings",
                 f"{w.folder}/store", f"{w.folder}/nowhere/store"),
         "recording.directory: cannot make .*readonly/recordings: Read-only file system",
         "store.directory: cannot make .*nowhere/store: No such file or directory; make its "
         "parent folder")
    told(w, "a folder that cannot be written", changed(good, f"{w.folder}/store",
                                                       f"{w.folder}/readonly"),
         "store.directory: .*readonly: cannot write here.*: Read-only file system")
    told(w, "files instead of folders",
         changed(good, f"{w.folder}/recordings", f"{w.folder}/file",
                 f"{w.folder}/store", f"{w.folder}/file/store"),
         "recording.directory: expected a folder, got .*/file", "store.directory: .*Not a dir")
    world.run("umount", w.path("readonly"))
    os.symlink("nowhere", w.path("link"))
    told(w, "a link to nothing", changed(good, f"{w.folder}/store", f"{w.folder}/link"),
         "store.directory: expected a folder, got .*/link, a symbolic link to nothing")
    # What the start makes first holds what it makes then.
    for words in ((f"{w.folder}/recordings", f"{w.folder}/store/recordings",
                   w.path("ringctl.sock"), f"{w.folder}/store/recordings/ringctl.sock"),
                  (f"{w.folder}/store", f"{w.folder}/store//")):
        code, _, problems, _ = check(w, w.write("wrong.yaml", changed(good, *words)))
        assert (code, problems) == (0, []), problems
    os.makedirs(w.path("odd", "ringhall.db"))
    told(w, "a folder instead of the database", changed(good, f"{w.folder}/store",
                                                        f"{w.folder}/odd"),
         "store.directory: expected a file of ours at .*/odd/ringhall.db")
    socket = w.path("ringctl.sock")
    told(w, "no folder for the socket", changed(good, socket, "/nowhere/ringctl.sock"),
         "control.socket: cannot listen on the command socket .*: its folder must exist|"
         "control.socket: cannot listen on .*No such file or directory; its folder must exist")
    told(w, "a file instead of the socket", changed(good, socket, w.path("file")),
         "control.socket: control.socket is .*/file: something that is no socket")


def network(w, good):
    told(w, "addresses of another host",
         changed(good, "udp:10.99.0.1:5060", "udp:10.77.0.1:5060", "udp:[fd99::1]:5060",
                 "udp:[fd77::1]:5060"),
         "sip.listen.1: expected an address that this host has.*got 10.77.0.1",
         "sip.listen.3: expected an address that this host has.*got fd77::1")
    held = [socket.socket(family, kind) for family, kind in (
        (socket.AF_INET, socket.SOCK_DGRAM), (socket.AF_INET, socket.SOCK_STREAM),
        (socket.AF_INET6, socket.SOCK_DGRAM))]
    held[2].setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    for one, address in zip(held, ("0.0.0.0", "0.0.0.0", "::")):
        one.bind((address, 5060))
    held[1].listen(1)
    told(w, "ports that others have", changed(good), *[
        f"sip.listen.*: expected a port that is free, got {re.escape(at)}, where another "
        for at in ("10.99.0.1:5060", "10.99.0.1:5060", "[fd99::1]:5060")])
    for one in held:
        one.close()
    world.run("ip", "address", "add", "10.99.0.2/32", "dev", "lo")
    told(w, "a media address of the kernel's", changed(good),
         "engine.media.*: expected an address that the kernel does not have, got 10.99.0.2, "
         "which is lo's")
    world.run("ip", "address", "delete", "10.99.0.2/32", "dev", "lo")
    world.run("ip", "tuntap", "add", "dev", "rh0", "mode", "tap")
    told(w, "an interface that is there", changed(good),
         "engine.ports.media0.device: port media0: an interface rh0 is there already")
    world.run("ip", "link", "delete", "rh0")
    for kind, device in (("af_packet", "there is no interface rh0"),
                         ("pci", "there is no PCI device 0000:ff:1f.7")):
        text = re.sub(r"media0: \{.*\}", f"media0: {{kind: {kind}, device: "
                      f"\"{'0000:ff:1f.7' if kind == 'pci' else 'rh0'}\"}}", changed(good))
        config = w.write("wrong.yaml", text)
        code, _, problems, _ = check(w, config)
        assert code == 2 and any(device in p for p in problems), problems
    world.run("mount", "-t", "tmpfs", "none", "/dev/net")
    told(w, "no tun", changed(good),
         "engine.ports.media0.*: /dev/net/tun cannot be opened: .*modprobe tun")
    world.run("umount", "/dev/net")


def machine(w, good):
    told(w, "workers and hugepages", changed(good, "  workers: 1", "  workers: 1\n  cores: 1000\n"
                                             "  hugepages: yes"),
         "engine.cores: worker 0 is to run on CPU 1000", "engine.hugepages: .*nr_hugepages")
    world.run("mount", "-t", "tmpfs", "-o", "size=256k", "none", "/dev/shm")
    told(w, "too little shared memory", changed(good),
         "recording.calls_max: 60 recordings at once need .*remount,size")
    world.run("umount", "/dev/shm")
    told(w, "too few descriptors", changed(good), "recording.calls_max: 40 descriptors are .*"
         "LimitNOFILE",
         preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40)))


def users(w, good):
    section = f"socket: {w.path('ringctl.sock')}"
    assert section in changed(good)

    def to(name, group=""):
        extra = f"\n  user: {name}" + (f"\n  group: {group}" if group else "")
        with_user = changed(good, section, section + extra)
        return with_user

    told(w, "no user", to("ringhall-none"), "control.user: there is no user ringhall-none; make one"
         " .adduser --system")
    told(w, "no group", to("nobody", "ringhall-none"),
         "control.group: there is no group ringhall-none; make one .addgroup --system")
    # The way to the prompts is root's alone, and so is a folder of somebody else.
    os.chmod(w.folder, 0o755)
    os.mkdir(w.path("theirs"), 0o700)
    os.chown(w.path("theirs"), 1234, 1234)
    shutil.copy(w.path("bye.wav"), w.path("secret.wav"))
    os.chmod(w.path("secret.wav"), 0o600)
    os.chmod(w.path("wrong.yaml"), 0o644)
    told(w, "what the user may not", changed(w.write("user.yaml", to("nobody")),
                                             f"{w.folder}/recordings", f"{w.folder}/theirs",
                                             "/bye.wav", "/secret.wav"),
         "recording.directory: .*theirs is not writable by nobody and cannot be given",
         "prompt bye: .*secret.wav: cannot be read: Permission denied; the node's user must")
    # A start as root once left files: they are given, but not what is somebody else's.
    for name, owner in (("events-000000000001.log", 0), ("ringhall.db", 1234), ("lock", 1234)):
        os.makedirs(w.path("left"), exist_ok=True)
        w.write("left/" + name, "")
        os.chmod(w.path("left", name), 0o600)
        os.chown(w.path("left", name), owner, owner)
    told(w, "files of somebody else's", changed(w.path("user.yaml"), f"{w.folder}/store",
                                                f"{w.folder}/left"),
         "store.directory: .*left: cannot write here; give the folder to the user",
         "store.directory: expected files that the node may write, got .*left/ringhall.db: Perm")
    code, _, problems, _ = check(w, w.write("user.yaml", to("nobody")))
    assert (code, problems) == (0, []), problems
    # Somebody else who asks hears what he lacks, and what is wrong.
    os.chmod(good, 0o644)
    shutil.copy(os.path.join(w.build, "ringhall"), w.path("ringhall"))
    code, _, problems, warnings = check(w, good, program=w.path("ringhall"), user="nobody",
                                        cwd="/")
    assert (code, problems) == (0, []), problems
    assert any("needs root or CAP_NET_ADMIN" in line for line in warnings), warnings
    os.chmod(w.folder, 0o700)


def every_mistake_at_once(w, good):
    told(w, "file, machine and prompts at once",
         changed(good, "udp:10.99.0.1:5060", "udp:10.77.0.1:5060", "/bye.wav", "/nowhere.wav",
                 "queue: sales", "queue: sails", f"{w.folder}/store", f"{w.folder}/no/where"),
         "sip.listen.1: ", "store.directory: ", "prompt bye: ", *["queue: expected a queue"] * 3)


def beside(w, good):
    """As an operator does before a reload."""
    w.start_daemon(good)
    code, out, problems, _ = check(w, good)
    assert (code, problems) == (0, []), problems
    assert out.endswith("; a ringhall runs with it already\n"), out
    os.rename(w.path("greeting.wav"), w.path("away.wav"))
    _, _, problems, _ = check(w, good)
    done = world.run(os.path.join(w.build, "ringctl"), "--socket", w.path("ringctl.sock"), "reload",
                     check=False)
    assert done.returncode != 0 and len(problems) == 1 and problems[0] in done.stdout, \
        f"{problems}\n{done.stdout}"
    os.rename(w.path("away.wav"), w.path("greeting.wav"))
    assert w.ask("status")["state"] == "running"
    log = w.daemon.log()
    assert log.count("alice.password: expected a password") == 1, log
    assert w.daemon.stop() == 0


def examples(w):
    """On a machine that has nothing but the prompts that they name."""
    for name in ("minimal", "hotline", "carrier"):
        path = os.path.join(EXAMPLES, name + ".yaml")
        before = whole(w)
        code, out, problems, warnings = check(w, path, "--elsewhere")
        assert (code, problems, warnings) == (0, [], []), problems + warnings
        assert re.search("is good; users, folders, .* were not looked at$", out.strip()), out
        code, out, problems, warnings = check(w, path)
        assert whole(w) == before
        if name == "carrier":
            assert code == 2 and any("there is no user ringhall; make one" in p
                                     for p in problems) or shutil.which("ringhall"), problems
        else:
            assert (code, problems, warnings) == (0, [], []), problems + warnings
    code, _, problems, _ = check(w, w.path("nowhere.yaml"), "--elsewhere")
    assert code == 2 and "No such file" in problems[0]


def main():
    with world.World() as w:
        good = hotline.prepare(w)
        good_one(w, good)
        prompts(w, good)
        folders(w, good)
        network(w, good)
        machine(w, good)
        users(w, good)
        every_mistake_at_once(w, good)
        examples(w)
        beside(w, good)


if __name__ == "__main__":
    sys.exit(main())
