#!/usr/bin/python3
"""Digits that nobody but the platform may have: a caller keys one into a masked menu, then, while
an operator masks the conversation, a long number in band (-3 and -25 dBm0), as telephone-events
and by SIP INFO; first with a supervisor listening, then on a plain bridge. At last the same
unmasked, so that every judge shows that it would have seen them.

Judged: what left for the agent and the supervisor, the recording (by ffmpeg), each with Goertzel's
and multimon-ng's ears; RFC 4733 packets; event log, store, call record, the node's log and the
trace of SIP messages."""
import json
import os
import re
import sys
import time
import world
world.enter()

import numpy  # noqa: E402

import hotline  # noqa: E402
import rtpcheck  # noqa: E402

LOUD, SOFT, EVENTS, INFO = "4711", "0852", "963", "*#"
LENGTH = len(LOUD + SOFT + EVENTS + INFO)
LISTENED_S, PLAIN_S, OPEN_S, END_S = 4.6, 8.6, 12.8, 16.4  # from the answer on; the keys' begin
SPAN_S = 2.9  # from the first key to the last one's end
CALLER = "10.99.0.10"
SINE_0_DBM0 = 22302  # its peak, ITU-T G.711 table 2
TONES_HZ = (697, 770, 852, 941, 1209, 1336, 1477, 1633)
FLOW = """\
      pin:
        ask: {menu: menu, digits: {"1": sales}, tries: 9, masked: yes}
        sales: {queue: sales}
"""


# --- the caller ---
def peak(dbm0):
    """Of each of two equal tones that are so loud together."""
    return SINE_0_DBM0 * 10 ** ((dbm0 - 3.01) / 20)


def keyed_sound(w):
    """Speech with both numbers in band in each of the three places, and the events between."""
    _, pcm = hotline.caller_sound(w, "ann", seconds=20)
    sound = rtpcheck.channel_pcm(pcm)[0].astype(numpy.float64)
    for begin in (LISTENED_S, PLAIN_S, OPEN_S):
        for at_s, digits, dbm0 in ((0.0, LOUD, -3), (0.9, SOFT, -25)):
            tones = hotline.dtmf(digits, peak=peak(dbm0))
            at = int((begin + at_s) * 8000)
            sound[at:at + len(tones)] = tones
    world.run("cp", pcm, w.path("voice.wav"))
    hotline.write_wav(pcm, sound)
    with open(world.law_file(pcm, w.path("ann.ul")), "rb") as f:
        return world.write_call_pcap(w.path("ann.pcap"), f.read(), [
            (begin + 1.8, EVENTS) for begin in (LISTENED_S, PLAIN_S, OPEN_S)])


def key_steps(w, number):
    """SIPp's steps: pauses and INFOs, in both their forms."""
    steps, now_s = "", 0.0
    keys = [(0.5, "1")] + [(begin + 2.6 + 0.2 * i, digit) for begin in (
        LISTENED_S, PLAIN_S, OPEN_S) for i, digit in enumerate(INFO)]
    for i, (at_s, digit) in enumerate(keys):
        path = w.scenario("info", "info_digit", number=number, cseq=2 + i,
                          pause_ms=round((at_s - now_s) * 1000),
                          kind="dtmf" if i % 2 else "dtmf-relay",
                          body=digit if i % 2 else f"Signal={digit}\nDuration=160")
        with open(path) as f:
            steps += f.read()
        now_s = at_s
    return steps + f'  <pause milliseconds="{round((END_S - now_s) * 1000)}"/>'


