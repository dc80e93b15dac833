#!/usr/bin/python3 -B
"""Session timers (RFC 4028) of six seconds against SIPp, baresip and linphone, all at once.

usage: timers_test.py UA_PROBE
"""
import os
import subprocess
import sys
import tempfile
import wave

import sip_agents
import sip_test
from sip_capture import Capture
from sip_kit import CONFIG, Probe, World

AGENTS = {'sip': 'secret', 'bare': 'secret', 'uac': 'secret', 'uas': 'secret'}
LINPHONE = """\
[sip]
sip_port={port}
sip_tcp_port=0
sip_tls_port=0
default_proxy=0
guess_hostname=0
session_expires_enabled=1
session_expires_value=6
session_expires_min_value=6
session_expires_refresher_value={refresher}
[rtp]
audio_rtp_port={rtp}
[auth_info_0]
username={name}
passwd=secret
realm=hotline
[proxy_0]
reg_proxy=<sip:10.98.0.1>
reg_identity=<sip:{name}@10.98.0.1>
reg_expires=60
reg_sendregister=1
publish=0
[audio_codec_0]
mime=PCMU
rate=8000
enabled=1
"""
REFRESHER = {'uas': 1, 'uac': 2}  # linphone's numbers


class Linphone:
    def __init__(self, w, name):
        home = os.path.join(w.folder, name)
        os.makedirs(os.path.join(home, '.local', 'share', 'linphone'))
        config = os.path.join(home, 'linphonerc')
        with open(config, 'w') as f:
            f.write(LINPHONE.format(name=name, port=w.port(), rtp=w.port(),
                                    refresher=REFRESHER[name]))
        self.log = open(os.path.join(home, 'log'), 'w')
        self.process = subprocess.Popen(
            ['linphonec', '-a', '-d', '6', '-c', config], stdin=subprocess.PIPE, text=True,
            stdout=self.log, stderr=self.log, env=dict(os.environ, HOME=home))
        self.process.stdin.write('soundcard use files\n')
        self.process.stdin.flush()

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.log.close()


class Leg:
    """Our call to an agent's phone: what the wire has of it."""

    def __init__(self, capture, call):
        self.messages = capture.call(call)
        assert self.messages, f'no message of {call} was captured'

    def all(self, start, *lines):
        """Messages that begin so, "-> " from us, and have these lines."""
        return [m for m in self.messages if m.startswith(start) and all(n in m for n in lines)]


def check_phones(capture, calls):
    """What each make of phone agreed on, and who gave the signs of life."""
    bare, uac, uas = (Leg(capture, calls[name]) for name in ('bare', 'uac', 'uas'))
    for leg in (bare, uac, uas):
        assert leg.all('-> INVITE ', 'Supported: timer', 'Session-Expires: 6\n', 'Min-SE: 6')
        assert not leg.all('-> BYE ', 'session-expired'), leg.messages
    # One that knows of no timers is left alone.
    assert len(bare.all('-> INVITE ')) == 1 and not bare.all('-> UPDATE '), bare.messages
    # Ours: two signs at least, each with a 200.
    assert uac.all('<- SIP/2.0 200 ', 'refresher=uac'), uac.messages
    ours = uac.all('-> UPDATE ', 'refresher=uac') + uac.all('-> INVITE ', ';refresher=uac')
    assert len(ours) >= 2, uac.messages
    assert uas.all('<- SIP/2.0 200 ', 'refresher=uas'), uas.messages
    theirs = uas.all('<- UPDATE ') + uas.all('<- INVITE ')
    assert len(theirs) >= 2, uas.messages


def check_ends(probe, calls):
    """Three callers that gave no sign in time, and the phone that did not know of its call."""
    assert probe.count('^in .* ended expired 0 session-expired$') == 4, probe.text()
    assert probe.count(f'^out {calls["sip"]} ended expired 0 session-expired$') == 1
    for name in ('bare', 'uac', 'uas'):
        assert probe.count(f'^out {calls[name]} ended local') == 1, probe.text()


def main():
    sip_test.enter()
    agents = ''.join(f'      {a}: {{password: {p}, media: main}}\n' for a, p in AGENTS.items())
    with tempfile.TemporaryDirectory() as folder:
        probe = Probe(os.path.abspath(sys.argv[1]), folder, CONFIG + agents)
        w = World(probe, folder)
        capture = Capture(folder)
        probe.ask('timers 6')
        phones = [Linphone(w, 'uac'), Linphone(w, 'uas')]
        baresip = sip_agents.baresip(w, '<sip:bare@10.98.0.1;transport=udp>;auth_pass=secret;'
                                     'answermode=auto;regint=60')
        with wave.open(os.path.join(folder, 'baresip', 'tone.wav'), 'wb') as f:
            f.setparams((1, 2, 8000, 160000, 'NONE', ''))
            f.writeframes(bytes(320000))  # it hangs up when its sound is over
        where = w.at('127.0.4.1')
        w.agent(where, 'sip')
        try:
            sipps = [w.sipp(f'timer_uac_{s}', w.at(), '-s', 'answer') for s in (
                'refreshes', 'is_refreshed', 'reinvited', 'too_short', 'is_dead')]
            sipps.append(w.sipp('timer_uas_too_short', where))
            for name in AGENTS:
                probe.expect(f'^registered {name}', 10)
            callers = [w.sipp('uac_answered', w.at(), '-s', f'agent-{name}', '-d', '9000')
                       for name in AGENTS]
            for s in sipps:
                s.ok()
            calls = {name: probe.expect(f'^calls {name} (\\S+)').group(1) for name in AGENTS}
            for s in callers[1:]:
                s.ok()
            callers[0].stop()  # its phone was found to know of no such call
            check_ends(probe, calls)
            capture.stop()
            check_phones(capture, calls)
        finally:
            capture.process.kill()
            for p in phones:
                p.stop()
            baresip.terminate()
            baresip.wait()
        probe.quit()


if __name__ == '__main__':
    main()
