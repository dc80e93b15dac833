#!/usr/bin/env python3
"""A day's figures four ways: the store's answer from history, what it said live at many moments of
the day, the SQL of docs/figures.md on its file, and a count over the records of the event log that
shares nothing with them. Over a kill in the middle that leaves a record half written, and where
clocks are changed.

    figures_day.py PROGRAM [--calls N] [--days N]"""
import argparse
import bisect
import collections
import datetime
import json
import os
import re
import sqlite3
import struct
import subprocess
import tempfile
import time
import zoneinfo

ROOT = os.environ['SOURCE_ROOT']
NS = 10**9
WITHIN = 20 * NS
DAYS = (  # zone, midnight, hours of the day
    ('America/New_York', '2026-11-01', 25),
    ('America/New_York', '2026-03-08', 23),
    ('Asia/Taipei', '2026-11-01', 24),
)
UNITS = ('site', 'shift', 'team', 'group')
WORK = ('conversations_begun', 'ring_ms', 'talk_ms', 'after_call_ms', 'idle_ms', 'signed_in_ms')
WIDTHS = {'5m': 300, '15m': 900, '30m': 1800}
HEAD = struct.Struct('<IIBBBBHHIIQQQ16s')
TYPES = {int(number): name for name, number in re.findall(
    r'X\((\w+), (\d+), "', open(f'{ROOT}/control/eventlog/eventlog.h').read())}


def records(folder):
    """Type, sequence, wall clock, call, tenant, body of each record that is news."""
    for name in sorted(n for n in os.listdir(folder) if re.fullmatch(r'.*\d{16,}.*', n)):
        data, at = open(f'{folder}/{name}', 'rb').read(), 0
        while at + HEAD.size <= len(data):
            size, _, _, flags, tenant_len, _, kind, _, body_len, _, sequence, wall, _, call = \
                HEAD.unpack_from(data, at)
            if not size:
                break
            text = data[at + HEAD.size:at + size]
            if not flags & 1:
                yield (TYPES[kind], sequence, wall, call, text[:tenant_len].decode(),
                       json.loads(text[tenant_len + 1:tenant_len + 1 + body_len]))
            at += size + 7 & ~7


class Day:
    """What the log tells, as lists of plain things: all of it, or what was in it at a moment."""
    def __init__(self, told, last=None):
        self.calls, self.segments, states = {}, {}, collections.defaultdict(list)
        for kind, sequence, wall, call, tenant, body in told:
            if last is not None and sequence > last:
                break
            if kind in ('CALL_ENDED', 'CALL_REFUSED'):
                self.calls.setdefault(call, (tenant, body))
            elif kind == 'CALL_SEGMENT':
                key = call, body['started'], body['queue'], body['agent']
                self.segments.setdefault(key, (tenant, body))
            elif kind == 'AGENT_STATE':
                states[body['agent']].append((wall, sequence, tenant, body))
        self.states = {agent: sorted(of, key=lambda s: s[:2]) for agent, of in states.items()}

    def near(self, since, until):
        """The same with no more than a window needs, so that many are counted soon."""
        near = Day(())
        near.calls = {k: v for k, v in self.calls.items()
                      if since - 3600 * NS <= v[1]['started'] < until}
        near.segments = {k: v for k, v in self.segments.items() if since <= k[1] < until}
        for agent, of in self.states.items():
            first = max(bisect.bisect_left(of, (since,)) - 1, 0)
            near.states[agent] = of[first:bisect.bisect_left(of, (until,)) + 1]
        return near


