"""One word for one thing, and none for what is not there."""
import os
import re

from functions import c_functions
from tree import blank

# Files and folders as text names them; what stands in <…> or in an address is others'.
BEFORE, AFTER = r'(?<![\w<./*{}$~-])', r'(?![\w*{/-]|\.\w)'
FILE = re.compile(rf'{BEFORE}((?:[\w-]+/)*[\w-]+\.(?:c|h|py|sh)){AFTER}')
PLACE = re.compile(rf'{BEFORE}((?:control|engine|dsp|bench|tests)(?:/[\w-]+)+)/?{AFTER}')
COMMENT = re.compile(
    r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
# An example of an edit may make files.
EDIT = re.compile(r'^```diff\n.*?^```', re.M | re.S)
# x.c is any file; dpdk-devbind.py is DPDK's.
ANY = re.compile(r'(.*[/_])?[a-z](_[a-z]+)?\.[ch]|dpdk-.*')
TAG = re.compile(r'\b(?:struct|union|enum)\s+(\w+)\s*\{')
STATIC = re.compile(r'#[ \t]*define[ \t]+(\w+)[ \t]+static\b')
PRODUCT = ('control/', 'engine/', 'dsp/')


def comments(source):
    """(offset, text) of what a file says of itself."""
    if source.path.endswith('.md'):
        yield 0, EDIT.sub(blank, source.text)
    elif source.is_c:
        for match in COMMENT.finditer(source.text):
            if match.group().startswith('/'):
                yield match.start(), match.group()


def ways_to(paths):
    """Each way to name them: from the root, or from any folder on the way."""
    return {path.split('/', n)[-1] for path in paths for n in range(path.count('/') + 1)}


def folders_of(paths):
    found = set()
    for path in paths:
        while '/' in path:
            path = os.path.dirname(path)
            found.add(path)
    return found


def check_named_files(tree):
    """A comment or a page sends nobody to a file that is not there."""
    files = ways_to(tree.paths)
    places = folders_of(tree.paths) | {os.path.splitext(path)[0] for path in tree.paths}
    foreign = {name for s in tree.c_sources() for _, kind, name in s.includes() if kind == '<'}
    for source in tree.sources():
        for offset, text in comments(source):
            named = [(m, files | foreign) for m in FILE.finditer(text)]
            named += [(m, places) for m in PLACE.finditer(text)]
            for match, known in named:
                if match.group(1) not in known and not ANY.fullmatch(match.group(1)):
                    yield (source.path, source.line_at(offset + match.start()), 'named-file',
                           f'there is no {match.group(1)}')


def named(source):
    """(line, name, whether it is this file's alone) of structs and functions."""
    for match in TAG.finditer(source.code):
        yield source.line_at(match.start(1)), match.group(1), False
    if not source.path.endswith('.c'):
        return
    own = {'static', *STATIC.findall(source.text)}
    lines = source.bare.split('\n')
    for f in c_functions(source):
        head = ' '.join(lines[f.line - 1:f.last]).partition('(')[0]
        if f.name != 'main':
            yield f.line, f.name + '()', not own.isdisjoint(head.split())


def check_twice(tree):
    """No two structs of one tag, and no function named as another file's public one: who reads
    `struct recording` knows which. x_none.c stands in for x.c where that cannot be built."""
    public, private = {}, []
    for source in tree.c_sources():
        if not source.path.startswith(PRODUCT) or source.path.endswith('_none.c'):
            continue
        for line, name, own in named(source):
            if own or public.setdefault(name, source.path) != source.path:
                private.append((source.path, line, name))
    for path, line, name in private:
        if public.get(name, path) != path:
            yield (path, line, 'twice-named',
                   f'{public[name]} has a {name} too: one word for one thing')


def check_names(tree):
    yield from check_named_files(tree)
    yield from check_twice(tree)
