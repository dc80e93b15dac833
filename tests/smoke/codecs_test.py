#!/usr/bin/python3
"""G.722 and Opus against G.711, both ways, with real phones: prompts, digits in band and as events,
conversations. What everybody got is decoded from the wire by ffmpeg; recordings are heard too."""
import re
import struct
import sys
import world
world.enter()

import numpy  # noqa: E402

import hotline  # noqa: E402
import rtpcheck  # noqa: E402

LIKE = 0.95
# queue: (codec of the agent, the agent's phone, where that is)
AGENTS = {
    "tolaw": ("PCMU", "pcmu", "10.99.0.21"),
    "tog722": ("G722", "g722/16000", "10.99.0.22"),
    "toopus": ("opus", "opus/48000/2", "10.99.0.23"),
    "both": ("opus", "opus/48000/2", "10.99.0.25"),
}


def band(sound):
    """The telephone band, 300 to 3,400 Hz."""
    spectrum = numpy.fft.rfft(sound.astype(numpy.float64))
    hz = numpy.fft.rfftfreq(len(sound), 1 / 8000)
    spectrum[(hz < 300) | (hz > 3400)] = 0
    return numpy.fft.irfft(spectrum, len(sound))


def like(sound, source):
    return rtpcheck.correlate_pieces(band(sound), band(source), 1.0)


# --- decoders that are not ours ---
def g722_decoded(w, name, packets):
    with open(w.path(name + ".g722"), "wb") as f:
        f.write(b"".join(p.payload for p in packets))
    return ffmpeg(w, name, "-f", "g722", "-i", w.path(name + ".g722"))


def opus_decoded(w, name, packets):
    """Out of an Ogg file (RFC 7845): each packet a page, at the place of its timestamp."""
    with open(w.path(name + ".opus"), "wb") as f:
        f.write(page(0, 2, 0, struct.pack("<8sBBHIhB", b"OpusHead", 1, 1, 0, 48000, 0, 0)))
        f.write(page(1, 0, 0, struct.pack("<8sI4sI", b"OpusTags", 4, b"test", 0)))
        for i, p in enumerate(packets):
            f.write(page(i + 2, 0, 960 * (i + 1), p.payload))
    return ffmpeg(w, name, "-i", w.path(name + ".opus"))


def page(number, flags, position, packet):
    sizes = [255] * (len(packet) // 255) + [len(packet) % 255]
    head = struct.pack("<4sBBqIII", b"OggS", 0, flags, position, 7, number, 0)
    data = head + bytes([len(sizes)]) + bytes(sizes) + packet
    return data[:22] + struct.pack("<I", ogg_crc(data)) + data[26:]


def ogg_crc(data):
    crc = 0
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ 0x04C11DB7) & 0xFFFFFFFF if crc & 0x80000000 else crc << 1
    return crc


def ffmpeg(w, name, *source):
    wav = w.path(name + "-decoded.wav")
    world.run("ffmpeg", "-nostdin", "-v", "error", "-y", *source, "-ar", "8000", "-ac", "1", wav)
    return rtpcheck.channel_pcm(wav)[0]


# --- the calls ---
def agents(w):
    """Registers them all; their phones by queue."""
    phones = {}
    for queue, (_, codec, address) in AGENTS.items():
        sound = world.speech(w.path(queue + "-speaks.wav"), "This is the service desk, thank you "
                             "for waiting. Which machine do you have, and what does its display "
                             "show at the moment?", voice="en+f2", seconds=30)
        rate = 16000 if codec.startswith("g722") else 8000  # its own resampling up is poor
        world.run("sox", sound, "-r", str(rate), w.path(queue + "-says.wav"))
        phones[queue] = w.baresip(queue + "1", address, w.path(queue + "-says.wav"),
                                  codecs=codec, rate=rate)
    world.wait_for("agents register", lambda: len(w.ask("registrations", "list")) == len(AGENTS))
    return phones


def wide(w, name, digits=""):
    """A caller's sound as G.722 bytes and as the samples at 8 kHz that were put in."""
    _, pcm = hotline.caller_sound(w, name, digits, at_s=5.0)
    path = w.path(name + ".g722")
    world.run("ffmpeg", "-nostdin", "-v", "error", "-y", "-i", pcm, "-ar", "16000", "-c:a", "g722",
              "-f", "g722", path)
    return path, pcm


