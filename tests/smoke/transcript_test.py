#!/usr/bin/python3
"""A page of commands notices what differs: a word, a line, a column too many, another call."""
import sys

import transcript

PAGE = """\
# Page

<!-- stage: a call -->

    $ ringctl calls list
    CALL            CALLER    TALKED
    18ecdb0c934273  13900001  0:02.0

- `an item`:

    $ ringctl calls show 18ecdb0c934273
    call    18ecdb0c934273ddb094897000000001
    source  10.99.0.10:5060
    why     agent-hangup
"""
LIST = ["CALL            CALLER    TALKED", "2222222222aaaa  13900001  1:02.7"]
SHOW = ["call 2222222222aaaaddb094897000000009", "source 10.99.0.10:5999", "why agent-hangup"]


def verdict(first, second, page=PAGE):
    judge, commands = transcript.Judge(), transcript.read(page)
    faults = [judge.fault(commands[0].shown, first)]
    assert judge.filled(commands[1].text).endswith("2222222222aaaa") or faults[0]
    return [f for f in (*faults, judge.fault(commands[1].shown, second)) if f]


def changed(lines, old, new):
    return [line.replace(old, new) for line in lines]


def main():
    commands = transcript.read(PAGE)
    assert [c.stages for c in commands] == [["a call"], []] and commands[0].line == 5
    assert not verdict(LIST, SHOW), verdict(LIST, SHOW)
    for first, second in ((LIST[:1], SHOW), (LIST + ["more"], SHOW),
                          (changed(LIST, "13900001", "13900002"), SHOW),
                          (changed(LIST, "1:02.7", "-"), SHOW),
                          (LIST, changed(SHOW, "2222222222aaaa", "3333333333aaaa")),
                          (LIST, changed(SHOW, "0.10:", "0.11:")),
                          (LIST, changed(SHOW, "agent-", "caller-"))):
        assert len(verdict(first, second)) == 1, (first, second)
    lines = PAGE.replace("    source  10.99.0.10:5060\n", "    …\n")
    assert not verdict(LIST, SHOW, lines) and verdict(LIST, SHOW[:2], lines)
    assert transcript.write(PAGE, [c.shown for c in commands]) == PAGE
    assert transcript.wide(["x" * 81, "x" * 80, "热" * 41]) == ["x" * 81, "热" * 41]
    try:
        transcript.read("Text:\n\n    ringctl status\n")
        raise SystemExit("a block that no test runs was taken")
    except AssertionError as e:
        assert "line 3" in str(e), e
    said, code = transcript.on_terminal("stty size <&1; echo 行; exit 3", "/")
    assert (said, code) == (["40 80", "行"], 3), (said, code)
    print("8 differences and a block without a command are told")


if __name__ == "__main__":
    sys.exit(main())
