#!/usr/bin/python3 -B
"""The same seeds over the fast far end and over real SIP: each call has the same events, in order.

stories.py STORIES_FAST STORIES_WIRE [FIRST COUNT]"""
import subprocess
import sys


def tell(program, arguments):
    run = subprocess.run([program, *arguments], stdout=subprocess.PIPE, text=True, timeout=250)
    if run.returncode:
        sys.exit(f'{program} {" ".join(arguments)}: exit status {run.returncode}')
    return [line for line in run.stdout.splitlines() if line[:1].isdigit() and '%' not in line]


def main():
    programs, arguments = sys.argv[1:3], sys.argv[3:] or ['1', '6']
    fast, wire = (tell(p, arguments) for p in programs)
    different = [(a, b) for a, b in zip(fast, wire) if a != b]
    for a, b in different[:10]:
        print(f'fast: {a}\nwire: {b}\n')
    print(f'{len(fast)} calls, {len(different)} of which another story is told')
    sys.exit(1 if different or len(fast) != len(wire) or not fast else 0)


if __name__ == '__main__':
    main()