def bounds(zone, every, since, until):
    """The moments at which intervals begin, by a look at each five minutes."""
    if every == 'whole':
        return [since]

    def label(at):
        local = datetime.datetime.fromtimestamp(at, zone)
        if every == 'day':
            return local.date()
        return (at + int(local.utcoffset().total_seconds())) // WIDTHS[every]

    found = [since]
    for at in range(since // NS - since // NS % 300 + 300, until // NS, 300):
        if label(at) != label(at - 300):
            found.append(at * NS)
    return found


def keys(by, tenant, names):
    if by == 'node':
        return ['', '']
    assert by in ('tenant', *names), by
    name = tenant if by == 'tenant' else names.get(by)
    return [tenant, name] if name else None


def count_waits(day, by, place, add):
    for (_, started, queue, agent), (tenant, s) in day.segments.items():
        names = {'queue': queue, 'agent': agent, 'called': s['called'],
                 'region': s.get('region'), **{u: s.get(u) for u in UNITS}}
        wait = s['ended'] - started
        if agent:
            add(place(started), keys(by, tenant, names), conversations=1, conversations_ms=wait,
                hold_ms=s['hold_ms'] * 10**6, caller_hold_ms=s['caller_hold_ms'] * 10**6)
        elif by != 'agent' and queue:
            answered, abandoned = s['why'] == 'connected', s['why'] == 'abandoned'
            otherwise = not (answered or abandoned)
            late = [5, 10, 20, 30, 60, 120]
            slot = bisect.bisect_left([n * NS for n in late], wait)
            counts = {f'abandoned_to_{n}s': 0 for n in late} | {'abandoned_later': 0}
            if abandoned:
                counts[f'abandoned_to_{late[slot]}s' if slot < 6 else 'abandoned_later'] = 1
            if by in UNITS: # of those whom none of its agents took it knows nothing
                if answered:
                    add(place(started), keys(by, tenant, names), waits_answered=1,
                        waits_answered_within=wait <= WITHIN, waits_answered_ms=wait)
                continue
            add(place(started), keys(by, tenant, names), waits=1, waits_answered=answered,
                waits_abandoned=abandoned, waits_ended_otherwise=otherwise,
                waits_timed_out=s['why'] == 'timeout', waits_refused=s['why'] == 'full',
                waits_ended_otherwise_ms=otherwise * wait,
                waits_answered_within=answered and wait <= WITHIN,
                waits_abandoned_within=abandoned and wait <= WITHIN,
                waits_answered_ms=answered * wait, waits_abandoned_ms=abandoned * wait, **counts)


def count_states(day, by, begins, until, add):
    if by not in ('queue', 'agent', 'tenant', 'node', 'region', *UNITS):
        return
    for agent, changes in day.states.items():
        for i, (wall, _, tenant, body) in enumerate(changes):
            old, new = body['from'], body['to']
            names = {'agent': agent, **{n: body.get(n) for n in ('queue', 'region', *UNITS)}}
            end = changes[i + 1][0] if i + 1 < len(changes) else until
            place = max(bisect.bisect_right(begins, wall) - 1, 0)
            first = wall >= begins[0]
            while wall < until:
                stop = begins[place + 1] if place + 1 < len(begins) else until
                part = max(min(end, stop) - max(wall, begins[place]), 0)
                if part or first:
                    idle = {} if by == 'queue' else {
                        'idle_ms': part * (new == 'ready'),
                        'signed_in_ms': part * (new != 'signed-out')}
                    add(place, keys(by, tenant, names),
                        conversations_begun=first and new == 'talking' and old != new,
                        ring_ms=part * (new == 'offered'), talk_ms=part * (new == 'talking'),
                        after_call_ms=part * (new == 'wrap-up'), **idle)
                first, place = False, place + 1
                if min(end, until) <= stop:
                    break


def count_tries(day, by, place, add):
    if by not in ('called', 'tenant', 'node', 'region'):
        return
    by_caller = collections.defaultdict(list)
    for tenant, c in day.calls.values():
        by_caller[tenant, c.get('caller'), c.get('called')].append(c)
    for tenant, c in day.calls.values():
        many = c.get('count', 1)
        again = c['caller'].lstrip('+').isdigit() and any(
            0 < c['started'] - p['started'] <= 3600 * NS and not p.get('connected')
            for p in by_caller[tenant, c['caller'], c['called']])
        names = {'called': c['called'], 'region': c.get('region')}
        add(place(c['started']), keys(by, tenant, names), tries=many,
            tries_busy=many * (c.get('status') in (486, 503, 600)), tries_repeated=again)


def count(day, by, begins, until):
    """Rows by (beginning, tenant, name), of counters."""
    rows = collections.defaultdict(collections.Counter)

    def place(at):
        return bisect.bisect_right(begins, at) - 1 if begins[0] <= at < until else None

    def add(at, key, **counters):
        if at is None or key is None:
            return
        row = rows[(begins[at], *key)]
        for name, n in counters.items():
            row[name] += int(n)
        for name in counters:
            row.setdefault(name, 0)

    count_waits(day, by, place, add)
    count_states(day, by, begins, until, add)
    count_tries(day, by, place, add)
    return {key: {n: v // 10**6 if n.endswith('_ms') else v for n, v in row.items()}
            for key, row in rows.items()}


def figures(n):
    """The formulas, once more."""
    busy = sum(n.get(k, 0) for k in ('ring_ms', 'talk_ms', 'after_call_ms'))
    get = collections.Counter(n)
    ratios = {
        'answer_rate_percent': (get['waits_answered'], get['waits']),
        'service_level_percent': (get['waits_answered_within'], get['waits']),
        'service_level_stayed_percent': (get['waits_answered_within'],
                                         get['waits'] - get['waits_abandoned_within']),
        'answer_speed_ms': (get['waits_answered_ms'], get['waits_answered']),
        'abandon_rate_percent': (get['waits_abandoned'], get['waits']),
        'abandon_wait_ms': (get['waits_abandoned_ms'], get['waits_abandoned']),
        'ended_otherwise_wait_ms': (get['waits_ended_otherwise_ms'],
                                    get['waits_ended_otherwise']),
        'hold_mean_ms': (get['hold_ms'], get['conversations']),
        'conversation_mean_ms': (get['conversations_ms'], get['conversations']),
        'handling_ms': (busy, get['conversations_begun']),
        'occupancy_percent': (busy, busy + n['idle_ms'] if 'idle_ms' in n else 0),
        'utilisation_percent': (busy, get['signed_in_ms']),
        'tries_busy_percent': (get['tries_busy'], get['tries']),
        'tries_repeated_percent': (get['tries_repeated'], get['tries']),
    }
    if 'waits' not in n: # a unit of agents
        ratios = {name: r for name, r in ratios.items() if name == 'answer_speed_ms' or
                  not name.startswith(('answer_', 'service_', 'abandon_'))}
    return {name: 10000 * a // b / 100 if name.endswith('_percent') else a // b
            for name, (a, b) in ratios.items() if b > 0}


def statements():
    """Of docs/figures.md: figure, by, SQL."""
    text = open(f'{ROOT}/docs/figures.md').read()
    found = re.findall(r'### (\w+)\n\nBy (\w+):\n\n```sql\n(.*?)\n```', text, re.S)
    assert len(found) > 10, len(found)
    return found


def compare_sql(folder, answers, what):
    db = sqlite3.connect(f'file:{folder}/ringhall.db?mode=ro', uri=True)
    compared = 0
    for figure, by, sql in statements():
        spans = {(r['started'], r['ended']) for b, e, r in answers if (b, e) == (by, 'day')}
        told = {(r['started'], r['tenant'], r['name']): r.get(figure)
                for b, e, r in answers if (b, e) == (by, 'day')}
        for since, until in spans:
            asked = {'since': since, 'until': until, 'within': WITHIN // NS, 'tenant': None}
            for tenant, name, value in db.execute(sql, asked):
                assert told[since, tenant, name] == value, (what, figure, tenant, name, value)
                compared += 1
    assert compared > 0
    return compared


# Of which teams what is above them consists.
TREE = {'s0': ('t0', 't1'), 's1': ('t2', 't3'), 'north': ('t0', 't1'), 'south': ('t2', 't3')}
OF_UNITS = (
    'waits_answered', 'waits_answered_within', 'waits_answered_ms', 'conversations',
    'conversations_ms', 'hold_ms', 'caller_hold_ms', 'conversations_begun', 'ring_ms', 'talk_ms',
    'after_call_ms', 'idle_ms', 'signed_in_ms')


def compare_sums(answers, what):
    """Teams add up to their shift and their site, all of them to the tenant, and so do groups. ms
    are cut once for each row."""
    rows = {by: {(r['tenant'], r['name']): r for b, e, r in answers if (b, e) == (by, 'day')}
            for by in ('tenant', *UNITS)}
    compared = 0

    def adds_up(whole, parts):
        nonlocal compared
        for c in OF_UNITS:
            off = whole.get(c, 0) - sum(p.get(c, 0) for p in parts)
            assert abs(off) <= (len(parts) if c.endswith('_ms') else 0), (what, c, whole, off)
            compared += 1

    for tenant in ('acme', 'bolt'):
        for by in UNITS:
            adds_up(rows['tenant'][tenant, tenant],
                    [r for (t, _), r in rows[by].items() if t == tenant])
        for by in ('shift', 'site'):
            for (t, name), row in rows[by].items():
                if t == tenant:
                    adds_up(row, [rows['team'].get((t, n), {}) for n in TREE[name]])
    return compared


def moved(day):
    """States of agents whose stretch a reload has ended."""
    return sum(s[3]['from'] == s[3]['to'] for of in day.states.values() for s in of)


def compare_count(day, zone, answers, asked, what):
    """Every counter and figure of each row, and no row more: of (by, every, since, until)."""
    compared = 0
    for by, every, since, until in asked:
        want = count(day, by, bounds(zone, every, since, until), until)
        got = {(r['started'], r['tenant'], r['name']): r
               for b, e, r in answers if (b, e) == (by, every)}
        assert set(want) == set(got), (*what, by, every, set(want) ^ set(got))
        for key, counters in want.items():
            wanted = {**counters, **figures(counters)}
            row = {k: v for k, v in got[key].items() if k not in (
                'started', 'ended', 'local_time', 'tenant', 'name')}
            assert row == wanted, (*what, by, every, key, {
                k: (row.get(k), wanted.get(k)) for k in {*row, *wanted}
                if row.get(k) != wanted.get(k)})
            compared += len(wanted)
    return compared


def compare_windows(told, zone, windows, what):
    """Live: what the log had then. The same window as history: what has ended since, too; but what
    agents did is the same."""
    whole, compared = Day(told), 0
    live = [(*w, rows) for kind, w, rows in windows if kind == 'live']
    history = {tuple(w[:2]): rows for kind, w, rows in windows if kind == 'history'}
    assert {w[:2] for w in live} == set(history) and len(live) > 5, len(live)
    for since, until, last, rows in live:
        asked = [(by, 'whole', since, until) for by in ('queue', 'agent', 'node')]
        then, at_end = Day(told, last).near(since, until), whole.near(since, until)
        compared += compare_count(then, zone, rows, asked, (*what, 'live', until))
        later = history[since, until]
        compared += compare_count(at_end, zone, later, asked, (*what, 'history', until))
        worked = [[{k: v for k, v in r.items() if k in WORK or k == 'name'}
                   for b, _, r in of if b == 'agent' and 'signed_in_ms' in r]
                  for of in (rows, later)]
        assert worked[0] == worked[1], (*what, until)
    return len(live), compared


def run_day(program, zone_name, date, hours, calls):
    zone, before = zoneinfo.ZoneInfo(zone_name), time.monotonic()
    begins = int(datetime.datetime.fromisoformat(date).replace(tzinfo=zone).timestamp())
    with tempfile.TemporaryDirectory(prefix='fd') as folder:
        out = subprocess.run(
            [program, folder, str(begins), str(hours * 3600), str(calls), '7'],
            env={**os.environ, 'TZ': zone_name}, stdout=subprocess.PIPE, check=True, text=True)
        took, answers, windows = time.monotonic() - before, [], []
        for line in map(json.loads, out.stdout.split('\n')[:-1]):
            if 'row' not in line:
                (kind, window), = line.items()
                windows.append((kind, window, []))
                continue
            into = windows[-1][2] if line['every'] == 'whole' else answers
            into.append((line['by'], line['every'], line['row']))
        told, until = list(records(folder)), (begins + hours * 3600) * NS
        compared = compare_sql(folder, answers, date) + compare_sums(answers, date)
    asked = []
    for by, every in sorted({a[:2] for a in answers}):
        since, end = begins * NS, until
        if every in ('5m', '15m'):
            end = since + hours * 3600 * NS // 2
            since += hours * 3600 * NS // 3
        asked.append((by, every, since, end))
    day = Day(told)
    assert moved(day) > 1
    compared += compare_count(day, zone, answers, asked, (date,))
    moments, more = compare_windows(told, zone, windows, (date,))
    if hours != 24:
        changed = [r for b, e, r in answers if (b, e) == ('node', '30m')]
        assert len({r['local_time'][-5:] for r in changed}) == 2, 'one offset all day'
        assert len(changed) == 2 * hours, len(changed)
    print(f'{date} {zone_name}: {len(day.calls)} calls, {len(told)} records in {took:.1f} s '
          f'({len(day.calls) / took:.0f} calls/s), {moments} moments live; {compared + more} '
          'numbers compared, all equal')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('program')
    parser.add_argument('--calls', type=int, default=400)
    parser.add_argument('--days', type=int, default=len(DAYS))
    asked = parser.parse_args()
    for zone, date, hours in DAYS[:asked.days]:
        run_day(asked.program, zone, date, hours, asked.calls)


main()
