"""What the compiler made: the objects of a build folder and their symbols, as nm tells them."""
import collections
import json
import os
import re
import subprocess

PRODUCT = ('bench/', 'control/', 'dsp/', 'engine/')
HEAD = re.compile(r'Symbols from (.*):$')
UNDEFINED = 'UvwN'
# What only the loader writes: constants that hold addresses, which -fPIE puts there.
CONSTANT = '.data.rel.ro'

Symbol = collections.namedtuple('Symbol', 'name kind section')


class Object:
    """One source as it was compiled. target: the folder of the library or program it is for."""

    def __init__(self, source, target):
        self.source, self.target = source, target
        self.symbols = []

    def wanted(self):
        return {s.name for s in self.symbols if s.section == '*UND*'}

    def given(self):
        return {s.name for s in self.symbols if s.section != '*UND*' and s.kind.isupper()}

    def writable(self):
        """Names of what code may write: a file's own variables, a function's, a thread's."""
        return sorted({plain(s.name) for s in self.symbols
                       if s.kind in 'bBdDC' and not s.section.startswith(CONSTANT)})


def plain(name):
    """`text` for a function's own `text.0` (gcc) or `main.text` (clang)."""
    return [part for part in name.split('.') if not part.isdigit()][-1]


def load(build, name):
    with open(os.path.join(build, name), encoding='utf-8') as f:
        return json.load(f)


def commands_of(build):
    return load(build, 'compile_commands.json')


def not_plain(build):
    """Why this build folder's symbols are not what the release has, or None. What a sanitizer or
    no optimiser leaves in an object is not in ours."""
    options = {o['name']: o['value']
               for o in load(build, 'meson-info/intro-buildoptions.json')}
    for name, value in (('b_sanitize', 'none'), ('buildtype', 'release'), ('fuzz', 'disabled'),
                        ('guards', 'disabled'), ('b_lto', False)):
        if options.get(name, value) != value:
            return f'{name} is {options[name]}'
    compiler = commands_of(build)[0]['command'].partition(' -')[0]
    return f'the compiler is {compiler}' if 'clang' in compiler else None


def compiled(root, build):
    """The product's objects, one of each source; tests are none."""
    found = {}
    for command in commands_of(build):
        path = os.path.join(command['directory'], command['file'])
        source = os.path.relpath(os.path.realpath(path), os.path.realpath(root))
        output = os.path.join(command['directory'], command['output'])
        if source.startswith(PRODUCT) and not command['output'].startswith('tests/'):
            found.setdefault(source, output)
    return found


def read_objects(root, build):
    """Every object with its symbols; raises FileNotFoundError where one is not built."""
    paths = compiled(root, build)
    for source, path in paths.items():
        if not os.path.exists(path):
            raise FileNotFoundError(f'{source} is not compiled in {build}')
    objects = {path: Object(source, os.path.dirname(path)) for source, path in paths.items()}
    text = subprocess.run(['nm', '-f', 'sysv', *objects], check=True, text=True,
                          stdout=subprocess.PIPE, env=dict(os.environ, LC_ALL='C')).stdout
    at = None
    for line in text.splitlines():
        head = HEAD.match(line)
        fields = [f.strip() for f in line.split('|')]
        if head:
            at = objects[head.group(1)]
        elif len(fields) == 7:
            at.symbols.append(Symbol(fields[0], fields[2], fields[6]))
    return sorted(objects.values(), key=lambda o: o.source)
