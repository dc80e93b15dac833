"""Calls to the user agent: answered, cancelled, changed, refused."""
import re
import subprocess

from sip_kit import Lossy, header


def caller_is_answered_over_udp_tcp_ip6(w):
    for where, remote, transport in (('127.0.0.2', '127.0.0.1:5060', 'u1'),
                                     ('127.0.0.2', '127.0.0.1:5060', 't1'),
                                     ('127.0.0.2', '127.0.0.1:5060', 'tn'),
                                     ('[::1]', '[::1]:5060', 'u1'), ('[::1]', '[::1]:5060', 't1')):
        w.probe.mark()
        w.sipp('uac_answered', w.at(where), '-s', 'late-1', '-d', '200', '-t', transport,
               '-max_socket', '1000',
               remote=remote, calls=10).ok()
        w.probe.expect('(in .* ended bye(.|\n)*){10}')
        assert w.probe.count('in .* answered rtp=.*codec=2 pt=8 event=101') == 10
        assert w.probe.counts()['legs'] <= 1  # that of never_acked


def stock_uac(w):
    stock = subprocess.run(['sipp', '-sn', 'uac', '127.0.0.1:5060', '-i', '127.0.0.2', '-p',
                            str(w.port()), '-m', '50', '-r', '50', '-d', '100', '-timeout', '20',
                            '-nostdin', '-s', 'answer'], stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=w.folder)
    assert stock.returncode == 0


def we_hang_up(w):
    for transport in ('u1', 't1'):
        w.sipp('uac_wait_bye', w.at(), '-s', 'hangup-200', '-t', transport, calls=5).ok()


def cancel_at_every_moment(w):
    w.probe.mark()
    w.sipp('uac_cancel_ringing', w.at(), '-s', 'ring', calls=3).ok()
    w.probe.expect('in .* ended cancel 487')
    w.agent(w.at('127.0.4.2'))  # nothing listens there: only 100 comes
    w.probe.mark()
    w.sipp('uac_cancel_trying', w.at(), '-s', 'agent-alice').ok()
    w.probe.expect('in .* ended cancel 487')
    w.probe.expect('out .* ended local')
    w.forget()


def late_offer(w):
    w.probe.mark()
    w.sipp('uac_late_offer', w.at(), '-s', 'answer', '-d', '200', calls=3).ok()
    w.probe.expect('incoming .*late=1')
    w.probe.expect(r'in .* answered rtp=127\.0\.0\.2:\d+ codec=1 pt=0 event=101')


def late_offer_without_answer(w):
    p = w.peer()
    w.probe.mark()
    call = p.request('INVITE', 'sip:answer@127.0.0.1')
    ok = p.status(200)
    p.request('ACK', 'sip:answer@127.0.0.1', call=call, to=header(ok, 'To'))
    assert p.receive().startswith('BYE ')
    w.probe.expect('in .* ended media 488')


def hold_and_resume(w):
    w.probe.mark()
    w.sipp('uac_hold_resume', w.at(), '-s', 'answer').ok()
    w.probe.expect('in .* ended bye')
    said = w.probe.text()[w.probe.seen:]
    directions = re.findall('in .* media .*codec=(.) .*direction=(.)', said)
    assert directions == [('2', '2'), ('2', '2'), ('2', '3'), ('1', '3')], directions


def info_digits(w):
    w.probe.mark()
    w.sipp('uac_info_digits', w.at(), '-s', 'answer').ok()
    digits = re.findall(r'in .* digit (\S) (\d+)', w.probe.text()[w.probe.seen:])
    assert digits == [('5', '240'), ('*', '160'), ('A', '160')], digits
    call = w.probe.expect('incoming (\\S+)').group(1)
    assert 'Signal= 5' in w.probe.ask('trace ' + call)


def masked_digits(w):
    w.probe.ask('mask')
    w.probe.mark()
    w.sipp('uac_info_digits', w.at(), '-s', 'answer').ok()
    call = w.probe.expect('incoming (\\S+)').group(1)
    trace = w.probe.ask('trace ' + call)
    assert 'Signal= -' in trace and 'Signal= 5' not in trace and 'INFO ' in trace
    assert trace.count('trace <-') > 5 and trace.count('trace ->') > 5
    # Line ends may come before a message (RFC 3261 7.5), and alone between them.
    for tcp in (False, True):
        p, uri = w.peer(tcp=tcp), 'sip:answer@127.0.0.1'
        call = p.request('INVITE', uri, body=p.sdp())
        to = header(p.status(200), 'To')
        p.request('ACK', uri, call=call, to=to)
        via = f'SIP/2.0/{"TCP" if tcp else "UDP"} {p.host}:{p.port};branch=z9hG4bKled'
        lines = ['', '', f'INFO {uri} SIP/2.0', f'Via: {via}', f'From: <sip:x@{p.host}>;tag=t1',
                 f'To: {to}', f'Call-ID: {call}', 'CSeq: 2 INFO', 'Content-Length: 8',
                 'Content-Type: application/dtmf-relay', '', 'Signal=5']
        p.send_raw('\r\n'.join(lines).encode())
        if tcp:
            assert p.socket.recv(2) == b'\r\n'
        p.status(200)
        trace = w.probe.ask('trace ' + call)
        assert 'Signal=-' in trace and 'Signal=5' not in trace, trace
        p.request('BYE', uri, call=call, to=to, cseq=3)
        p.status(200)


