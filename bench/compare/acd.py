"""A call centre on ringhall for centre.py: three queues that widen, agents with levels of skills.

Numbers 1 to 3 lead through a menu into a queue each, 4 to 6 straight into the same queues.
"""
import os
import sqlite3
import tempfile
import time

import peers
import place

QUEUES = ("sales", "support", "orders")
MENU, STRAIGHT = ("1", "2", "3"), ("4", "5", "6")
DIGIT, PASSWORD = "1", "secret-of-all"
WORKER_SIDE = ("worker", "recorder", "saver")  # what these threads' names begin with
# Priorities of SCHED_FIFO: who answers within a millisecond. The generator has 1, store and
# recorder none.
FIFO = {"worker": 2, "ringhall": 1, "router": 1}
LEVELS = (9, 7, 5, 3)
CONFIG = peers.HEAD + """\
    skills: [{skills}]
    trunks: {{generator: {{peers: [10.97.0.0/24], codecs: [PCMU]}}}}
    numbers: {{{numbers}}}
    prompts: {{choice: {folder}/prompt.wav}}
    flows:
{flows}    queues:
{queues}    agents:
{agents}"""
QUEUE = """\
      {name}:
        {{agents: [{agents}], skills: {{{name}: 7}}, wrap_up: 0s, short_call: 0s, record: {record},
         policy: {policy}, rings: [{{after: 1s, skills: {{{name}: 5}}}},
                 {{after: 2s, priority: 2}}, {{after: 4s, skills: {{{name}: 3}}}}]}}
"""
FLOW = """\
      menu-{0}: {{choose: {{menu: choice, digits: {{{1}: wait}}, tries: 5}}, wait: {{queue: {0}}}}}
      straight-{0}: {{wait: {{queue: {0}}}}}
"""


def flow_numbers():
    rows = [f'"{n}": menu-{q}' for n, q in zip(MENU, QUEUES)]
    return ", ".join(rows + [f'"{n}": straight-{q}' for n, q in zip(STRAIGHT, QUEUES)])


def agent_row(i):
    """Each agent is good at one queue's skill, less at the two others, in turn."""
    skills = ", ".join(f"{q}: {LEVELS[(i + k) % len(LEVELS)]}" for k, q in enumerate(QUEUES))
    return f"      agent{i + 1}: {{password: {PASSWORD}, codecs: [PCMU], skills: {{{skills}}}}}\n"


class Centre(peers.Ringhall):
    """A node with its threads on two CPUs."""

    def open(self, agents, callers, options):
        self.fifo = not options.fair
        self.where.links(kernel=False)
        self.home = tempfile.mkdtemp(prefix="centre", dir=self.folder)
        os.link(os.path.join(self.folder, "prompt.wav"), os.path.join(self.home, "prompt.wav"))
        names = ", ".join(f"agent{i + 1}" for i in range(agents))
        queues = "".join(QUEUE.format(name=q, agents=names, policy=options.policy,
                                      record="yes" if options.record else "no") for q in QUEUES)
        self.run(CONFIG.format(
            node="centre", sig=place.SIGNALLING, media=place.MEDIA,
            cpu=place.GENERATOR_CPU, kind=self.kind,
            folder=self.home, sessions=callers + agents + 1000,
            calls=callers + 100 if options.record else 100,
            limits="".join(f"  {key}: {value}\n" for key, value in self.limits.items()),
            skills=", ".join(QUEUES), numbers=flow_numbers(), queues=queues,
            flows="".join(FLOW.format(q, DIGIT) for q in QUEUES),
            agents="".join(agent_row(i) for i in range(agents))))
        self.spread()

    def on_cpus(self, *args):
        return place.on_cpu(f"{place.SERVER_CPU},{place.GENERATOR_CPU}", *args)

    def threads(self):
        """(id, name) of each thread."""
        folder = f"/proc/{self.process.pid}/task"
        for task in sorted(os.listdir(folder), key=int):
            with open(os.path.join(folder, task, "comm")) as f:
                yield task, f.read().strip()

    def spread(self):
        """Worker and what writes sound to the generator's CPU, all else to the other one."""
        for task, name in self.threads():
            beside = any(part in name for part in WORKER_SIDE)
            cpu = place.GENERATOR_CPU if beside else place.SERVER_CPU
            place.run("taskset", "-p", "-c", str(cpu), task)
            first = [n for part, n in FIFO.items() if part in name]
            if first and self.fifo:
                place.run("chrt", "-f", "-p", str(first[0]), task)

    def records(self, answered, wait_s=20):
        """SIP Call-ID, digits, agent, why of each record of a call, once there are enough."""
        path = os.path.join(self.home, "store", "ringhall.db")
        end, rows = time.monotonic() + wait_s, []
        while time.monotonic() < end:
            db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
            rows = db.execute("SELECT sip_call_id, digits, agent, why FROM calls").fetchall()
            db.close()
            if len(rows) >= answered:
                break
            time.sleep(0.5)
        return rows


class ThreadShares:
    """CPU of each of a node's threads and of the generator, in percent of a CPU, by the
    scheduler's own count of nanoseconds; and the busy share of both CPUs."""

    def __init__(self):
        self.by_name, self.cpus, self.generator = {}, (0.0, 0.0), 0.0

    @staticmethod
    def ran_ns(pid, task):
        with open(f"/proc/{pid}/task/{task}/schedstat") as f:
            return int(f.read().split()[0])

    def read(self, node, load):
        pid = node.process.pid
        ran = {(task, name): self.ran_ns(pid, task) for task, name in node.threads()}
        ran["", "ringload"] = sum(self.ran_ns(load.pid, t)
                                  for t in os.listdir(f"/proc/{load.pid}/task"))
        return ran

    def watch(self, node, load, wait_s, seconds):
        """While a load runs; what it used in the middle of it."""
        time.sleep(wait_s)
        cpus = [place.cpu_times(c) for c in (place.SERVER_CPU, place.GENERATOR_CPU)]
        before, began = self.read(node, load), time.monotonic()
        try:
            while load.poll() is None and time.monotonic() < began + seconds:
                time.sleep(0.2)
                after, wall_s = self.read(node, load), time.monotonic() - began
                now = [place.cpu_times(c) for c in (place.SERVER_CPU, place.GENERATOR_CPU)]
        except (FileNotFoundError, ProcessLookupError):
            pass  # the load is over
        self.cpus = [100 * (b[0] - a[0]) / max(1, b[1] - a[1]) for a, b in zip(cpus, now)]
        for key, ran in after.items():
            share = (ran - before.get(key, ran)) / wall_s / 1e7
            if share >= 0.05:
                self.by_name[key[1]] = self.by_name.get(key[1], 0) + share
        self.control = self.by_name.get("ringhall", 0.0)
