"""Whether the machine stood still while a test ran: what else would explain a worker that stood
still for 60 ms, after which it drops what waited (rtp-stale)."""
import os
import threading
import time

STEP_S = 0.01
LATE_S = 0.03  # half of what a worker bears


class Watch:
    """A sleeper on each CPU that notes how late it wakes; use it in a with statement."""

    def __init__(self):
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
            if now - before > STEP_S + LATE_S:
                self.gaps.append(now - before - STEP_S)
            before = now

    def told(self):
        """What happened, in words; None on a machine that was there all the time."""
        if self.gaps:
            return (f"this machine stood still {len(self.gaps)} times, for "
                    f"{max(self.gaps) * 1000:.0f} ms at most")
        if self.load > 2 * os.cpu_count():
            return f"the load was {self.load:.1f} on {os.cpu_count()} CPUs"
        return None