def info_bodies(w):
    """What says no digit is refused, and only what says one is told."""
    p = w.peer()
    uri = 'sip:answer@127.0.0.1'
    call = p.request('INVITE', uri, body=p.sdp())
    to = header(p.status(200), 'To')
    p.request('ACK', uri, call=call, to=to)
    w.probe.mark()
    bodies = [(200, None, ''), (200, 'application/dtmf-relay', 'signal\t= 7\rDuration = 90 '),
              (400, 'application/dtmf-relay', ''), (400, 'application/dtmf-relay', 'Duration=160'),
              (200, 'application/dtmf-relay', 'Signal=hf'), (400, 'application/dtmf', ''),
              (400, 'application/dtmf', '12345'), (200, 'application/dtmf', '\r\n 11 \r\n'),
              (415, 'text/plain', 'Signal=5')]
    for number, (status, kind, text) in enumerate(bodies):
        extra = [f'Content-Type: {kind}'] if kind else []
        p.request('INFO', uri, call=call, cseq=2 + number, to=to, body=text, extra=extra)
        p.status(status)
    p.request('BYE', uri, call=call, cseq=20, to=to)
    p.status(200)
    digits = re.findall(r'in .* digit (\S) (\d+)', w.probe.text()[w.probe.seen:])
    assert digits == [('7', '90'), ('#', '160')], digits


def lost_ack(w):
    """A 200 is repeated until its ACK comes, and not after."""
    for tcp in (False, True):
        w.probe.mark()
        p = w.peer(tcp=tcp)
        call = p.request('INVITE', 'sip:answer@127.0.0.1', body=p.sdp())
        answers = [p.status(200) for _ in range(3)]
        assert len(set(answers)) == 1
        p.request('ACK', 'sip:answer@127.0.0.1', call=call, to=header(answers[0], 'To'))
        assert p.receive(2.5) is None
        p.request('BYE', 'sip:answer@127.0.0.1', call=call, to=header(answers[0], 'To'), cseq=2)
        p.status(200)
        assert w.probe.count('answered') == 1


def never_acked(w):
    """Begins now, ends 32 s later."""
    w.never_acked = w.sipp('uac_never_acks', w.at(), '-s', 'never')


def never_acked_is_ended(w):
    w.never_acked.ok()
    call = re.search(r'incoming (\S+) .*called=never ', w.probe.text()).group(1)
    w.probe.expect_ever(f'in {re.escape(call)} ended timeout 408')


def invite_twice_is_one_call(w):
    w.probe.mark()
    p = w.peer()
    uri = 'sip:late@127.0.0.1'
    for _ in range(3):
        p.request('INVITE', uri, body=p.sdp(), call='twice', branch='z9hG4bKtwice')
    ok = p.status(200)
    p.request('INVITE', uri, body=p.sdp(), call='twice', branch='z9hG4bKtwice')
    p.request('ACK', uri, call='twice', to=header(ok, 'To'))
    p.request('BYE', uri, call='twice', to=header(ok, 'To'), cseq=2)
    p.status(200)
    w.probe.expect('ended bye')
    assert w.probe.count('incoming') == 1


def busy(w):
    w.sipp('uac_busy', w.at(), '-s', 'busy', calls=3).ok()


def lossy(w):
    relay = Lossy(w)
    relay.start()
    w.probe.mark()
    w.sipp('uac_answered', w.at(), '-s', 'answer', '-d', '200', '-r', '20', calls=40,
           remote=relay.remote).ok()
    assert w.probe.count('incoming') == 40
    # SIPp takes a repeated 200 for the answer to its BYE: where that was lost, it is gone.
    assert w.probe.count('ended bye') >= 36


