#!/usr/bin/python3
"""Three callers in a conference, on two workers: the first one's holds the mixing bridge, the
second caller is on the other. Each speaks and keys a number of its own; what each heard is decoded
from the wire by sox and judged by its likeness to the three voices and by multimon-ng: the two
others, whole, and nothing of itself. Then the one on the far worker is muted and only listens, is
turned down by 20 dB, and is sent away. Prompts for coming and going are compared byte by byte."""
import re
import sys
import time
import world
world.enter()

import numpy  # noqa: E402

import hotline  # noqa: E402
import rtpcheck  # noqa: E402

CALLERS = {  # address, voice, number, seconds into its sound when it keys it
    "ann": ("10.99.0.10", "en+m3", "147", (3.7, )),
    "ben": ("10.99.0.11", "en+f2", "258", (4.5, 9.9)),
    "cid": ("10.99.0.12", "en+m7", "369", (5.3, )),
}
SPEECH_S = ((0.0, 3.6), (6.0, 9.6))  # all at once
MIXED, KEYED, MUTED, LOW = (1.6, 3.6), (3.6, 6.1), (6.9, 8.7), (9.8, 10.8)
HIGH = (4.4, 5.3)
GONE_S, END_S = 11.0, 12.4
TURNED_DOWN_DB = -20
SECTIONS = """\
    conferences:
      board: {parties_max: 3, join_prompt: bye, leave_prompt: wrong}
"""


def voices(w):
    for name, (_, voice, number, keyed_s) in CALLERS.items():
        _, pcm = hotline.caller_sound(w, name, seconds=15, voice=voice)
        speech = rtpcheck.channel_pcm(pcm)[0].astype(numpy.float64)
        sound = numpy.zeros(len(speech))
        for begin, end in SPEECH_S:
            piece = slice(int(begin * 8000), int(end * 8000))
            sound[piece] = speech[piece] * 0.5
        hotline.write_wav(w.path(name + "-voice.wav"), sound)
        for at_s in keyed_s:
            tones = hotline.dtmf(number, peak=5000)
            sound[int(at_s * 8000):int(at_s * 8000) + len(tones)] = tones
        hotline.write_wav(pcm, sound)
        world.law_file(pcm, w.path(name + ".ul"))


def confer(w):
    """Returns when it began."""
    begun, callers = 0, {}
    for name, (address, *_) in CALLERS.items():
        callers[name] = w.caller(name, number="board", sound=w.path(name + ".ul"),
                                 stay_ms=int(END_S * 1000), address=address)
        joined = world.wait_for(f"{name} joins", lambda: [
            e for e in w.events.of("call-conference-joined")][len(callers) - 1:], step=0.01)
        CALLS[name] = joined[0]["call"]
        begun = begun or time.time()
        late = time.time() - begun
        assert late < 1.0, f"they came within {late:.1f} s: the machine is too slow for this test"

    def until(at_s):
        assert time.time() < begun + at_s, "the machine is too slow for this test"
        time.sleep(begun + at_s - time.time())

    look(w)
    turned = w.caller("dan", number="board", address="10.99.0.13", stay_ms=1000)
    until(KEYED[1])
    w.ask("conferences", "mute", CALLS["ben"][:16], "on")
    until(MUTED[1] + 0.2)
    w.ask("conferences", "mute", CALLS["ben"], "off")
    w.ask("conferences", "gain", CALLS["ben"], str(TURNED_DOWN_DB))
    told = w.ask("conferences", "show", "board")["callers"]
    assert [(t["muted"], t["gain_db"]) for t in told] == [
        (False, 0), (False, TURNED_DOWN_DB), (False, 0)], told
    until(GONE_S + late)  # the last one's time
    w.ask("calls", "hangup", CALLS["ben"])
    assert callers["ann"].wait(20) == 0 and callers["cid"].wait(5) == 0, "a script failed"
    assert turned.wait(5) != 0, "a fourth caller was let in"
    return begun


CALLS = {}


def look(w):
    row, = w.ask("conferences", "list")
    assert (row["conference"], row["parties"], row["parties_max"]) == ("board", 3, 3), row
    workers = [w.ask("calls", "show", CALLS[n])["caller_media"]["session"][:2] for n in CALLERS]
    assert workers[0] != workers[1], f"all on one worker: {workers}"
    table = w.ringctl("conferences", "show", "board").stdout
    assert all(f"{CALLS[n][:14]}" in table for n in CALLERS), table
    for words, code in ((("show", "bored"), 3), (("mute", "ffff", "on"), 3),
                        (("gain", CALLS["ann"], "40"), 2)):
        assert w.ringctl("conferences", *words, check=False).returncode == code, words


