#!/usr/bin/python3
"""ringload itself: five hundred callers through the menu of a real daemon. What it says of prompts,
losses and digits must agree with the wire, judged by rtpcheck, and with the daemon's records; a
wrong prompt and a target outside must be told. Its agents talk for a while and hang up."""
import json
import os
import re
import subprocess
import sys
import world
world.enter()

import hotline  # noqa: E402
import rtpcheck  # noqa: E402

CALLS = int(os.environ.get("RINGHALL_SMOKE_CALLS", "500"))
PROFILE = os.path.join(world.HERE, "..", "..", "examples", "load", "ivr.yaml")
AGENTS, TALKS = 8, 48
DESKS = ("--agents", str(AGENTS), "--agent-name", "desk", "--agent-talk", "1s", "--stamps",
         "--digits", "")
CLEAN, NOT_CLEAN, WRONG_USE, NOISY = range(4)
GAPS_MAX = 8  # percent of the time that no program ran: what was late then was nobody's fault


def ringload(w, *args, timeout=60):
    """Exit code, figures by name, and what it said to people."""
    done = subprocess.run([os.path.join(w.build, "bench", "ringload"), PROFILE, "--json", *args],
                          text=True, capture_output=True, timeout=timeout, check=False)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return done.returncode, {r["metric"]: r["value"] for r in rows}, done.stderr


def skipped_if_noisy(figures):
    if figures["host_gap_share"] > GAPS_MAX:
        print(f"skipped: the machine is too noisy: it stood still for "
              f"{figures['host_gap_share']:.1f} % of the time, in {figures['host_gaps']} gaps")
        sys.exit(world.SKIP)


def refuses_what_is_not_ours(w):
    world.run("ip", "route", "add", "default", "via", "10.99.0.20")
    code, _, said = ringload(w, "--target", "192.0.2.1:5060")
    world.run("ip", "route", "delete", "default")
    assert code == WRONG_USE and "i-own-this-target" in said, (code, said)


def hears_a_wrong_prompt(w):
    sound = bytearray(hotline.bytes_of(w, "greeting"))
    sound[800] ^= 1
    with open(w.path("other.ul"), "wb") as f:
        f.write(sound)
    code, figures, said = ringload(w, "--calls", "1", "--duration", "100ms", "--hold", "2s",
                                   "--expect-prompt", w.path("other.ul"), "--digits", "")
    assert code in (NOT_CLEAN, NOISY) and figures["prompts_wrong"] == 1, (code, figures, said)


def lost(figures):
    """Packets that the generator lost; none but near a time when it stood still itself."""
    assert figures["double"] == figures["lost_quiet"] == figures["late_quiet"] == 0, figures
    assert figures["host_gaps"] > 0 or figures["lost"] == figures["late"] == 0, figures
    return figures["lost"]


def agrees_with_the_wire(w, figures):
    heard = rtpcheck.read_streams(w.wire.pcap, world.MEDIA)
    greeting = hotline.bytes_of(w, "greeting")
    faults = [f for s in heard for f in rtpcheck.judge(s, [greeting])]
    packets = sum(len(s.packets) for s in heard)
    dropped = int(re.search(r"(\d+) packets dropped by kernel", w.wire.log()).group(1))
    print(f"on the wire: {len(heard)} streams, {packets} packets, {len(faults)} faults; "
          f"{dropped} not captured")
    if dropped:
        return  # the capture is no witness then
    assert len(heard) == CALLS and not faults, faults[:3]
    # What comes between BYE and its end is a stray.
    assert figures["received"] + figures["strays"] + figures["lost"] == packets, figures


def compares_recordings(w):
    """Whole calls through the menu, recorded; then the same files with one frame changed."""
    said = ("--number", "9090", "--calls", "20", "--calls-total", "20", "--rate", "20",
            "--duration", "2s", "--hold", "4s", "--recordings", "20",
            "--ringctl-socket", w.path("ringctl.sock"))
    code, figures, errors = ringload(w, *said)
    print(f"recorded: {figures['recorded']} frames as they were sent, "
          f"{figures['recorded_lost']} lost, {figures['recorded_wrong']} wrong")
    assert code != WRONG_USE and figures["recordings"] == 20, (figures, errors)
    skipped_if_noisy(figures)
    assert figures["recordings_missing"] == figures["recorded_wrong"] == 0, (figures, errors)
    assert figures["recorded"] + figures["recorded_lost"] > 20 * 100, figures
    rows = hotline.recordings(w, 20)
    assert all(r["left_seen"] > 0 and r["right_seen"] == 0 for r in rows), rows[0]


