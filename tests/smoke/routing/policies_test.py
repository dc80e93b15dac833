#!/usr/bin/python3
"""Who is offered whom, on a real node with real phones: each policy, skills and rings, priority,
queues with weights that share an agent, a reserve, and ring-all whose phones answer in one moment.
SIPp, baresip and linphone are agents and callers. Judged by the records, and by who got an INVITE
on the wire; how each key works in detail is docs/routing.md's, which tests/flow calls."""
import collections
import os
import sys
import threading
import time
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import world  # noqa: E402
world.enter()

import hotline  # noqa: E402
import rtpcheck  # noqa: E402
from linphone_test import Linphone  # noqa: E402

PHONES = "10.99.0.30"  # SIPp's, each with a port of its own
BARESIP = "10.99.0.28"
NOW = ", wrap_up: 0s, short_call: 0s, reject_pause: 0s"
# queue: its agents in the order in which they come to be ready, and its keys
QUEUES = {
    "idle": (["idle1", "idle2"], ", policy: longest-idle"),
    "robin": (["robin1", "robin2"], ", policy: round-robin"),
    "fewest": (["fewest1", "fewest2"], ", policy: fewest-calls"),
    "least": (["least1", "least2"], ", policy: least-talk"),
    "line": (["line1", "alice"], ", policy: linear"),  # the list has alice first
    "random": (["random1", "random2"], ", policy: weighted-random"),
    "best": (["best1", "best2"], ", policy: best-skill"),
    "all": (["bob", "carol"], ", policy: ring-all"),
    "ring": (["ring1"], ", rings: [{after: 2s, skills: {german: 3}}, {after: 60s, priority: 0}]"),
    "urgent": (["urgent1"], ""),
    "calm": (["shared1"], ""),
    "rush": (["shared1"], ", weight: 10"),
    "guest": (["guest1"], ""),
    "reserve": (["held1"], ", reserve: {agents: [held2], from: 2}"),
}
STEPS = {"best": ", skills: {german: 2}", "ring": ", skills: {german: 6}"}
KEYS = {"random1": ", weight: 1", "random2": ", weight: 1000",
        "best1": ", skills: {german: 3}", "best2": ", skills: {german: 9}",
        "ring1": ", skills: {german: 3}"}
AGENTS = sorted({a for of, _ in QUEUES.values() for a in of} - set(hotline.AGENTS) | {"held2"})


def settings():
    listed = {q: reversed(of) if q == "line" else of for q, (of, _) in QUEUES.items()}
    return {
        "more_agents": "".join(f"      {a}: {{password: secret, media: inside, codecs: [PCMU]"
                               f"{KEYS.get(a, '')}}}\n" for a in AGENTS),
        "more_queues": "".join(f"      {q}: {{agents: [{', '.join(listed[q])}], music: music"
                               f"{NOW}{keys}}}\n" for q, (_, keys) in QUEUES.items()),
        "more_numbers": "".join(f'      "{q}": {q}\n' for q in [*QUEUES, "first"]),
        "more_flows": "".join(f"      {q}: {{wait: {{queue: {q}{STEPS.get(q, '')}}}}}\n"
                              for q in QUEUES) +
                      "      first: {wait: {queue: urgent, priority: 1}}\n",
        "more_sections": "    skills: [german]\n",
    }


PORTS = {agent: 5100 + i for i, agent in enumerate(AGENTS)}
# Number: for how long each of its callers stays, in seconds, one after the other; and whose they
# must be. A list of several: any of them.
ONE_BY_ONE = {
    "idle": ([1, 1, 1], ["idle1", "idle2", "idle1"]),
    "robin": ([1, 1, 1], ["robin1", "robin2", "robin1"]),
    "least": ([4, 1, 1], ["least1", "least2", "least2"]),
    "line": ([1, 1], ["alice", "alice"]),
    "random": ([0.6] * 6, None),
    "best": ([1, 1], ["best2", "best2"]),
    "all": ([1.5, 1.5, 1.5], None),
    "ring": ([4], ["ring1"]),
}


