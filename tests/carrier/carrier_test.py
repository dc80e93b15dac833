#!/usr/bin/python3
"""Calls out through carriers that have their ways, each played by SIPp, and two by Kamailio, which
registers us and asks for a password by MD5 and SHA-256; each with its right outcome, exactly one
record of it, and our passwords taken by programs that are not ours. Then an agent's phone dials
out (desk.py)."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(HERE, "..", "smoke"))
import world  # noqa: E402
world.enter()

import desk  # noqa: E402
import hotline  # noqa: E402

CONFIG = """\
node: smoke
sip: {{listen: ["udp:10.99.0.1:5060"]}}
engine:
  ports: {{media0: {{kind: tap, device: rh0, host: 10.99.0.1/24}}}}
  media: {{inside: {{port: media0, address: 10.99.0.2/24}}}}
{load}recording: {{directory: {folder}/recordings, free_min: 1MiB}}
store: {{directory: {folder}/store}}
control: {{socket: {folder}/ringctl.sock, log_level: info}}
tenants:
  city:
    country_code: "86"
    numbers: {{"4001234567": main}}
    prompts: {{bye: {folder}/bye.wav}}
    flows: {{main: {{bye: {{hangup: bye}}}}}}
    trunks:
{trunks}{agents}"""
TRUNK = """\
      {name}: {{peers: [{peers}], targets: [{targets}], user: acme, password: open-sesame,
        caller: "4001234567", rewrite: ["+86:0"], target_quiet: 1s, codecs: PCMU{more}}}
"""
CALLED = "02155501234"
# Trunk, the scenarios of its targets (None: nobody is there), and how a call through it ends.
WAYS = [
    ("after-183", ["asks_after_183"], "flow-end", 200),
    ("stale", ["asks_again"], "flow-end", 200),
    ("password", ["asks_for_ever"], "trunk-password", 401),
    ("within", ["leads_on", "answers"], "flow-end", 200),
    ("astray", ["leads_on"], "redirected", 302),
    ("early", ["early_200"], "flow-end", 200),
    ("reliable", ["requires_100rel"], "flow-end", 200),
    ("full", ["is_full", "answers"], "flow-end", 200),
    ("silent", [None, "answers"], "flow-end", 200),
]
KAMAILIO = {"md5": ("10.99.0.70", "10.99.0.71"), "sha256": ("10.99.0.72", "10.99.0.38")}


def places():
    """Trunk → the addresses of its targets."""
    addresses = (f"10.99.0.{n}" for n in range(10, 40))
    return {name: [next(addresses) for _ in scenarios] for name, scenarios, _, _ in WAYS}


def configuration(w):
    trunks = [(name, at) for name, at in places().items()]
    trunks += [(name, [here]) for name, (here, _) in KAMAILIO.items()]
    trunks.append(("outside", desk.TARGETS))
    hotline.law_prompt(w, "bye", world.speech(w.path("bye-pcm.wav"), "Bye.", voice="en+f3"))
    return w.write("ringhall.yaml", CONFIG.format(
        folder=w.folder, load=hotline.LOAD, agents=desk.AGENTS, trunks="".join(TRUNK.format(
            name=name, more=", register: yes" if name in KAMAILIO else "",
            peers=", ".join(at + list(KAMAILIO.get(name, ("", ""))[1:])),
            targets=", ".join(f'"udp:{a}:5060"' for a in at)) for name, at in trunks)))


def carrier(w, name, scenario, address, target):
    return w.start(name, ["sipp", "10.99.0.1:5060", "-sf",
                          os.path.join(HERE, "sipp", scenario + ".xml"), "-i", address, "-p",
                          "5060", "-m", "1", "-key", "target", target, "-nostdin", "-trace_err",
                          "-error_file", w.path(name + ".errors"), "-timeout", "30s",
                          "-timeout_error"])


def kamailio(w, name, here, far):
    algorithm = {"md5": "", "sha256": "SHA-256"}[name]
    with open(os.path.join(HERE, "kamailio.cfg")) as f:
        text = f.read()
    for key, value in (("here", here), ("far", far), ("algorithm", algorithm)):
        text = text.replace(f"@{key}@", value)
    config = w.write(f"kamailio-{name}.cfg", text)
    w.start(f"kamailio-{name}", ["kamailio", "-DD", "-E", "-f", config, "-m", "16", "-M", "4",
                                 "-Y", w.folder, "-P", w.path(f"kamailio-{name}.pid")])
    return carrier(w, f"behind-{name}", "answers", far, "")


def originate(w, name):
    done = w.ask("calls", "originate", "main", "--trunk", name, "--to", CALLED, "--connect", "flow")
    return done["done"].split()[1]


def main():
    with world.World() as w:
        world.need({"kamailio": "kamailio"})
        w.start_daemon(configuration(w))
        desk.begin(w)
        played, at = {}, places()
        for name, scenarios, _, _ in WAYS:
            for i, scenario in enumerate(scenarios):
                target = f"{at[name][1]}:5060" if len(scenarios) > 1 else "10.99.0.39:5060"
                if scenario:
                    played[name, i] = carrier(w, f"{name}-{i}", scenario, at[name][i], target)
        for name, (here, far) in KAMAILIO.items():
            played[name, 0] = kamailio(w, name, here, far)
        world.wait_for("Kamailio listens", lambda: all(
            os.path.exists(w.path(f"kamailio-{name}.pid")) for name in KAMAILIO))
        want = {name: (why, status) for name, _, why, status in WAYS}
        want.update({name: ("flow-end", 200) for name in KAMAILIO})
        made = {name: originate(w, name) for name in want}
        rows = {r["call"]: r for r in hotline.records(w, len(want), seconds=30)}
        assert len(rows) == len(want), f"{len(rows)} records of {len(want)} calls"
        for name, (why, status) in want.items():
            row = rows[made[name]]
            print(f"{name}: {row['why']} {row['status']}")
            assert (row["why"], row["status"]) == (why, status), row
            assert (row["direction"], row["trunk"], row["caller"], row["called"]) == (
                "out", name, "+864001234567", "+862155501234"), row
        for (name, _), sipp in played.items():
            assert sipp.wait(10) == 0, f"{name}: the carrier's script failed"
        refused = w.ringctl("calls", "originate", "main", "--trunk", "early", "--to", CALLED,
                            "--connect", "flow", "--from", "13900139000", check=False)
        assert refused.returncode != 0 and "none of the tenant's numbers" in refused.stdout, refused
        world.wait_for("Kamailio has us registered", lambda: all(
            f"registered with a carrier trunk={name} for=120s" in w.daemon.log()
            for name in KAMAILIO), seconds=20)
        shown = w.ask("trunks", "show", "password")
        assert (shown["calls_out"], shown["failed_out"], shown["in_progress"]) == (1, 1, 0), shown
        desk.judge(w)
    print("carrier: all as it should be")


if __name__ == "__main__":
    main()
