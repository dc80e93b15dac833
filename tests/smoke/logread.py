"""The event log read by docs/events.md alone, apart from the daemon's own reader: every byte of a
segment belongs to a record, every record has its CRC, its next sequence, a known type and a body
that is a JSON object; every call has one beginning and one end."""
import glob
import json
import os
import re
import struct

import numpy

HERE = os.path.dirname(os.path.abspath(__file__))
HEAD = struct.Struct("<IIBBBBHHIIQQQIIQ")
BATCH = 4096  # records whose CRCs are made together


def type_names():
    with open(os.path.join(HERE, "..", "..", "control", "base", "eventlog.h")) as f:
        return {int(number): name
                for number, name in re.findall(r'X\(\w+, (\d+), "([^"]+)"\)', f.read())}


def _table():
    table = numpy.zeros(256, numpy.uint32)
    for i in range(256):
        crc = i
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
        table[i] = crc
    return table


TABLE = _table()


def crc32c(texts):
    """CRC-32C of each of many byte strings, a column at a time."""
    order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
    lengths = numpy.array([len(texts[i]) for i in order])
    width = int(lengths[0])
    rows = numpy.zeros((len(texts), width), numpy.uint8)
    for row, i in enumerate(order):
        rows[row, :len(texts[i])] = numpy.frombuffer(texts[i], numpy.uint8)
    columns = numpy.ascontiguousarray(rows.T)
    crc = numpy.full(len(texts), 0xFFFFFFFF, numpy.uint32)
    live = len(texts)
    for at in range(width):
        while lengths[live - 1] <= at:
            live -= 1
        now = crc[:live]
        crc[:live] = TABLE[(now ^ columns[at, :live]) & 0xFF] ^ now >> 8
    out = numpy.zeros(len(texts), numpy.uint32)
    out[order] = ~crc
    return out


class Log:
    """A folder's log as far as it was read; read() goes on from there."""

    def __init__(self, folder, state=None):
        self.folder, self.types = folder, type_names()
        self.faults = []
        state = state or {}
        self.segment, self.offset = state.get("segment", ""), state.get("offset", 0)
        self.last = state.get("last", 0)
        self.records, self.restated = state.get("records", 0), state.get("restated", 0)
        self.snapshots = state.get("snapshots", 0)
        self.open = dict(state.get("open", {}))  # call: how often it began
        self.ended = set(state.get("ended", []))
        self.why = dict(state.get("why", {}))

    def state(self):
        return {key: getattr(self, key) for key in (
            "segment", "offset", "last", "records", "restated", "snapshots", "open", "why")
            } | {"ended": sorted(self.ended)}

    def segments(self):
        return sorted(glob.glob(os.path.join(self.folder, "events-*.log")))

    def read(self):
        """All that has come since; the log must not be written meanwhile."""
        for path in self.segments():
            name = os.path.basename(path)
            if name < self.segment:
                continue
            if name > self.segment:
                self.segment, self.offset = name, 0
            with open(path, "rb") as f:
                f.seek(self.offset)
                data = f.read()
            at = 0
            while at < len(data):
                at = self._batch(name, data, at)
            self.offset += len(data)
        return self

    def _fault(self, text):
        self.faults.append(text)

    def _batch(self, name, data, at):
        """Up to BATCH records from `at` on; the place behind them."""
        found = []
        while at < len(data) and len(found) < BATCH:
            length = int.from_bytes(data[at:at + 4], "little")
            if length < 66 or at + length > len(data):
                self._fault(f"{name}: byte {self.offset + at}: no record")
                return len(data)
            found.append((at, data[at:at + length]))
            end = at + (length + 7) // 8 * 8
            if data[at + length:end].strip(b"\0"):
                self._fault(f"{name}: byte {self.offset + at}: no zeros behind the record")
            at = end
        for (place, text), crc in zip(found, crc32c([text[8:] for _, text in found])):
            self._record(f"{name}: byte {self.offset + place}", text, int(crc))
        return at

    def _record(self, where, text, crc):
        (_, said, version, flags, tenant_len, _, kind, _, body_len, _, sequence, _, _, node,
         counter, start) = HEAD.unpack_from(text)
        tenant, body = text[64:64 + tenant_len], text[65 + tenant_len:-1]
        if said != crc or version != 1 or len(body) != body_len or text[-1] or b"\0" in tenant:
            self._fault(f"{where}: CRC, version or lengths are wrong")
        if sequence != self.last + 1:
            self._fault(f"{where}: sequence {sequence} comes behind {self.last}")
        self.last = sequence
        try:
            members = json.loads(body)
        except ValueError:
            members = None
        if not isinstance(members, dict):
            self._fault(f"{where}: sequence {sequence}: no JSON object: {body[:100]!r}")
            members = {}
        self._event(where, kind, flags, f"{start:016x}{node:08x}{counter:08x}", members)

    def _event(self, where, kind, flags, call, members):
        name = self.types.get(kind)
        if name is None:
            self._fault(f"{where}: unknown type {kind}")
        self.records += 1
        if flags & 1:
            self.restated += 1
            self.snapshots += name == "snapshot-end"
        elif name == "call-started":
            if call in self.open or call in self.ended:
                self._fault(f"{where}: call {call} begins again")
            self.open[call] = members.get("sip_call_id", "")
        elif name == "call-ended":
            if self.open.pop(call, None) is None:
                self._fault(f"{where}: call {call} ends without a beginning, or twice")
            self.ended.add(call)
            why = members.get("why", "?")
            self.why[why] = self.why.get(why, 0) + 1
