#!/usr/bin/python3 -B
"""Who guesses passwords learns nothing: over nonces of ours and invented ones, before and under
lock-out, the right password among the wrong ones is answered octet by octet as they are.

usage: guess_test.py UA_PROBE [GUESSES]
Prints how long the kinds of answers took, which it does not judge.
"""
import os
import random
import re
import statistics
import sys
import tempfile
import time

import sip_kit
import sip_test

FAILURES = 4
CONFIG = f"""
sip:
  listen: [udp:127.0.0.1:5060]
  realm: hotline
  auth_failures: {FAILURES}
  auth_lockout: 1h
  unknown_rate: 100000
engine:
  ports:
    media0: {{host: 10.99.0.1/24}}
  media:
    main: {{port: media0, address: 10.99.0.2/24}}
tenants:
  acme:
    trunks:
      carrier: {{peers: [127.0.0.9], media: main}}
    numbers: {{"*": main}}
    prompts: {{welcome: /usr/share/asterisk/sounds/en_US_f_Allison/hello-world.wav}}
    flows: {{main: {{greeting: {{hangup: welcome}}}}}}
    agents:
      alice: {{password: secret, media: main}}
      bob: {{password: secret2, media: main}}
      dora: {{password: secret4, media: main, from: 127.0.9.0/24}}
"""
URI = 'sip:127.0.0.1'
INVENTED = 'nonce="0", realm="hotline"'


class Guesser:
    """A stranger who writes all of his requests alike, so that the answers can be compared."""

    def __init__(self, w, ip):
        self.peer, self.count = w.peer(ip), 0
        self.answers, self.times = {}, {}

    def ask(self, extra):
        self.count += 1
        call, branch = f'g{self.count:08}', f'z9hG4bKg{self.count:08}'
        begun = time.perf_counter()
        self.peer.request('REGISTER', URI, call=call, branch=branch, user='x', extra=extra,
                          to='<sip:x@127.0.0.1>', tag='same')
        answer = self.peer.receive(5)
        assert answer and f'Call-ID: {call}\r' in answer, answer
        self.took = time.perf_counter() - begun
        return answer.replace(call, 'CALL').replace(branch, 'BRANCH')

    def challenge(self):
        return self.ask([])

    def guess(self, kind, challenge, user, password, nc=1):
        answer = self.ask([sip_kit.authorize(challenge, user, password, 'REGISTER', URI, nc)])
        answer = re.sub(r'tag=[0-9a-f]{16}', 'tag=T', answer)
        answer = re.sub(r'nonce="[0-9a-f]{48}"', 'nonce="N"', answer)
        self.answers.setdefault(answer, set()).add(kind)
        self.times.setdefault(kind, []).append(self.took)
        return answer


def same(guesser, *kinds):
    assert len(guesser.answers) == 1, guesser.answers
    answer, seen = guesser.answers.popitem()
    assert seen >= set(kinds), seen
    assert answer.startswith('SIP/2.0 401 ') and 'stale' not in answer, answer
    return answer


def before_any_lock(w):
    """Each from an address of its own; the last over a nonce that another address got."""
    other = Guesser(w, '127.0.7.99').challenge()
    got = set()
    for i, (kind, user, password, nonce) in enumerate((
            ('wrong', 'alice', 'x', None), ('unknown', 'nosuch', 'x', None),
            ('foreign wrong', 'alice', 'x', INVENTED),
            ('foreign right', 'alice', 'secret', INVENTED),
            ('foreign unknown', 'nosuch', 'x', INVENTED),
            ('theirs right', 'alice', 'secret', other), ('theirs wrong', 'alice', 'x', other),
            ('right from where it may not', 'dora', 'secret4', None))):
        g = Guesser(w, f'127.0.7.{i + 1}')
        g.guess(kind, nonce or g.challenge(), user, password)
        got.add(same(g, kind).replace(f'127.0.7.{i + 1}:{g.peer.port}', 'HERE')
                .replace(f'127.0.7.{i + 1}', 'HERE').replace(f'{g.peer.port}', 'PORT'))
    assert len(got) == 1, got


