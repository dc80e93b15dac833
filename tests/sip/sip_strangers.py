"""Strangers, garbage, passwords and registrations."""
import random
import re
import time

from sip_kit import CONFIG, Caller, Peer, Probe, answer, authorize, header


def strangers_are_bounded(w):
    p = w.peer('127.0.7.1')
    before = w.probe.counts()
    for _ in range(20):
        p.request('OPTIONS', 'sip:127.0.0.1')
    answers = 0
    while p.receive(0.3):
        answers += 1
    after = w.probe.counts()
    assert 5 <= answers <= 7, answers
    assert after['unknown'] - before['unknown'] == 20
    assert after['limited'] - before['limited'] == 20 - answers


def strangers_hear_one_answer(w):
    """Whether there is an agent of that name is told to nobody."""
    p, uri = w.peer('127.0.7.6'), 'sip:answer@127.0.0.1'
    before, answers = w.probe.counts(), set()
    for user in ('nobody', 'alice', 'six', 'nobodi'):
        call = p.request('INVITE', uri, body=p.sdp(), user=user, branch='z9hG4bK' + user)
        m = p.status(401)
        p.request('ACK', uri, call=call, user=user, to=header(m, 'To'), branch='z9hG4bK' + user)
        for own in (call, 'z9hG4bK' + user, f':{user}@'):
            m = m.replace(own, 'OWN')
        answers.add(re.sub('tag=[0-9a-f]{16}|nonce="[0-9a-f]+"', 'X', m))
    assert len(answers) == 1, answers
    p.request('REGISTER', 'sip:127.0.0.1', user='nobody')
    p.status(401)
    after = w.probe.counts()
    assert after['unknown'] == before['unknown'] + 5, after


def garbage(w):
    """Anything at all, in both transports: no crash, and the next call is served."""
    r = random.Random(7)
    good = None
    p = w.peer()
    before = w.probe.counts()
    samples = [b'\0' * 5, b'\r\n\r\n', b'INVITE', b'SIP/2.0 200 OK\r\n\r\n',
               b'INVITE sip:a SIP/2.0\r\n\r\n', b'X' * 9000, bytes(range(256)) * 30,
               b'SIP/2.0 99999999999 x\r\nVia: SIP/2.0/UDP a;branch=z\r\n\r\n']
    head = ('INVITE sip:answer@127.0.0.1 SIP/2.0\r\n'
            'Via: SIP/2.0/UDP 127.0.0.2:7;branch=z9hG4bKq\r\n'
            'From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n'
            'Contact: <sip:a@127.0.0.2:7>\r\nContent-Length: 500\r\n\r\n' + p.sdp())
    good = head.encode()
    for i in range(600):
        data = bytearray(good)
        for _ in range(r.randint(1, 12)):
            at = r.randrange(len(data))
            kind = r.randrange(3)
            if kind == 0:
                data[at] = r.randrange(256)
            elif kind == 1:
                del data[at:at + r.randint(1, 30)]
            else:
                data[at:at] = data[at:at + r.randint(1, 60)]
        samples.append(bytes(data))
    for data in samples:
        p.send_raw(data[:9500])
    for data in samples[:60]:
        t = w.peer(tcp=True)
        t.send_raw(data)
        t.socket.close()
    p.socket.close()
    assert w.probe.counts()['malformed'] > before['malformed'] + 20
    w.sipp('uac_answered', w.at(), '-s', 'answer', '-d', '50').ok()


