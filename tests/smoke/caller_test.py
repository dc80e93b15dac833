#!/usr/bin/python3
"""Callers of every kind at one hotline without agents, all at the same time, each from an address
of its own: who gives up where, who says nothing, who presses what is not offered, who comes late
with his offer, by TCP, by IPv6, with A-law, who finds a queue full. And requests that are odd."""
import sys
import world
world.enter()

import hotline  # noqa: E402
import rtpcheck  # noqa: E402

GONE = {"why": "caller-hangup", "by": "caller", "status": 200}
ODD = {483: "too-many-hops", 400: "bad-sdp", 488: "offer-not-met", 404: "no-such-number"}
OVER = {"why": "flow-end", "by": "system", "status": 200}


class Callers:
    """Callers under way: name → their SIPp and address; how each call must have ended."""

    def __init__(self, w):
        self.w, self.all = w, {}

    def speak(self, name, address, number, stay_ms, expected, **kwargs):
        process = self.w.caller(name, number=number, stay_ms=stay_ms, address=address,
                                **{"sound": self.w.path("voice.ul"), **kwargs})
        self.all[name] = process, address, expected

    def play(self, name, address, template, expected, *args):
        process = self.w.scripted(name, template, *args, address=address)
        self.all[name] = process, address, expected

    def stock(self, name, address, expected, *args):
        process = self.w.sipp(name, "-sn", "uac", "-m", "1", *args, address=address)
        self.all[name] = process, address, expected

    def judge(self):
        """Every script went through, every record says what it must."""
        for name, (process, _, _) in self.all.items():
            assert process.wait(45) == 0, f"{name}: SIPp ended with {process.process.returncode}"
        ours = {address for _, address, _ in self.all.values()}
        rows = [r for r in hotline.records(self.w, len(self.all) + len(ODD))
                if r["sip_call_id"].split("@")[-1] in ours]  # the refused ones have theirs too
        assert len(rows) == len(self.all), f"{len(rows)} records of {len(self.all)} calls"
        for name, (_, address, expected) in self.all.items():
            row, = [r for r in rows if r["sip_call_id"].endswith("@" + address)]
            wrong = {k: row.get(k) for k, v in expected.items() if row.get(k) != v}
            assert not wrong, f"{name}: {wrong}, expected {expected}"
            print(f"{name}: {row['why']} in {row['where']} after "
                  f"{row['total_ms'] / 1000:.1f} s")


def call_in(w):
    callers = Callers(w)
    with open(w.path("voice.ul"), "rb") as f:
        wrong = world.write_call_pcap(w.path("wrong.pcap"), f.read(), [(1.0, "7")])
    callers.stock("stock", "10.99.0.20", {**GONE, "where": "queue"}, "-s", "service", "-d", "2500")
    callers.speak("menu", "10.99.0.21", "9000", 2500, {**GONE, "where": "menu"})
    callers.speak("queue", "10.99.0.22", "9001", 2500, {**GONE, "where": "queue"})
    callers.play("mute", "10.99.0.23", "uac_wait_bye", OVER, "-s", "9000")
    callers.speak("wrong", "10.99.0.24", "9000", 7000, {**GONE, "digits": "7"}, sound=wrong,
                  template="caller_pcap")
    callers.play("late", "10.99.0.25", "uac_late_offer", {**GONE, "where": "menu"}, "-s", "9000",
                 "-d", "3000")
    callers.speak("tcp", "10.99.0.26", "9000", 2500, GONE, args=("-t", "t1"))
    callers.speak("ip6", "fd99::10", "9000", 2500, {**GONE, "trunk": "carrier6"},
                  target=world.HOST6)
    callers.speak("alaw", "10.99.0.27", "9000", 2500, GONE, pt=8, sound=w.path("voice.al"))
    for i in range(3):  # two find a place in the queue for their two seconds, one is turned away
        callers.play(f"tight{i}", f"10.99.0.{31 + i}", "uac_wait_bye", OVER, "-s", "9002")
    return callers


def heard(w, address):
    """The one stream that this address heard, whole."""
    media = world.MEDIA6 if ":" in address else world.MEDIA
    streams = [s for s in rtpcheck.read_streams(w.wire.pcap, media) if s.target[0] == address]
    assert len(streams) == 1, f"{address} heard {len(streams)} streams"
    w.host_gaps.expect_whole(streams[0])
    return streams[0]


def expect_prompts(w, name, address, prompts):
    """The prompts stand in this order; not more than half a second is silent between them, but for
    the wait of three seconds for a digit."""
    stream, at = heard(w, address), 0
    for prompt in prompts:
        sound = hotline.bytes_of(w, prompt)
        silence, same = stream.follows(sound, at)
        assert same == len(sound) and silence <= 3500 * 8, f"{name}: {prompt} at byte {at}: " \
            f"{silence} bytes of silence, {same} of {len(sound)} equal"
        at += silence + same