class Caller:
    """A caller's SIPp, from an address of its own, so that its record is known by that."""

    def __init__(self, w, number, stay_s, name, address):
        self.w, self.number, self.name, self.address = w, number, name, address
        self.process = w.caller(name, number=number, sound=w.path("caller.ul"), address=address,
                                stay_ms=int(stay_s * 1000))

    def talks(self):
        def connected():
            return any(c["state"] == "talking" and c["sip_call_id"].endswith("@" + self.address)
                       for c in self.w.ask("calls", "list"))
        world.wait_for(f"{self.name} has an agent", connected, 20)
        return self

    def ends(self):
        assert self.process.wait(40) == 0, f"{self.name}: SIPp ended with an error"


def one_by_one(w, number, address, failed):
    try:
        for n, stay in enumerate(ONE_BY_ONE[number][0]):
            Caller(w, number, stay, f"{number}-{n}", address).ends()
    except AssertionError as e:
        failed.append(e)


def who_is_first(w, address, numbers):
    """The agent talks; who calls these numbers waits; in which order they are served. The last one
    has the agent when the others are over."""
    first = Caller(w, numbers[0], 3, f"{numbers[0]}-talks", f"10.99.0.{address}").talks()
    later = []
    for n, number in enumerate(numbers[1:], 1):
        stay = 5 if n == len(numbers) - 1 else 9
        later.append(Caller(w, number, stay, f"{number}-{n}", f"10.99.0.{address + n}"))
        time.sleep(0.5)
    for c in [first, *later]:
        c.ends()


def fewest(w):
    long = Caller(w, "fewest", 4, "fewest-0", "10.99.0.34").talks()
    for n in (1, 2):
        Caller(w, "fewest", 0.5, f"fewest-{n}", "10.99.0.35").ends()
    long.ends()
    Caller(w, "fewest", 0.5, "fewest-3", "10.99.0.35").ends()


def phones_come(w):
    """One after the other: whoever comes first is idle for longest."""
    for agent in AGENTS:
        hotline.sign_in(w, agent, PHONES, PORTS[agent])
    for agent in AGENTS:
        xml = w.scenario(agent, "phone", sound=w.path("agent.ul"), pt=0, ring_ms=0)
        w.sipp(agent, "-sf", xml, "-p", str(PORTS[agent]), "-m", "100", address=PHONES)


def calls_each(w, name, dial, hang_up):
    """A real phone calls each queue, one after the other, and hangs up on whoever takes it."""
    for number in QUEUES:
        dial(f"sip:{number}@10.99.0.1")

        def talks(called=number):
            return any(c["called"] == called and name in c["caller"] and c["state"] == "talking"
                       for c in w.ask("calls", "list"))
        world.wait_for(f"{name} talks to {number}", talks, 15)
        hang_up()
        world.wait_for(f"{name}'s call is over", lambda: not any(
            name in c["caller"] for c in w.ask("calls", "list")), 15)


def baresip_calls(w):
    phone = w.baresip("dora", BARESIP, w.path("caller-pcm.wav"), register=0)
    world.wait_for("baresip listens", lambda: world.baresip_answers(BARESIP))
    calls_each(w, "dora", lambda uri: world.baresip_command(BARESIP, "dial", uri),
               lambda: world.baresip_command(BARESIP, "hangup"))
    phone.stop()


def linphone_calls(w):
    # It asks where the internet is to learn its own address.
    world.run("ip", "route", "add", "default", "dev", "rh0")
    phone = Linphone(w, w.path("caller-pcm.wav"), w.path("heard-by-caller.wav"), caller=True)
    calls_each(w, "linphone", lambda uri: phone.say(f"call {uri}"),
               lambda: phone.say("terminate"))
    phone.quit()


def judge_real_phones(rows):
    """Each queue's caller had one of its agents, whichever phone it was."""
    for name in ("dora", "linphone"):
        had = {r["called"]: r["agent"] for r in rows if name in r["caller"]}
        print(f"{name}: {', '.join(f'{q} {a}' for q, a in had.items())}")
        for queue, (agents, keys) in QUEUES.items():
            assert had[queue] in agents, f"{name} was put through from {queue} to {had[queue]}"


