#!/usr/bin/python3 -B
"""Sums up meson test runs: results.py BUILD… prints a table by suite and what failed.

The last line is always `N passed, N failed`. A build folder that is given as NAME=0 or NAME=1
is a step without a test log, such as a build: passed or failed. What the tests of the suite
`machines` say is shown.
"""
import json
import os
import sys

GOOD, SKIPPED = {'OK', 'EXPECTEDFAIL'}, {'SKIP'}


def log_of(folder):
    return os.path.join(folder, 'meson-logs', 'testlog.json')


def read(folder):
    with open(log_of(folder), encoding='utf-8') as f:
        return [json.loads(line) for line in f if line.strip()]


def suite_of(test):
    """The log names tests `ringhall:unit / base/ring`, with further suites as `unit+other`."""
    head, _, name = test['name'].partition(' / ')
    return head.rsplit(':', 1)[-1].split('+')[0], name or head


def why_of(test):
    """What a test that was skipped said of it."""
    said = (test.get('stdout') or '') + '\n' + (test.get('stderr') or '')
    whys = [line.strip() for line in said.splitlines() if 'skipped: ' in line]
    return whys[-1].partition('skipped: ')[2] if whys else 'it does not say why'


def told(arguments):
    """Lines that are for people even when all is well."""
    for folder in arguments:
        if '=' in folder or not os.path.exists(log_of(folder)):
            continue
        for test in read(folder):
            if suite_of(test)[0] == 'machines':
                yield from (test.get('stdout') or '').splitlines()


def collect(arguments):
    """(step, suite, name, result, seconds, why) of every test and step."""
    for argument in arguments:
        name, equals, status = argument.rpartition('=')
        if equals:
            yield name, 'build', name, 'OK' if status == '0' else 'FAIL', 0.0, ''
            continue
        try:
            tests = read(argument)
        except OSError:
            yield argument, 'tests', 'no test log', 'FAIL', 0.0, ''
            continue
        for test in tests:
            suite, name = suite_of(test)
            why = why_of(test) if test['result'] in SKIPPED else ''
            yield os.path.basename(argument), suite, name, test['result'], test['duration'], why


def table(results):
    rows = {}
    for step, suite, _, result, seconds, _ in results:
        row = rows.setdefault((step, suite), [0, 0, 0, 0.0])
        row[0 if result in GOOD else 1 if result in SKIPPED else 2] += 1
        row[3] += seconds
    print(f'{"step":<14} {"suite":<8} {"passed":>7} {"skipped":>8} {"failed":>7} {"seconds":>8}')
    for (step, suite), (passed, skipped, failed, seconds) in rows.items():
        print(f'{step:<14} {suite:<8} {passed:>7} {skipped:>8} {failed:>7} {seconds:>8.1f}')


def main():
    results = list(collect(sys.argv[1:]))
    table(results)
    for line in told(sys.argv[1:]):
        print(line)
    failed = [r for r in results if r[3] not in GOOD | SKIPPED]
    for step, suite, name, result, _, why in results:
        if result in SKIPPED:
            print(f'skipped: {step}: {suite} {name}: {why}')
    for step, suite, name, result, _, _ in failed:
        print(f'{result.lower()}: {step}: {suite} {name}')
    passed = sum(r[3] in GOOD for r in results)
    print(f'{passed} passed, {len(failed)} failed')
    return 1 if failed or not passed else 0


if __name__ == '__main__':
    sys.exit(main())