def call(w):
    """All at the same time; returns the phone that calls by itself."""
    sound, _ = wide(w, "wide", "1")
    with open(sound, "rb") as f:
        events = world.write_call_pcap(w.path("events.pcap"), f.read(), [(1.0, "0")], pt=9)
    hotline.caller_sound(w, "narrow")
    phone = w.baresip("guest", "10.99.0.24", w.path("narrow-pcm.wav"), register=0,
                      codecs="opus/48000/2")
    world.wait_for("the guest's phone", lambda: world.baresip_answers("10.99.0.24"))
    world.baresip_command("10.99.0.24", "dial", "sip:tolaw@10.99.0.1")
    calls = [
        w.caller("inband", sound=sound, address="10.99.0.10", pt=9,
                 stay_ms=14000),
        w.caller("events", sound=events, address="10.99.0.11", pt=9, stay_ms=9000,
                 template="caller_pcap"),
        w.caller("tog722", number="tog722", sound=w.path("narrow.ul"), address="10.99.0.12",
                 stay_ms=14000),
        w.caller("toopus", number="toopus", sound=w.path("narrow.ul"), address="10.99.0.13",
                 stay_ms=14000),
        w.caller("both", number="both", sound=sound, address="10.99.0.14", pt=9, stay_ms=14000),
    ]
    for process in calls[:1] + calls[2:]:
        assert process.wait(40) == 0, f"{process.name}: the caller's script failed"
    calls[1].wait(40)
    assert coders(w) == (0, 1), f"the guest's is left: {coders(w)}"
    world.baresip_command("10.99.0.24", "hangup")
    return phone


def coders(w):
    media = w.ask("status")["media"]
    assert media["g722_coders_max"] >= 8 and media["opus_coders_max"] >= 8, media
    return media["g722_coders"], media["opus_coders"]


# --- judgement ---
def heard(w, address=None, port=None):
    """The one stream that a caller got, or that came from a port of ours."""
    stream, = [s for s in rtpcheck.read_streams(w.wire.pcap, world.MEDIA, address)
               if port in (None, s.source[1])]
    w.host_gaps.expect_in_sequence(stream)
    return stream.packets


def port_to(phone):
    """The port of ours that a phone says to hear."""
    return int(re.search(r"receiving from 10\.99\.0\.2:(\d+)", phone.log()).group(1))


def check(name, value):
    print(f"{name}: likeness {value:.3f}")
    assert value >= LIKE, f"{name}: likeness {value:.3f}, {LIKE} is wanted"


def check_callers(w, guest):
    agent = rtpcheck.channel_pcm(w.path("tolaw-speaks.wav"))[0]
    greeting = rtpcheck.channel_pcm(w.path("greeting-pcm.wav"))[0]
    got = g722_decoded(w, "inband", heard(w, "10.99.0.10"))
    check("greeting, G.722", like(got[:len(greeting)], greeting))
    got = opus_decoded(w, "guest", heard(w, port=port_to(guest)))
    check("agent PCMU to caller Opus", like(got[8000:-4000], agent))
    for name, address, text in (("tog722", "10.99.0.12", "G.722"),
                                ("toopus", "10.99.0.13", "Opus")):
        got = rtpcheck.ulaw_decode(b"".join(p.payload for p in heard(w, address)))
        check(f"agent {text} to caller PCMU", like(got[8000:-4000], agent))
    got = g722_decoded(w, "both", heard(w, "10.99.0.14"))
    check("agent Opus to caller G.722", like(got[8000:-4000], agent))


def check_agents(w, phones):
    narrow = rtpcheck.channel_pcm(w.path("narrow-pcm.wav"))[0]
    for queue, (codec, _, _) in AGENTS.items():
        packets = heard(w, port=port_to(phones[queue]))
        if codec == "PCMU":
            got = rtpcheck.ulaw_decode(b"".join(p.payload for p in packets))
        else:
            got = (g722_decoded if codec == "G722" else opus_decoded)(w, queue, packets)
        check(f"caller to agent {codec} ({queue})", like(got[8000:-4000], narrow))


def check_recordings(w):
    caller = rtpcheck.channel_pcm(w.path("narrow-pcm.wav"))[0]
    agent = rtpcheck.channel_pcm(w.path("tolaw-speaks.wav"))[0]
    rows = {r["call"]: r["file"] for r in hotline.recordings(w, 4)}
    for record in hotline.records(w, 6):
        if record["called"] not in AGENTS:
            continue
        left, right = rtpcheck.channel_pcm(rows[record["call"]])
        check(f"recording of {record['called']}, caller", like(left[8000:-4000], caller))
        check(f"recording of {record['called']}, agent", like(right[8000:-4000], agent))


def main():
    with world.World() as w:
        hotline.start(w, {q: [q + "1"] for q in AGENTS}, trunk_codecs="opus, G722, PCMU, PCMA",
                      codecs={q + "1": codec for q, (codec, _, _) in AGENTS.items()},
                      load=hotline.LOAD + "  opus_sessions: 8\n  g722_sessions: 8\n")
        phones = agents(w)
        guest = call(w)
        digits = {r["digits"] for r in hotline.records(w, 6) if r["called"] == "9000"}
        assert digits == {"1", "0"}, f"in band 1, as event 0: {digits}"
        world.wait_for("every coder given back", lambda: coders(w) == (0, 0))
        w.wire.stop()
        for phone in (guest, *phones.values()):
            phone.stop()  # now its log is whole
        check_callers(w, guest)
        check_agents(w, phones)
        check_recordings(w)
        assert w.daemon.stop() == 0, "ringhall did not end cleanly"


if __name__ == "__main__":
    sys.exit(main())