def libre_answers_within_bounds(w):
    """STUN on the SIP port and a Via's maddr."""
    request = bytes.fromhex('000100002112a442') + 12 * b'x'
    p, trunk, victim = w.peer('127.0.7.3'), w.peer(), w.peer('127.0.7.4')
    before = w.probe.counts()
    for peer, most in ((p, 5), (trunk, 20)):
        for _ in range(20):
            peer.send_raw(request)
        peer.socket.settimeout(0.3)
        answers = 0
        try:
            while answers < 20:
                assert peer.socket.recv(2000).startswith(b'\x01\x01')
                answers += 1
        except TimeoutError:
            pass
        assert answers in (most, most + 1) if most < 20 else answers == most, answers
    assert w.probe.counts()['unknown'] == before['unknown'] + 20
    via = f'SIP/2.0/UDP 127.0.7.5:{victim.port};maddr=127.0.7.4;branch=z9hG4bKmaddr'
    p = w.peer('127.0.7.5')
    p.send_raw(f'OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: {via};rport\r\nFrom: <sip:a@b>;tag=1\r\n'
               'To: <sip:a@b>\r\nCall-ID: maddr\r\nCSeq: 1 OPTIONS\r\n\r\n'.encode())
    p.status(403)
    assert victim.receive(0.2) is None


def runs_of_blanks(w):
    """What libre would search through for seconds is refused; others are answered meanwhile."""
    p, t, trunk = w.peer('127.0.7.2'), w.peer('127.0.7.2', tcp=True), w.peer()
    before = w.probe.counts()['malformed']
    for value in ('To: x' + 7500 * ' ' + 'y', 'CSeq: ' + 7500 * '1', 'To: ' + 7500 * 'a' + ' y'):
        for peer, times in ((p, 5), (t, 4)):
            lines = ('OPTIONS sip:a@b SIP/2.0', 'Via: SIP/2.0/UDP 1.2.3.4;branch=z9',
                     'From: <sip:a@b>;tag=1', 'Call-ID: 1', value, '', '')
            for _ in range(times):
                try:
                    peer.send_raw('\r\n'.join(lines).encode())
                except OSError:
                    break  # it was hung up on
        trunk.request('OPTIONS', 'sip:127.0.0.1')
        trunk.status(200)
    assert w.probe.counts()['malformed'] >= before + 15


def cut_body(w):
    p = w.peer()
    body = p.sdp()
    p.send_raw((f'INVITE sip:answer@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP {p.host}:{p.port};'
                f'branch=z9hG4bKcut\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: cut\r\n'
                f'CSeq: 1 INVITE\r\nContact: <sip:a@{p.host}:{p.port}>\r\n'
                f'Content-Type: application/sdp\r\nContent-Length: 5000\r\n\r\n{body}').encode())
    p.status(400)


def wrong_passwords_lock_out(w):
    """The answer stays the same, from the first wrong one to the right one under lock."""
    p, phone = w.peer('127.0.6.1'), w.peer('127.0.6.1')
    assert phone.register('six', 'secret6')
    before = w.probe.counts()
    for i in range(4):  # they lock alice there, and nobody else
        p.register('alice', f'wrong{i}', final=(401,))
        time.sleep(0.25)  # beneath unknown_rate
    w.probe.expect_ever('account locked out at its source .* source=127.0.6.1')
    for i in range(4):  # one more for the phone that stands there
        assert not w.probe.count('source locked out')
        p.register(f'nosuch{i}', 'wrong', final=(401,))
        time.sleep(0.25)
    w.probe.expect_ever('source locked out .* source=127.0.6.1')
    p.register('six', 'secret6', final=(401,))
    assert w.probe.counts()['auth'] - before['auth'] == 8
    assert w.probe.counts()['locked'] - before['locked'] == 1
    # A phone that stands registered behind the same address is served, and signs in again.
    phone.request('OPTIONS', 'sip:127.0.0.1')
    phone.status(200)
    phone.register('six', 'secret6', cseq=10)
    # But not under another's name.
    phone.register('bob', 'secret2', final=(401,))
    # Alice is locked for strangers, as she was tried four times; not for where her phone was.
    w.probe.expect_ever('account locked out after .* agent=alice')
    w.peer('127.0.5.7').register('alice', 'secret', final=(401,))
    time.sleep(3.2)
    p.register('alice', 'secret')
    w.forget()
    w.forget('six', 'secret6')