def odd_requests(w):
    p = w.peer()
    uri = 'sip:answer@127.0.0.1'
    p.request('OPTIONS', uri)
    m = p.status(200)
    assert 'INVITE, ACK, CANCEL, BYE' in header(m, 'Allow') and header(m, 'Accept')
    p.request('INVITE', uri, forwards=0)
    p.status(483)
    p.request('SUBSCRIBE', uri)
    assert header(p.status(405), 'Allow')
    p.request('INVITE', uri, body=p.sdp(), extra=['Require: 100rel, foo'])
    assert header(p.status(420), 'Unsupported') == '100rel, foo'
    p.request('INVITE', uri, body='x', extra=['Content-Type: text/plain'])
    assert header(p.status(415), 'Accept') == 'application/sdp'
    p.request('INVITE', uri, body=p.sdp(proto='RTP/SAVP'))
    assert 'RTP/AVP' in header(p.status(488), 'Warning')
    p.request('INVITE', uri, body=p.sdp(pts='18'))
    assert 'codec' in header(p.status(488), 'Warning')
    p.request('INVITE', uri, body=p.sdp(port=0))
    p.status(488)
    p.request('INVITE', uri, body='nonsense')
    p.status(400)
    p.request('INVITE', uri, body=p.sdp(), contact=False)
    p.status(400)
    p.request('BYE', uri, to=f'<{uri}>;tag=nope')
    p.status(481)
    p.request('CANCEL', uri)
    p.status(481)
    p.request('INFO', uri)
    p.status(481)
    p.request('INVITE', uri, body=p.sdp(), extra=['X-Ringhall-Call: 1'])
    p.status(482)
    # Merged: the same request by another path while the first is alive.
    call = p.request('INVITE', 'sip:ring@127.0.0.1', body=p.sdp(), branch='z9hG4bKaaa')
    p.status(180)
    p.request('INVITE', 'sip:ring@127.0.0.1', body=p.sdp(), branch='z9hG4bKbbb', call=call)
    p.status(482)
    p.request('CANCEL', 'sip:ring@127.0.0.1', call=call, branch='z9hG4bKaaa')
    p.status(200)
    p.status(487)


def glare_and_order(w):
    p = w.peer()
    uri = 'sip:answer@127.0.0.1'
    call = p.request('INVITE', uri, body=p.sdp())
    ok = p.status(200)
    to = header(ok, 'To')
    p.request('INVITE', uri, call=call, cseq=2, to=to, body=p.sdp())
    m = p.status(200, 491)
    while ' 491 ' not in m.split('\r\n')[0]:
        m = p.status(200, 491)  # our 200, repeated
    p.request('ACK', uri, call=call, to=to)
    p.request('INFO', uri, call=call, cseq=1, to=to)
    while ' 200 ' in p.status(200, 500).split('\r\n')[0]:
        pass
    p.request('BYE', uri, call=call, cseq=3, to=to)
    p.status(200)
    p.request('BYE', uri, call=call, cseq=4, to=to)
    p.status(481)


def trunk_limit_and_drain(w):
    p, q = w.peer('127.0.0.9'), w.peer('127.0.0.9')
    p.request('INVITE', 'sip:ring@127.0.0.1', body=p.sdp(), branch='z9hG4bKx', call='limit1')
    p.status(180)
    q.request('INVITE', 'sip:ring@127.0.0.1', body=p.sdp())
    assert 'Trunk Full' in q.status(503)
    assert re.search('trunk small calls=2 rejected=1 now=1', w.probe.ask('trunks'))
    p.request('CANCEL', 'sip:ring@127.0.0.1', branch='z9hG4bKx', call='limit1')
    p.status(200)
    p.status(487)
    assert re.search('trunk small calls=2 rejected=1 now=0', w.probe.ask('trunks'))


def drain(w):
    w.probe.ask('drain')
    p = w.peer()
    p.request('INVITE', 'sip:answer@127.0.0.1', body=p.sdp())
    assert header(p.status(503), 'Retry-After')


def contact_by_name_and_private_address(w):
    """In-dialog requests come back to the source when the Contact cannot be used."""
    for host in ('pbx.example.com', '10.1.2.3'):
        p = w.peer()
        call = p.request('INVITE', 'sip:hangup-100@127.0.0.1', body=p.sdp(), contact=False,
                         extra=[f'Contact: <sip:a@{host}>'])
        ok = p.status(200)
        p.request('ACK', 'sip:x@127.0.0.1', call=call, to=header(ok, 'To'))
        m = p.receive()
        assert m and m.startswith(f'BYE sip:a@{host} SIP/2.0'), m


def record_route_is_followed(w):
    p, proxy = w.peer(), w.peer('127.0.0.3')
    routes = [f'Record-Route: <sip:{proxy.host}:{proxy.port};lr>', 'Record-Route: <sip:a.b;lr>']
    call = p.request('INVITE', 'sip:hangup-100@127.0.0.1', body=p.sdp(), extra=routes)
    ok = p.status(200)
    assert 'Record-Route: <sip:a.b;lr>' in ok
    p.request('ACK', 'sip:x@127.0.0.1', call=call, to=header(ok, 'To'))
    m = proxy.receive()
    assert m.startswith(f'BYE sip:x@{p.host}:{p.port}')
    assert re.findall('^Route: (.*?)\r', m, re.M) == [r.split(': ')[1] for r in routes]


CASES = [
    caller_is_answered_over_udp_tcp_ip6, stock_uac, we_hang_up, cancel_at_every_moment,
    late_offer, late_offer_without_answer, hold_and_resume, info_digits, info_bodies, lost_ack,
    invite_twice_is_one_call, busy, odd_requests, glare_and_order, trunk_limit_and_drain,
    contact_by_name_and_private_address, record_route_is_followed, lossy,
]
