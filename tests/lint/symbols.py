#!/usr/bin/python3 -B
"""What only objects tell: symbols.py BUILD [ROOT]. Circles of files, writable globals, what nobody
uses. Prints like lint.py.

What may be is a row in circles.txt, writable.txt or unused.txt beside this; a row that nothing is
behind any more is a violation too."""
import collections
import os
import re
import sys
import time

from layers import cycles
from objects import not_plain, read_objects
from tables import Table
from tree import Tree

OVERRIDE = re.compile(r'^LIBRE_OVERRIDE\b[^({;]*?\b(\w+)\s*\(', re.M)
RULES = ['symbol-circle', 'unused', 'writable']


def line_of(tree, path, name):
    """Where a file names this first."""
    source = tree.files.get(path)
    match = source and re.search(rf'\b{re.escape(name)}\b', source.code)
    return source.line_at(match.start()) if match else 1


class Links:
    """Which file's symbol another file's symbol is, as the linker would have it."""

    def __init__(self, tree, objects):
        self.objects = objects
        # What stands in the place of a library's own belongs to who calls the library.
        self.replaced = {name for path, source in tree.files.items()
                         for name in OVERRIDE.findall(getattr(source, 'code', ''))}
        self.makers = collections.defaultdict(list)
        for o in objects:
            for name in o.given():
                self.makers[name].append(o)

    def maker(self, user, name):
        """A bench stands in for the daemon's outer doors: its own come first there, and only
        there."""
        ours = [o for o in self.makers[name] if o is not user]
        if user.source.startswith('bench/'):
            benches = [o for o in ours if o.source.startswith('bench/')]
            near = [o for o in benches if len(ours) == 1 or o.target == user.target
                    or o.target.endswith('.a.p')]
            if near:
                return near[0]
        return next((o for o in ours if not o.source.startswith('bench/')), None)

    def all(self):
        """(user, maker, name) of each symbol that one of our files has of another."""
        for user in self.objects:
            for name in sorted(user.wanted()):
                maker = self.maker(user, name)
                if maker and name not in self.replaced:
                    yield user, maker, name


def check_circles(tree, links, table):
    """Files whose objects need each other."""
    graph = {}
    for user, maker, name in links.all():
        graph.setdefault(user.source, {}).setdefault(maker.source, name)
    for circle in cycles(graph):
        row = table.row_with(lambda files: set(circle) <= set(files))
        if row:
            row.used |= set(circle)
            continue
        first = circle[0]
        other, name = next((f, n) for f, n in sorted(graph[first].items()) if f in circle)
        yield (first, line_of(tree, first, name), 'symbol-circle',
               f'{len(circle)} files need each other ({name} of {other} …): '
               f'{", ".join(circle)}')
    for row in table.rows:
        for gone in sorted(set(row.words) - row.used):
            yield (table.path, row.line, 'symbol-circle',
                   f'{gone} is in no circle any more: take it out of this row')


def check_writable(tree, objects, table):
    """Variables that control's code may write: state belongs to objects that are made and
    freed."""
    for o in objects:
        if not o.source.startswith('control/'):
            continue
        for name in o.writable():
            if not table.has(o.source, name):
                yield (o.source, line_of(tree, o.source, name), 'writable',
                       f'{name} is a variable of the whole process: a member of an object, or a '
                       f'row of {table.path} that says why')
    yield from table.stale('writable', 'there is no such variable')


def said(source):
    """How often a file says each word."""
    return collections.Counter(re.findall(r'[A-Za-z_]\w*', source.code if source else ''))


def check_unused(tree, links, table):
    """Functions and tables that no part of the product uses: tests alone, or nobody. What a bench
    puts in the place of a door is used as the door is."""
    used = {(maker.source, name) for _, maker, name in links.all()}
    for o in links.objects:
        words = said(tree.files.get(o.source))
        for name in sorted(o.given()):
            door = o.source.startswith('bench/') and len(links.makers[name]) > 1
            if name == 'main' or '.' in name or door or words[name] > 1 \
                    or name in links.replaced \
                    or (o.source, name) in used or table.has(o.source, name):
                continue
            yield (o.source, line_of(tree, o.source, name), 'unused',
                   f'{name} is used by nothing that is shipped: drop it or use it, or a row of '
                   f'{table.path} says who needs it')
    yield from table.stale('unused', 'there is none, or it is used')


def check_symbols(tree, build):
    objects = read_objects(tree.root, build)
    links = Links(tree, objects)
    folder = 'tests/lint'
    found = list(check_circles(tree, links, Table(tree, f'{folder}/circles.txt')))
    found += check_writable(tree, objects, Table(tree, f'{folder}/writable.txt'))
    if any(o.source.startswith('bench/') for o in objects):
        found += check_unused(tree, links, Table(tree, f'{folder}/unused.txt'))
    return objects, sorted(set(found))


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    build = sys.argv[1]
    root = os.path.abspath(sys.argv[2] if len(sys.argv) > 2 else os.path.join(here, '..', '..'))
    why = not_plain(build)
    if why:
        print(f'symbols: not looked at, {why} in {build}')
        return 0
    began = time.monotonic()
    try:
        objects, found = check_symbols(Tree(root), build)
    except FileNotFoundError as e:
        print(f'symbols: {e}')
        return 1
    for path, line, rule, message in found:
        print(f'{path}:{line}: {rule}: {message}')
    print(f'symbols: {len(objects)} objects, {sum(len(o.given()) for o in objects)} names, '
          f'{len(found)} violations of {len(RULES)} rules in {time.monotonic() - began:.1f} s')
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main())
