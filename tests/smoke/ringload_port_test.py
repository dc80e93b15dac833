#!/usr/bin/python3
"""ringload and the real daemon with AF_XDP at both ends of a veth, each sharing its interface with
its kernel: SIP goes by the kernels, RTP past them. Losses, prompts and digits must be right."""
import json
import os
import subprocess
import sys
import world
world.enter()

CALLS = 50
CLEAN, NOT_CLEAN, _, NOISY = range(4)
CONFIG = """\
sip: {{listen: [udp:10.98.0.1:5060]}}
engine:
  sessions: 200
  load_late: 0ms
  load_stolen: 0
  ports: {{media: {{kind: af_xdp, device: near, extra: "xdp_prog={program}"}}}}
  media: {{main: {{port: media, address: 10.98.0.2/24}}}}
recording: {{directory: {folder}/recordings, free_min: 1MiB}}
store: {{directory: {folder}/store}}
control: {{socket: {folder}/ringctl.sock}}
tenants:
  load:
    trunks: {{callers: {{peers: [10.98.0.0/24], codecs: [PCMU]}}}}
    numbers: {{"1": prompt, "2": menu}}
    prompts: {{sound: sound.wav}}
    flows:
      prompt: {{one: {{play: sound}}, end: hangup}}
      menu: {{choose: {{menu: sound, digits: {{1: choose, 2: choose}}, tries: 20}}}}
"""


def link():
    """A namespace for the callers and a veth into it; returns how to run a command there."""
    name = f"callers{os.getpid()}"
    there = ["ip", "netns", "exec", name]
    world.run("ip", "netns", "add", name)
    world.run("ip", "link", "add", "near", "type", "veth", "peer", "name", "far", "netns", name)
    world.run("ip", "address", "add", "10.98.0.1/24", "dev", "near")
    world.run(*there, "ip", "address", "add", "10.98.0.11/24", "dev", "far")
    world.run("ip", "link", "set", "near", "up")
    world.run(*there, "ip", "link", "set", "far", "up")
    return there


def ringload(w, there, *args):
    """Exit code and figures by name."""
    done = subprocess.run(
        [*there, os.path.join(w.build, "bench", "ringload"), "--json", "--target", "10.98.0.1",
         "--local", "10.98.0.11:5070", "--port", f"af_xdp:far,xdp_prog={program(w)}", "--media",
         "10.98.0.10/24", "--calls", str(CALLS), "--calls-total", str(CALLS), "--rate",
         str(CALLS), "--duration", "3s", *args], text=True, capture_output=True, timeout=60,
        check=False)
    assert done.returncode in (CLEAN, NOT_CLEAN, NOISY), done.stderr
    return {r["metric"]: r["value"] for r in map(json.loads, done.stdout.splitlines())}


def program(w):
    return os.path.join(w.build, "engine", "xdp", "media.o")


def main():
    with world.World() as w:
        if not os.path.exists(program(w)):
            raise FileNotFoundError(program(w) + ": clang-14 is missing (make deps-check)")
        there = link()
        world.run("sox", "-n", "-r", "8000", "-c", "1", "-e", "u-law", "-b", "8",
                  w.path("sound.wav"), "synth", "10", "sine", "300-3000", "gain", "-12")
        world.law_file(w.path("sound.wav"), w.path("sound.ul"))
        w.start_daemon(w.write("ringhall.yaml", CONFIG.format(folder=w.folder,
                                                              program=program(w))))
        heard = ringload(w, there, "--number", "1", "--hold", "3s", "--expect-prompt",
                         w.path("sound.ul"), "--prompt-loops", "yes", "--digits", "")
        pressed = ringload(w, there, "--number", "2", "--hold", "4s", "--digits", "1221",
                           "--digits-at", "1s", "--ringctl-socket", w.path("ringctl.sock"))
        for f in heard, pressed:
            print({k: f[k] for k in ("sent", "received", "lost", "delay_p99", "host_gaps")})
            assert f["calls_answered"] == CALLS and f["lost"] == 0, f
            assert f["silent_streams"] == f["generator_failed"] == f["generator_dropped"] == 0, f
        assert heard["prompts_whole"] == CALLS and heard["prompts_wrong"] == 0, heard
        assert pressed["digits_sent"] == pressed["digits_reported"] == 4 * CALLS, pressed
        assert pressed["digits_wrong"] == pressed["records_missing"] == 0, pressed
        assert w.daemon.stop() == 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
