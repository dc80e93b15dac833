#!/usr/bin/python3 -B
"""Adds one of each to a copy of the tree by the edits of docs/change.md, builds that, and uses what
was added: what README promises is enough. The copy is mounted over the tree, in a namespace of its
own, so that only what the edits touch is compiled anew."""
import os
import shutil
import subprocess
import sys
import tempfile
import time

import edits

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.abspath(os.environ.get('RINGHALL_BUILD', os.path.join(ROOT, 'build')))
PROGRAMS = ['ringhall', 'ringctl', 'tests/change/change_flow', 'tests/change/change_path',
            'tests/change/change_unit']
SKIP = 77
# Sections of docs/change.md, and who uses what they add: a program that is built with it, or what
# use.py asks of the daemon.
USES = {
    'A configuration key': 'key', 'A queue policy': 'change_flow', 'A drop reason': 'drop',
    'A ringctl command': 'command', 'A step of a flow': 'change_flow',
    'An event class': 'change_unit', 'A codec': 'change_path',
}


def judge_users(folder):
    """Without the edits none of the programs holds: each is able to fail."""
    for program in PROGRAMS[2:]:
        done = subprocess.run([os.path.join(BUILD, program)], check=False, cwd=folder,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        assert done.returncode != 0, f'{program} holds without the edits'


def copy(to):
    """The tree with its build folder, without other ones and what git keeps."""
    os.makedirs(to)
    names = [n for n in os.listdir(ROOT) if n != '.git' and not n.startswith('build')]
    paths = [os.path.join(ROOT, n) for n in names] + [BUILD]
    subprocess.run(['cp', '-a', '--reflink=auto', *paths, to], check=True)


def inside(folder):
    """In the namespaces, where the copy stands in the tree's place: builds and uses it."""
    began = time.monotonic()
    built = subprocess.run(['ninja', '-C', BUILD, *PROGRAMS], text=True, check=False,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert built.returncode == 0 and 'warning:' not in built.stdout, built.stdout[-4000:]
    print(f'built in {time.monotonic() - began:.0f} s', flush=True)
    for program in PROGRAMS[2:]:
        subprocess.run([os.path.join(BUILD, program)], check=True, cwd=folder)
    subprocess.run([sys.executable, '-B', os.path.join(HERE, 'use.py')], check=True)


def main():
    if len(sys.argv) > 1:
        inside(sys.argv[1])
        return
    if os.geteuid() != 0:
        print('skipped: needs root')
        sys.exit(SKIP)
    if os.path.dirname(BUILD) != ROOT:
        print('skipped: the build folder is none of the tree, which is what is copied')
        sys.exit(SKIP)
    edits.judge(ROOT)
    sections = edits.read(ROOT)
    assert sorted(sections) == sorted(USES), f'used: {sorted(USES)}, told: {sorted(sections)}'
    folder = tempfile.mkdtemp(prefix='ringhall-change-')
    try:
        judge_users(folder)
        tree = os.path.join(folder, 'tree')
        copy(tree)
        for path, text in edits.make(sections, ROOT).items():
            with open(os.path.join(tree, path), 'w') as f:
                f.write(text)
        script = 'mount --bind "$1" "$2" && cd "$2" && exec "$3" -B "$4" "$5"'
        done = subprocess.run(
            ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', tree,
             ROOT, sys.executable, os.path.abspath(__file__), folder], check=False)
        sys.exit(done.returncode)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == '__main__':
    main()
