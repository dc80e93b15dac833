#!/usr/bin/python3 -B
"""How many calls one core of ringhall and of Debian's rtpengine holds, by the same load.

usage: compare.py [--json] [--seconds N] [--confirm N] [--cases relay,prompt_dtmf,prompt,record]
                  [--held relay,prompt_dtmf] [--peers rtpengine,ringhall] [--max N] [--budget S]
                  [--port af_xdp|af_packet]

Both servers get the same media streams over the same veth, one CPU for the server and one for the
generator (ringload, its RTP on a DPDK port of its own). The largest clean load (loss < 0.1 %, p99
delay < 25 ms, every digit reported, no frame of a recording lost) is bisected to 10 %; --confirm N
holds it N times for 60 s in the cases of --held and steps down where it does not hold. When the
budget of seconds is used up it says what it has so far.
"""
import argparse
import json
import os
import shutil
import sys
import tempfile
import time

import peers
import place

LOSS_MAX, DELAY_MAX_MS, BUSY_MAX, WINDOWS_MAX = 0.1, 25, 90, 20
START = {"rtpengine": {"relay": 1600, "prompt": 1600, "prompt_dtmf": 640, "record": 1000},
         "ringhall": {"relay": 7800, "prompt": 10000, "prompt_dtmf": 10000, "record": 3200}}
HOLD_S = 60


class Run:
    """One load of n calls: its figures and whether it was clean."""

    def __init__(self, bench, peer, case, n, seconds):
        self.n = n
        setup = peer.setup_s(case, n)
        args = peer.serve(case, n)
        share = place.CpuShare()
        self.figures = bench.where.load(
            ["--ramp", f"{setup:.1f}s", "--duration", f"{setup + seconds:.1f}s", "--hold",
             f"{setup + seconds:.1f}s", *args],
            lambda load: share.watch(setup + 1, seconds - 1.5, (peer.process.pid, load.pid)),
            2 * setup + 2 * seconds + 60)
        self.digits = peer.digits() if case == "prompt_dtmf" else 0
        self.frames_lost = peer.frames_lost() if case == "record" else 0
        peer.stop()
        self.server, self.generator = share.server, share.generator
        self.processes = share.processes
        self.judge(case, seconds)

    def judge(self, case, seconds):
        f = self.figures
        self.pressed = f["digits_pressed"] if case == "prompt_dtmf" else 0
        streams = self.n * (2 if peers.two(case) else 1)
        least = 0.98 * streams * 50 * (seconds - 1)
        self.why = [text for bad, text in (
            (f["loss_quiet"] > LOSS_MAX, f"loss {f['loss_quiet']:.3g} %"),
            (f["delay_p99_quiet"] > DELAY_MAX_MS, f"delay p99 {f['delay_p99_quiet']:.3g} ms"),
            (f["received"] < least, f"{f['received']:.0f} packets of {least:.0f} at least"),
            (f["calls_refused"] + f["timeouts"] > 0, f"{f['calls_refused']:.0f} refused, "
             f"{f['timeouts']:.0f} without an answer"),
            (f["silent_streams"] > 0, f"{f['silent_streams']:.0f} streams silent"),
            (self.frames_lost > 0, f"{self.frames_lost} frames of recordings lost"),
            (self.digits < self.pressed, f"{self.digits} of {self.pressed:.0f} digits"),
        ) if bad]
        self.clean = not self.why
        self.noisy = f["windows_out"] > WINDOWS_MAX
        self.generator_limit = max(self.generator, self.processes[1]) > BUSY_MAX