def digests_for_another_uri(w):
    """Refused as a wrong password is, and no guess; what phones write in other words passes."""
    p, uri = w.peer('127.0.4.8'), 'sip:127.0.0.1'
    before = w.probe.counts()
    for n, (method, asked, said, code) in enumerate((
            ('REGISTER', uri, 'sip:other.example', 401), ('REGISTER', uri, '/', 401),
            ('REGISTER', uri, 'sip:alice@127.0.0.1', 401),
            ('REGISTER', uri, 'sip:hotline:5060', 200), ('REGISTER', uri, 'sip:127.0.0.9', 401),
            ('REGISTER', uri, 'sip:other.example', 401),
            ('REGISTER', uri + ':5060', uri + ';transport=udp', 200),
            ('INVITE', 'sip:busy1@127.0.0.1', 'sip:busy2@127.0.0.1', 401),
            ('INVITE', 'sip:busy1@127.0.0.1', 'sip:busy1@hotline', 486))):
        to = f'<{uri.replace(":", ":alice@")}>' if method == 'REGISTER' else ''
        branches = [f'z9hG4bKuri{n}{i}' for i in range(2)]
        call = p.request(method, asked, user='alice', to=to, branch=branches[0])
        m = p.status(401)
        if method == 'INVITE':
            p.request('ACK', asked, call=call, user='alice', to=header(m, 'To'), branch=branches[0])
        p.request(method, asked, call=call, cseq=2, user='alice', to=to, branch=branches[1],
                  extra=[authorize(m, 'alice', 'secret', method, said)])
        m = p.status(code)
        assert 'stale' not in m, m
        if method == 'INVITE':
            p.request('ACK', asked, call=call, cseq=2, user='alice', to=header(m, 'To'),
                      branch=branches[1])
        if n < 3:
            time.sleep(0.4)  # beneath unknown_rate
    after = w.probe.counts()
    assert after['auth'] - before['auth'] == 6 and after['locked'] == before['locked'], after
    w.forget()


# --- who asks within a call ---

def talks(w, called='answer', offer=True):
    """A call from the trunk that is answered: its peer, Call-ID, our To."""
    p, uri = w.peer(), f'sip:{called}@127.0.0.1'
    w.probe.mark()
    call = p.request('INVITE', uri, body=p.sdp() if offer else '')
    ok = p.status(200)
    if offer:
        p.request('ACK', uri, call=call, to=header(ok, 'To'))
        w.probe.expect('in .* answered')
    return p, call, header(ok, 'To')


def strangers_in_a_call(w):
    """Whoever knows its ids: refused but for the trunk's own, and a BYE makes us ask."""
    p, call, to = talks(w)
    q, uri = w.peer('127.0.7.7'), 'sip:answer@127.0.0.1'
    before = w.probe.counts()
    for cseq, (method, body, extra) in enumerate((
            ('INVITE', q.sdp('a=sendonly\r\n'), ()), ('OPTIONS', '', ()), ('UPDATE', '', ()),
            ('INFO', 'Signal=5\r\n', ('Content-Type: application/dtmf-relay',)))):
        q.request(method, uri, call=call, to=to, cseq=100 + cseq, body=body, extra=list(extra))
        m = q.status(403)
        if method == 'INVITE':
            q.request('ACK', uri, call=call, to=to, cseq=100)
    time.sleep(1)  # unknown_rate
    for answered, said in (('200 OK', None), ('481 Call Does Not Exist', 'in .* ended bye')):
        q.request('BYE', uri, call=call, to=to, cseq=200)
        q.request('BYE', uri, call=call, to=to, cseq=201)
        q.status(403)
        q.status(403)
        m = p.receive()
        assert m.startswith('OPTIONS ') and header(m, 'Call-ID') == call, m
        answer(p, m, '', first='SIP/2.0 ' + answered)
        if said:
            w.probe.expect(said)
            m = p.receive()
            assert m.startswith('BYE '), m
            answer(p, m, '')
        else:  # once a second
            assert p.receive(1.1) is None
            assert w.probe.count(f'in {re.escape(call)} (ended|media|digit)') == 0
    # Wrong ids are answered the same.
    q.request('BYE', uri, call='x', to=to)
    q.status(403)
    after = w.probe.counts()
    assert after['refused'] - before['refused'] == 8 and after['unknown'] - before['unknown'] == 9
    # From another of the trunk's addresses.
    p, call, to = talks(w)
    other = w.peer('127.0.0.3')
    other.request('BYE', uri, call=call, to=to, cseq=2)
    other.status(200)
    w.probe.expect('in .* ended bye')


