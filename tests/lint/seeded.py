"""Violations that only objects show: a small tree is compiled, and each is seeded in it."""
import json
import os
import subprocess

from symbols import check_symbols
from tree import Tree

LINT = 'tests/lint/'
CALL, LEG, MAIN = 'control/call/call.c', 'control/call/leg.c', 'control/main.c'
HEADER = 'control/call/leg.h'
INCLUDE = f'#include "{HEADER}"\n'
CLEAN = {
    'bench/leg_bench.c': INCLUDE + 'int leg_next(int n) { return n; }\n',
    HEADER: 'int call_next(void);\nint leg_next(int n);\nint leg_spare(void);\n',
    MAIN: INCLUDE + 'int main(void) { return call_next(); }\n',
    CALL: INCLUDE + 'static const char *const names[] = {"a", "b"};\nstatic int calls;\n'
          'static int next(int n) { return names[n & 1][0]; }\n'
          'int call_next(void) { return leg_next(next(calls++)); }\n',
    LEG: INCLUDE + 'static int next(int n) { return n + 1; }\n'
         'int leg_next(int n) { return next(n); }\nint leg_spare(void) { return 0; }\n',
    LINT + 'writable.txt': f'# The rest goes.\n{CALL} calls: how many there were.\n',
    LINT + 'unused.txt': f'{LEG} *_spare: a library has it too.\n',
}
WRITABLE, UNUSED = CLEAN[LINT + 'writable.txt'], CLEAN[LINT + 'unused.txt']


def leg(old, new):
    assert old in CLEAN[LEG], old
    return {LEG: CLEAN[LEG].replace(old, new)}


CIRCLE = leg('return n + 1', 'return call_next()')
# rule, files beside the clean ones, the file and line that must be reported (None: nothing)
SEEDS = [
    ('symbol-circle', CIRCLE, (CALL, 5)),
    ('symbol-circle', {**CIRCLE, LINT + 'circles.txt': f'{CALL} {LEG}: goes.\n'}, None),
    ('symbol-circle', {**CIRCLE, LINT + 'circles.txt': f'{MAIN} {LEG}: goes.\n'}, (CALL, 5)),
    ('symbol-circle', {LINT + 'circles.txt': f'# Old.\n{CALL} {LEG}: goes.\n'},
     (LINT + 'circles.txt', 2)),
    ('writable', leg('return n + 1', 'static int at; return at += n'), (LEG, 2)),
    ('writable', leg('return n + 1', 'static _Thread_local int at; return at += n'), (LEG, 2)),
    ('writable', {LINT + 'writable.txt': WRITABLE + f'{LEG} at: gone.\n'},
     (LINT + 'writable.txt', 3)),
    ('writable', {LINT + 'writable.txt': f'{CALL} calls\n'}, (LINT + 'writable.txt', 1)),
    ('unused', leg('int leg_spare', 'int leg_lost(void) { return 1; }\nint leg_spare'), (LEG, 4)),
    ('unused', {LINT + 'unused.txt': UNUSED + f'{CALL} call_next: it is used.\n'},
     (LINT + 'unused.txt', 2)),
]


def plant(root, files):
    for path, text in files.items():
        os.makedirs(os.path.join(root, os.path.dirname(path)), exist_ok=True)
        with open(os.path.join(root, path), 'w', encoding='utf-8') as f:
            f.write(text)


def compile_in(root, files, made):
    """A build folder of these sources; made: objects of what was compiled already, by text."""
    build, commands = os.path.join(root, 'build'), []
    plant(root, files)
    os.makedirs(build)
    for path in (p for p in files if p.endswith('.c')):
        output = made.get((path, files[path]))
        if not output:
            output = os.path.join(build, path.replace('/', '_') + '.o')
            subprocess.run(['cc', '-O2', '-fPIE', '-I', root, '-c', os.path.join(root, path),
                            '-o', output], check=True)
            made[path, files[path]] = output
        commands.append({'directory': build, 'file': '../' + path, 'output': output})
    plant(root, {'build/compile_commands.json': json.dumps(commands)})
    return build


def failures(folder):
    """Yields what was not reported as it should be; folder is empty and ours."""
    made = {}
    for n, (rule, files, where) in enumerate([('clean', {}, None), *SEEDS]):
        root = os.path.join(folder, str(n))
        build = compile_in(root, {**CLEAN, **files}, made)
        found = check_symbols(Tree(root), build)[1]
        if (where and (*where, rule) not in [v[:3] for v in found]) or (not where and found):
            yield f'{rule}: seeded at {where}, reported: {found}'
