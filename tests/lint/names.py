"""One word for one thing."""
import re

from functions import c_functions

TAG = re.compile(r'\b(?:struct|union|enum)\s+(\w+)\s*\{')
STATIC = re.compile(r'#[ \t]*define[ \t]+(\w+)[ \t]+static\b')
PRODUCT = ('control/', 'engine/', 'dsp/')


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