def strangers_at_its_beginning(w):
    """An ACK that brings an answer, and a CANCEL, by whoever saw the INVITE."""
    p, call, to = talks(w, offer=False)
    q, uri = w.peer('127.0.7.8'), 'sip:answer@127.0.0.1'
    q.request('ACK', uri, call=call, to=to, body=q.sdp(port=6666))
    time.sleep(0.1)
    assert w.probe.count('in .* answered') == 0
    p.request('ACK', uri, call=call, to=to, body=p.sdp(port=6002))
    w.probe.expect(r'in .* answered rtp=127\.0\.0\.2:6002')
    p.request('BYE', uri, call=call, to=to, cseq=2)
    while 'BYE' not in header(p.status(200), 'CSeq'):
        pass
    w.probe.expect('in .* ended bye')
    p, uri = w.peer(), 'sip:ring@127.0.0.1'
    w.probe.mark()
    call = p.request('INVITE', uri, body=p.sdp(), branch='z9hG4bKforged')
    p.status(180)
    q.host, q.port = p.host, p.port
    # Whatever its Call-ID: libre would take it by branch and sent-by alone.
    for id in (call, 'another'):
        q.request('CANCEL', uri, call=id, branch='z9hG4bKforged')
        q.status(403)
    # Nor is the true one taken for the repetition of a phone's, which is refused.
    r = w.peer('127.0.4.8')
    r.register('alice', 'secret')
    r.host, r.port = p.host, p.port
    r.request('CANCEL', uri, call=call, branch='z9hG4bKforged')
    r.status(481)
    assert w.probe.count('ended') == 0
    p.request('CANCEL', uri, call=call, branch='z9hG4bKforged')
    p.status(200)
    p.status(487)
    p.request('ACK', uri, call=call, to=f'<{uri}>;tag=x', branch='z9hG4bKforged')
    w.probe.expect('in .* ended cancel 487')
    w.forget()


def agents_on_the_move(w):
    """An agent's phone that is elsewhere now says who it is; nobody else may."""
    home, moved, q = w.peer('127.0.4.6'), w.peer('127.0.5.9'), w.peer('127.0.7.9')
    home.register('alice', 'secret')
    w.probe.mark()
    call = Caller(w)
    invite = home.receive(3)
    answer(home, invite, home.sdp(pts='0'))
    assert home.receive(2).startswith('ACK ')
    id, to = header(invite, 'Call-ID'), header(invite, 'From')
    before = w.probe.counts()

    def asks(peer, cseq, extra=()):
        peer.request('BYE', 'sip:x@127.0.0.1', call=id, to=to, tag='agent', cseq=cseq, user='alice',
                     extra=list(extra))
        return peer.status()

    def bye_as(peer, cseq, user, password):
        m = asks(peer, cseq)
        assert ' 401 ' in m, m
        return asks(peer, cseq + 1,
                    [authorize(m, user, password, 'BYE', 'sip:x@127.0.0.1')]).split()[1]
    assert bye_as(q, 1, 'six', 'secret6') == '403'
    assert bye_as(q, 3, 'alice', 'wrong') == '401'
    assert w.probe.count('out .* ended') == 0
    options = home.receive()
    assert options.startswith('OPTIONS '), options
    answer(home, options, '')
    assert bye_as(moved, 5, 'alice', 'secret') == '200'
    w.probe.expect('out .* ended bye')
    assert w.probe.counts()['refused'] - before['refused'] == 5
    call.status()
    w.forget()


