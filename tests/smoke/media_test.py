#!/usr/bin/python3
"""What is heard in conversation: two codecs, and who holds and resumes. The phones are baresips;
all is judged from the wire."""
import sys
import time
import world
world.enter()

import hotline  # noqa: E402
import rtpcheck  # noqa: E402

DORA = "10.99.0.14"  # a caller whose softphone can hold


class Phases:
    """Pieces of time with names, to look at what was on the wire meanwhile."""

    def __init__(self, ports):
        self.ports, self.spans = ports, {}

    def spend(self, name, seconds):
        """The first 0.6 s are not judged: requests are on their way, buffers are emptied."""
        time.sleep(0.6)
        begin = time.time()
        time.sleep(seconds)
        self.spans[name] = begin, time.time()

    def heard(self, stream, name):
        begin, end = self.spans[name]
        return rtpcheck.ulaw_decode(b"".join(
            p.payload for p in stream.audio() if begin <= p.time < end))


def hold(w):
    """Caller and agent hold and resume, one after the other."""
    dora_pcm = hotline.caller_sound(w, "dora", seconds=40)[1]
    w.baresip("dora", DORA, dora_pcm, register=0)
    world.wait_for("dora's phone listens", lambda: world.baresip_answers(DORA))
    world.baresip_command(DORA, "dial", f"sip:9001@{world.HOST}")
    world.wait_for("they talk", lambda: w.events.of("call-connected"))
    alice = hotline.AGENTS["alice"]
    phases = Phases(media_ports(w))
    phases.spend("talk", 3)
    for name, phone in (("caller", DORA), ("agent", alice)):
        for command, count in (("hold", "call-held"), ("resume", "call-resumed")):
            before = len(w.events.of(count))
            world.baresip_command(phone, command)
            world.wait_for(f"{name}: {command}", lambda: len(w.events.of(count)) > before)
            phases.spend(f"{name} {command}", 3)
    world.baresip_command(DORA, "hangup")
    world.wait_for("the call ends", lambda: w.events.of("call-ended"))
    return phases


def check_hold(w, phases, alice_pcm):
    """Who does not hold hears music meanwhile; who holds hears nothing of the other; before and
    after that they hear each other."""
    sounds = {"dora": w.path("dora-pcm.wav"), "alice": alice_pcm,
              "music": w.path("music-pcm.wav")}
    pcm = {name: rtpcheck.channel_pcm(path)[0] for name, path in sounds.items()}
    to_dora, to_alice = (stream_from(w, port) for port in phases.ports)
    expected = [  # phase, what dora hears, what alice hears
        ("talk", "alice", "dora"), ("caller hold", None, "music"),
        ("caller resume", "alice", "dora"), ("agent hold", "music", None),
        ("agent resume", "alice", "dora")]
    for phase, *heard in expected:
        for who, stream, what in zip(("dora", "alice"), (to_dora, to_alice), heard):
            sound = phases.heard(stream, phase)
            likes = {n: rtpcheck.correlate(sound, source) for n, source in pcm.items()}
            print(f"{phase}: {who} heard {len(sound) / 8000:.1f} s, " + ", ".join(
                f"{n} {like:.2f}" for n, like in likes.items()))
            if what:
                span = phases.spans[phase]
                least_s = 2.5 - w.host_gaps.seconds(*span)
                assert len(sound) > least_s * 8000, (phase, who, least_s)
                assert w.host_gaps.likeness(sound, pcm[what], span) >= 0.95, (phase, who, what)
            else:
                assert max(likes.values()) < 0.5 or not sound.any(), (phase, who, likes)


def media_ports(w):
    """Our ports towards the caller and the agent of the one call."""
    call, = w.ask("calls", "list")
    shown = w.ask("calls", "show", call["call"])
    return [int(shown[side]["local"].rsplit(":")[1]) for side in ("caller_media", "agent_media")]


def stream_from(w, port):
    stream, = [s for s in rtpcheck.read_streams(w.wire.pcap, world.MEDIA) if s.source[1] == port]
    return stream


def transcode(w):
    """A µ-law caller, an agent whose phone speaks A-law only."""
    _, caller_pcm = hotline.caller_sound(w, "ed", seconds=12)
    carol = hotline.agent_phone(w, "carol", codecs="pcma")
    caller = w.caller("ed", number="9004", sound=w.path("ed.ul"), address="10.99.0.15",
                      stay_ms=8000)
    world.wait_for("ed and carol talk", lambda: len(w.events.of("call-connected")) == 2)
    ports = media_ports(w)
    assert caller.wait(20) == 0, "ed's script failed"
    return ports, caller_pcm, carol.sound


def check_transcoding(w, ports, caller_pcm, agent_pcm):
    for port, decode, kind, source in ((ports[0], rtpcheck.ulaw_decode, 0, agent_pcm),
                                       (ports[1], rtpcheck.alaw_decode, 8, caller_pcm)):
        stream = stream_from(w, port)
        sound = decode(stream.payload())[8000:]
        span = stream.packets[0].time, stream.packets[-1].time
        like = w.host_gaps.likeness(sound, rtpcheck.channel_pcm(source)[0], span)
        print(f"transcoded, payload type {kind}: {like:.3f}")
        assert {p.pt for p in stream.audio()} == {kind} and like >= 0.95
        w.host_gaps.expect_whole(stream)


def main():
    with world.World() as w:
        hotline.start(w, {"9004": ["carol"]}, rtp_timeout="30s")
        w.events = hotline.Events(w)
        alice = hotline.agent_phone(w)
        phases = hold(w)
        pcms = transcode(w)
        w.events.stop()
        w.wire.stop()
        check_hold(w, phases, alice.sound)
        check_transcoding(w, *pcms)
        assert w.daemon.stop() == 0


if __name__ == "__main__":
    sys.exit(main())
