#!/usr/bin/python3 -B
"""Half as many calls again as ringhall takes over veth, where the kernel is the limit: what calls
in progress lose, what the surplus is told.

usage: overload.py [--json] [--port af_xdp|af_packet] [--callers af_xdp|af_packet|sockets]
                   [--share 1.5] [--rate N] [--hold S] [--seconds N] [--stolen PERCENT]

One CPU for the worker and its side of the link, one for the rest: the daemon's other threads and
the generator (ringload). Callers come at a steady rate, hear a prompt, speak, press a digit and go
after --hold seconds, so that rate times hold is what is offered. The limits of the load are the
configuration's defaults but for --stolen: the kernel's part of the link is worked on by the
worker's own CPU, so that it shows as time taken away. What the node takes is how many sessions are
open while it refuses some. The rate is raised until --share of that is offered; from --rate on.
Exit 1: calls in progress lost 0.1 % or more, or a caller got neither an answer nor 503.
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import peers
import place

HERE = os.path.dirname(os.path.abspath(__file__))
LOSS_MAX, ATTEMPTS = 0.1, 4
BOTH = f"{place.SERVER_CPU},{place.GENERATOR_CPU}"
SESSIONS = 24000

CONFIG = """\
node: overload
sip: {{listen: [udp:{sig}:5060], realm: overload}}
engine:
  sessions: {sessions}
  workers: 1
  cores: [{cpu}]
  load_stolen: {stolen}
  ports: {{media: {{kind: {kind}, device: media}}}}
  media: {{main: {{port: media, address: {media}/24}}}}
store: {{directory: {folder}/store}}
control: {{socket: {folder}/ringctl.sock, log_level: warn}}
tenants:
  load:
    trunks: {{generator: {{peers: [10.97.0.0/24, 10.98.0.0/24], codecs: [PCMU]}}}}
    numbers: {{"1": menu}}
    prompts: {{long: {folder}/prompt.wav}}
    flows:
      menu: {{choose: {{menu: long, digits: {{"1": choose}}, tries: 20}}}}
"""


class Node:
    """The daemon on its CPU, and what it says of itself while it runs."""

    def __init__(self, where, folder, build, options):
        self.folder, self.build = folder, build
        kind = options.port
        path = os.path.join(folder, "ringhall.yaml")
        place.write(path, CONFIG.format(
            sig=place.SIGNALLING, media=place.MEDIA, cpu=place.SERVER_CPU, kind=kind,
            folder=folder, sessions=SESSIONS, stolen=options.stolen))
        self.log = os.path.join(folder, "ringhall.log")
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(["taskset", "-c", BOTH, os.path.join(
                build, "ringhall"), path], stdout=log, stderr=log)
        for _ in range(200):
            if self.process.poll() is not None:
                raise RuntimeError("ringhall ended: " + peers.tail(self.log))
            if self.status():
                break
            time.sleep(0.1)
        self._place()
        if kind == "af_xdp":
            where.steer_napi()
            for pid in place.run("pgrep", "-f", "napi/media", check=False).split():
                place.run("taskset", "-p", "-c", str(place.SERVER_CPU), pid, check=False)

    def _place(self):
        """All threads but the worker, which is pinned, to the generator's CPU."""
        for task in os.listdir(f"/proc/{self.process.pid}/task"):
            if os.sched_getaffinity(int(task)) != {place.SERVER_CPU}:
                os.sched_setaffinity(int(task), {place.GENERATOR_CPU})

    def status(self):
        done = subprocess.run(
            [os.path.join(self.build, "ringctl"), "--socket", os.path.join(
                self.folder, "ringctl.sock"), "--json", "status"],
            text=True, capture_output=True, check=False)
        return json.loads(done.stdout) if done.returncode == 0 else None


class Load:
    """One load; .open: sessions while some callers were refused, .nearest: the signs then."""

    def __init__(self, bench, rate):
        o = bench.options
        self.open, self.nearest, self.peak = [], set(), 0
        command = [
            os.path.join(bench.build, "bench", "ringload"), "--json", "--quiet", "--number", "1",
            "--target", place.SIGNALLING + ":5060", "--calls", str(SESSIONS), "--rate", str(rate),
            "--hold", f"{o.hold:g}s", "--duration", f"{o.seconds:g}s", "--digits", "1",
            "--digits-at", "2s", "--digits-share", "10%", "--inband-share", "100%",
            "--rtp-port", str(peers.RTP_PORT)]
        if o.callers == "sockets":
            command += ["--local", place.GENERATOR + ":5070", "--rtp-sockets", "16"]
        else:
            command += ["--local", place.CALLERS + ":5070", "--port", f"{o.callers}:media",
                        "--media", place.GENERATOR + "/24"]
        with subprocess.Popen(bench.where.generator(*command), text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as process:
            stop = threading.Event()
            watch = threading.Thread(target=self._watch, args=(bench.node, stop))
            watch.start()
            said, errors = process.communicate(timeout=o.seconds + o.hold + 60)
            stop.set()
            watch.join()
        self.figures = {r["metric"]: r["value"] for r in map(json.loads, said.splitlines())}
        if not self.figures:
            raise RuntimeError("ringload: " + errors[-500:])

    def _watch(self, node, stop):
        while not stop.wait(0.5):
            status = node.status()
            if status is None:
                continue
            self.peak = max(self.peak, status["media"]["sessions"])
            if status["load"]["overload"]:
                self.open.append(status["media"]["sessions"])
                self.nearest.add(status["load"]["nearest"])


class Bench:
    def __init__(self, options, folder):
        self.options = options
        self.build = os.path.abspath(os.environ.get("BUILD") or os.path.join(
            HERE, "..", "..", "build"))
        self.where = place.Place()
        self.where.links(kernel=False)
        if options.callers == "sockets":
            self.where.inside("ip", "address", "replace", place.GENERATOR + "/24", "dev", "media")
        place.run("sox", "-n", "-r", "8000", "-c", "1", "-e", "u-law", "-b", "8",
                  os.path.join(folder, "prompt.wav"), "synth", "60", "sine", "300-3000", "gain",
                  "-12")
        self.node = Node(self.where, folder, self.build, options)

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
    parser.add_argument("--stolen", type=int, default=10, help="engine.load_stolen")
    options = parser.parse_args()
    os.sched_setaffinity(0, {place.GENERATOR_CPU})
    folder = tempfile.mkdtemp(prefix="overload-")
    bench = None
    try:
        bench = Bench(options, folder)
        return bench.judge()
    finally:
        if bench is not None:
            peers.end(bench.node.process)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    place.enter()
    sys.exit(main())