# --- silence ---

def silent_is_silent(w):
    """No request of a stranger's is answered, whatever is wrong with it; all are counted."""
    config = '\n'.join(line for line in CONFIG.replace(':5060', ':5070').split('\n')
                       if '10.98' not in line).replace('sip:\n', 'sip:\n  unknown: silent\n')
    probe = Probe(w.probe.process.args[0], w.folder, config, 'silent')
    remote, uri, sent = ('127.0.0.1', 5070), 'sip:answer@127.0.0.1', 0
    peers = [Peer(('127.0.7.9', w.port()), remote, tcp) for tcp in (False, True)]
    for p in peers:
        for user in ('nobody', 'alice'):
            for method in ('INVITE', 'OPTIONS', 'BYE', 'CANCEL', 'INFO', 'SUBSCRIBE', 'REFER', 'X'):
                for to in ('', f'<{uri}>;tag=1'):
                    p.request(method, uri, user=user, to=to)
                    p.request(method, uri, user=user, to=to, forwards=0)
                    p.request(method, uri, user=user, to=to, extra=['Require: foo'])
                    sent += 3
        p.request('INVITE', uri, body='x', extra=['Content-Type: text/plain'])
        sent += 1
    peers[0].send_raw(b'OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.7.9;branch=z9hG4bKa\r\n'
                      b'From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS'
                      b'\r\nContent-Length: 99\r\n\r\n')
    for p in peers:
        m = p.receive(0.3)
        assert m is None, m
    assert probe.counts()['unknown'] == sent + 1, (probe.counts(), sent)
    # Who wants to sign in is asked for a password, and may call from there then.
    p = Peer(('127.0.4.1', w.port()), remote)
    p.register('alice', 'secret')
    assert probe.counts()['unknown'] == sent + 1  # no stranger
    call = p.request('INVITE', 'sip:busy@127.0.0.1', user='alice', body=p.sdp())
    m = p.status(401)
    p.request('ACK', 'sip:busy@127.0.0.1', call=call, user='alice', to=header(m, 'To'))
    probe.quit()
    # Where nobody may sign in, nobody is asked.
    config = re.sub('(password: secret6?),', r'\1, from: 127.0.4.0/24,', config)
    probe = Probe(w.probe.process.args[0], w.folder, config, 'closed')
    peers[0].request('REGISTER', 'sip:127.0.0.1', user='alice')
    assert peers[0].receive(0.3) is None and probe.counts()['unknown'] == 1
    p.register('alice', 'secret')
    probe.quit()


# --- the registrar ---