def agrees_with_the_records(w, figures):
    rows = hotline.records(w, CALLS, 20)
    reported = sum(len(r["digits"] or "") for r in rows)
    print(f"in the records: {len(rows)} calls, {reported} digits")
    assert reported == figures["digits_reported"] == figures["digits_sent"] == CALLS


def talks_with_agents(w):
    """More callers than agents: each is to be with one of them, and each to hear the other."""
    code, figures, said = ringload(
        w, "--number", "desk", "--calls", str(3 * AGENTS), "--calls-total", str(TALKS), "--rate",
        "40", "--hold", "50s", "--agent-answer", "100ms", "--duration", "20s", *DESKS)
    for name in ("agent_calls", "free_to_agent", "free_to_agent_p50", "free_to_agent_p99",
                 "bye_to_agent_p50", "host_gaps"):
        print(name, figures.get(name))
    assert figures["calls_answered"] == figures["agent_calls"] == TALKS, (code, figures, said)
    assert figures["ended_by_server"] == TALKS, (figures, said)
    for name in ("calls_alone", "calls_twice", "misheard", "agents_busy", "agents_refused",
                 "timeouts"):
        assert figures[name] == 0, (name, figures, said)
    # A machine that stands still may cost a talk some of its packets.
    assert figures["calls_one_way"] == 0 or figures["host_gaps"] > 0, (figures, said)
    # Each agent is free again after each of its calls, while many wait.
    assert figures["free_to_agent"] >= 3 * AGENTS, (figures, said)
    assert figures["answer_to_agent_max"] > 1000, figures
    rows = [r for r in hotline.records(w, TALKS) if r["queue"] == "desk"]
    assert len(rows) == TALKS and all(r["agent"].startswith("desk") for r in rows), rows[0]


def tells_of_callers_whom_nobody_takes(w):
    code, figures, said = ringload(
        w, "--number", "9002", "--calls", "2", "--calls-total", "2", "--rate", "10", "--hold", "8s",
        "--duration", "1s", *DESKS)
    assert code in (NOT_CLEAN, NOISY) and figures["calls_alone"] == 2, (code, figures, said)


def main():
    with world.World() as w:
        hotline.start(w, {"desk": [f"desk{i + 1}" for i in range(AGENTS)]},
                      queue_keys=", short_call: 0s", sessions=2 * CALLS)
        code, figures, said = ringload(
            w, "--calls", str(CALLS), "--calls-total", str(CALLS), "--rate", str(CALLS / 5),
            "--duration", "20s", "--expect-prompt", w.path("greeting.ul"),
            "--ringctl-socket", w.path("ringctl.sock"))
        w.wire.stop()
        for name in ("sent", "received", "loss_quiet", "delay_p99", "delay_p99_quiet",
                     "spacing_off_p99.9_quiet", "host_gaps", "windows_out", "generator_busy"):
            print(f"{name} {figures.get(name)}")
        # The limits of time are the machine's too: they are not judged here.
        assert figures["calls_answered"] == CALLS, (figures, said)
        skipped_if_noisy(figures)
        assert CALLS - lost(figures) <= figures["prompts_whole"] <= CALLS, (figures, said)
        assert figures["digits_wrong"] == figures["records_missing"] == 0, (figures, said)
        assert code in (CLEAN, NOT_CLEAN, NOISY), said
        agrees_with_the_wire(w, figures)
        agrees_with_the_records(w, figures)
        compares_recordings(w)
        hears_a_wrong_prompt(w)
        talks_with_agents(w)
        tells_of_callers_whom_nobody_takes(w)
        refuses_what_is_not_ours(w)
        assert w.daemon.stop() == 0


if __name__ == "__main__":
    sys.exit(main())
