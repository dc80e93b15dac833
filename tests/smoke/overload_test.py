#!/usr/bin/python3
"""Half as many callers again as the node takes: the surplus gets 503 with Retry-After, calls in
progress lose nothing, the trouble is told when it begins and ends, and new calls are taken again.
The limit is set low, so that a worker of a test machine reaches it."""
import json
import os
import subprocess
import time
import world
world.enter()

import hotline  # noqa: E402

BUSY_PERCENT, HOLD_S, LOAD_S = 5, 4, 8
PROFILE = os.path.join(world.HERE, "..", "..", "examples", "load", "ivr.yaml")


class Load:
    """ringload in the background; capacity is how many sessions were open when overload began,
    peak the most that were seen."""

    def __init__(self, w, calls_per_s):
        args = {"number": "9001", "digits": "", "calls": 4000, "rate": calls_per_s,
                "duration": f"{LOAD_S}s", "hold": f"{HOLD_S}s"}
        options = [text for key, value in args.items() for text in (f"--{key}", str(value))]
        self.process = subprocess.Popen(
            [os.path.join(w.build, "bench", "ringload"), PROFILE, "--json", "--quiet", *options],
            text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.peak, self.capacity = 0, None
        while self.process.poll() is None:
            status = w.ask("status")
            sessions = status["media"]["sessions"]
            self.peak = max(self.peak, sessions)
            if status["load"]["overload"]:
                self.capacity = self.capacity or sessions
            time.sleep(0.2)
        rows = [json.loads(line) for line in self.process.stdout]
        self.figures = {r["metric"]: r["value"] for r in rows}
        self.said = self.process.stderr.read()


def offered(w):
    """Offers 1.5 times what the node takes, which is not known before it has been reached."""
    calls_per_s = 180
    for _ in range(4):
        load = Load(w, calls_per_s)
        share = calls_per_s * HOLD_S / (load.capacity or load.peak)
        print(f"{calls_per_s} calls/s of {HOLD_S} s: overload at {load.capacity} sessions, "
              f"{load.peak} at most, {share:.2f} of it offered")
        if load.capacity and share >= 1.5:
            return load
        calls_per_s = int(1.65 * calls_per_s / min(share, 1.4) if load.capacity
                          else 1.5 * calls_per_s)
    raise AssertionError("the node takes whatever is offered")


def main():
    with world.World() as w:
        hotline.start(w, sessions=4000, load=f"  load_busy: {BUSY_PERCENT}\n" + hotline.LOAD)
        w.wire.stop()
        events = hotline.Events(w)
        load = offered(w)
        figures = load.figures
        for name in ("calls_tried", "calls_answered", "calls_refused", "retry_after", "timeouts",
                     "silent_streams", "received", "lost", "loss", "loss_quiet", "setup_p99"):
            print(f"  {name} {figures.get(name)}")
        assert figures["calls_refused"] > 0, load.said
        assert figures["retry_after"] == figures["calls_refused"], figures
        assert figures["calls_answered"] + figures["calls_refused"] == figures["calls_tried"]
        assert figures["lost"] < figures["received"] / 1000, (figures, load.said)
        assert figures["silent_streams"] == 0, (figures, load.said)
        world.wait_for("new calls are taken again",
                       lambda: not w.ask("status")["load"]["overload"])
        # Its end is told when all has been well for a while.
        told = world.wait_for("the overload is told to be over", lambda: next(
            (t for t in [[e["body"] for e in events.of("trouble")
                          if e["body"]["topic"] == "overload"]] if len(t) >= 2), None), 60)
        for e in told[:4]:
            print("  told:", e["text"])
        assert len(told) >= 2 and [e["over"] for e in told[:2]] == [False, True], told
        assert w.ask("status")["load"]["refused"] >= figures["calls_refused"]
        caller = w.caller("after", "9001", stay_ms=1000)
        assert caller.wait(20) == 0, "a caller is refused when the load is gone"
        events.stop()


if __name__ == "__main__":
    main()
