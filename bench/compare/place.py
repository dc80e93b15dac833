"""Where servers are compared: two network namespaces joined by veth, one CPU for each side.

The server lives in the calling program's own namespace, the generator in one more. Media goes over
`media`, signalling over `sig`: the generator's RTP has a DPDK port of its own on `media`.
"""
import glob
import os
import subprocess
import sys
import time

SERVER, MEDIA, GENERATOR = "10.98.0.1", "10.98.0.2", "10.98.0.10"
SIGNALLING, CALLERS = "10.97.0.1", "10.97.0.10"
SERVER_CPU, GENERATOR_CPU = 1, 0


def enter():
    """Re-executes the calling program in namespaces of its own."""
    if os.environ.get("RINGHALL_COMPARE_PLACE") == "1":
        return
    if os.geteuid() != 0 or os.cpu_count() < 2:
        sys.exit("compare: needs root and two CPUs")
    os.environ["RINGHALL_COMPARE_PLACE"] = "1"
    os.execvp("unshare", ["unshare", "--net", "--mount", "--propagation", "private", "--pid",
                          "--fork", "--kill-child", "--mount-proc", sys.executable, "-B",
                          *sys.argv])


def run(*args, check=True):
    done = subprocess.run(args, text=True, capture_output=True, check=False)
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(args)}: {done.stderr.strip() or done.stdout[-500:]}")
    return done.stdout


# With a busy-polled socket a link's NAPI waits for its owner's next look; this timer, in ns, is for
# an owner who does not look. The queue discipline makes a link that is full hold its sender back.
NAPI_DEFER, NAPI_TIMER_NS, QUEUE = 4, 500000, 1000


def write(path, text):
    with open(path, "w") as f:
        f.write(text)


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
        return ["ip", "netns", "exec", self.other, "taskset", "-c", str(GENERATOR_CPU), *args]

    @staticmethod
    def server(*args):
        return ["taskset", "-c", str(SERVER_CPU), *args]

    def links(self, kernel):
        """Fresh links; kernel: the server's end of the media link has an address."""
        for name in ("media", "sig"):
            run("ip", "link", "delete", name, check=False)
            run("ip", "link", "add", name, "type", "veth", "peer", "name", name, "netns",
                self.other)
            run("ip", "link", "set", name, "up")
            self.inside("ip", "link", "set", name, "up")
            for offload in ("tx", "gro", "gso", "tso"):
                run("ethtool", "-K", name, offload, "off", check=False)
                self.inside("sh", "-c", f"ethtool -K {name} {offload} off || true")
        self.inside("ip", "address", "add", CALLERS + "/24", "dev", "sig")
        run("ip", "address", "add", SIGNALLING + "/24", "dev", "sig")
        if kernel:
            run("ip", "address", "add", SERVER + "/24", "dev", "media")
        self.steer()
        self.tune("inside")
        if not kernel:
            self.tune("here")

    def tune(self, where):
        """An end of `media` that a DPDK port polls."""
        text = (f"echo {NAPI_DEFER} >/sys/class/net/media/napi_defer_hard_irqs; "
                f"echo {NAPI_TIMER_NS} >/sys/class/net/media/gro_flush_timeout; "
                f"tc qdisc replace dev media root pfifo limit {QUEUE}")
        (self.inside if where == "inside" else run)("sh", "-c", text)

    def steer(self):
        """What a side receives is worked on by its own CPU, whoever sent it."""
        masks = f"{1 << SERVER_CPU:x}", f"{1 << GENERATOR_CPU:x}"
        for name in ("media", "sig"):
            write(f"/sys/class/net/{name}/queues/rx-0/rps_cpus", masks[0])
            self.inside("sh", "-c",
                        f"echo {masks[1]} >/sys/class/net/{name}/queues/rx-0/rps_cpus")

    @staticmethod
    def steer_napi():
        """A port with an XDP program is polled by NAPI: as a thread on the server's CPU."""
        write("/sys/class/net/media/threaded", "1")

    def settings(self):
        read = [f"{p.split('/')[4]}: rps_cpus {open(p).read().strip()}"
                for p in sorted(glob.glob("/sys/class/net/*/queues/rx-0/rps_cpus"))]
        return [f"server on CPU {SERVER_CPU}, generator on CPU {GENERATOR_CPU}",
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
