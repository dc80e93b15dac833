#!/usr/bin/python3
"""What a start that cannot be is told: one clear sentence with the cure, and an exit code: 2 where
the configuration is to be mended, 1 where it is the machine. And what the binary shows outside."""
import os
import re
import resource
import shutil
import socket
import subprocess
import sys
import world
world.enter()

import hotline  # noqa: E402

TWENTY = os.path.join(world.HERE, "..", "data", "config", "twenty.yaml")
# What Debian's libre finds in our binary instead of in itself: its timers (control/base/timer.c),
# where it reads from the network (control/sip/transport/door.c), who may connect and what comes
# then (connections.c), what is answered without asking us (bounds.c), how long a pattern is looked
# for (pattern.c), what is kept of a message that came (buffers.c), datagrams (udp.c) and random
# numbers (random.c), requests without a branch (branch.c), who may cancel (cancel.c), and whose
# connection it is that we begin (libre.c).
OVERRIDES = {"tmr_cancel", "tmr_debug", "tmr_get_expire", "tmr_init", "tmr_jiffies",
             "tmr_next_timeout", "tmr_poll", "tmr_start", "tmr_status",
             "fd_listen", "mbuf_resize", "msg_param_decode", "msg_param_exists", "re_fprintf",
             "re_regex", "sip_listen", "sip_msg_decode", "sip_reply_addr",
             "sip_transp_send", "sip_via_decode", "stun_reply", "tcp_accept",
             "tcp_connect"} | {
                 f"udp_{name}" for name in (
                     "connect", "error_handler_set", "handler_set", "helper_find", "listen",
                     "local_get", "multicast_join", "multicast_leave", "register_helper",
                     "rxbuf_presz_set", "rxsz_set", "send", "send_anon", "send_helper",
                     "setsockopt", "sock_fd", "sockbuf_set", "thread_attach",
                     "thread_detach")} | {
                 f"rand_{name}" for name in ("bytes", "char", "str", "u16", "u32", "u64")}


def start(w, *args, program=None, **kwargs):
    """(exit code, output) of ringhall; none of these starts may stay up."""
    done = subprocess.run([program or os.path.join(w.build, "ringhall"), *args], text=True,
                          timeout=20, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False, **kwargs)
    return done.returncode, done.stdout


def refused(w, name, code, sentence, *args, **kwargs):
    got, text = start(w, *args, **kwargs)
    last = text.strip().splitlines()[-1]
    print(f"{name}: {got}: {last}")
    assert got == code and re.search(sentence, last), f"{name}: {got}\n{text}"


def check_option(w, good):
    code, text = start(w, "--check", "--elsewhere", TWENTY)
    lines = text.splitlines()
    assert code == 2 and len(lines) == 20, f"{code}, {len(lines)} lines"
    for line in lines:
        assert re.match(r"\S+twenty\.yaml:\d+:\d+: \S+: expected .+, got .+", line), line
    assert start(w, "--check", good)[0] == 0
    refused(w, "no configuration", 2, "No such file", w.path("nowhere.yaml"))
    code, text = start(w)
    assert code == 2 and "usage: ringhall" in text


def changed(w, good, *words):
    """Each old word, then what stands in its place."""
    with open(good) as f:
        text = f.read()
    for old, new in zip(words[::2], words[1::2]):
        assert old in text, old
        text = text.replace(old, new)
    return w.write("changed.yaml", text)


def prompts(w, good):
    refused(w, "prompt missing", 2, r"changed\.yaml:\d+:\d+: prompt greeting: .*No such file",
            changed(w, good, "/greeting.wav", "/nowhere.wav"))
    world.run("sox", "-n", "-r", "44100", "-c", "2", w.path("music-cd.wav"), "synth", "1", "sine")
    refused(w, "prompt of the wrong format", 2, "prompt greeting: .*expected 8000 Hz mono WAV.*"
            "got 44100 Hz, 2 channels.*sox", changed(w, good, "/greeting.wav", "/music-cd.wav"))
    refused(w, "prompt that is none", 2, "is not a whole WAV file",
            changed(w, good, "/greeting.wav", "/hotline.yaml"))