def converse(w):
    """Returns the call, when it was answered, and what is asked of it while it is masked."""
    xml = w.scenario("ann", "caller_keys", number="pin", sound=keyed_sound(w), pt=0,
                     steps=key_steps(w, "pin"))
    caller = w.sipp("ann", "-sf", xml, "-m", "1")
    begun = world.wait_for("an answer", lambda: w.events.of("call-answered"), step=0.01) and \
        time.time()

    def until(at_s):
        assert time.time() < begun + at_s, "the machine is too slow for this test"
        time.sleep(begun + at_s - time.time())

    world.wait_for("they talk", lambda: w.events.of("call-connected"))
    call = w.events.of("call-connected")[0]["call"]
    w.ask("calls", "monitor", call, "carol", "listen")
    world.wait_for("carol listens", lambda: w.events.of("call-monitored"))
    w.ask("calls", "mask", call, "on")
    ports = our_ports(w, call)
    until(LISTENED_S + SPAN_S + 0.4)
    asked = w.ringctl("--json", "calls", "show", call).stdout
    w.ask("calls", "monitor", call, "carol", "off")
    until(PLAIN_S + SPAN_S + 0.4)
    asked += w.ringctl("--json", "calls", "show", call).stdout
    w.ask("calls", "mask", call, "off")
    assert caller.wait(20) == 0, "ann's script failed"
    return call, begun, ports, asked


def our_ports(w, call):
    """Of the media address, towards the agent and the supervisor."""
    shown = w.ask("calls", "show", call)
    known = [int(shown[side]["local"].rsplit(":")[1]) for side in ("caller_media", "agent_media")]
    rest = {int(s["local"].rsplit(":")[1]) for s in w.ask("sessions", "list")} - set(known)
    return {"the agent": known[1], "the supervisor": rest.pop()}


