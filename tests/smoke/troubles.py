"""Judges every event log that a test leaves behind: each trouble that began is over, once, when the
daemon has stopped in order. A start ends what stood when the process before was killed."""
import glob
import json
import os
import struct

TROUBLE, STARTED, STOPPED, SNAPSHOT = 60, 1, 2, 1


def records(folder):
    """(type, body) of each record that is news, up to the first that is damaged."""
    for path in sorted(glob.glob(os.path.join(folder, "events-*.log"))):
        with open(path, "rb") as f:
            data = f.read()
        at = 0
        while at + 66 <= len(data):
            length, = struct.unpack_from("<I", data, at)
            flags, tenant = data[at + 9], data[at + 10]
            kind, _, body, _ = struct.unpack_from("<HHII", data, at + 12)
            if length < 66 + tenant + body or at + length > len(data):
                return
            if not flags & SNAPSHOT:
                begin = at + 64 + tenant + 1
                yield kind, data[begin:begin + body]
            at += (length + 7) // 8 * 8


def faults(folder):
    """What is wrong, a sentence each."""
    standing, last = {}, None
    for kind, body in records(folder):
        last = kind
        if kind == STARTED:
            standing = {}
        if kind != TROUBLE:
            continue
        try:
            told = json.loads(body)
        except ValueError:
            return
        if "over" not in told:
            yield f"neither begin nor end: {told}"
        name = told["topic"], told.get("name", "")
        if told.get("over"):
            if standing.pop(name, None) is None:
                yield f"over without a beginning: {told}"
        elif name in standing:
            yield f"begins twice: {told}"
        else:
            standing[name] = told["text"]
    if last == STOPPED:
        for name, text in standing.items():
            yield f"never over: {name}: {text}"


def judge(folder):
    """All the logs below a test's folder."""
    stores = {os.path.dirname(p) for p in glob.glob(
        os.path.join(folder, "**", "events-*.log"), recursive=True)}
    wrong = [f"{store}: {fault}" for store in sorted(stores) for fault in faults(store)]
    assert not wrong, "troubles without begin or end:\n" + "\n".join(wrong)