def registrar(w):
    p = w.peer('127.0.4.1')
    w.probe.mark()
    m = p.register('alice', 'secret')
    assert re.search(r'^Contact: <sip:alice@127\.0\.4\.1:\d+>;expires=60\r', m, re.M), m
    w.probe.expect('^registered alice')
    p.register('alice', 'secret', expires=5, cseq=10, final=(423,))
    for cseq, expires in ((20, 99999), (22, 2**32 + 5), (24, 2**32), (26, '9' * 30), (28, '5x')):
        m = p.register('alice', 'secret', expires=expires, cseq=cseq)
        assert ';expires=300' in m, m
        m = p.register('alice', 'secret', expires=60, cseq=cseq + 100, contact=(
            f'Contact: <sip:alice@{p.host}:{p.port}>;expires={expires}'))
        assert f';expires={60 if expires == "5x" else 300}\r' in m, m
    # Query: no Contact.
    m = p.register('alice', 'secret', expires=None, min_contact=False, cseq=30)
    assert ';expires=' in m
    # An older CSeq of the same Call-ID changes nothing.
    p.register('alice', 'secret', call='same', cseq=50)
    p.register('alice', 'secret', call='same', cseq=40, final=(500,))
    # Several phones; the fifth takes the place of the one not heard of for longest.
    for i in range(4):
        p.register('alice', 'secret',
                   contact=f'Contact: <sip:alice@127.0.4.1:{7000 + i}>;expires=100')
        time.sleep(0.01)
    m = p.register('alice', 'secret', min_contact=False, expires=None)
    assert m.count('Contact:') == 4 and f':{p.port}>' not in m, m
    assert 'replaced' in w.probe.text()[w.probe.seen:]
    # The same phone under another Contact.
    one = 'Contact: <sip:alice@127.0.4.1:7100>;+sip.instance="<urn:uuid:1>"'
    two = 'Contact: <sip:alice@127.0.4.1:7101>;+sip.instance="<urn:uuid:1>"'
    p.register('alice', 'secret', contact=one)
    m = p.register('alice', 'secret', contact=two)
    assert '7101' in m and '7100' not in m
    p.register('alice', 'secret', contact='Contact: *', expires=60, final=(400,))
    p.register('alice', 'secret', contact='Contact: *', expires=2**32, final=(400,))
    m = p.register('alice', 'secret', contact='Contact: *', expires=0)
    assert 'Contact' not in m
    w.probe.expect('^unregistered alice')
    # From where it may not, as another, and with a broken header.
    p.register('bob', 'secret2', final=(200,))
    w.peer('127.0.5.1').register('bob', 'secret2', final=(401,))
    p.register('bob', 'secret2', contact='Contact: <tel:1>', final=(400,))
    p.register('bob', 'secret2', contact='Contact: <sip:b@127.0.4.1\r\n X: y>', final=(400,))
    w.forget('bob', 'secret2')


def registration_expires(w):
    p = w.peer('127.0.4.1')
    w.probe.mark()
    p.register('alice', 'secret', expires=10)
    w.probe.expect('binding alice .* expired', 15)
    w.probe.expect('^unregistered alice')


def agent_calls_in(w):
    p = w.peer('127.0.4.1')
    p.register('bob', 'secret2')
    w.probe.mark()
    uri = 'sip:answer@127.0.0.1'
    call = p.request('INVITE', uri, user='bob', body=p.sdp(), rport=False)
    challenge = p.status(401)
    p.request('ACK', uri, call=call, user='bob', to=header(challenge, 'To'))
    p.request('INVITE', uri, user='bob', body=p.sdp(), call=call, cseq=2,
              extra=[authorize(challenge, 'bob', 'secret2', 'INVITE', uri)])
    ok = p.status(200)
    w.probe.expect('incoming .* from=bob .* via=bob')
    p.request('ACK', uri, call=call, cseq=2, to=header(ok, 'To'), user='bob')
    p.request('BYE', uri, call=call, cseq=3, to=header(ok, 'To'), user='bob')
    p.status(200)
    # As somebody else: the password is right, the name is not his.
    m = p.request('INVITE', uri, user='alice', body=p.sdp())
    challenge = p.status(401)
    p.request('INVITE', uri, user='alice', body=p.sdp(), call=m, cseq=2,
              extra=[authorize(challenge, 'bob', 'secret2', 'INVITE', uri)])
    p.status(403)
    w.forget('bob', 'secret2')


CASES = [
    strangers_are_bounded, strangers_hear_one_answer, silent_is_silent,
    libre_answers_within_bounds, garbage, runs_of_blanks, cut_body, wrong_passwords_lock_out,
    digests_for_another_uri, strangers_in_a_call, strangers_at_its_beginning, agents_on_the_move,
    registrar, agent_calls_in, registration_expires,
]