def check_wire(w):
    greeting = hotline.bytes_of(w, "greeting")
    for address in ("10.99.0.21", "10.99.0.25", "10.99.0.26", "fd99::10"):
        fault = heard(w, address).prompt_fault(greeting)
        assert not fault, f"{address}: greeting: {fault}"
    expect_prompts(w, "mute", "10.99.0.23", ["greeting", "menu", "menu", "bye"])
    expect_prompts(w, "queue", "10.99.0.22", [])
    alaw = heard(w, "10.99.0.27")
    assert {p.pt for p in alaw.packets} == {8}
    expected = rtpcheck.ulaw_decode(greeting)
    alike = rtpcheck.correlate(rtpcheck.alaw_decode(alaw.payload()[:len(greeting)]), expected)
    assert alike > 0.995, f"A-law: correlation {alike:.3f}"
    # The wrong digit cuts the menu off; then it is said that it is wrong, then the menu again.
    stream = heard(w, "10.99.0.24")
    wrong = stream.payload().find(hotline.bytes_of(w, "wrong"))
    assert wrong > len(greeting), "a wrong digit was not told so"
    silence, same = stream.follows(hotline.bytes_of(w, "menu"), wrong + len(
        hotline.bytes_of(w, "wrong")))
    assert silence < 500 * 8 and same > 160, "the menu did not come again"
    for i in range(3):
        bye = hotline.bytes_of(w, "bye")
        assert bye in heard(w, f"10.99.0.{31 + i}").payload(), f"tight{i} heard no good-bye"


def odd_requests(w):
    """From a trunk: each gets its proper answer, and no call begins."""
    p = w.peer("10.99.0.35")
    uri = f"sip:9000@{world.HOST}"
    p.request("OPTIONS", uri)
    assert "INVITE" in world.sip_kit.header(p.status(200), "Allow")
    for status, why in ODD.items():
        options = {483: {"forwards": 0}, 400: {"body": "nonsense"}, 488: {"body": p.sdp(pts="18")},
                   404: {"call": "x"}}[status]
        target = uri if status != 404 else f"sip:4711@{world.HOST}"
        call = p.request("INVITE", target, **{"body": p.sdp(), "branch": f"z9hG4bKo{status}",
                                              **options})
        answer = p.status(status)
        p.request("ACK", target, call=call, to=world.sip_kit.header(answer, "To"),
                  branch=f"z9hG4bKo{status}")
        row, = world.wait_for(why, lambda why=why: w.ask(
            "calls", "list", "--history", "--why", why))
        assert (row["status"], row["trunk"], row["where"]) == (status, "carrier", "refused"), row
    assert w.ask("status")["calls"]["refused"] == len(ODD)


def strangers(w):
    """Outside of every trunk: a challenge, and silence above the rate; wrong digests lock out, and
    who is locked out is answered as before, also when he has the right one."""
    p = w.peer("10.99.0.70")
    for _ in range(30):
        p.request("INVITE", f"sip:9000@{world.HOST}", body=p.sdp())
    answers = []
    while (m := p.receive(0.5)) is not None:
        answers.append(m.split()[1])
    print(f"30 INVITEs from a stranger: {len(answers)} answers: {sorted(set(answers))}")
    assert set(answers) == {"401"} and 9 <= len(answers) <= 22, answers
    guesser = w.peer("10.99.0.71")
    for password in ("wrong", "worse", "worst", "secret"):
        guesser.register("alice", password, realm="smoke.example", final=(401,))
    sip = w.ask("status")["sip"]
    assert sip["auth_failed"] == 3 and sip["locked_out"] == 1, sip
    locks = [(x["account"], x["address"]) for x in w.ask("lockouts", "list")]
    assert locks == [("alice", "10.99.0.71"), ("alice", None)] and sip["lockouts"] == 2, locks
    assert "lifted 2 lockouts" in w.ask("lockouts", "lift", "alice")["done"]
    assert w.ask("lockouts", "list") == [] and w.ask("status")["sip"]["lockouts"] == 0


def main():
    with world.World() as w:
        hotline.start(w, rtp_timeout="30s")
        _, pcm = hotline.caller_sound(w, "voice", seconds=12)
        world.law_file(pcm, w.path("voice.al"), "a-law")
        callers = call_in(w)
        odd_requests(w)
        strangers(w)
        callers.judge()
        assert not w.ask("calls", "list")
        w.wire.stop()
        check_wire(w)
        tight = w.ask("queues", "show", "tight")
        assert (tight["timed_out"], tight["refused"]) == (2, 1), tight
        assert w.daemon.stop() == 0


if __name__ == "__main__":
    sys.exit(main())