def judge(w, rows, signalling):
    baresips = {address: agent for agent, address in hotline.AGENTS.items()}
    by_number = {}
    for r in sorted(rows, key=lambda r: r["started"]):
        by_number.setdefault(r["called"], []).append(r)
    for number, of in by_number.items():
        print(f"{number}: {', '.join(r['agent'] or '-' for r in of)}")
    for number, (_, agents) in ONE_BY_ONE.items():
        had = [r["agent"] for r in by_number[number]]
        assert agents is None or had == agents, f"{number}: {had}, expected {agents}"
    assert [r["agent"] for r in by_number["fewest"]] == ["fewest1", "fewest2", "fewest2", "fewest1"]
    assert sum(r["agent"] == "random2" for r in by_number["random"]) >= 4
    assert 2000 <= by_number["ring"][0]["waited_ms"] < 60000  # not before the ring
    began = {n: max(r["connected"] for r in by_number[n]) for n in ("urgent", "first", "calm",
                                                                    "rush")}
    assert began["first"] < began["urgent"] and began["rush"] < began["calm"], began
    assert [r["agent"] for r in by_number["reserve"]][0] == "held1"
    assert any(r["agent"] == "held2" for r in by_number["reserve"]), by_number["reserve"]
    # All of ring-all's phones rang for each caller, and one has it.
    at = {(PHONES, port): agent for agent, port in PORTS.items()}
    rung = collections.Counter(at.get(where) or baresips.get(where[0]) for where in signalling)
    assert rung["bob"] == rung["carol"] == 3, rung
    assert all(r["agent"] in ("bob", "carol") for r in by_number["all"])
    assert rung["line1"] == rung["best1"] == 0 and rung["held2"] >= 1, rung


def invites(pcap):
    """Where INVITEs went, each once."""
    seen = {}
    for _, source, _, target, port, data in rtpcheck.datagrams(pcap):
        if source == world.HOST and data.startswith(b"INVITE "):
            seen[data.split(b"Call-ID: ")[1].split(b"\r")[0]] = target, port
    return list(seen.values())


def main():
    with world.World() as w:
        hotline.start(w, **settings())
        hotline.caller_sound(w, "caller", seconds=20)
        hotline.caller_sound(w, "agent", seconds=20, voice="en+f2")
        signalling = w.capture("signalling", "lo")
        phones_come(w)
        for name in ("bob", "carol"):
            hotline.agent_phone(w, name)
        linphone = Linphone(w, w.path("agent-pcm.wav"), w.path("heard.wav"))
        world.wait_for("linphone is ready", lambda: any(
            a["agent"] == "alice" and a["state"] == "ready" for a in w.ask("agents", "list")), 20)
        failed = []
        work = [threading.Thread(target=one_by_one, args=(w, q, f"10.99.0.{14 + i}", failed))
                for i, q in enumerate(ONE_BY_ONE)]
        for t in work:
            t.start()
        who_is_first(w, 22, ["urgent", "urgent", "first"])
        who_is_first(w, 25, ["calm", "calm", "rush"])
        who_is_first(w, 31, ["reserve", "reserve", "reserve"])
        fewest(w)
        for t in work:
            t.join()
        assert not failed, failed
        count = sum(len(stays) for stays, _ in ONE_BY_ONE.values()) + 13
        rows = hotline.records(w, count, 20)
        signalling.stop()
        assert len(rows) == count, f"{len(rows)} records of {count} calls"
        judge(w, rows, invites(signalling.pcap))
        real = [threading.Thread(target=baresip_calls, args=(w,)),
                threading.Thread(target=linphone_calls, args=(w,))]
        for t in real:
            t.start()
        for t in real:
            t.join()
        judge_real_phones(hotline.records(w, count + 2 * len(QUEUES), 20))
        linphone.quit()
        assert w.daemon.stop() == 0


if __name__ == "__main__":
    sys.exit(main())
