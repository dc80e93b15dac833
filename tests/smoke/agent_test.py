#!/usr/bin/python3
"""Agents' phones of every kind, each with a queue and a caller of its own, all at the same time:
busy, silent, declining, redirecting, forking, cancelled, answering after the CANCEL, hanging up,
vanishing; and callers that vanish or give up while a phone rings. Where the first phone of a queue
does not answer, the caller keeps its place and the second one, a good one, is rung."""
import signal
import sys
import time
import world
world.enter()

import hotline  # noqa: E402
import rtpcheck  # noqa: E402

# Where the phones of these agents send their calls; only the first one's redirects allow it.
TARGETS = {"followed1": "10.99.0.38:5999", "redirecting1": "10.99.0.39:5999"}
# queue: (what the first agent's phone does, whether a second agent answers, the caller's stay)
CASES = {
    "busy": ("uas_busy", True, 4),
    "silent": ("uas_silent", True, 8),
    "declining": ("uas_declines", True, 4),
    "redirecting": ("uas_redirects", True, 4),
    "followed": ("uas_redirects", False, 4),
    "forking": ("uas_two_answers", False, 2),
    "ringing": ("uas_rings_only", False, 2),
    "crossing": ("uas_answers_after_cancel", False, 2),
    "leaving": ("uas_hangs_up", False, 12),
    "vanishing": (None, False, 12),
    "lost": (None, False, 60),
    "twins": ("uas_rings_only", False, 5),
}
ENDS = {  # by default the caller hangs up in conversation with the last agent of the queue
    "ringing": ("caller-hangup", "caller", "ringing", ""),
    "crossing": ("caller-hangup", "caller", "ringing", ""),
    "leaving": ("agent-hangup", "agent", "talking", "leaving1"),
    "vanishing": ("agent-rtp-lost", "agent", "talking", "vanishing1"),
    "lost": ("caller-rtp-lost", "caller", "talking", "lost1"),
}


def agents_of(case):
    return [case + "1"] + ([case + "2"] if CASES[case][1] else [])


def good_phone(w, agent, port):
    """A phone that rings for 0.3 s, answers and speaks."""
    xml = w.scenario(agent, "phone", sound=w.path("agent.ul"), ring_ms=300, pt=0)
    return w.sipp(agent, "-sf", xml, "-p", str(port), "-m", "1", address="10.99.0.30")


def phones(w):
    """Registers every agent, the unwilling ones first, so that they are idle for longest; then
    starts their phones. Returns them by agent, and where the good ones are by queue."""
    started, ports = {}, {}
    for n in (0, 1):
        for i, case in enumerate(c for c in CASES if n == 0 or CASES[c][1]):
            agent, port = f"{case}{n + 1}", 5100 + 100 * n + i
            hotline.sign_in(w, agent, "10.99.0.30", port)
            ports[agent] = port
    hotline.sign_in(w, "twins1", "10.99.0.30", 5390)  # a second phone of the same agent
    for agent, port in ports.items():
        template = CASES[agent[:-1]][0] if agent[-1] == "1" else None
        if template is None:
            started[agent] = good_phone(w, agent, port)
        else:
            started[agent] = w.scripted(agent, template, "-p", str(port), "-d", "2000", "-key",
                                        "target", TARGETS.get(agent, "-"), address="10.99.0.30")
    started["followed2"] = w.sipp("elsewhere", "-sf", w.scenario(
        "elsewhere", "phone", sound=w.path("agent.ul"), ring_ms=300, pt=0), "-p", "5999",
        "-m", "1", address="10.99.0.38")
    started["twins2"] = good_phone(w, "twins2", 5390)
    good = {agent[:-1]: ("10.99.0.30", port) for agent, port in ports.items() if agent[-1] == "2"}
    return started, {**good, "followed": ("10.99.0.38", 5999), "twins": ("10.99.0.30", 5390)}


def callers(w):
    """A caller for each case, from an address of its own."""
    return {case: w.caller("to-" + case, number=case, sound=w.path("caller.ul"),
                           address=f"10.99.0.{10 + i}", stay_ms=CASES[case][2] * 1000)
            for i, case in enumerate(CASES)}


