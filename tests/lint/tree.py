"""The tree under lint: its files, their text, and C text without comments and strings."""
import os
import re
import subprocess

SKIP_DIRS = {'.git', '.cache', '__pycache__', 'corpus'}
NOISE = re.compile(
    r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
MACRO = re.compile(r'^[ \t]*#(?:[^\n]*\\\n)*[^\n]*', re.M)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)


def blank(match):
    """White space of the same shape, so that lines and columns stay."""
    return re.sub(r'[^\n]', ' ', match.group())


class Source:
    """One file. code: C without comments and strings; bare: also without preprocessor lines."""

    def __init__(self, root, path):
        self.path = path
        with open(os.path.join(root, path), encoding='utf-8', errors='replace') as f:
            self.text = f.read()
        self.lines = self.text.split('\n')
        if self.lines and self.lines[-1] == '':
            self.lines.pop()
        self.is_c = path.endswith(('.c', '.h'))
        first = self.lines[0] if self.lines else ''
        shebang = first if first.startswith('#!') else ''
        self.is_python = path.endswith('.py') or 'python' in shebang
        self.is_shell = path.endswith('.sh') or bool(re.search(r'\b(ba|da)?sh\b', shebang))
        self.is_meson = os.path.basename(path) in ('meson.build', 'meson_options.txt')
        if self.is_c:
            self.code = NOISE.sub(blank, self.text)
            self.bare = MACRO.sub(blank, self.code)

    def line_at(self, offset):
        return self.text.count('\n', 0, offset) + 1

    def includes(self):
        """(line, '<' or '"', path) of each #include; those within comments do not count."""
        for m in INCLUDE.finditer(self.text):
            if '#' in self.code[m.start():m.end()]:
                yield self.line_at(m.start(1)), m.group(1), m.group(2)


def git_files(root):
    """What git knows or would add; None outside a work tree."""
    if not os.path.exists(os.path.join(root, '.git')):
        return None
    run = subprocess.run(
        ['git', '-C', root, 'ls-files', '-z', '-co', '--exclude-standard'],
        capture_output=True, text=True)
    return run.stdout.split('\0')[:-1] if run.returncode == 0 else None


def walk_files(root):
    for folder, dirs, names in os.walk(root):
        dirs[:] = [d for d in dirs if d not in SKIP_DIRS and not d.startswith('build')]
        for name in names:
            yield os.path.relpath(os.path.join(folder, name), root)


def is_text(path):
    if '/corpus/' in path or '/data/' in path:
        return path.endswith(('.c', '.h', '.py', '.sh'))
    return path.endswith(('.c', '.h', '.py', '.sh', '.build', '.txt', '.md', '.yaml', '.in')) \
        or '.' not in os.path.basename(path) or path.startswith('.ci/')


class Tree:
    def __init__(self, root):
        self.root = root
        names = git_files(root)
        paths = sorted(set(walk_files(root) if names is None else names))
        self.paths = [p for p in paths if os.path.exists(os.path.join(root, p))]
        self.files = {}
        for path in paths:
            full = os.path.join(root, path)
            if is_text(path) and os.path.isfile(full) and not os.path.islink(full):
                self.files[path] = Source(root, path)

    def sources(self):
        return self.files.values()

    def c_sources(self):
        return [s for s in self.sources() if s.is_c]
