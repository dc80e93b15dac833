#!/usr/bin/python3
"""The refusal sweep over the real daemon: a whole call of SIPp with an agent's phone and a
recording, again and again, each time with one more thing refused: the n-th allocation (its own and
libre's), descriptor, io_uring submission or write of the call. One daemon serves many n; the call
that follows a refused one refuses nothing and must go on.

    refusal.py                         every 7th n of each kind that is many, every n of the others
    refusal.py --every                 every n
    refusal.py --kind allocation --first 17 --last 17

A table is printed: kind, how many n, crashed, left something, stalled, ended in order, went on."""
import argparse
import ctypes
import mmap
import os
import re
import subprocess
import sys
import time
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(HERE, "..", "smoke"))
import world  # noqa: E402
world.ATTEMPTS = 1
world.enter()

import hotline  # noqa: E402

KINDS = ["nothing", "allocation", "descriptor", "submit", "write"]
FEW = 40  # kinds of no more than that are tried whole
AGENT = "10.99.0.30"
OUTCOMES = ["crashed", "left", "stalled", "in order", "went on"]


class Control(ctypes.Structure):
    """struct refuse_control of refuse.h."""
    _fields_ = [("kind", ctypes.c_uint32), ("n", ctypes.c_uint32),
                ("more", ctypes.c_uint32), ("count", ctypes.c_uint32 * 6),
                ("refused", ctypes.c_uint32), ("usual", ctypes.c_int32), ("off", ctypes.c_uint32),
                ("live", ctypes.c_int32), ("what", ctypes.c_char * 64),
                ("where", ctypes.c_char * 128)]


