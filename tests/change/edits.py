#!/usr/bin/python3 -B
"""The edits of docs/change.md: what a section adds to which files, and how they are made. Run by
itself it judges whether all of them fit the tree."""
import os
import re

PAGE = 'docs/change.md'


class Edit:
    """Lines for one place of one file: those that stand there, and those that are added."""

    def __init__(self, path):
        self.path = path
        self.lines = []  # (added, text)

    def old(self):
        return [text for added, text in self.lines if not added]

    def new(self):
        return [text for _, text in self.lines]

    def made(self, text):
        """The file with the lines added; text: None where it is not there."""
        old, new = ('\n'.join(lines) + '\n' for lines in (self.old(), self.new()))
        if not self.old():
            return new if text is None else None
        if text is None or ('\n' + text).count('\n' + old) != 1:
            return None
        return ('\n' + text).replace('\n' + old, '\n' + new)[1:]


def edits_of(block):
    """A diff block's edits. Lines that stand end one where lines were added already."""
    found = []
    for line in block:
        if line.startswith('--- '):
            found.append(Edit(line[4:].strip()))
            continue
        edit, added = found[-1], line.startswith('+')
        began = [a for a, _ in edit.lines]
        if not added and True in began and False in began:
            edit = Edit(edit.path)
            found.append(edit)
        edit.lines.append((added, line[1:]))
    return found


def read(root):
    """Heading → edits, in the order of the page."""
    sections, heading, block = {}, None, None
    with open(os.path.join(root, PAGE)) as f:
        for line in f.read().split('\n'):
            if line.startswith('## '):
                heading = line[3:].strip()
                sections[heading] = []
            elif line == '```diff':
                block = []
            elif line == '```' and block is not None:
                sections[heading] += edits_of(block)
                block = None
            elif block is not None:
                block.append(line)
    return sections


def make(sections, root):
    """Path → the file as all edits leave it. One that does not fit is told."""
    texts = {}
    for heading, edits in sections.items():
        for edit in edits:
            path = os.path.join(root, edit.path)
            if edit.path not in texts and os.path.exists(path):
                with open(path) as f:
                    texts[edit.path] = f.read()
            made = edit.made(texts.get(edit.path))
            assert made is not None, (f'{PAGE}: {heading}: {edit.path} has these lines not once, '
                                      'or is there already:\n' + '\n'.join(edit.old()))
            texts[edit.path] = made
    return texts


def place(path, root):
    """A file; of one that is new its folder, since its name is free."""
    if os.path.exists(os.path.join(root, path)):
        return path
    return os.path.join(os.path.dirname(path), 'x' + os.path.splitext(path)[1])


def files(edits, root):
    """The files that a section touches."""
    return {place(e.path, root) for e in edits}


def promised(root, page='README.md'):
    """What README's table says: anchor of the section → the files named in its row."""
    with open(os.path.join(root, page)) as f:
        text = f.read()
    rows = {}
    for link, touch in re.findall(
            r'^\| \[[^\]]+\]\(docs/change\.md#([a-z0-9-]+)\) \| (.*) \|$', text, re.M):
        rows[link] = {place(code, root) for code in re.findall(r'`([^`]+)`', touch) if '/' in code}
    return rows


def anchor(heading):
    return re.sub(r'[^\w\- ]', '', heading.lower()).replace(' ', '-')


def judge(root):
    """Every edit fits the tree, and README names the files that they touch."""
    sections = read(root)
    make(sections, root)
    rows = promised(root)
    for heading, edits in sections.items():
        named, touched = rows.get(anchor(heading)), files(edits, root)
        assert edits and named == touched, \
            f'{heading}: README names {named}, the edits touch {touched}'


if __name__ == '__main__':
    judge(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..'))
