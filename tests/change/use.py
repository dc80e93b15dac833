#!/usr/bin/python3 -B
"""Asks a daemon that was built with the edits of docs/change.md for what they add."""
import os
import socket
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'smoke'))
import world  # noqa: E402
world.enter()

CONFIG = """\
sip: {{listen: [udp:10.99.0.1:5060]}}
engine:
  sessions: 10
  ports: {{p: {{kind: tap, device: rh0, host: 10.99.0.1/24}}}}
  media: {{m: {{port: p, address: 10.99.0.2/24}}}}
recording: {{directory: {folder}/recordings, calls_max: 1, free_min: 1MiB}}
store: {{directory: {folder}/store}}
control: {{socket: {folder}/ringctl.sock, site: {site}}}
tenants:
  city:
    trunks: {{carrier: {{peers: 10.99.0.0/24, codecs: [L8]}}}}
    numbers: {{"1": bye}}
    flows: {{bye: {{end: hangup}}}}
"""


def use_key(w, config):
    """Read, held against its limits, and told in the reference."""
    ringhall = os.path.join(w.build, 'ringhall')
    world.run(ringhall, '--check', '--elsewhere', config)
    long = w.write('long.yaml', CONFIG.format(folder=w.folder, site='x' * 64))
    wrong = world.run(ringhall, '--check', '--elsewhere', long, check=False)
    assert wrong.returncode == 2 and 'control.site: expected text of up to 63 bytes' in \
        wrong.stdout, wrong.stdout
    reference = world.run(ringhall, '--reference').stdout
    assert 'Step `repeat`' in reference and '| `newest` |' in reference
    assert '| `site` | text of up to 63 bytes | none | where this machine stands |' in reference


def use_command(w):
    row = w.ask('clock')
    assert list(row) == ['time'] and row['time'].startswith('20'), row
    assert 'what time the node has' in world.run(os.path.join(w.build, 'ringctl'), 'help').stdout


def use_event(w):
    """The schema knows it; what a start makes of it is change_unit's."""
    schema = world.run(os.path.join(w.build, 'ringctl'), 'schema', 'events').stdout
    assert '"event-call-parked"' in schema, schema[:2000]


def use_codec(w):
    """A call in it; what an engine makes of its sound is change_path's."""
    p = w.peer('10.99.0.20')
    target = f'sip:1@{world.HOST}'
    call = p.request('INVITE', target, body=p.sdp('a=rtpmap:96 L8/8000\r\n', pts='0 96 101'))
    answer = p.status(200)
    assert 'RTP/AVP 96 101' in answer and 'a=rtpmap:96 L8/8000' in answer, answer
    p.request('ACK', target, call=call, to=world.sip_kit.header(answer, 'To'))


def dropped(w):
    return {r['reason']: r['packets'] for r in w.ask('drops', '--all')}


def use_drop(w):
    assert dropped(w)['turn'] == 0
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender.sendto(b'\x40\x00\x00\x04word', (world.MEDIA, 4000))
    world.wait_for('the packet is counted', lambda: dropped(w)['turn'] == 1)


def main():
    with world.World() as w:
        config = w.write('change.yaml', CONFIG.format(folder=w.folder, site='cellar'))
        use_key(w, config)
        w.start_daemon(config)
        use_command(w)
        use_event(w)
        use_drop(w)
        use_codec(w)
        assert w.daemon.stop() == 0


if __name__ == '__main__':
    main()