class Sweep:
    def __init__(self, w, config):
        self.w, self.config, self.starts = w, config, 0
        path = w.path("refuse.control")
        with open(path, "wb") as f:
            f.write(bytes(8 * 4096))
        with open(path, "r+b") as f:
            self.memory = mmap.mmap(f.fileno(), 4096)
        self.control = Control.from_buffer(self.memory)
        self.control.off = 1
        # SIPp and ringctl are programs of their own, without the shim.
        self.env = dict(os.environ, LD_PRELOAD=os.environ["REFUSE_SHIM"], REFUSE_CONTROL=path,
                        REFUSE_FROM="libre.so")
        self.env["ASAN_OPTIONS"] = "verify_asan_link_order=0:" + os.environ.get("ASAN_OPTIONS", "")
        with open(w.path("caller.ul"), "wb") as f:
            f.write(os.urandom(4 * 8000))
        self.phone = None
        self.calls = 0
        self.until = float("inf")

    def start(self):
        """A daemon under the shim, and the agent's phone."""
        self.control.off = 1
        self.starts += 1
        popen = subprocess.Popen
        try:
            subprocess.Popen = lambda args, **k: popen(
                args, **{**k, "env": self.env} if args[0].endswith("/ringhall") else k)
            self.w.start_daemon(self.config)
        finally:
            subprocess.Popen = popen
        hotline.sign_in(self.w, "agent0", AGENT, 5070)
        if self.phone is None or not self.phone.alive():
            xml = self.w.scenario("phone", "phone", sound=self.w.path("caller.ul"), ring_ms=20,
                                  pt=0)
            self.phone = self.w.sipp("phone", "-sf", xml, "-p", "5070", "-m", "1000000", "-timeout",
                                     "0", address=AGENT)

    def call(self, kind, n):
        """One call; its SIPp's exit code (None: it did not end)."""
        c = self.control
        self.calls += 1
        c.kind, c.n, c.refused = 0, n, 0
        for i in range(6):
            c.count[i] = 0
        c.kind, c.off = kind, 0
        caller = self.w.caller(f"caller{self.calls}", number="talk", stay_ms=200,
                               sound=self.w.path("caller.ul"))
        self.w.processes.remove(caller)
        try:
            code = caller.wait(20)
        except subprocess.TimeoutExpired:
            caller.stop()
            code = None
        c.kind = 0
        os.unlink(caller.log_path)
        return code

    def quiet(self):
        """Whether nothing of any call is left in the daemon; else what is."""
        s = self.w.ask("status")
        return {k: v for k, v in (("calls", s["calls"]["alive"]), ("legs", s["sip"]["legs"]),
                                  ("recording", s["calls"]["recording"]),
                                  ("sessions", s["media"]["sessions"])) if v}

    def settle(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                left = self.quiet()
            except (AssertionError, ValueError, KeyError) as e:
                left = {"ringctl": str(e)[-200:]}
            if not left or not self.w.daemon.alive():
                return {}
            time.sleep(0.02)
        return left

    def judge(self, code):
        """What became of it, with what is left."""
        if not self.w.daemon.alive():
            return "crashed", self.w.daemon.log()[-600:]
        left = self.settle(60)
        if not self.w.daemon.alive():
            return "crashed", self.w.daemon.log()[-600:]
        if left:
            return ("stalled" if code is None or "ringctl" in left else "left"), str(left)
        return ("went on" if code == 0 else "in order"), ""

    def clear(self):
        """The next call goes on, sooner or later (an agent may be paused)."""
        for _ in range(5):
            if self.call(0, 0) == 0:
                return self.settle(20) == {}
        return False

    def one(self, kind, n):
        code = self.call(kind, n)
        if self.control.refused == 0:
            return None, ""
        outcome, text = self.judge(code)
        if outcome in ("went on", "in order") and code != 0 and not self.clear():
            outcome, text = "stalled", "no call goes on any more"
        if outcome not in ("went on", "in order"):
            where = self.control.where.decode()
            print(f"  {KINDS[kind]} {n}: {outcome}: {self.control.what.decode()} by {where} "
                  f"{place(self.w.build, where)}: {text}", flush=True)
            self.w.daemon.stop(9)
            self.start()
            assert self.clear(), "a new daemon takes no calls"
        return outcome, text

    def kind(self, kind, ns):
        """Over these n, until there are no more of the kind in a call."""
        table, idle, live = dict.fromkeys(OUTCOMES, 0), 0, self.control.live
        for n in ns:
            if time.monotonic() > self.until:
                print(f"  {KINDS[kind]}: time is over at {n}")
                break
            outcome, _ = self.one(kind, n)
            idle = idle + 1 if outcome is None else 0
            if outcome:
                table[outcome] += 1
            elif idle == 5:
                break
        print(f"{KINDS[kind]:<11} {sum(table.values()):>5} " +
              " ".join(f"{table[o]:>9}" for o in OUTCOMES) +
              f" {self.control.live - live:>12}", flush=True)
        return table["crashed"] + table["left"] + table["stalled"]


def place(build, where):
    """The function of the program that asked."""
    match = re.match(r"program\+(0x[0-9a-f]+)", where)
    if not match:
        return ""
    out = world.run("addr2line", "-f", "-i", "-e", os.path.join(build, "ringhall"), match.group(1),
                    check=False).stdout.split()
    return "/".join(out[::2])


def counts(sweep):
    """How many of each kind a call asks for, the most of some calls."""
    most = [0] * 6
    for _ in range(4):
        assert sweep.call(0, 0) == 0, "the call does not go on with nothing refused"
        most = [max(a, b) for a, b in zip(most, sweep.control.count)]
        assert sweep.settle(20) == {}, "something is left with nothing refused"
    return most


def main():
    ask = argparse.ArgumentParser()
    ask.add_argument("--every", action="store_true")
    ask.add_argument("--stride", type=int, default=7)
    ask.add_argument("--kind", choices=KINDS[1:])
    ask.add_argument("--first", type=int, default=1)
    ask.add_argument("--last", type=int)
    ask.add_argument("--seconds", type=float, default=float("inf"), help="begins no call later")
    args = ask.parse_args()
    bad = 0
    with world.World() as w:
        config = hotline.prepare(w, {"talk": ["agent0"]}, queue_keys=", reject_pause: 0s")
        sweep = Sweep(w, config)
        sweep.until = time.monotonic() + args.seconds
        sweep.start()
        most = counts(sweep)
        print('a call asks for ' + ', '.join(f'{most[k]} {KINDS[k]}' for k in range(1, 5)))
        print(f'{"refused":<11} {"n":>5} ' + " ".join(f"{o:>9}" for o in OUTCOMES) +
              f' {"live growth":>12}', flush=True)
        for kind, name in enumerate(KINDS):
            if kind == 0 or args.kind not in (None, name):
                continue
            stride = 1 if args.every or most[kind] <= FEW or args.last else args.stride
            last = args.last or most[kind] + 20
            bad += sweep.kind(kind, range(args.first, last + 1, stride))
        code = w.daemon.stop(seconds=40)
        print(f"{sweep.calls} calls, {sweep.starts} starts, the daemon ended with {code}")
        if code != 0:
            bad += 1
            print(w.daemon.log()[-3000:])
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