def scripts_went_through(calling, answering):
    """Every phone saw what its script says, the CANCELs, the ACK and BYE of a second 200 among it.
    Not judged: who was killed, who was hung up before its script's end, who never says a word."""
    for name, process in {**calling, **answering}.items():
        code = process.wait(30)
        if name not in ("vanishing", "vanishing1", "lost", "leaving", "silent1"):
            assert code == 0, f"{name}: SIPp ended with {code}"


def check_records(w):
    rows = hotline.records(w, len(CASES), 20)
    assert len(rows) == len(CASES), f"{len(rows)} records of {len(CASES)} calls"
    for case in CASES:
        row, = [r for r in rows if r["called"] == case]
        end = ENDS.get(case, ("caller-hangup", "caller", "talking", agents_of(case)[-1]))
        got = row["why"], row["by"], row["where"], row["agent"] or ""
        print(f"{case}: {', '.join(got)}; waited {row['waited_ms'] / 1000:.1f} s")
        assert got == end, f"{case}: {got}, expected {end}"


def check_offers(events):
    """What the event log says of each phone that did not answer."""
    ended = {e["body"]["agent"]: (e["body"]["why"], e["body"]["status"])
             for e in events.of("call-offer-ended")}
    assert ended == {
        "busy1": ("busy", 486), "silent1": ("no-answer", None), "declining1": ("rejected", 603),
        "redirecting1": ("redirected", 302), "ringing1": ("caller-gone", None),
        "crossing1": ("caller-gone", None)}, ended


def check_signalling(pcap):
    """Not one packet went where a phone sent its call without leave."""
    targets = {d[3] for d in rtpcheck.datagrams(pcap)}
    assert "10.99.0.38" in targets and "10.99.0.39" not in targets, targets


def check_recordings(w, signalling, good):
    """Both voices, each on its side, whoever it was that answered in the end. SIPp's pace is what
    the captures say that it was: where it steps, a recording has to follow."""
    streams = rtpcheck.read_streams(w.wire.pcap, target=world.MEDIA)
    caller, agent = (rtpcheck.channel_pcm(w.path(f"{n}-pcm.wav"))[0] for n in ("caller", "agent"))
    rows = {r["call"]: r["file"] for r in hotline.recordings(w, 10)}
    for call in hotline.records(w, len(CASES)):
        if call["called"] in ("busy", "silent", "declining", "redirecting", "followed", "twins"):
            left, right = rtpcheck.channel_pcm(rows[call["call"]])
            ip, port = good[call["called"]]
            phone = ip, rtpcheck.media_port(signalling, ip, port)
            calling = f"10.99.0.{10 + list(CASES).index(call['called'])}"
            sent = ([s for s in streams if s.source[0] == calling],
                    [s for s in streams if s.source == phone])
            assert all(sent), f"{call['called']}: no sound from {calling} or {phone}"
            own = [w.host_gaps.likeness(*sounds, sent=way)
                   for *sounds, way in ((left, caller, sent[0]), (right, agent, sent[1]))]
            assert min(own) >= 0.95, f"{call['called']}: correlations {own}"


def main():
    with world.World() as w:
        queues = {case: agents_of(case) for case in CASES}
        hotline.start(w, queues, queue_keys=", ring_timeout: 3s, reject_pause: 60s",
                      agent_keys={"followed1": ", redirects: [10.99.0.38]"},
                      rtp_timeout="3s")
        hotline.caller_sound(w, "caller", seconds=20)
        hotline.caller_sound(w, "agent", seconds=20, voice="en+f2")
        signalling = w.capture("signalling", "lo")
        events = hotline.Events(w)
        answering, good = phones(w)
        calling = callers(w)
        time.sleep(3)
        answering["vanishing1"].stop(signal.SIGKILL)
        calling["lost"].stop(signal.SIGKILL)
        scripts_went_through(calling, answering)
        check_records(w)
        check_offers(events)
        signalling.stop()
        w.wire.stop()
        check_recordings(w, signalling.pcap, good)
        check_signalling(signalling.pcap)
        events.stop()
        assert w.daemon.stop() == 0


if __name__ == "__main__":
    sys.exit(main())
