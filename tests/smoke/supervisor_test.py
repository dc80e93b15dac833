#!/usr/bin/python3
"""A supervisor listens, whispers and barges in on a conversation between two codecs. Judged from
the wire: who hears whom."""
import sys
import time
import world
world.enter()

import numpy  # noqa: E402

import hotline  # noqa: E402
import rtpcheck  # noqa: E402

STAY_S = 13


class Hearing:
    """Who heard what: pieces of time with names, and the streams to the three phones."""

    def __init__(self, w):
        self.w, self.spans, self.ports = w, {}, {}

    def find_ports(self):
        call, = self.w.ask("calls", "list")
        self.call = call["call"]
        shown = self.w.ask("calls", "show", self.call)
        ports = {int(s["local"].rsplit(":")[1]) for s in self.w.ask("sessions", "list")}
        for who, side in (("caller", "caller_media"), ("alice", "agent_media")):
            self.ports[who] = int(shown[side]["local"].rsplit(":")[1])
        rest = ports - set(self.ports.values())
        self.ports["carol"] = rest.pop() if rest else None

    def spend(self, name, seconds):
        time.sleep(0.6)  # requests are on their way, buffers are emptied
        begin = time.time()
        time.sleep(seconds)
        self.spans[name] = begin, time.time()

    def sound(self, who, name=None):
        stream, = [s for s in rtpcheck.read_streams(self.w.wire.pcap, world.MEDIA)
                   if s.source[1] == self.ports[who]]
        begin, end = self.spans[name] if name else (0, 1e12)
        pieces = [(rtpcheck.alaw_decode if p.pt == 8 else rtpcheck.ulaw_decode)(p.payload)
                  for p in stream.audio() if begin <= p.time < end]
        return numpy.concatenate(pieces) if pieces else numpy.zeros(0)


def converse(w, hearing):
    caller = w.caller("ann", number="9001", sound=w.path("ann.ul"), stay_ms=STAY_S * 1000)
    world.wait_for("they talk", lambda: w.events.of("call-connected"))
    for n, mode in enumerate(("listen", "whisper", "barge")):
        w.ask("calls", "monitor", w.ask("calls", "list")[0]["call"], "carol", mode)
        world.wait_for(mode, lambda: len(w.events.of("call-monitored")) > n)
        if n == 0:
            hearing.find_ports()
        hearing.spend(mode, 2.5)
    w.ask("calls", "monitor", hearing.call, "carol", "off")
    assert caller.wait(20) == 0, "ann's script failed"


def check_hearing(hearing, sources):
    expected = [  # mode, what the caller, the agent and the supervisor hear
        ("listen", ["alice"], ["ann"], ["ann", "alice"]),
        ("whisper", ["alice"], ["ann", "carol"], ["ann", "alice"]),
        ("barge", ["alice", "carol"], ["ann", "carol"], ["ann", "alice"])]
    for mode, *heard in expected:
        for who, wanted in zip(("caller", "alice", "carol"), heard):
            sound = hearing.sound(who, mode)
            likes = {n: rtpcheck.correlate(sound, pcm) for n, pcm in sources.items()}
            print(f"{mode}: {who} heard {len(sound) / 8000:.1f} s, " + ", ".join(
                f"{n} {like:.2f}" for n, like in likes.items()))
            least_s = 2.2 - hearing.w.host_gaps.seconds(*hearing.spans[mode])
            assert len(sound) > least_s * 8000, (mode, who, least_s)
            for name, like in likes.items():
                if name in wanted:
                    assert like > 0.45, (mode, who, name)
                else:
                    assert like < 0.4, (mode, who, name)


def main():
    with world.World() as w:
        hotline.start(w)
        w.events = hotline.Events(w)
        alice = hotline.agent_phone(w)
        carol = hotline.agent_phone(w, "carol", text="Ask for the serial number, it is on the "
                                    "door; and do not promise a date before Thursday.")
        w.ask("agents", "set", "carol", "away")
        hotline.caller_sound(w, "ann", seconds=STAY_S + 5)
        hearing = Hearing(w)
        converse(w, hearing)
        w.events.stop()
        w.wire.stop()
        sources = {"ann": w.path("ann-pcm.wav"), "alice": alice.sound, "carol": carol.sound}
        sources = {name: rtpcheck.channel_pcm(path)[0] for name, path in sources.items()}
        check_hearing(hearing, sources)
        assert w.daemon.stop() == 0


if __name__ == "__main__":
    sys.exit(main())
