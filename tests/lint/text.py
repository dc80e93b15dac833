"""The look of files: lengths, columns, first lines, what was left behind, dead files, full
folders."""
import collections
import os
import re
import unicodedata

COLUMNS_MAX = 100
LINES_MAX = 500
FILES_MAX = 40
LEFT_OVER = re.compile(r'\b(FIX' r'ME|XX' r'X|TO' r'DO)\b')
SUFFIXES = ('_test.c', '_bench.c', '_fuzz.c', '_flow.c')


def columns(line):
    wide = sum(unicodedata.east_asian_width(c) in 'WF' for c in line)
    return len(line.expandtabs(8)) + wide


def check_lines(source):
    is_code = source.is_c or source.is_python or source.is_shell or source.is_meson
    for number, line in enumerate(source.lines, 1):
        if line != line.rstrip():
            yield source.path, number, 'trailing-space', 'white space at the end of the line'
        left = LEFT_OVER.search(line)
        if left:
            yield source.path, number, 'left-over', f'{left.group()}: do it or open an issue'
        if is_code and columns(line) > COLUMNS_MAX:
            yield (source.path, number, 'columns',
                   f'{columns(line)} columns, more than {COLUMNS_MAX}')
    if is_code and len(source.lines) > LINES_MAX:
        yield (source.path, LINES_MAX + 1, 'file-length',
               f'{len(source.lines)} lines, more than {LINES_MAX}')
    if source.text and not source.text.endswith('\n'):
        yield source.path, len(source.lines), 'last-line', 'no line feed at the end'


def check_heads(source):
    if not source.lines or not re.match(r'// \S', source.lines[0]):
        yield source.path, 1, 'first-line', 'the first line says what the file is for: // ...'
    if source.path.endswith('.h') and '#pragma once' not in source.lines:
        yield source.path, 1, 'pragma-once', 'header without #pragma once'


def check_dead(tree):
    """Every .c is named by a meson.build: 'x.c', or 'x' where names get _test.c and the like."""
    named = set()
    for source in tree.sources():
        if not source.path.endswith('meson.build'):
            continue
        folder = os.path.dirname(source.path)
        words = set(re.findall(r"'([^'\n]+)'", source.text))
        ends = [s for s in SUFFIXES if s in source.text]
        words |= {w + s for w in words for s in ends}
        named |= {os.path.normpath(os.path.join(folder, w)) for w in words}
    for source in tree.c_sources():
        if source.path.endswith('.c') and source.path not in named:
            yield source.path, 1, 'dead-file', 'no meson.build names this file'


def check_folders(tree):
    """A folder is one room: what grows beyond it gets rooms of its own."""
    folders = collections.defaultdict(list)
    for source in tree.sources():
        if source.is_c or source.is_python:
            folders[os.path.dirname(source.path)].append(source.path)
    for folder, paths in folders.items():
        if len(paths) > FILES_MAX:
            yield (sorted(paths)[FILES_MAX], 1, 'folder-size',
                   f'{folder} has {len(paths)} source files, more than {FILES_MAX}')


# What a repository has at its top; a program that is run there must not leave more behind.
TOP = {'bench', 'control', 'docs', 'dsp', 'engine', 'examples', 'install', 'tests', 'LICENSE',
       'Makefile', 'README.md', 'README.zh-CN.md', 'meson.build', 'meson_options.txt'}


def check_top(tree):
    for path in tree.paths:
        top = path.split('/')[0]
        if top not in TOP and not top.startswith('.'):
            yield path, 1, 'stray', f'{top} is no part of the tree: left behind by a program?'


def check_text(tree):
    for source in tree.sources():
        yield from check_lines(source)
        if source.is_c:
            yield from check_heads(source)
    yield from check_dead(tree)
    yield from check_folders(tree)
    yield from check_top(tree)
