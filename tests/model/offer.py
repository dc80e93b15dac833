#!/usr/bin/python3 -B
"""The protocol of offers (offer.pml), all of it looked at; and faults put into it are found.

offer.py [--all]

Without --all one fault, which is compiled and looked at in a moment. Ends with 77, skipped, where
there is no spin."""
import os
import shutil
import subprocess
import sys
import tempfile

MODEL = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'offer.pml')
# What is put in, and whether all agents are rung at once.
FAULTS = [('STALE', 0), ('NO_ELSEWHERE', 1), ('LOST', 1), ('NO_LEASE', 1), ('NO_FORGET', 1)]


def looked_at(ring_all, fault, folder):
    """'' or what is broken."""
    words = ['spin', f'-DALL={ring_all}', *([f'-D{fault}'] if fault else []), '-a', MODEL]
    subprocess.run(words, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(['gcc', '-O1', '-w', '-DNOCLAIM', '-DSAFETY', '-DCOLLAPSE', '-o', 'pan',
                    'pan.c'],
                   cwd=folder, check=True)
    said = subprocess.run(['./pan', '-m200000'], cwd=folder, check=True, timeout=120,
                          stdout=subprocess.PIPE, text=True).stdout
    if 'max search depth too small' in said or 'errors: ' not in said:
        return 'not all was looked at: ' + said[:300]
    broken = [line for line in said.splitlines() if line.startswith('pan:1: ')]
    return broken[0] if broken else ''


def main():
    if not shutil.which('spin') or not shutil.which('gcc'):
        print('skipped: no spin or no gcc')
        sys.exit(77)
    wrong = 0
    for fault, ring_all in [('', 1), ('', 0)] + (FAULTS if '--all' in sys.argv else FAULTS[:1]):
        with tempfile.TemporaryDirectory() as folder:
            broken = looked_at(ring_all, fault, folder)
        wrong += bool(broken) == (fault == '')
        print(f'{fault or "as it is"}: {broken or "nothing is broken"}', flush=True)
    sys.exit(1 if wrong else 0)


if __name__ == '__main__':
    main()
