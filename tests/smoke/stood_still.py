#!/usr/bin/python3
"""Whether the machine stood still while a test ran: what else would explain a worker that stood
still for 60 ms, after which it drops what waited (rtp-stale).

    stood_still.py PID FILE    as long as the process is there notes in FILE when one of its threads
                               waited for a CPU that others had, and when a CPU stood still"""
import collections
import os
import sys
import threading
import time

STEP_S = 0.01
LATE_S = 0.03  # half of what a worker bears
LOOK_S = 0.02  # from look to look at a process; waits that are shorter are everyday noise

Gap = collections.namedtuple("Gap", "begin end seconds who")  # begin, end: as time.time()


class Watch:
    """A sleeper on each CPU that notes how late it wakes; use it in a with statement."""

    def __init__(self, late_s=LATE_S):
        self.late_s = late_s
        self.gaps = []
        self.over = threading.Event()
        self.load = 0.0
        self.sleepers = [threading.Thread(target=self.sleep, args=(cpu, ), daemon=True)
                         for cpu in os.sched_getaffinity(0)]

    def __enter__(self):
        for sleeper in self.sleepers:
            sleeper.start()
        return self

    def __exit__(self, *_):
        self.load = os.getloadavg()[0]
        self.over.set()
        for sleeper in self.sleepers:
            sleeper.join()

    def sleep(self, cpu):
        os.sched_setaffinity(threading.get_native_id(), {cpu})
        before = time.monotonic()
        while not self.over.is_set():
            time.sleep(STEP_S)
            now = time.monotonic()
            late = now - before - STEP_S
            if late > self.late_s:
                self.gaps.append(Gap(time.time() - late, time.time(), late, f"cpu{cpu}"))
            before = now

    def told(self):
        """What happened, in words; None on a machine that was there all the time."""
        if self.gaps:
            return (f"this machine stood still {len(self.gaps)} times, for "
                    f"{max(g.seconds for g in self.gaps) * 1000:.0f} ms at most")
        if self.load > 2 * os.cpu_count():
            return f"the load was {self.load:.1f} on {os.cpu_count()} CPUs"
        return None


class Waits:
    """How long each thread of a process has waited for a CPU, as the kernel counts it."""

    def __init__(self, pid):
        self.folder = f"/proc/{pid}/task"
        self.waited = {}
        self.last = time.time()

    def look(self):
        """The gaps since the last look. A wait is counted at its end."""
        begin, self.last = self.last, time.time()
        for task in os.listdir(self.folder):
            try:
                with open(f"{self.folder}/{task}/schedstat") as f:
                    waited = int(f.read().split()[1]) / 1e9
                more = waited - self.waited.get(task, waited)
                self.waited[task] = waited
                if more >= LOOK_S:
                    with open(f"{self.folder}/{task}/comm") as f:
                        yield Gap(begin - more, self.last, more, f.read().strip())
            except (FileNotFoundError, ProcessLookupError):
                continue  # the thread has ended


def main(pid, path):
    with open(path, "w", buffering=1) as out, Watch(LOOK_S) as machine:
        waits, told = Waits(pid), 0
        while os.path.exists(waits.folder):
            time.sleep(LOOK_S)
            stood = machine.gaps[told:]
            told += len(stood)
            try:
                for gap in [*waits.look(), *stood]:
                    out.write(" ".join(map(str, gap)) + "\n")
            except FileNotFoundError:
                break


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
