"""The edits of docs/change.md: what a section adds to which files, and how they are made."""
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

    def apply(self, root):
        path = os.path.join(root, self.path)
        old, text = self.old(), ''
        if old:
            with open(path) as f:
                text = f.read()
        elif os.path.exists(path):
            raise AssertionError(f'{PAGE}: {self.path} is there, and no line tells the place')
        before, after = ('\n'.join(lines) + '\n' for lines in (old or [''], self.new()))
        if old and ('\n' + text).count('\n' + before) != 1:
            raise AssertionError(f'{PAGE}: {self.path} has this not once:\n{before}')
        with open(path, 'w') as f:
            f.write(('\n' + text).replace('\n' + before, '\n' + after)[1:] if old else after)


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
