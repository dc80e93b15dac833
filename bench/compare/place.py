"""Where servers are compared: two network namespaces joined by veth, one CPU for each side.

The server lives in the calling program's own namespace, the generator in one more. Media goes over
`media` (the generator's end: `gmedia`, where its RTP has a DPDK port), signalling over `sig`.

Whose CPU brings a packet to the far end's socket: for the kernel's stack the receiver's, by RPS.
An XDP program of a veth knows no RPS: it runs in the link's NAPI, which a timer runs each 100 µs
    receiver   on the receiver's CPU, where it frees what the sender's CPU took: half as dear again
    sender     on the sender's CPU: a server then brings what it sends instead of what it gets, as
               many packets; where the server's end is the kernel's, the generator's end stays with
               the generator, so that no server pays for both
    none       on the sender's CPU for each packet at once: no timer, but no bursts either
"""
import glob
import json
import os
import resource
import subprocess
import sys
import threading
import time

BUILD = os.path.abspath(os.environ.get("BUILD") or os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "..", "build"))
SERVER, MEDIA, GENERATOR = "10.98.0.1", "10.98.0.2", "10.98.0.10"
SIGNALLING, CALLERS = "10.97.0.1", "10.97.0.10"
SERVER_CPU, GENERATOR_CPU = 1, 0
RTP_PORT, SOCKETS = 30000, 16  # the generator's
NICE = -20  # of server and generator: what else the machine does gives way
# A veth's NAPI runs on the CPU that sends to it, until a poll has been put off: from then on it is
# run by a timer of that CPU, and stays there.
NAPI_RULE = "sender"
NAPI_TIMER_NS, NAPI_PUT_OFF = 100000, 1 << 30
KICK = ("import socket; s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); s.bind(('{}', 0)); "
        "s.send(b'\\xff' * 6 + b'\\x02' * 6 + b'\\x88\\xb5' + bytes(46))")


def enter():
    """Re-executes the calling program in namespaces of its own. Not of processes: the kernel's
    threads have to be seen."""
    if os.environ.get("RINGHALL_COMPARE_PLACE") == "1":
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        return
    if os.geteuid() != 0 or os.cpu_count() < 2:
        sys.exit("compare: needs root and two CPUs")
    os.environ["RINGHALL_COMPARE_PLACE"] = "1"
    os.execvp("unshare", ["unshare", "--net", "--mount", "--propagation", "private",
                          sys.executable, "-B", *sys.argv])


def run(*args, check=True):
    done = subprocess.run(args, text=True, capture_output=True, check=False)
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(args)}: {done.stderr.strip() or done.stdout[-500:]}")
    return done.stdout


def write(path, text):
    with open(path, "w") as f:
        f.write(text)


def on_cpu(cpu, *args):
    """The command line that runs args on a CPU, before others, and ends it with this program."""
    return ["setpriv", "--pdeathsig", "KILL", "nice", "-n", str(NICE), "taskset", "-c", str(cpu),
            *args]


