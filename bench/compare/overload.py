#!/usr/bin/python3 -B
"""Half as many calls again as ringhall takes over veth, where the kernel is the limit: what calls
in progress lose, what the surplus is told.

usage: overload.py [--json] [--port af_xdp|af_packet] [--callers af_xdp|af_packet|sockets]
                   [--share 1.5] [--rate N] [--hold S] [--seconds N]

One CPU for the worker and its side of the link, one for the rest: the daemon's other threads and
the generator (ringload). Callers come at a steady rate, hear a prompt, speak, press a digit and go
after --hold seconds, so that rate times hold is what is offered. The limits of the load are the
configuration's defaults. The kernel's part of the link is worked on by the worker's own CPU, so
that the worker is busy with what is left of it. What the node takes is how many sessions are
open while it refuses some. The rate is raised until --share of that is offered; from --rate on.
Exit 1: calls in progress lost 0.1 % or more, or a caller got neither an answer nor 503.
"""
import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time

import peers
import place

LOSS_MAX, ATTEMPTS = 0.1, 4
SESSIONS = 24000


class Load:
    """One load; .open: sessions while some callers were refused, .nearest: the signs then."""

    def __init__(self, bench, rate):
        o = bench.options
        self.open, self.nearest, self.peak = [], set(), 0
        self.figures = bench.where.load(
            [*bench.callers, "--calls", str(SESSIONS), "--rate", str(rate), "--hold",
             f"{o.hold:g}s", "--duration", f"{o.seconds:g}s"],
            lambda load: self._watch(bench.node, load), o.seconds + o.hold + 60,
            port=None if o.callers == "sockets" else o.callers)

    def _watch(self, node, load):
        while load.poll() is None:
            time.sleep(0.5)
            status = node.status(check=False)
            if status is None:
                continue
            self.peak = max(self.peak, status["media"]["sessions"])
            if status["load"]["overload"]:
                self.open.append(status["media"]["sessions"])
                self.nearest.add(status["load"]["nearest"])


class Bench:
    def __init__(self, options, folder):
        self.options = options
        peers.prompt_make(folder)
        self.where = place.Place()
        self.node = peers.Ringhall(self.where, folder, options.port, {})
        self.callers = self.node.start("prompt_dtmf", SESSIONS // 3)
        self.node.spread()
        if options.callers == "sockets":
            self.where.inside("ip", "address", "add", place.GENERATOR + "/24", "dev", "gmedia")
            place.run("ip", "route", "add", place.GENERATOR, "dev", "sig")

    def say(self, text):
        print(text, file=sys.stderr if self.options.json else sys.stdout, flush=True)

    def load(self):
        rate = self.options.rate
        for _ in range(ATTEMPTS):
            load = Load(self, rate)
            takes = statistics.median(load.open) if load.open else load.peak
            share = rate * self.options.hold / takes
            self.say(f"{rate} calls/s of {self.options.hold:g} s: "
                     f"{takes:.0f} sessions {'while some are refused' if load.open else 'open'}, "
                     f"{100 * share:.0f} % of it offered; {', '.join(sorted(load.nearest))}")
            if load.open and share >= self.options.share:
                return load, share, takes
            rate = int(1.1 * rate * self.options.share / share) if load.open else 2 * rate
        raise RuntimeError("the node takes whatever is offered")

    def judge(self):
        load, share, takes = self.load()
        f = load.figures
        for name in ("calls_tried", "calls_answered", "calls_refused", "retry_after", "timeouts",
                     "silent_streams", "received", "lost", "loss", "loss_quiet", "delay_p99",
                     "delay_p99_quiet", "generator_busy", "generator_dropped", "windows_out"):
            self.say(f"  {name:18} {f.get(name):.6g}")
        status = self.node.status()
        self.say(f"  node: {status['load']['refused']} refused, peak {load.peak} sessions")
        wrong = [text for bad, text in (
            (f["loss_quiet"] >= LOSS_MAX, f"{f['loss_quiet']:.3g} % lost"),
            (f["silent_streams"] > 0, f"{f['silent_streams']:.0f} streams silent"),
            (f["retry_after"] < f["calls_refused"], "503 without Retry-After"),
            (f["calls_answered"] + f["calls_refused"] < f["calls_tried"],
             f"{f['timeouts']:.0f} callers got no answer at all"),
            (f["generator_dropped"] > 0, "the generator dropped packets: the run counts for "
             "nothing"),
        ) if bad]
        self.say("; ".join(wrong) if wrong else
                 f"{100 * share:.0f} % of {takes:.0f} sessions offered: nothing is wrong")
        if self.options.json:
            for name, value, unit in (("offered", 100 * share, "%"), ("takes", takes, "sessions"),
                                      ("loss", f["loss_quiet"], "%"),
                                      ("refused", f["calls_refused"], "calls")):
                print(json.dumps({"bench": "overload_veth", "metric": name,
                                  "value": round(value, 4), "unit": unit}), flush=True)
        return 1 if wrong else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--port", default="af_xdp", choices=["af_xdp", "af_packet"])
    parser.add_argument("--callers", default="af_packet", choices=[
        "af_xdp", "af_packet", "sockets"])
    parser.add_argument("--share", type=float, default=1.5)
    parser.add_argument("--rate", type=int, default=340)
    parser.add_argument("--hold", type=float, default=20)
    parser.add_argument("--seconds", type=float, default=40)
    options = parser.parse_args()
    os.sched_setaffinity(0, {place.GENERATOR_CPU})
    place.NAPI_RULE = "receiver"
    folder = tempfile.mkdtemp(prefix="overload-")
    bench = None
    try:
        bench = Bench(options, folder)
        return bench.judge()
    finally:
        if bench is not None:
            bench.node.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    place.enter()
    sys.exit(main())
