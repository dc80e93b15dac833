#!/usr/bin/python3 -B
"""Builds what is wanted of a build folder and tells how far it is: .ci/build.py BUILD [WHAT…]

WHAT is a target's name, `suite:NAME` (all that its tests need), or `product` (all but the tests is
compiled, and nothing linked); without any, all is built. What the compiler says is kept in
BUILD/compile.log and shown when it fails. On a terminal one line counts; elsewhere a line comes
every ten seconds.
"""
import json
import os
import re
import subprocess
import sys
import time

DPKG = '/var/lib/dpkg/status'
EVERY_S = 10


def intro(build, kind):
    with open(os.path.join(build, 'meson-info', f'intro-{kind}.json'), encoding='utf-8') as f:
        return json.load(f)


def files_of(build, target):
    return [os.path.relpath(f, os.path.abspath(build)) for f in target['filename']]


def wanted(build, words):
    """Paths in the build folder that the words stand for."""
    targets = intro(build, 'targets')
    by_id = {t['id']: t for t in targets}
    paths = []
    for word in words:
        kind, _, suite = word.rpartition(':')
        if word == 'product':
            listed = subprocess.run(['ninja', '-C', build, '-t', 'targets', 'all'], check=True,
                                    stdout=subprocess.PIPE, text=True).stdout
            found = [o for o in re.findall(r'^(\S+\.o): ', listed, re.M)
                     if not o.startswith('tests/')]
        elif kind == 'suite':
            ids = {d for t in intro(build, 'tests') for d in t['depends']
                   if suite in [s.rpartition(':')[2] for s in t['suite']]}
            found = [p for i in sorted(ids) for p in files_of(build, by_id[i])]
        else:
            found = [p for t in targets if t['name'] == word for p in files_of(build, t)]
        if not found and word != 'suite:lint':
            sys.exit(f'{build}: nothing is {word}')
        paths += found
    return sorted(set(paths))


def configure(build):
    """Packages that came after the folder was set up may switch parts of the build on."""
    ninja = os.path.join(build, 'build.ninja')
    if os.path.exists(DPKG) and os.path.getmtime(DPKG) > os.path.getmtime(ninja):
        command = ['meson', 'setup', '--reconfigure', build]
    else:
        command = ['ninja', '-C', build, 'build.ninja']  # where a meson.build is newer
    done = subprocess.run(command, text=True, check=False, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    if done.returncode:
        sys.exit(done.stdout[-3000:] + f'\n{build}: is not configured')


class Progress:
    """One line that counts, or one every ten seconds where nothing can be overwritten."""

    def __init__(self):
        self.live = sys.stdout.isatty()
        self.told = time.monotonic()
        self.shown = False

    def at(self, done, total):
        if self.live:
            print(f'\rcompiling: {done} of {total} ', end='', flush=True)
            self.shown = True
        elif time.monotonic() - self.told >= EVERY_S:
            self.told = time.monotonic()
            print(f'compiling: {done} of {total}', flush=True)

    def over(self):
        if self.shown:
            print('\r' + ' ' * 40 + '\r', end='', flush=True)


def compile_all(build, paths):
    """ninja's exit code; its words go into the log."""
    progress = Progress()
    env = {**os.environ, 'NINJA_STATUS': '[%f/%t] '}
    with open(os.path.join(build, 'compile.log'), 'w', encoding='utf-8') as log, \
            subprocess.Popen(['ninja', '-C', build, *paths], env=env, text=True,
                             errors='replace', stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT) as ninja:
        for line in ninja.stdout:
            log.write(line)
            count = re.match(r'\[(\d+)/(\d+)\] ', line)
            if count:
                progress.at(*count.groups())
    progress.over()
    return ninja.returncode


def tell_errors(build):
    """Each complaint with what follows it."""
    with open(os.path.join(build, 'compile.log'), encoding='utf-8') as f:
        lines = f.read().splitlines()
    last = -1
    for i, line in enumerate(lines):
        if re.search(r'error|warning|FAILED', line):
            last = i + 5
        if i <= last:
            print(line)
    if last < 0:
        print('\n'.join(lines[-20:]))


def main():
    build, words = sys.argv[1], sys.argv[2:]
    configure(build)
    paths = wanted(build, words)
    if words and not paths:
        return 0
    code = compile_all(build, paths)
    if code:
        tell_errors(build)
    return code


if __name__ == '__main__':
    sys.exit(main())
