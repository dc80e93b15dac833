#!/usr/bin/python3
"""Two hundred callers at once through the menu and into the queue on one worker: half press their
digits, all sixteen, in-band in the middle of speech, half by telephone-event. Every stream is
judged from the wire; every digit must be in the log once; every packet must be explained."""
import collections
import os
import sys
import world
world.enter()

import hotline  # noqa: E402
import rtpcheck  # noqa: E402

EACH = int(os.environ.get("RINGHALL_SMOKE_CALLS", "200")) // 2
STAY_MS = 9000
DIGITS = "0123456789*#ABCD".replace("1", "") + "1"  # the menu goes on until the last of them


def streams(w, count):
    heard = rtpcheck.read_streams(w.wire.pcap, world.MEDIA)
    greeting = hotline.bytes_of(w, "greeting")
    faults = {s.target: f for s in heard for f in [rtpcheck.judge(s, [greeting])] if f}
    packets = sum(len(s.packets) for s in heard)
    worst = max((s for s in heard), key=lambda s: s.spacing_ms().max())
    print(f"{len(heard)} streams, {packets} packets, {len(faults)} with faults; worst "
          f"{worst.spacing_text()}")
    for target, fault in list(faults.items())[:5]:
        print(" ", target, fault[:3])
    assert len(heard) == count and not faults


def digits(w, count):
    rows = hotline.records(w, count, 20)
    wrong = [r for r in rows if r["digits"] != DIGITS or r["queue"] != "sales"]
    print(f"{len(rows)} call records, {len(wrong)} with other digits than {DIGITS}; ended by "
          f"{dict(collections.Counter(r['why'] for r in rows))}")
    assert len(rows) == count and not wrong, wrong[:3]


def drops(w):
    rows = {r["reason"]: r["packets"] for r in w.ask("drops", "--all")}
    print({k: v for k, v in rows.items() if v})
    assert rows["= received"] == rows["= dropped"] + rows["+ delivered"], rows
    ports = w.ask("ports")
    assert all(p["rx_missed"] == 0 and p["rx_nombuf"] == 0 for p in ports), ports
    sent = sum(len(s.packets) for s in rtpcheck.read_streams(w.wire.pcap, None, world.MEDIA))
    assert rows["= received"] >= sent, f"{sent} RTP packets were sent to us"


def main():
    with world.World() as w:
        hotline.start(w, sessions=1000)
        raw, _ = hotline.caller_sound(w, "speech", DIGITS, at_s=2.5, seconds=8)
        plain, _ = hotline.caller_sound(w, "plain", seconds=8)
        with open(plain, "rb") as f:
            events = world.write_call_pcap(w.path("events.pcap"), f.read(), [(2.5, DIGITS)])
        each = {"number": "9003", "stay_ms": STAY_MS, "calls": EACH,
                "args": ("-r", "40", "-rtp_threadtasks", "25")}
        inband = w.caller("inband", sound=raw, **each)
        event = w.caller("event", sound=events, template="caller_pcap", address="10.99.0.20",
                         **each)
        codes = inband.wait(60), event.wait(60)
        digits(w, 2 * EACH)
        assert codes == (0, 0), f"SIPp ended with {codes}"
        drops(w)
        w.wire.stop()
        streams(w, 2 * EACH)
        assert w.daemon.stop() == 0


if __name__ == "__main__":
    sys.exit(main())