class Bench:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.deadline = time.monotonic() + options.budget
        self.where = place.Place()
        self.peers = [peers.Rtpengine(self.where, folder),
                      peers.Ringhall(self.where, folder, options.port)]
        peers.prompt_make(folder)
        # rtpengine sends a file's blocks as they are: of 20 ms, or it falls out of step.
        place.run("ffmpeg", "-loglevel", "error", "-i", os.path.join(folder, "prompt.wav"),
                  "-af", "asetnsamples=n=160", "-c:a", "pcm_mulaw",
                  os.path.join(folder, "prompt.mkv"))

    def say(self, text):
        print(text, file=sys.stderr if self.options.json else sys.stdout, flush=True)

    def run(self, peer, case, n, seconds):
        try:
            run = Run(self, peer, case, n, seconds)
        except BaseException:
            if getattr(peer, "process", None):
                peers.end(peer.process)
                self.say(peer.log_text())
            raise
        f = run.figures
        self.say(f"  {peer.name:9} {case:11} {n:6} calls: "
                 f"{'clean' if run.clean else 'not clean: ' + ', '.join(run.why)}; loss "
                 f"{f['loss']:.3g} ({f['loss_quiet']:.3g}) %, delay p99 {f['delay_p99']:.3g} "
                 f"({f['delay_p99_quiet']:.3g}) ms, CPU of the server {run.server:.0f} (process "
                 f"{run.processes[0]:.0f}) %, generator {run.generator:.0f} "
                 f"({run.processes[1]:.0f}) %{', noisy' if run.noisy else ''}"
                 f"{f', {run.digits} digits' if case == 'prompt_dtmf' else ''}")
        return run

    def in_time(self, peer, case, n, seconds):
        """Whether one more run would end within the budget."""
        return time.monotonic() + peer.setup_s(case, n) + seconds + 15 < self.deadline

    def search(self, peer, case):
        """(largest clean number of calls, lower bound only, noisy, how often it was held)."""
        low, high, n = 0, None, min(self.options.max, START[peer.name][case])
        best, failed = None, None
        while n >= 1 and self.in_time(peer, case, n, self.options.seconds):
            run = self.run(peer, case, n, self.options.seconds)
            if run.clean:
                low, best = n, run
                if n == self.options.max:
                    break
            else:
                high, failed = n, run
            if high and (high - low) * 10 <= high:
                break
            if low and high:
                n = (low + high) // 2
            else:
                n = min(n * 5 // 4, self.options.max) if run.clean else n * 4 // 5
        held = 0
        if case in self.options.held.split(","):
            low, held = self.confirm(peer, case, low)
        at_least = failed is None or failed.generator_limit or best is None
        return low, at_least and low > 0, any(r and r.noisy for r in (best, failed)), held

    def confirm(self, peer, case, n):
        """(largest number of calls that was held as often as it should be, how often)."""
        good = 0
        while good < self.options.confirm and n > 0 and self.in_time(peer, case, n, HOLD_S):
            if self.run(peer, case, n, HOLD_S).clean:
                good += 1
            else:
                good, n = 0, n * 9 // 10
        return n, good

    def ratio(self, case):
        held = {p.name: self.search(p, case) for p in self.peers
                if p.name in self.options.peers}
        if len(held) < 2:
            return
        peer, ours = held["rtpengine"], held["ringhall"]
        if not ours[0] or not peer[0]:
            self.say(f"{case}: no load was held, or no time was left: no ratio")
            return
        value = ours[0] / peer[0]
        least = "≥ " if ours[1] else ""
        noisy = "  machine too noisy" if peer[2] or ours[2] else ""
        held = f", held for {HOLD_S} s {peer[3]} and {ours[3]} times" if peer[3] + ours[3] else ""
        self.say(f"{case}: ringhall {least}{ours[0]}, rtpengine {'≥ ' if peer[1] else ''}"
                 f"{peer[0]} calls on a core: ratio {least}{value:.1f}{held}{noisy}")
        if self.options.json:
            print(json.dumps({"bench": "compare", "metric": f"ratio_{case}",
                              "value": round(value, 2), "unit": "ratio", "ringhall": ours[0],
                              "rtpengine": peer[0], "at_least": ours[1],
                              "held": [peer[3], ours[3]], "noisy": bool(noisy)}), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--seconds", type=float, default=10, help="of a step of the search")
    parser.add_argument("--confirm", type=int, default=0, help="runs of 60 s at the end")
    parser.add_argument("--cases", default="relay,prompt_dtmf,prompt,record")
    parser.add_argument("--held", default="relay,prompt_dtmf", help="cases to hold")
    parser.add_argument("--budget", type=float, default=1500, help="seconds that it may take")
    parser.add_argument("--max", type=int, default=16000, help="calls at most")
    parser.add_argument("--peers", default="rtpengine,ringhall")
    parser.add_argument("--port", default="af_xdp", choices=["af_xdp", "af_packet"])
    parser.add_argument("--napi", default="sender", choices=["sender", "receiver", "none"],
                        help="whose CPU runs the NAPI of a veth's end with an XDP program")
    options = parser.parse_args()
    place.NAPI_RULE = options.napi
    if not shutil.which("rtpengine"):
        sys.exit("compare: no rtpengine: make deps-compare")
    folder = tempfile.mkdtemp(prefix="compare-")
    os.chmod(folder, 0o755)
    try:
        began = time.monotonic()
        bench = Bench(options, folder)
        bench.where.links(kernel=True)
        for line in bench.where.settings() + [x for p in bench.peers for x in p.settings()]:
            bench.say(line)
        bench.say("FreeSWITCH: " + ("installed; there is no comparison with it here" if
                                    shutil.which("freeswitch") else "not installed"))
        for case in options.cases.split(","):
            bench.ratio(case)
        bench.say(f"{time.monotonic() - began:.0f} s")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    place.enter()
    main()
