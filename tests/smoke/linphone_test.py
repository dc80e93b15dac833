#!/usr/bin/python3
"""Another make of phone, linphone, as the agent: it registers, answers by itself, speaks from one
file and records what it hears into another."""
import os
import subprocess
import sys
import world
world.enter()

import hotline  # noqa: E402
import rtpcheck  # noqa: E402

CONFIG = """\
[sip]
sip_port={sip}
sip_tcp_port=0
sip_tls_port=0
default_proxy=0
guess_hostname=0
[rtp]
audio_rtp_port={rtp}
[audio_codec_0]
mime=PCMU
rate=8000
enabled=1
[auth_info_0]
username=alice
passwd=secret
realm=smoke.example
[proxy_0]
reg_proxy=<sip:10.99.0.1>
reg_identity=<sip:{user}@10.99.0.1>
reg_expires=600
reg_sendregister={registers}
publish=0
"""


class Linphone:
    """linphonec, driven by its command line: the agent alice, who answers, or a caller."""

    def __init__(self, w, sound, heard, caller=False):
        home = w.path("linphone-caller" if caller else "linphone")
        os.makedirs(os.path.join(home, ".local", "share", "linphone"))
        ways = {"user": "linphone", "sip": 5074, "rtp": 7340, "registers": 0} if caller else {
            "user": "alice", "sip": 5072, "rtp": 7300, "registers": 1}
        config = w.write(os.path.join(home, "linphonerc"), CONFIG.format(**ways))
        self.log = open(os.path.join(home, "log"), "w")
        self.process = subprocess.Popen(["linphonec", *([] if caller else ["-a"]), "-c", config],
                                        stdout=self.log, stdin=subprocess.PIPE, stderr=self.log,
                                        text=True, env={**os.environ, "HOME": home})
        for command in ("soundcard use files", f"play {sound}", f"record {heard}"):
            self.say(command)
        if not caller:
            world.wait_for("linphone registers", lambda: w.ask("registrations", "list"), 15)

    def say(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def quit(self):
        self.say("quit")
        self.process.wait(10)
        self.log.close()


def main():
    with world.World() as w:
        hotline.start(w)
        agent_pcm = world.speech(w.path("alice-speaks.wav"), "This is the service desk, thank you "
                                 "for waiting.", voice="en+f2", seconds=20)
        _, caller_pcm = hotline.caller_sound(w, "caller")
        phone = Linphone(w, agent_pcm, w.path("heard.wav"))
        phones, = w.ask("registrations", "list")
        caller = w.caller("caller", number="9001", sound=w.path("caller.ul"), stay_ms=7000)
        assert caller.wait(20) == 0, "the caller's script failed"
        phone.quit()
        record, = hotline.records(w, 1)
        assert record["agent"] == "alice" and record["talked_ms"] > 6000, record
        row, = hotline.recordings(w, 1)
        caller_says, agent_says = (rtpcheck.channel_pcm(p)[0] for p in (caller_pcm, agent_pcm))
        left, right = rtpcheck.channel_pcm(row["file"])
        likes = (w.host_gaps.likeness(left, caller_says), w.host_gaps.likeness(right, agent_says),
                 rtpcheck.correlate_pieces(rtpcheck.channel_pcm(w.path("heard.wav"))[0],
                                           caller_says))
        print(f"{phones['user_agent']}: caller left {likes[0]:.3f}, agent right {likes[1]:.3f}, "
              f"the phone heard the caller {likes[2]:.3f}")
        assert min(likes[:2]) >= 0.95 and likes[2] >= 0.9
        assert w.daemon.stop() == 0


if __name__ == "__main__":
    sys.exit(main())
