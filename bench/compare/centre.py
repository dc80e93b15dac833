#!/usr/bin/python3 -B
"""A call centre on two CPUs: menu, queues with skills that widen, agents who talk, all of it seen.

usage: centre.py [--json] [--part full|sip|waiting] [--rate N] [--seconds N] [--agents N]
                 [--talk S] [--port af_xdp|af_packet] [--callers af_xdp|af_packet|sockets]
                 [--policy NAME] [--record] [--fair] [--even]
                 [--straight 0|1] [--step-seconds N]

CPU 0: the daemon's control, router, store. CPU 1: its worker and recorder, the kernel's part of
the media link, and the generator (ringload), which is callers and agents, with RTP both ways.
Control, router, worker and generator are SCHED_FIFO, unless --fair.
full: --rate calls/s for --seconds. Each caller presses one digit in-band in a menu, waits, talks
with an agent for --talk and is hung up on. One more in thirty has no menu and goes into the queue
with the answer (--straight 0: none does). Held: each call answered, its digit once in its record,
with exactly one agent, both hearing each other and nobody else, exactly one record; from a
straight caller's 200 to the agent's INVITE, on the wire, p99 within 5 ms.
sip: the same without RTP and menu, faster by steps: until which rate it is held, and until which
all calls are served, 99 of 100 agents being rung within half a second.
waiting: 100 agents, 300 callers waiting, rings of the queues passing meanwhile. Held: from the 200
to an agent's BYE to the next INVITE to that agent p99 within 1 ms, once they all wait. Talks differ
by up to a fifth, as people's do: of equal ones (--even) those that end in one millisecond go on to,
and are more by and by; who is the fourth among them waits for the work of four.
Exit: 0 held (sip: a step is), 1 not held.
"""
import argparse
import json
import os
import shutil
import sys
import tempfile

import acd
import peers
import place

ANSWER_MS, FREE_MS, LIMIT_MS = 5, 1, 500
DIGITS_AT_S, DIGIT_S, ANSWER_S = 0.5, 0.1, 0.1
WAITING_AGENTS, WAITING_CALLERS, SPREAD = 100, 300, 0.2
WAITING_RAMP_S, WAITING_S = 3, 60  # until so many wait; not measured
MENUS = 10  # callers of each menu to one who has none
STEP, STEP_TALK_S, STEPS = 1.3, 0.5, 12
TOLD = ("calls_tried", "calls_answered", "ended_by_server", "agent_calls", "setup_p50",
        "setup_p99", "answer_to_agent_p50", "answer_to_agent_p99", "answer_to_agent_max",
        "digit_to_agent_p50", "digit_to_agent_p99", "digit_to_agent_max", "free_to_agent",
        "free_to_agent_p50", "free_to_agent_p99", "free_to_agent_max", "bye_to_agent_p50",
        "bye_to_agent_p99", "received", "loss", "delay_p99", "sip_resent", "host_gaps",
        "host_gap_max", "generator_busy")
NONE_OF = ("calls_refused", "timeouts", "agents_refused", "agents_busy", "calls_alone",
           "calls_twice", "calls_one_way", "misheard", "silent_streams", "generator_dropped",
           "generator_failed", "digits_wrong_in_records", "records_missing", "records_double",
           "records_strange")


