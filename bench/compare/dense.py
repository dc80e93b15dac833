#!/usr/bin/python3 -B
"""As many callers as one core of ringhall is asked to hold, over veth and AF_XDP.

usage: dense.py [--json] [--calls N] [--recorded N] [--seconds N] [--only ivr|recorded]
                [--plot FOLDER]

ivr: N callers at once hear a prompt and speak; one in five presses up to 32 digits meanwhile, half
of them as tones in the speech, half as telephone-events. Held: loss < 0.01 %, no digit missing,
doubled or wrong in the call records, spacing of what is sent p99.9 within 1 ms of 20 ms.
recorded: N parties talk in pairs and all of them are recorded. Held: no frame lost, loss < 0.01 %.

The worker has one CPU, the generator the other, both SCHED_FIFO; the rest of ringhall (control,
recorder, store) is beside the generator, where it takes what the worker does not need. A veth
hands a packet to the far end's socket on the CPU that sends it, and is left to do so here.
Exit: 0 held, 1 not held, 3 machine too noisy.
"""
import argparse
import json
import os
import shutil
import sys
import tempfile

import peers
import place

LOSS_MAX, SPACING_MS, WINDOWS_MAX, FIFO = 0.01, (19, 21), 20, "1"
DIGITS, DIGIT_S = "1234567890*#" * 2 + "13579*#0", 2.1


class Run:
    def __init__(self, where, folder, options, case):
        self.case, self.seconds = case, options.seconds
        folder = os.path.join(folder, case)
        os.makedirs(folder)
        peers.prompt_make(folder)
        self.server = peers.Ringhall(where, folder)
        self.streams = options.recorded if case == "recorded" else options.calls
        calls = self.streams // 2 if case == "recorded" else self.streams
        args = self.server.serve("record" if case == "recorded" else "prompt_dtmf", calls)
        place.run("chrt", "-f", "-p", FIFO, self.server.spread())
        setup = self.server.setup_s("", calls)
        if case == "ivr":
            digits = DIGITS[:int((setup / 2 + self.seconds - 2) / DIGIT_S)]
            args += ["--digits", digits, "--digits-at", f"{setup / 2:.1f}s", "--digit-off", "2s",
                     "--digits-share", "20%", "--inband-share", "50%", "--ringctl-socket",
                     os.path.join(self.server.home, "ringctl.sock")]
        if options.plot:
            args += ["--plot", os.path.join(os.path.abspath(options.plot), f"dense-{case}.svg")]
        self.share = place.CpuShare()
        self.figures = where.load(
            ["--probe-cores", str(place.SERVER_CPU), "--ramp", f"{setup:.1f}s", "--duration",
             f"{setup + 1:.1f}s", "--hold", f"{setup + self.seconds:.1f}s", *args],
            lambda load: self.share.watch(
                setup + 1, self.seconds - 2, (self.server.process.pid, load.pid)),
            2 * setup + 2 * self.seconds + 90, before=("chrt", "-f", FIFO))
        storage = self.server.status()["storage"]
        self.frames_lost, self.recorded = storage["frames_lost"], storage["recorded_bytes"]
        self.server.stop()

    def faults(self):
        f = self.figures
        spacing = f["spacing_p99.9_quiet"]
        found = [(f["loss_quiet"] >= LOSS_MAX, f"loss {f['loss_quiet']:.3g} %"),
                 (f["calls_refused"] + f["timeouts"] > 0, "calls refused or unanswered"),
                 (f["silent_streams"] > 0, "silent streams"),
                 (self.frames_lost > 0, f"{self.frames_lost} frames of recordings lost"),
                 (f["received"] < 0.97 * self.streams * 50 * self.seconds, "too few packets")]
        if self.case == "ivr":
            found += [(not SPACING_MS[0] <= spacing <= SPACING_MS[1], f"spacing {spacing} ms"),
                      (f["digits_wrong"] + f["records_missing"] > 0, "digits wrong"),
                      (f["digits_reported"] != f["digits_sent"], "digits missing or too many")]
        else:
            least = 0.97 * self.streams * 8000 * self.seconds
            found += [(self.recorded < least, f"{self.recorded} bytes recorded of {least:.0f}")]
        return [text for bad, text in found if bad]

    def tell(self, say):
        f, s = self.figures, self.share
        say(f"{self.case}: {self.streams} channels for {self.seconds:.0f} s")
        for name in ("loss", "delay_p99", "spacing_p99.9", "spacing_off_p99.9", "send_late_p99.9"):
            say(f"  {name:18} {f[name]:10.4g} whole run {f[name + '_quiet']:10.4g} without host "
                "gaps")
        say(f"  sent {f['sent']:.0f}, received {f['received']:.0f}, lost {f['lost']:.0f}; "
            f"{f['host_gaps']:.0f} host gaps, the longest {f['host_gap_max']:.3g} ms, "
            f"{f['windows_out']:.3g} % of the windows out")
        if self.case == "ivr":
            say(f"  digits sent {f['digits_sent']:.0f}, reported {f['digits_reported']:.0f}, "
                f"calls with a wrong one {f['digits_wrong']:.0f}")
        else:
            say(f"  recorded {self.recorded / 1e6:.0f} MB, frames lost {self.frames_lost}")
        say(f"  CPU: server's {s.server:.0f} % (ringhall with all its threads {s.processes[0]:.0f} "
            f"%), generator's {s.generator:.0f} % (ringload {s.processes[1]:.0f} %)")


def run_case(where, folder, options, case, say):
    run = Run(where, folder, options, case)
    run.tell(say)
    faults, noisy = run.faults(), run.figures["windows_out"] > WINDOWS_MAX
    say("  machine too noisy" if noisy else "  held" if not faults else
        "  not held: " + ", ".join(faults))
    if options.json:
        print(json.dumps({"bench": "dense", "metric": f"channels_{case}", "value": run.streams,
                          "unit": "channels", "held": not faults and not noisy,
                          "loss_percent": run.figures["loss_quiet"],
                          "spacing_p999_ms": run.figures["spacing_p99.9_quiet"]}), flush=True)
    return 3 if noisy else 1 if faults else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--calls", type=int, default=10000, help="IVR channels")
    parser.add_argument("--recorded", type=int, default=8000, help="channels, two a call")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--only", choices=["ivr", "recorded"])
    parser.add_argument("--plot", help="folder for histograms")
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="dense-")
    os.chmod(folder, 0o755)
    place.NAPI_RULE = "none"
    out = sys.stderr if options.json else sys.stdout

    def say(text):
        print(text, file=out, flush=True)

    try:
        where = place.Place()
        cases = [options.only] if options.only else ["ivr", "recorded"]
        codes = [run_case(where, folder, options, c, say) for c in cases]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(max(codes))


if __name__ == "__main__":
    place.enter()
    main()
