"""Tables of what a rule lets be: a text of rows, `words: reason`, one a line.

`#` begins a remark. In a row of FILE NAME either may be a pattern (`*`)."""
import fnmatch


class Row:
    def __init__(self, line, text):
        words, _, self.reason = text.partition(': ')
        self.line, self.words, self.used = line, words.split(), set()


class Table:
    def __init__(self, tree, path):
        self.path, source = path, tree.files.get(path)
        lines = source.lines if source else []
        self.rows = [Row(number, text) for number, text in enumerate(lines, 1)
                     if text.strip() and not text.startswith('#')]

    def row_with(self, fits):
        return next((row for row in self.rows if fits(row.words)), None)

    def has(self, *words):
        """Whether a row has these words; it is used then."""
        row = self.row_with(lambda own: len(own) == len(words) and
                            all(fnmatch.fnmatchcase(w, o) for w, o in zip(words, own)))
        if row:
            row.used.add(words)
        return row is not None

    def stale(self, rule, why):
        """Rows that nothing is behind, or that say no reason."""
        for row in self.rows:
            if not row.used:
                yield self.path, row.line, rule, f'{" ".join(row.words)}: {why}; drop this row'
            elif not row.reason.strip():
                yield self.path, row.line, rule, f'{" ".join(row.words)}: no reason is given'