class Shape:
    """What one load is: how many, how fast, with what."""

    def __init__(self, options, part, rate, seconds):
        self.part, self.seconds = part, seconds
        self.agents = options.agents
        self.talk_s = STEP_TALK_S if part == "sip" else options.talk
        self.straight, self.even = options.straight, options.even
        numbers = self.numbers()
        share = len(numbers) / (len(numbers) - (part == "full" and self.straight))
        self.rate, self.total = rate * share, int(rate * seconds * share)
        if part == "sip":
            self.agents = min(10000, max(self.agents, int(rate * (self.talk_s + ANSWER_S) * 1.5)))
        self.places = min(50000, int(rate * (self.talk_s + 8)) + 100)
        if part == "waiting":
            self.agents = WAITING_AGENTS
            self.places = WAITING_AGENTS + WAITING_CALLERS
            seconds = min(seconds, WAITING_S)
            self.total = int(seconds * WAITING_AGENTS / (self.talk_s + ANSWER_S)) + self.places

    def numbers(self):
        """Dialled in turn."""
        if self.part != "full":
            return acd.STRAIGHT
        return [*(MENUS * acd.MENU), acd.STRAIGHT[0]] if self.straight else acd.MENU

    def talk(self):
        if self.part != "waiting" or self.even:
            return f"{self.talk_s:g}s"
        return f"uniform {(1 - SPREAD) * self.talk_s:g}s-{(1 + SPREAD) * self.talk_s:g}s"

    def args(self):
        args = ["--target", f"{place.SIGNALLING}:5060", "--calls", str(self.places),
                "--calls-total", str(self.total), "--rate", f"{self.rate:g}", "--duration",
                f"{3 * self.seconds + 60:g}s", "--hold", "120s", "--agents", str(self.agents),
                "--agent-password", acd.PASSWORD,
                "--agent-answer", f"{ANSWER_S:g}s", "--agent-talk", self.talk()]
        for number in self.numbers():
            args += ["--number", number]
        if self.part == "sip":
            return args + ["--mute"]
        args += ["--stamps"]
        if self.part == "waiting":
            args += ["--ramp", f"{WAITING_RAMP_S:g}s"]
        if self.part == "full":
            args += ["--digits", acd.DIGIT, "--digits-at", f"{DIGITS_AT_S:g}s", "--digit-on",
                     f"{DIGIT_S:g}s", "--inband-share", "100%", "--digits-numbers",
                     ",".join(acd.MENU)]
        return args


class Run:
    """One load on a fresh node; .figures: ringload's, and what the records say."""

    def __init__(self, bench, shape):
        o, self.shape = bench.options, shape
        node = acd.Centre(bench.where, bench.folder, o.port, dict(peers.NO_LIMITS))
        self.shares = acd.ThreadShares()
        node.open(shape.agents, shape.places, o)
        try:
            self._media(bench.where, o)
            self.figures = bench.where.load(
                shape.args(), lambda load: self.shares.watch(
                    node, load, min(5, 1 + shape.seconds / 4), shape.seconds / 2),
                5 * shape.seconds + 300, port=None if o.callers == "sockets" else o.callers,
                before=() if o.fair else ("chrt", "-f", "1"))
            self._records(node)
            self.lost_frames = node.status()["storage"]["frames_lost"]
        finally:
            node.stop()

    @staticmethod
    def _media(where, o):
        if o.callers == "sockets":
            where.inside("ip", "address", "add", place.GENERATOR + "/24", "dev", "gmedia")
            place.run("ip", "route", "add", place.GENERATOR, "dev", "sig")

    def _records(self, node):
        """Each call one record, with its digit where it was to press one."""
        f, numbers = self.figures, self.shape.numbers()
        rows = node.records(f["calls_answered"])
        counts, wrong, strange = {}, 0, 0
        for sip_id, digits, agent, _ in rows:
            count = int(sip_id.split("-")[1])
            counts[count] = counts.get(count, 0) + 1
            pressed = acd.DIGIT if numbers[count % len(numbers)] in acd.MENU else ""
            wrong += (digits or "") != pressed
            strange += not agent
        f["records"] = len(rows)
        f["digits_wrong_in_records"] = wrong
        f["records_missing"] = max(0, f["calls_tried"] - len(counts))
        f["records_double"] = sum(n - 1 for n in counts.values())
        f["records_strange"] = strange

    def lost(self):
        """What was not served; the rest of the faults is about how soon."""
        f = self.figures
        found = [f"{name} {f[name]:.0f}" for name in NONE_OF if f.get(name, 0) > 0]
        if f["calls_answered"] < self.shape.total:
            found.append(f"{f['calls_answered']:.0f} of {self.shape.total} calls answered")
        if f["ended_by_server"] < f["calls_answered"]:
            found.append(f"{f['ended_by_server']:.0f} talked to their end")
        return found

    def faults(self):
        f, part, found = self.figures, self.shape.part, self.lost()
        name, most = ("free_to_agent_p99", FREE_MS) if part == "waiting" else (
            "answer_to_agent_p99", ANSWER_MS)
        if name not in f:
            found.append(f"no {name}")
        elif f[name] > most:
            found.append(f"{name} {f[name]:.3g} ms > {most} ms")
        return found

    def tell(self, say):
        f, s = self.figures, self.shape
        say(f"{s.part}: {s.total} calls, {s.rate:g}/s, {s.agents} agents, talk {s.talk_s:g} s; "
            f"{f['seconds']:.1f} s, {f['records']} records")
        for name in TOLD:
            if name in f:
                say(f"  {name:22} {f[name]:12.6g}")
        say("  CPU: " + ", ".join(f"{name} {share:.1f} %" for name, share in sorted(
            self.shares.by_name.items(), key=lambda item: -item[1])))
        say(f"  CPU {place.SERVER_CPU} (control) {self.shares.cpus[0]:.0f} %, "
            f"CPU {place.GENERATOR_CPU} (media, generator) {self.shares.cpus[1]:.0f} %")
        faults = self.faults()
        say("  held" if not faults else "  not held: " + "; ".join(faults))
        return not faults


