"""What SIP over UDP a capture of the loopback has: no counter and no trace of ours."""
import os
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'smoke'))
from rtpcheck import frames  # noqa: E402

OURS = 5060
UDP = 17


class Capture:
    """A running one."""

    def __init__(self, folder):
        self.path = os.path.join(folder, 'lo.pcap')
        self.log = os.path.join(folder, 'tcpdump.log')
        with open(self.log, 'w') as log:
            self.process = subprocess.Popen(
                ['tcpdump', '-i', 'lo', '-n', '-U', '-s', '0', '-B', '32768', '--immediate-mode',
                 '-w', self.path, 'udp port 5060'], stdout=log, stderr=log)
        end = time.monotonic() + 10
        while 'listening on' not in open(self.log).read():
            assert time.monotonic() < end, open(self.log).read()
            time.sleep(0.02)

    def stop(self):
        time.sleep(0.2)
        self.process.terminate()
        self.process.wait()

    def call(self, call_id):
        """Its messages in order, each once, "-> " before those from us."""
        wanted = re.compile(r'^(?:Call-ID|i)\s*:\s*' + re.escape(call_id) + r'\s*$', re.M | re.I)
        seen = []
        for _, kind, data in frames(self.path):
            if kind != 0x0800 or data[9] != UDP:
                continue
            udp = data[(data[0] & 15) * 4:]
            text = udp[8:].decode('utf-8', 'replace').replace('\r\n', '\n')
            if not wanted.search(text):
                continue
            ours = int.from_bytes(udp[:2], 'big') == OURS
            message = ('-> ' if ours else '<- ') + text
            if message not in seen:
                seen.append(message)
        return seen