def many(w, guesses):
    """One stranger, as fast as he is answered."""
    r = random.Random(12)
    phone = w.peer('127.0.4.1')
    phone.register('alice', 'secret')
    before = w.probe.counts()
    w.probe.mark()
    g = Guesser(w, '127.0.8.1')
    for i in range(guesses // 10):  # no number of these says anything
        g.guess('foreign', INVENTED, 'alice', 'secret' if i == guesses // 20 else f'f{i}')
    assert w.probe.counts()['locked'] > before['locked']
    for i in range(FAILURES - 1):
        g.guess('wrong', g.challenge(), 'bob', f'w{i}')
    w.probe.expect_ever('agent=bob')
    assert not w.probe.count('locked out')
    again = g.challenge()
    g.guess('wrong', again, 'bob', 'last')
    w.probe.expect('^.*account locked out at its source .*agent=bob source=127.0.8.1')
    w.probe.expect('^.*account locked out after .*agent=bob')
    # Bob's own phone, if it stands there, locks nobody else out: others' accounts do.
    again = g.challenge()
    for i in range(20):  # over one nonce one password is looked at, and counts
        g.guess('again', again, 'carol', 'right' if i & 1 else f'c{i}', i + 1)
    assert not w.probe.count('source locked out')
    for i in range(FAILURES - 3):
        g.guess('unknown', g.challenge(), f'nosuch{i}', 'x')
    assert not w.probe.count('source locked out')
    g.guess('unknown', g.challenge(), 'nobody', 'x')
    w.probe.expect('^.*source locked out .*source=127.0.8.1')
    locked = w.probe.counts()['locked']
    nonce = g.challenge()
    for i in range(guesses):
        kind = r.choice(('locked', 'right', 'right', 'unknown', 'foreign', 'foreign right'))
        user, password = r.choice((('alice', 'secret'), ('bob', 'secret2')))
        if 'right' not in kind:
            password = f'g{i}'
        if kind == 'unknown':
            user = 'nosuch'
        if i % 100 == 0:
            nonce = g.challenge()
        g.guess(kind, INVENTED if 'foreign' in kind else nonce, user, password, i % 100 + 1)
    same(g, 'foreign', 'wrong', 'locked', 'right', 'unknown', 'foreign right', 'again')
    assert w.probe.counts()['locked'] - locked >= guesses
    # From many addresses an account has no more tries than from one.
    for i in range(20):
        other = Guesser(w, f'127.0.8.{i + 10}')
        other.guess('other', other.challenge(), 'bob', 'secret2' if i & 1 else f'o{i}')
        same(other, 'other')
    # Alice's phone goes on, also over a new connection and after a new start.
    assert 'Contact:' in phone.register('alice', 'secret', cseq=10)
    assert 'Contact:' not in w.peer('127.0.4.1').register('alice', 'secret', contact='Contact: *',
                                                          expires=0)
    assert 'Contact:' in w.peer('127.0.4.1').register('alice', 'secret')
    for kind, took in sorted(g.times.items()):
        print(f'{kind:14} {len(took):6} answers, median {statistics.median(took) * 1e6:6.0f} us')


def where_it_may_not(w):
    """Guesses from where an account cannot sign in anyhow lock the guesser, not the account."""
    for i in range(FAILURES + 1):
        g = Guesser(w, f'127.0.6.{i + 1}')
        g.guess('wrong', g.challenge(), 'dora', f'd{i}')
        same(g, 'wrong')
    assert 'Contact:' in w.peer('127.0.9.1').register('dora', 'secret4')


def over_a_used_nonce(w):
    """That a nonce is old is told to whoever heard it, and nothing about the password."""
    g = Guesser(w, '127.0.4.1')  # no lock holds here: alice's phone makes room for one failure
    used = g.challenge()
    assert g.guess('own', used, 'alice', 'secret').startswith('SIP/2.0 403')  # To: x
    g.answers.clear()
    g.guess('right', used, 'alice', 'secret')
    g.guess('wrong', used, 'alice', 'x')
    g.guess('unknown', used, 'nosuch', 'x')
    assert len(g.answers) == 1, g.answers
    assert ', stale=true' in g.answers.popitem()[0]


def main():
    sip_test.enter()
    guesses = int(sys.argv[2]) if len(sys.argv) > 2 else 10000
    with tempfile.TemporaryDirectory() as folder:
        probe = sip_kit.Probe(os.path.abspath(sys.argv[1]), folder, CONFIG)
        w = sip_kit.World(probe, folder)
        before_any_lock(w)
        many(w, guesses)
        where_it_may_not(w)
        over_a_used_nonce(w)
        probe.quit()
    print(f'{guesses} guesses: nothing learnt')


if __name__ == '__main__':
    main()