class Bench:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.where = place.Place()
        peers.prompt_make(folder)

    def say(self, text):
        print(text, file=sys.stderr if self.options.json else sys.stdout, flush=True)

    def put(self, run, held, names):
        for name in names if self.options.json else ():
            if name in run.figures:
                print(json.dumps({
                    "bench": "centre", "metric": f"{run.shape.part}_{name}",
                    "value": run.figures[name], "unit": "ms" if "_p" in name else "calls",
                    "rate": run.shape.rate, "held": held,
                    "cpu_percent": {k: round(v, 1) for k, v in run.shares.by_name.items()}}),
                    flush=True)

    def once(self, part):
        o = self.options
        rate = WAITING_CALLERS if part == "waiting" else o.rate
        run = Run(self, Shape(o, part, rate, o.seconds))
        held = run.tell(self.say)
        self.put(run, held, ("calls_answered", "answer_to_agent_p99", "digit_to_agent_p99",
                             "free_to_agent_p50", "free_to_agent_p99"))
        return held

    def steps(self):
        """Upwards until not all calls of a step are served, or not within half a second."""
        rate, best, served = self.options.rate, 0, 0
        for _ in range(STEPS):
            run = Run(self, Shape(self.options, "sip", rate, self.options.step_seconds))
            held = run.tell(self.say)
            self.put(run, held, ("calls_answered", "answer_to_agent_p99"))
            best = rate if held else best
            if run.lost() or run.figures["answer_to_agent_p99"] > LIMIT_MS:
                break
            served, rate = rate, round(rate * STEP)
        self.say(f"sip: within {ANSWER_MS} ms at {best:g} calls/s; all are served at {served:g}")
        for name, value in ("rate_held", best), ("rate_served", served):
            if self.options.json:
                print(json.dumps({"bench": "centre", "metric": f"sip_{name}", "value": value,
                                  "unit": "calls/s"}), flush=True)
        return best > 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--part", choices=["full", "sip", "waiting"], help="one of them alone")
    parser.add_argument("--rate", type=float, default=300)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--step-seconds", type=float, default=10)
    parser.add_argument("--agents", type=int, default=1000)
    parser.add_argument("--talk", type=float, default=1.5)
    parser.add_argument("--straight", type=int, default=1, choices=[0, 1])
    parser.add_argument("--port", default="af_xdp", choices=["af_xdp", "af_packet"])
    parser.add_argument("--callers", default="af_xdp", choices=["af_xdp", "af_packet", "sockets"])
    parser.add_argument("--policy", default="longest-idle")
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--fair", action="store_true", help="no SCHED_FIFO for anybody")
    parser.add_argument("--even", action="store_true", help="waiting: all talks last the same")
    options = parser.parse_args()
    place.SERVER_CPU, place.GENERATOR_CPU, place.NAPI_RULE = 0, 1, "none"
    folder = tempfile.mkdtemp(prefix="centre-")
    os.chmod(folder, 0o755)
    try:
        bench = Bench(options, folder)
        parts = [options.part] if options.part else ["full", "waiting", "sip"]
        held = [bench.steps() if part == "sip" else bench.once(part) for part in parts]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0 if all(held) else 1


if __name__ == "__main__":
    place.enter()
    sys.exit(main())
