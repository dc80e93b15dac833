#!/usr/bin/python3 -B
"""The house rules, checked: lint.py [ROOT]. Prints `file:line: rule: message` and a summary."""
import os
import sys
import time

from documents import check_documents
from functions import c_functions, check_functions
from layers import check_cycles, check_includes
from names import check_names
from rooms import check_rooms
from text import check_text
from tools import check_tools
from tree import Tree
from words import check_words

# Every rule that a check may report; selftest.py seeds a violation of each.
RULES = [
    'banned-word', 'bpf', 'columns', 'dead-file', 'dead-link', 'door', 'dpdk', 'file-length',
    'first-line', 'folder-size', 'format', 'function-length', 'glossary', 'include-cycle',
    'include-path', 'last-line', 'layer', 'left-over', 'libre', 'liburing', 'log-format',
    'module-cycle', 'named-file', 'parameters', 'pragma-once', 'pyflakes', 'room', 'shellcheck',
    'spandsp', 'sqlite', 'stray', 'tool', 'trailing-space', 'translation', 'twice-named', 'yaml',
]
CHECKS = [check_includes, check_rooms, check_cycles, check_functions, check_words, check_text,
          check_names, check_documents, check_tools]


def lint(tree, checks=tuple(CHECKS)):
    found = [v for check in checks for v in check(tree)]
    unknown = {v[2] for v in found} - set(RULES)
    if unknown:
        raise AssertionError(f'rules without a self-test: {unknown}')
    return sorted(set(found))


def summary(tree, found):
    sources = tree.c_sources()
    functions = [(f.length(), f.name) for s in sources for f in c_functions(s)]
    longest = max(functions, default=(0, '-'))
    largest = max(((len(s.lines), s.path) for s in sources), default=(0, '-'))
    cycles = sum(v[2] == 'module-cycle' for v in found)
    return (f'lint: {len(tree.files)} files, {len(functions)} functions, '
            f'longest {longest[0]} lines ({longest[1]}), largest file {largest[0]} '
            f'({largest[1]}), {cycles} module cycles, '
            f'{len(found)} violations of {len(RULES)} rules')


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, '..', '..')
    began = time.monotonic()
    tree = Tree(os.path.abspath(root))
    found = lint(tree)
    for path, line, rule, message in found:
        print(f'{path}:{line}: {rule}: {message}')
    print(f'{summary(tree, found)} in {time.monotonic() - began:.1f} s')
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main())
