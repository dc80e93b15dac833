#!/usr/bin/python3
"""docs/schema against what ringctl prints, by somebody else's validator: each command's answer and
each event of the fake node. RINGCTL and OPS_FAKE name the programs, SOURCE_ROOT the tree."""
import json
import os
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.environ["SOURCE_ROOT"], "tests"))
import schemas  # noqa: E402

RINGCTL = os.environ["RINGCTL"]
CALL = "18a5c3f2b1d4e600a1b2c3d400000001"
WAYS = {  # beside the plain command
    "calls-list": [[], ["--history"]],
    "calls-show": [[CALL], ["18a5c3f2b1d4d0"]],
    "calls-hangup": [[CALL]],
    "calls-why": [[CALL], ["18a5c3f2b1d4d0"]],
    "calls-originate": [["line", "--tenant", "acme", "--trunk", "carrier", "--to", "13900139000",
                         "--connect", "flow"]],
    "calls-mask": [[CALL, "on"]],
    "calls-monitor": [[CALL, "fang", "listen"]],
    "conferences-show": [["board"]],
    "conferences-mute": [[CALL, "on"]],
    "conferences-gain": [[CALL, "-6"]],
    "queues-show": [["service"]],
    "agents-show": [["fang"], ["bob"]],
    "agents-set": [["fang", "away"]],
    "agents-pause": [["fang", "--code", "lunch"]],
    "agents-resume": [["fang"]],
    "why-agent": [["fang"], ["bob"]],
    "why-call": [["18a5c3f2b1d4e605"], [CALL]],
    "why-queue": [["service"]],
    "lockouts-lift": [["--all"]],
    "trunks-show": [["carrier"]],
    "sessions-show": [["0000000100000001"]],
    "recordings-show": [[CALL]],
    "recordings-check": [[], [CALL]],
    "stats": [[], ["--by", "agent", "--every", "30m", "--since", "2h", "--within", "5"],
              ["--live", "15m"], ["--every", "whole"]],
    "trace-sip": [[CALL]],
    "log-level": [["info"]],
    "drops": [[], ["--all"]],
    "reload": [[], []],  # the fake's first one fails
}


def answers(socket, name):
    for args in WAYS.get(name, [[]]):
        done = subprocess.run([RINGCTL, "--socket", socket, "--json", *name.split("-", 1), *args],
                              stdout=subprocess.PIPE, check=False)
        if done.stdout:
            schemas.judge(name, json.loads(done.stdout))
        else:
            assert name == "reload" and done.returncode == 1, f"{name} {args}: says nothing"


def events(socket):
    command = [RINGCTL, "--socket", socket, "--json", "events", "follow"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as one, \
            subprocess.Popen(command, stdout=subprocess.PIPE) as other:
        for follower in (one, other):  # what is told to two is whole for both
            for line, _ in zip(follower.stdout, range(4)):
                schemas.judge("events", json.loads(line))
        one.terminate()
        other.terminate()


def strict():
    """The schema refuses what is not as it says."""
    good = {"agent": "a", "tenant": None, "contact": None, "source": None, "transport": "udp",
            "expires": "2026-04-12T13:03:20.123Z", "user_agent": None}
    check = schemas.validator("registrations-list")
    assert check.is_valid([good])
    for wrong in ({"expires": 1775999000}, {"expires": "2026-04-12T13:03:20Z"}, {"expires": None},
                  {"agent": ""}, {"more": 1}):
        assert not check.is_valid([{**good, **wrong}]), wrong
    assert not check.is_valid([{k: v for k, v in good.items() if k != "tenant"}])


def main():
    if schemas.jsonschema is None:
        print("python3-jsonschema is not installed: `make deps-check`")
        return 77
    names = subprocess.run([RINGCTL, "schema"], stdout=subprocess.PIPE, text=True,
                           check=True).stdout.split()
    with tempfile.TemporaryDirectory() as folder:
        socket = os.path.join(folder, "s")
        with subprocess.Popen([os.environ["OPS_FAKE"], socket]) as fake:
            try:
                for _ in range(1000):
                    if os.path.exists(socket):
                        break
                    time.sleep(0.01)
                for name in names:
                    if name != "events":
                        answers(socket, name)
                events(socket)
            finally:
                fake.terminate()
    strict()
    print(f"{len(names)} schemas hold")


if __name__ == "__main__":
    sys.exit(main())
