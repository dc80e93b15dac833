"""A page of commands with their output, as a test: each command is run on a terminal of 80 columns,
and what it prints is compared with the page, but for what is never the same twice.

In the page a code block (indented by four) has commands behind "$ " and below each its output; a
line "…" stands for any lines. <!-- stage: words --> says what happens before the next command.

    a call's number   stands for the one that the test saw in its place, in later commands too
    times, dates      any
    durations         any: 3.2 s, 0:07, 5min; sizes and percentages likewise
    ports             any, behind an address
    what is cut       any: a word with … in it; how many columns a wider terminal would have
    SIP               any Call-ID of SIPp's, any CSeq
"""
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
import unicodedata

COLUMNS, ROWS = 80, 40
# A call's number: its beginning as lists have it, which names it, or all of it.
NUMBER = re.compile(r"(?<![0-9a-f])([0-9a-f]{14})(?:[0-9a-f]{18})?(?![0-9a-f])")
# What may differ, and what stands in its place in the comparison.
VARIES = [
    (r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?", "TIME"),
    (r"\b\d\d:\d\d:\d\d(\.\d+)?Z?\b", "TIME"),
    (r"\b\d{4}-\d\d-\d\d\b", "DATE"),
    (r"\b\d{6}-\d{3}-", "TIME-"),
    (r"^ +\d+\.\d{3} ", "DURATION "),
    (r"\b\d+:\d\d(:\d\d)?(\.\d+)?\b", "DURATION"),
    (r"[-+]?\b\d+(\.\d+)? ?(ns|µs|ms|s|min|h|d)\b( ?\d+(min|s)\b)?", "DURATION"),
    (r"\b\d+(\.\d+)? ?(B|[KMGT]iB)\b", "SIZE"),
    (r"\b\d+(\.\d+)? ?%", "PERCENT"),
    (r"\S*…\S*", "CUT"),
    (r"^\(\d+ more columns? ", "(SOME more columns "),
    (r"\b\d+-\d+@", "CALL-ID@"),
    (r"\(\d+(?= [A-Z]|\))", "(CSEQ"),
    (r"(?<=[\d\]]):\d{4,5}\b", ":PORT"),
]


class Command:
    """A line that is typed, where it stands, what the page shows below it."""

    def __init__(self, line, text, stages):
        self.line, self.text, self.stages, self.shown = line, text, stages, []


def read(text):
    """The page's commands, each with the stages that come before it."""
    found, stages, inside = [], [], False
    for number, line in enumerate(text.split("\n"), 1):
        stage = re.fullmatch(r"<!-- stage: (.*) -->", line)
        if stage:
            stages.append(stage.group(1))
        if line.startswith("    $ "):
            found.append(Command(number, line[6:], stages))
            stages, inside = [], True
        elif line.startswith("    ") and inside:
            found[-1].shown.append(line[4:])
        elif line.startswith("    ") and not re.match(r" *(?:[-*]|\d+\.) ", line):
            raise AssertionError(f"line {number}: a block that begins without a command")
        elif line.strip():
            inside = False
        elif inside:
            found[-1].shown.append("")
    for command in found:
        while command.shown and not command.shown[-1]:
            command.shown.pop()
    return found


def write(text, outputs):
    """The page with other outputs: a list for each command, in order."""
    lines, wanted, inside = [], iter(outputs), False
    for line in text.split("\n"):
        if line.startswith("    $ "):
            lines += [line] + ["    " + out if out else "" for out in next(wanted)]
            inside = True
        elif inside and line.startswith("    "):
            continue
        else:
            if inside and not line.strip() and lines[-1] == "":
                continue
            inside = inside and not line.strip()
            lines.append(line)
    return "\n".join(lines)


def on_terminal(command, folder, seconds=20):
    """What bash prints for the command on a terminal without colours, and its exit code."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    shell = subprocess.Popen(["bash", "-c", command], cwd=folder, stdin=subprocess.DEVNULL,
                             stdout=theirs, stderr=theirs, start_new_session=True,
                             env={**os.environ, "TERM": "xterm", "NO_COLOR": "1"})
    os.close(theirs)
    said, end = b"", time.monotonic() + seconds
    while time.monotonic() < end:
        if select.select([ours], [], [], 0.1)[0]:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # the last one has closed it
                piece = b""
            if not piece:
                break
            said += piece
    else:
        shell.kill()
        raise AssertionError(f"{command}: did not end within {seconds} s")
    os.close(ours)
    return said.decode().replace("\r\n", "\n").rstrip("\n").split("\n"), shell.wait()


def wide(lines, columns=COLUMNS):
    """Lines that do not fit."""
    return [line for line in lines if sum(
        2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line) > columns]


def renamed(text, calls):
    """The text with calls' numbers changed, as far as they are named here."""
    return NUMBER.sub(lambda m: calls.get(m[1], m[1]) + m[0][14:], text)


class Judge:
    """Compares page and truth; remembers which call of the page is which."""

    def __init__(self):
        self.calls, self.seen = {}, []

    def filled(self, command):
        """The command with the true calls' numbers; one that no output showed is the last call."""
        for number in NUMBER.findall(command):
            if number not in self.calls and self.seen:
                self.calls[number] = self.seen[-1]
        return renamed(command, self.calls)

    def paged(self, lines):
        """True lines with the page's numbers."""
        page = {true: number for number, true in self.calls.items()}
        return [renamed(line, page) for line in lines]

    def look(self, lines):
        """Keeps the calls that are named in the order in which they come up."""
        self.seen += [n for line in lines for n in NUMBER.findall(line) if n not in self.seen]

    def plain(self, line):
        for pattern, name in VARIES:
            line = re.sub(pattern, name, line)
        return re.sub(r"[ ─]+", " ", line).strip()

    def same(self, shown, true):
        """Whether a line of the page and one of the terminal say the same."""
        ours, theirs = NUMBER.findall(shown), NUMBER.findall(true)
        if len(ours) != len(theirs):
            return False
        known = dict(zip(ours, theirs))
        if any(self.calls.get(a, b) != b for a, b in known.items()):
            return False
        if self.plain(NUMBER.sub("CALL", shown)) != self.plain(NUMBER.sub("CALL", true)):
            return False
        self.calls.update(known)
        return True

    def fault(self, shown, true):
        """The first difference as text, or nothing."""
        at, skip = 0, False
        for line in shown:
            if line.strip() == "…":
                skip = True
                continue
            while skip and at < len(true) and not self.same(line, true[at]):
                at += 1
            if at == len(true) or not self.same(line, true[at]):
                got = true[at] if at < len(true) else "no more"
                return f"shown: {line}\n  got: {got}"
            at, skip = at + 1, False
        return None if skip or at == len(true) else f"shown: no more\n  got: {true[at]}"