# --- judgement ---
class Heard:
    """What a caller heard, and when; and what it said itself, by its own clock, which began some
    tenths of a second after the first one's."""

    def __init__(self, w, name, begun):
        self.w, self.name = w, name
        self.said, = [s for s in rtpcheck.read_streams(w.wire.pcap, CALLERS[name][0], world.MEDIA)]
        self.stream, = [s for s in rtpcheck.read_streams(w.wire.pcap, world.MEDIA)
                        if s.target[0] == CALLERS[name][0]]
        w.host_gaps.expect_in_sequence(self.stream)
        self.begun = begun

    def pcm(self, span):
        """Decoded by sox."""
        raw, wav = self.w.path("heard.ul"), self.w.path("heard.wav")
        with open(raw, "wb") as f:
            f.write(b"".join(p.payload for p in self.stream.audio()
                             if self.begun + span[0] <= p.time < self.begun + span[1]))
        world.run("sox", "-t", "ul", "-r", "8000", "-c", "1", raw, "-e", "signed", "-b", "16", wav)
        return rtpcheck.channel_pcm(wav)[0].astype(numpy.float64)

    def at(self, second):
        """When it said what stands at this second of its sound, from the conference's begin on."""
        return self.said.packets[0].time - self.begun + second

    def keyed(self, gaps):
        """Its number as a pattern."""
        first = self.begun + self.at(CALLERS[self.name][3][0])
        return gaps.keyed([(digit, first + 0.2 * i) for i, digit in enumerate(
            CALLERS[self.name][2])], self.said)

    def digits(self, span):
        self.pcm(span)
        raw = self.w.path("heard.raw")
        world.run("sox", self.w.path("heard.wav"), "-t", "raw", "-r", "22050", raw)
        return "".join(re.findall(r"^DTMF: (.)$", world.run(
            "multimon-ng", "-q", "-a", "DTMF", "-t", "raw", raw).stdout, re.M))

    def expect(self, what, span, sources, others):
        """Each of the others' voices, and no further one."""
        pcm = self.pcm(span)
        likes = {n: rtpcheck.correlate(pcm, s) for n, s in sources.items()}
        print(f"{what}: {self.name} heard {len(pcm) / 8000:.1f} s, " + ", ".join(
            f"{n} {like:.2f}" for n, like in likes.items()))
        for name, like in likes.items():
            assert like > 0.4 if name in others else like < 0.35, (what, self.name, name, likes)


def level(samples, hz=1336.0):
    """Of the loudest tenth of a second of a tone, in dB."""
    t = numpy.arange(800) / 8000
    wave = numpy.exp(-2j * numpy.pi * hz * t)
    return 20 * numpy.log10(max(abs((samples[at:at + 800] * wave).sum())
                                for at in range(0, len(samples) - 800, 80)))


def judge(w, begun):
    sources = {n: rtpcheck.channel_pcm(w.path(n + "-voice.wav"))[0] for n in CALLERS}
    heard = {n: Heard(w, n, begun) for n in CALLERS}
    for name, h in heard.items():
        others = [n for n in CALLERS if n != name]
        h.expect("together", MIXED, sources, others)
        numbers = h.digits((KEYED[0], MUTED[1]))
        pattern = "".join(heard[n].keyed(w.host_gaps) for n in others)
        assert re.fullmatch(pattern, numbers), f"{name} heard {numbers}, not {pattern}"
        h.expect("ben muted", MUTED, sources, [n for n in others if n != "ben"])
    for name in ("ann", "cid"):
        low, high = ([heard["ben"].at(s) for s in span] for span in (LOW, HIGH))
        down = level(heard[name].pcm(low)) - level(heard[name].pcm(high))
        print(f"{name} heard ben turned down by {-down:.1f} dB")
        assert abs(down - TURNED_DOWN_DB) < 1.0, down
        for prompt in ("bye", "wrong"):
            assert hotline.bytes_of(w, prompt)[:1600] in heard[name].stream.payload(), prompt


def main():
    with world.World() as w:
        hotline.start(w, workers=2, more_sections=SECTIONS, more_numbers='      "board": board\n',
                      more_flows="      board: {in: {conference: board}}\n")
        w.events = hotline.Events(w)
        voices(w)
        begun = confer(w)
        rows = {r["call"]: (r["why"], r["where"]) for r in hotline.records(w, 4)}
        w.events.stop()
        w.wire.stop()
        assert rows.pop(CALLS["ben"]) == ("operator", "conference"), rows
        assert sorted(rows.values()) == [("caller-hangup", "conference")] * 2 + [
            ("conference-full", "flow")], rows
        judge(w, begun)
        assert w.daemon.stop() == 0


if __name__ == "__main__":
    sys.exit(main())