def machine(w, good):
    """Folders, addresses, rights and devices that are not there."""
    os.mkdir(w.path("readonly"))
    world.run("mount", "-t", "tmpfs", "-o", "ro", "none", w.path("readonly"))
    for key in ("recordings", "store"):
        refused(w, f"{key} not writable", 1, "readonly.*(writable|Read-only|another)",
                changed(w, good, f"{w.folder}/{key}", f"{w.folder}/readonly/{key}"))
    world.run("umount", w.path("readonly"))
    refused(w, "no folder for the socket", 1, "command socket .*must exist",
            changed(w, good, f"{w.folder}/ringctl.sock", "/nowhere/ringctl.sock"))
    refused(w, "address of another host", 1, "cannot listen for SIP.*sip.listen",
            changed(w, good, "udp:10.99.0.1:5060", "udp:10.77.0.1:5060"))
    world.run("ip", "address", "add", "10.99.0.1/32", "dev", "lo")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind((world.HOST, 5060))
        refused(w, "port taken", 1, "cannot listen for SIP: Address already in use.*sip.listen",
                good)
    world.run("ip", "address", "delete", "10.99.0.1/32", "dev", "lo")
    os.chmod(w.folder, 0o755)
    # Others may not be able to look into the folder of the build, which may be somebody's home.
    shutil.copy(os.path.join(w.build, "ringhall"), w.path("ringhall"))
    code, text = start(w, good, program=w.path("ringhall"), user="nobody", cwd="/")
    assert code == 1 and "needs root or CAP_NET_ADMIN: start as root" in text, f"{code}\n{text}"
    memory(w, good)
    world.run("mount", "--bind", "/dev/null", "/dev/net/tun")
    refused(w, "tun is null", 1, "/dev/net/tun is something else", good)
    world.run("umount", "/dev/net/tun")
    world.run("mount", "-t", "tmpfs", "none", "/dev/net")
    refused(w, "no tun", 1, "/dev/net/tun cannot be opened: .*modprobe tun", good)
    world.run("umount", "/dev/net")


def memory(w, good):
    """Not one of these limits is another's fault; and none of these starts has been a kill."""
    w.start_daemon(good)
    with open(f"/proc/{w.daemon.process.pid}/status") as f:
        peak = int(re.search(r"VmPeak:\s*(\d+)", f.read()).group(1)) << 10
    assert w.daemon.stop() == 0
    for share in (0.35, 0.6, 0.7):
        most = int(peak * share)
        refused(w, f"{share:.0%} of its address space", 1, r"may have \d+ MiB of address space, "
                r"has \d+ and needs .*LimitAS=", good,
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (most, most)))
    world.run("mount", "-t", "tmpfs", "-o", "size=256k", "none", "/dev/shm")
    refused(w, "/dev/shm full", 1, "recordings at once need .*remount,size", good)
    world.run("umount", "/dev/shm")
    hugepages = changed(w, good, "  sessions: ", "  hugepages: yes\n  sessions: ")
    refused(w, "no hugepages", 1, r"\d+ hugepages are needed, \d+ are reserved.*nr_hugepages",
            hugepages)
    w.start_daemon(good)
    assert "did not stop in order" not in w.daemon.log(), w.daemon.log()
    w.daemon.stop(world.signal.SIGKILL)
    w.start_daemon(good)
    assert w.daemon.log().count("did not stop in order") == 1, w.daemon.log()
    assert w.daemon.stop() == 0


def second_start(w, good):
    """A second daemon over the same folders ends by itself; the first one does not notice."""
    w.start_daemon(good)
    first = f"another ringhall \\(pid {w.daemon.process.pid}\\) "
    refused(w, "second start", 1, first + "runs and answers on .*ringctl.sock", good)
    # Where it does not find the socket it still gets no further than the folder.
    os.rename(w.path("ringctl.sock"), w.path("moved.sock"))
    refused(w, "second start, no socket", 1, first + "writes to .*/store; stop that one", good)
    os.rename(w.path("moved.sock"), w.path("ringctl.sock"))
    refused(w, "second start, other store", 1, f"interface rh0 is held by ringhall "
            f"\\(pid {w.daemon.process.pid}\\): stop it, or choose another name",
            changed(w, good, w.path("store"), w.path("store2"), w.path("ringctl.sock"),
                    w.path("ringctl2.sock")))
    assert w.ask("status")["state"] == "running"
    assert w.daemon.stop() == 0


def symbols(path, *flags):
    text = world.run("nm", "-D", *flags, path).stdout
    return {line.split()[-1].split("@")[0] for line in text.splitlines() if " T " in line}


def exports(w):
    """Nothing is exported but what libre shall find; one name more could take another library's
    function away from it."""
    program = os.path.join(w.build, "ringhall")
    libre = re.search(r"libre\.so\S* => (\S+)", world.run("ldd", program).stdout).group(1)
    ours, theirs = symbols(program, "--defined-only"), symbols(libre, "--defined-only")
    print(f"of libre's {len(theirs)} functions we define: {', '.join(sorted(ours & theirs))}")
    assert ours == OVERRIDES, f"differs by {ours ^ OVERRIDES}"
    assert {n for n in theirs if n.startswith("tmr_")} <= ours and OVERRIDES <= theirs


def main():
    with world.World() as w:
        good = hotline.prepare(w)
        exports(w)
        check_option(w, good)
        prompts(w, good)
        machine(w, good)
        second_start(w, good)


if __name__ == "__main__":
    sys.exit(main())
