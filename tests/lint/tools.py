"""Foreign judges: clang-format 14, shellcheck, pyflakes. One that is missing is a violation."""
import os
import re
import shutil
import subprocess

CLANG_FORMAT_VERSION = 14


def clang_format():
    for name in (f'clang-format-{CLANG_FORMAT_VERSION}', 'clang-format'):
        path = shutil.which(name)
        if path:
            run = subprocess.run([path, '--version'], capture_output=True, text=True)
            if re.search(rf'version {CLANG_FORMAT_VERSION}\.', run.stdout):
                return [path, '--dry-run', '-Werror', '-style=file']
    return None


def shellcheck():
    path = shutil.which('shellcheck')
    return path and [path, '-f', 'gcc', '-S', 'info', '-x']


def pyflakes():
    path = shutil.which('pyflakes3') or shutil.which('pyflakes')
    return path and [path]


# rule, command or None, Debian package, which files, line of the output
TOOLS = [
    ('format', clang_format, 'clang-format-14', 'is_c',
     re.compile(r'^(.+?):(\d+):\d+: error: (.*)$')),
    ('shellcheck', shellcheck, 'shellcheck', 'is_shell',
     re.compile(r'^(.+?):(\d+):\d+: \w+: (.*)$')),
    ('pyflakes', pyflakes, 'pyflakes3', 'is_python',
     re.compile(r'^(.+?):(\d+):(?:\d+:?)? (.*)$')),
]


def halves(paths):
    middle = (len(paths) + 1) // 2
    return [part for part in (paths[:middle], paths[middle:]) if part]


def start(tree, command, paths):
    return [subprocess.Popen(command + part, cwd=tree.root, text=True, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, env=dict(os.environ, LC_ALL='C.UTF-8'))
            for part in halves(paths)]


def read(rule, pattern, process):
    out = process.communicate()[0]
    seen = set()
    for line in out.splitlines():
        match = pattern.match(line)
        if match:
            path, number, message = match.groups()
            if (path, number) not in seen:
                seen.add((path, number))
                yield os.path.normpath(path), int(number), rule, message
    if process.returncode != 0 and not seen:
        yield '.', 1, 'tool', f'{rule} failed: {out.strip()[:200]}'


def check_tools(tree):
    running = []
    for rule, find, package, kind, pattern in TOOLS:
        paths = [s.path for s in tree.sources() if getattr(s, kind)]
        command = find()
        if paths and not command:
            yield '.', 1, 'tool', f'{rule} cannot run: apt-get install {package}'
        elif paths:
            running += [(rule, pattern, p) for p in start(tree, command, paths)]
    for rule, pattern, process in running:
        yield from read(rule, pattern, process)
