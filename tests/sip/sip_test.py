#!/usr/bin/python3 -B
"""The user agent against SIPp, baresip and hand-made packets, in a network namespace.

usage: sip_test.py UA_PROBE [CASE ...]
"""
import os
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

import sip_agents
import sip_callers
import sip_strangers
from sip_kit import Probe, World

SKIP = 77
CASES = [
    sip_callers.never_acked, *sip_callers.CASES, *sip_strangers.CASES, *sip_agents.CASES,
    sip_callers.never_acked_is_ended, sip_callers.masked_digits, sip_callers.drain,
]


def enter():
    """Into a network namespace of its own, with this program's arguments."""
    if os.environ.get('RINGHALL_SIP_WORLD') != '1':
        if os.geteuid() != 0:
            print('skipped: needs root')
            sys.exit(SKIP)
        if not shutil.which('sipp'):
            sys.exit('a package is missing: sip-tester (make deps-check installs it)')
        os.environ['RINGHALL_SIP_WORLD'] = '1'
        os.execvp('unshare', ['unshare', '--net', '--pid', '--fork', '--kill-child', sys.executable,
                              '-B', *sys.argv])
    for command in ('link set lo up', 'link add phones type veth peer name far', 'link set far up',
                    'addr add 10.98.0.2/24 dev phones', 'addr add 10.98.0.1/24 dev phones',
                    'link set phones up'):
        subprocess.run(['ip', *command.split()], check=True)


def main():
    enter()
    wanted = sys.argv[2:]
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        if os.environ.get("KEEP"):
            folder = os.environ["KEEP"]
        probe = Probe(os.path.abspath(sys.argv[1]), folder)
        world = World(probe, folder)
        for case in CASES:
            if wanted and case.__name__ not in wanted:
                continue
            begun = time.monotonic()
            try:
                case(world)
                print(f'ok   {case.__name__} {time.monotonic() - begun:.1f} s', flush=True)
            except Exception:
                failed += 1
                print(f'FAIL {case.__name__}', flush=True)
                traceback.print_exc(file=sys.stdout)
                if probe.process.poll() is not None:
                    print(probe.text()[-3000:])
                    break
        if probe.process.poll() is None:
            probe.quit()
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()