# --- two judges of sound ---
def loudest_tone(samples, window=205):
    """The strongest row with the strongest column in any window, as a share of its energy that no
    speech reaches; 0 where there is silence."""
    samples = numpy.asarray(samples, dtype=numpy.float64)
    t = numpy.arange(window) / 8000
    waves = [numpy.exp(-2j * numpy.pi * hz * t) for hz in TONES_HZ]
    most = 0.0
    for at in range(0, len(samples) - window, window // 4):
        piece = samples[at:at + window]
        energy = float((piece ** 2).sum())
        if energy < window * 400:
            continue
        levels = [2 * abs((piece * wave).sum()) ** 2 / window / energy for wave in waves]
        most = max(most, min(max(levels[:4]), max(levels[4:])))
    return most


def digits_heard(w, samples):
    """By multimon-ng, with a second of silence at either end."""
    wav, raw = w.path("judged.wav"), w.path("judged.raw")
    hotline.write_wav(wav, numpy.pad(numpy.asarray(samples, dtype=numpy.float64), 8000))
    world.run("sox", wav, "-t", "raw", "-r", "22050", "-e", "signed", "-b", "16", "-c", "1", raw)
    return "".join(re.findall(r"^DTMF: (.)$", world.run(
        "multimon-ng", "-q", "-a", "DTMF", "-t", "raw", raw).stdout, re.M))


def expect_none(w, who, samples):
    share, heard = loudest_tone(samples), digits_heard(w, samples)
    print(f"{who}: {len(samples) / 8000:.1f} s while masked, a digit's share at most {share:.2f}, "
          f"multimon-ng: '{heard}'")
    assert len(samples) > 8000 and share < 0.3 and not heard, who


# --- where no digit may be ---
def check_wire(w, begun, ports):
    ann = rtpcheck.channel_pcm(w.path("ann-pcm.wav"))[0]
    for begin in (LISTENED_S, PLAIN_S):
        piece = ann[int((begin - 0.3) * 8000):int((begin + 1.9) * 8000)]
        assert loudest_tone(piece) > 0.45 and digits_heard(w, piece) == LOUD + SOFT
    voice = rtpcheck.channel_pcm(w.path("voice.wav"))[0]
    ends = {"the agent": OPEN_S - 0.2, "the supervisor": LISTENED_S + SPAN_S + 0.3}
    for who, port in ports.items():
        stream, = [s for s in rtpcheck.read_streams(w.wire.pcap, world.MEDIA)
                   if s.source[1] == port]
        masked = heard_between(stream, begun + LISTENED_S - 0.3, begun + ends[who])
        expect_none(w, who, masked)
        alike = rtpcheck.correlate(masked[:int(SPAN_S * 8000)], voice)  # then the delay changes
        assert alike > 0.35, f"{who} does not hear ann speak: {alike:.2f}"
        events = [p for p in stream.events() if p.time < begun + ends[who]]
        assert not events, f"{who} got {len(events)} telephone-events"
        if who == "the agent":
            after = heard_between(stream, begun + ends[who], begun + END_S)
            heard = digits_heard(w, after)
            assert re.fullmatch(open_keys(w, begun), heard), f"unmasked: {heard} are passed on"
            assert "".join(d for d, _ in stream.digits()) == EVENTS, stream.digits()


def heard_between(stream, begin, end):
    return numpy.concatenate([
        (rtpcheck.alaw_decode if p.pt == 8 else rtpcheck.ulaw_decode)(p.payload)
        for p in stream.audio() if begin <= p.time < end])


def open_keys(w, begun):
    """A pattern of what is heard in band of the digits that are not masked."""
    said, = rtpcheck.read_streams(w.wire.pcap, CALLER, world.MEDIA)
    return w.host_gaps.keyed([(digit, begun + OPEN_S + at_s + 0.2 * i) for at_s, digits in (
        (0.0, LOUD), (0.9, SOFT)) for i, digit in enumerate(digits)], said)


def check_recording(w, begun):
    recording, = hotline.recordings(w, 1)
    wav = w.path("recording-pcm.wav")
    world.run("ffmpeg", "-nostdin", "-v", "error", "-y", "-i", recording["file"], wav)
    left, right = rtpcheck.channel_pcm(wav)
    opened = len(left) - int((END_S - OPEN_S + 0.2) * 8000)
    expect_none(w, "the recording's left", left[:opened])
    expect_none(w, "the recording's right", right)
    heard = digits_heard(w, left[opened:])
    assert re.fullmatch(open_keys(w, begun), heard), f"unmasked: {heard} are recorded"


def check_texts(w, call, asked):
    masked = 1 + 2 * LENGTH
    row, = hotline.records(w, 1)
    assert row["digits"] == "x" * masked, row["digits"]
    told = [e["body"] for e in w.events.of("call-digit")]
    assert {t["digit"] for t in told} == {"x"} and len(told) == masked, told
    assert {t["sources"] for t in told} >= {"i", "e", "s"}, told
    texts = {"calls show": asked, "the node's log": w.daemon.log(),
             "events": json.dumps(w.events.all)}
    for folder, _, files in os.walk(w.path("store")):
        for name in files:
            with open(os.path.join(folder, name), "rb") as f:
                texts[name] = f.read().decode("latin-1")
    assert len(texts) > 4, texts.keys()
    for name, text in texts.items():
        for pattern in (r'"digits?": ?"[^x"]', r"[Ss]ignal ?=", r"digit[s]?=[^x]", *(
                f"(?<![0-9.:a-f-]){n}(?![0-9.:a-f-])" for n in (LOUD, SOFT))):
            found = re.search(f".{{0,40}}{pattern}.{{0,40}}", text)
            assert not found, f"{name}: {found.group()!r}"


def check_trace(w, call):
    """Of seven INFOs the last two are legible."""
    path = w.path("trace.pcap")
    w.ringctl("trace", "sip", call, "--pcap", path)
    with open(path, "rb") as f:
        text = f.read().decode("latin-1")
    bodies = re.findall(r"INFO sip:.*?\r\n\r\n(Signal=.|.)", text, re.S)
    assert bodies == ["Signal=-", "-", "Signal=-", "-", "Signal=-", INFO[0], "Signal=" + INFO[1]
                      ], bodies
    ladder = w.ringctl("trace", "sip", call).stdout + w.ringctl("--json", "trace", "sip",
                                                                call).stdout
    shown = re.findall(r"Signal ?= ?([^-])", ladder)
    assert set(shown) <= {INFO[1]}, ladder


def main():
    with world.World() as w:
        hotline.start(w, more_flows=FLOW, more_numbers='      "pin": pin\n')
        w.ringctl("log", "level", "debug")
        w.events = hotline.Events(w)
        hotline.agent_phone(w, silent_from_s=2.5)
        hotline.agent_phone(w, "carol", silent_from_s=2.5)
        w.ask("agents", "set", "carol", "away")
        call, begun, ports, asked = converse(w)
        w.events.stop()
        w.wire.stop()
        check_wire(w, begun, ports)
        check_recording(w, begun)
        check_texts(w, call, asked)
        check_trace(w, call)
        assert w.daemon.stop() == 0


if __name__ == "__main__":
    sys.exit(main())