class Place:
    def __init__(self):
        run("mount", "-t", "sysfs", "sysfs", "/sys")
        os.makedirs("/run/netns", exist_ok=True)
        run("mount", "-t", "tmpfs", "tmpfs", "/run/netns")
        self.other = f"ringload{os.getpid()}x{int(time.time())}"
        run("ip", "netns", "add", self.other)
        run("ip", "link", "set", "lo", "up")
        self.inside("ip", "link", "set", "lo", "up")

    def inside(self, *args):
        return run("ip", "netns", "exec", self.other, *args)

    def generator(self, *args):
        """The command line that runs args on the generator's side and CPU."""
        return on_cpu(GENERATOR_CPU, "ip", "netns", "exec", self.other, *args)

    @staticmethod
    def server(*args):
        return on_cpu(SERVER_CPU, *args)

    def load(self, args, beside, timeout_s, port="af_xdp", before=()):
        """A load by ringload, its RTP on a port of that kind (None: the kernel's sockets); before:
        what starts it. beside(process) is called while it runs. Returns its figures by name."""
        media = ["--local", f"{CALLERS}:5070", "--port", f"{port}:gmedia", "--media",
                 f"{GENERATOR}/24"] if port else ["--local", f"{GENERATOR}:5070"]
        process = subprocess.Popen(self.generator(
            *before, os.path.join(BUILD, "bench", "ringload"), "--json", "--quiet", *media,
            "--rtp-port", str(RTP_PORT), "--rtp-sockets", str(SOCKETS), *args),
            text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        thread = threading.Thread(target=beside, args=(process,))
        thread.start()
        said, errors = process.communicate(timeout=timeout_s)
        thread.join()
        if not said:
            raise RuntimeError("ringload: " + errors[-500:])
        return {r["metric"]: r["value"] for r in map(json.loads, said.splitlines())}

    def links(self, kernel):
        """Fresh links; kernel: the server's end of the media link has an address."""
        for name in ("media", "sig"):
            run("ip", "link", "delete", name, check=False)
            run("ip", "link", "add", name, "type", "veth", "peer", "name", "g" + name, "netns",
                self.other)
            run("ip", "link", "set", name, "up")
            self.inside("ip", "link", "set", "g" + name, "up")
            quiet = f"echo 1 >/proc/sys/net/ipv6/conf/{{}}{name}/disable_ipv6"
            run("sh", "-c", quiet.format(""), check=False)
            self.inside("sh", "-c", quiet.format("g") + " || true")
            for offload in ("tx", "gro", "gso", "tso"):
                run("ethtool", "-K", name, offload, "off", check=False)
                self.inside("sh", "-c", f"ethtool -K g{name} {offload} off || true")
        self.inside("ip", "address", "add", CALLERS + "/24", "dev", "gsig")
        run("ip", "address", "add", SIGNALLING + "/24", "dev", "sig")
        if kernel:
            run("ip", "address", "add", SERVER + "/24", "dev", "media")
        self.steer()
        if NAPI_RULE == "sender" and not kernel:
            self.steer_napi("gmedia", "media", SERVER_CPU)
            self.steer_napi("media", "gmedia", GENERATOR_CPU)
        elif NAPI_RULE != "none":
            self.steer_napi("gmedia", "media", GENERATOR_CPU)
            if not kernel:
                self.steer_napi("media", "gmedia", SERVER_CPU)

    def steer(self):
        """What a side receives is worked on by its own CPU, whoever sent it."""
        for name in ("media", "sig"):
            write(f"/sys/class/net/{name}/queues/rx-0/rps_cpus", f"{1 << SERVER_CPU:x}")
            self.inside("sh", "-c", f"echo {1 << GENERATOR_CPU:x} "
                        f">/sys/class/net/g{name}/queues/rx-0/rps_cpus")

    def steer_napi(self, link, far, cpu):
        """The NAPI of a link's end on a CPU. GRO makes it be there before an XDP program is; a
        first frame that was sent on the same CPU puts it there."""
        tune = (f"ethtool -K {link} gro on; "
                f"echo {NAPI_PUT_OFF} >/sys/class/net/{link}/napi_defer_hard_irqs; "
                f"echo {NAPI_TIMER_NS} >/sys/class/net/{link}/gro_flush_timeout")
        kick = "taskset", "-c", str(cpu), sys.executable, "-c", KICK.format(far)
        if link.startswith("g"):
            self.inside("sh", "-c", tune)
            run(*kick)
        else:
            run("sh", "-c", tune)
            self.inside(*kick)

    @staticmethod
    def settings():
        read = [f"{p.split('/')[4]}: rps_cpus {open(p).read().strip()}"
                for p in sorted(glob.glob("/sys/class/net/*/queues/rx-0/rps_cpus"))]
        return [f"server on CPU {SERVER_CPU}, generator on CPU {GENERATOR_CPU}, both at nice "
                f"{NICE}; NAPI of a veth's end with an XDP program: rule \"{NAPI_RULE}\", each "
                f"{NAPI_TIMER_NS // 1000} µs (see place.py)",
                "server's side: " + "; ".join(read) + "; XPS: one queue; tx, gro, gso, tso off"]


def cpu_times(cpu):
    """(busy, all) of one CPU in ticks: user, nice, system, irq, softirq count as busy."""
    with open("/proc/stat") as f:
        row = next(line for line in f if line.startswith(f"cpu{cpu} ")).split()[1:]
    ticks = [int(x) for x in row[:8]]
    return ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6], sum(ticks)


def process_s(pid):
    """CPU seconds of a process with all its threads, precise whatever the kernel's tick is."""
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class CpuShare:
    """Busy share in percent of both CPUs and of server's and generator's process alone.

    A kernel that counts by ticks (CONFIG_TICK_CPU_ACCOUNTING) misjudges a CPU whose work is in step
    with the tick, as media is; what the processes used is right, but without softirqs."""

    def watch(self, wait_s, seconds, pids):
        time.sleep(wait_s)
        before = [cpu_times(c) for c in (SERVER_CPU, GENERATOR_CPU)]
        used, began = [process_s(pid) for pid in pids], time.monotonic()
        time.sleep(seconds)
        after = [cpu_times(c) for c in (SERVER_CPU, GENERATOR_CPU)]
        wall_s = time.monotonic() - began
        self.processes = [100 * (process_s(pid) - u) / wall_s for pid, u in zip(pids, used)]
        shares = [100 * (b[0] - a[0]) / max(1, b[1] - a[1]) for a, b in zip(before, after)]
        self.server, self.generator = shares
