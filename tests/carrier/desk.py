"""An agent's phone that dials out through a carrier, and is called for somebody: baresip, with
somebody outside whom SIPp plays, behind the carrier's second target. Each hears the other; the
record, the recording's two sides and the agent's state are right, and who may not dial is
refused."""
import os

import hotline
import rtpcheck
import sip_kit
import world

HERE = os.path.dirname(os.path.abspath(__file__))
PHONE, STRANGER, FULL, OUTSIDE = "10.99.0.31", "10.99.0.32", "10.99.0.34", "10.99.0.33"
TARGETS = [FULL, OUTSIDE]  # of its trunk: the first has no room, and nobody notices
EARS = {"alice": world.HOST, "outside": OUTSIDE}  # baresip's sound is where the host is
NUMBER = "02155501234"
AGENTS = """\
    agents:
      alice: {password: secret, media: inside, codecs: [PCMU], dials: [outside],
              dials_to: ["0"], dials_not: ["00"], dials_record: yes}
"""
SAID = {
    "outside": ("en+m3", "Hello, this is the workshop speaking, who is there please?"),
    "alice": ("en+f2", "Good morning, your washing machine is repaired and can be fetched."),
}
ALIKE, UNLIKE = 0.5, 0.3  # a voice and itself, behind some ringing; and another


def begin(w):
    """Somebody outside, who takes two calls, and alice's phone."""
    w.wire = w.capture()
    voices = {name: world.speech(w.path(name + "-pcm.wav"), text, voice, 20)
              for name, (voice, text) in SAID.items()}
    with open(world.law_file(voices["outside"], w.path("outside.ul")), "rb") as f:
        pcap = world.write_call_pcap(w.path("outside.pcap"), f.read(), [])
    with open(os.path.join(HERE, "sipp", "speaks.xml")) as f:
        scenario = w.write("speaks.xml", f.read().replace("@sound@", pcap))
    full = os.path.join(HERE, "sipp", "is_full.xml")
    w.played = [w.start(name, [
        "sipp", "10.99.0.1:5060", "-sf", script, "-i", address, "-p", "5060", "-m", calls,
        "-nostdin", "-trace_err", "-error_file", w.path(name + ".errors"), "-timeout", "60s",
        "-timeout_error"]) for name, script, address, calls in (
            ("outside", scenario, OUTSIDE, "2"), ("outside-full", full, FULL, "1"))]
    w.baresip("alice", PHONE, voices["alice"])
    w.voices = {name: rtpcheck.channel_pcm(path)[0] for name, path in voices.items()}


def state(w):
    return w.ask("agents", "show", "alice")["state"]


def talks(w, count):
    """The call in which the phone is, once both have been heard for a while."""
    def there():
        rows = [r for r in w.ask("calls", "list") if r["state"] == "talking"]
        streams = [heard(w, who) for who in EARS]
        both = all(len(s) == count and len(s[-1].packets) > 75 for s in streams)
        return rows and both and rows[0]
    return world.wait_for("the two talk", there, step=0.2)


def heard(w, who):
    """One stream a call."""
    return [s for s in rtpcheck.read_streams(w.wire.pcap, world.MEDIA)
            if s.target[0] == EARS[who]]


def expect_voice(w, what, sound, whose):
    likes = {name: rtpcheck.correlate_pieces(sound, voice, 1.0)
             for name, voice in w.voices.items()}
    print(f"{what}: {', '.join(f'{n} {v:.3f}' for n, v in likes.items())}")
    for name, like in likes.items():
        assert like > ALIKE if name == whose else like < UNLIKE, (what, likes)


def one_call(w, count):
    """Both hear each other until the phone hangs up; its record."""
    row = talks(w, count)
    assert state(w) == "busy", state(w)
    world.baresip_command(PHONE, "hangup")
    world.wait_for("the agent is ready again", lambda: state(w) == "ready")
    for who, whose in (("alice", "outside"), ("outside", "alice")):
        expect_voice(w, f"call {count}, {who} hears",
                     rtpcheck.ulaw_decode(heard(w, who)[-1].payload()), whose)
    record, = [r for r in hotline.records(w, 1) if r["call"] == row["call"]]
    want = {"direction": "out", "agent": "alice", "trunk": "outside", "caller": "+864001234567",
            "called": "+862155501234", "why": "agent-hangup", "status": 200}
    assert {k: record[k] for k in want} == want, record
    return record


def dials_out(w):
    world.wait_for("alice registers", lambda: state(w) == "ready")
    world.baresip_command(PHONE, "dial", f"sip:{NUMBER}@{world.HOST}")
    record = one_call(w, 1)
    assert record["called_sent"] == NUMBER, record
    recording, = hotline.recordings(w, 1)
    assert recording["call"] == record["call"], recording
    for side, whose, sound in zip(("left", "right"), ("outside", "alice"),
                                  rtpcheck.channel_pcm(recording["file"])):
        expect_voice(w, f"recorded on the {side}", sound, whose)


def is_called_for_somebody(w):
    w.ask("calls", "originate", "alice", "--trunk", "outside", "--to", NUMBER, "--connect", "agent")
    one_call(w, 2)


def refused(w, address, port, number, why):
    """By hand, with the right password."""
    peer, uri = w.peer(address, port), f"sip:{number}@{world.HOST}"
    call = peer.request("INVITE", uri, user="alice", body=peer.sdp(), branch="z9hG4bKfirst")
    challenge = peer.status(401)
    for cseq, branch, final in ((1, "z9hG4bKfirst", challenge), (2, "z9hG4bKagain", None)):
        if final is None:
            peer.request("INVITE", uri, user="alice", call=call, cseq=2, branch=branch,
                         body=peer.sdp(), extra=[sip_kit.authorize(
                             challenge, "alice", "secret", "INVITE", uri)])
            final = peer.status(403)
        peer.request("ACK", uri, user="alice", call=call, cseq=cseq, branch=branch,
                     to=sip_kit.header(final, "To"))
    peer.socket.close()
    row, = [r for r in hotline.records(w, 1) if r["sip_call_id"] == call]
    assert (row["why"], row["status"], row["agent"], row["direction"]) == (
        why, 403, "alice", "out"), row


def judge(w):
    dials_out(w)
    is_called_for_somebody(w)
    refused(w, PHONE, 5070, "00442071234567", "dial-not-allowed")  # its address, another port
    refused(w, STRANGER, 5060, NUMBER, "dial-not-registered")
    for sipp in w.played:
        assert sipp.wait(10) == 0, f"{sipp.name}: the script failed"
