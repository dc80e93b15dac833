"""Calls to agents' phones, SIPp's, baresip's and hand-made ones."""
import os
import shutil
import subprocess
import time
import wave

from sip_kit import Caller, answer, header


def agent_case(w, scenario, *args, caller='uac_answered', contacts=1, caller_args=('-d', '300')):
    """A call to an agent whose phone plays scenario; returns the caller's SIPp."""
    w.probe.mark()
    where = w.at('127.0.4.2')
    w.agent(where)
    phone = w.sipp(scenario, where, *args)
    time.sleep(0.3)
    if not caller:
        return phone, Caller(w)
    return phone, w.sipp(caller, w.at(), '-s', 'agent-alice', *caller_args)


def agent_answers(w):
    phone, call = agent_case(w, 'uas_answered', '-d', '200')
    phone.ok()
    call.ok()
    w.probe.expect('out .* ringing')
    w.probe.expect(r'out .* answered rtp=127\.0\.4\.2:\d+ codec=1 pt=0 event=101')
    w.probe.expect('out .* ended local')
    trace = open(phone.log + '.msg').read()
    assert 'X-Ringhall-Queue: front%20desk' in trace
    assert 'X-Ringhall-Call: 0123456789abcdef' in trace
    assert 'From: "Caller" <sip:+886212345678@127.0.0.1:5060>;tag=' in trace
    assert 'm=audio 40002 RTP/AVP 0 8 101' in trace  # the caller's codec first
    w.forget()


def agent_sees_who_calls(w):
    """The name whole and as UTF-8, a tel URI called; or nobody, where the caller asks for that."""
    p, caller = w.peer('127.0.4.6'), w.peer()
    p.register('alice', 'secret')
    asserted = 'P-Asserted-Identity: Anna Maria Müller <sip:+4930123@c>'
    for extra, seen, hidden in (
            ((asserted,), ('From: "Anna Maria Müller" <sip:+4930123@127.0.0.1:5060>;tag=',
                           'P-Asserted-Identity: "Anna Maria Müller" <sip:+4930123@'), False),
            ((asserted, 'Privacy: id'),
             ('From: "Anonymous" <sip:anonymous@anonymous.invalid>;tag=', 'Privacy: id'), True)):
        branch = f'z9hG4bKwho{hidden}'
        call = caller.request('INVITE', 'sip:agent-alice;npdi;rn=+4912@127.0.0.1', extra=extra,
                              body=caller.sdp(), branch=branch)
        invite = p.receive(3)
        for line in seen:
            assert f'\r\n{line}' in invite, invite
        assert ('4930' in invite or 'Anna' in invite) != hidden, invite
        answer(p, invite, '', first='SIP/2.0 486 Busy Here')
        assert p.receive(2).startswith('ACK ')
        caller.request('ACK', 'sip:x@127.0.0.1', call=call, branch=branch,
                       to=header(caller.status(486), 'To'))
    w.forget()


def agent_hangs_up(w):
    phone, call = agent_case(w, 'uas_hangs_up', '-d', '200', caller='uac_wait_bye', caller_args=())
    phone.ok()
    call.ok()
    w.probe.expect('out .* ended bye')
    w.forget()


def agent_refuses(w):
    for scenario, status in (('uas_busy', 486), ('uas_declines', 603)):
        phone, call = agent_case(w, scenario, caller=None)
        phone.ok()
        w.probe.expect(f'out .* ended rejected {status}')
        assert call.status() == status
        w.forget()


def cancel_while_ringing(w):
    phone, call = agent_case(w, 'uas_rings_only', caller='uac_cancel_ringing', caller_args=())
    call.ok()
    phone.ok()
    w.forget()


def cancel_waits_for_the_first_1xx(w):
    phone, call = agent_case(w, 'uas_trying_late', caller='uac_cancel_trying', caller_args=())
    call.ok()
    phone.ok()
    w.forget()


def answer_crosses_cancel(w):
    before = w.probe.counts()['late']
    phone, call = agent_case(w, 'uas_answers_after_cancel', caller='uac_cancel_ringing',
                             caller_args=())
    call.ok()
    phone.ok()
    assert w.probe.counts()['late'] == before + 1
    w.forget()


def second_forks_answer(w):
    before = w.probe.counts()['forks']
    phone, call = agent_case(w, 'uas_two_answers', caller_args=('-d', '1000'))
    phone.ok()
    call.ok()
    assert w.probe.counts()['forks'] == before + 1
    w.forget()


def both_contacts_ring(w):
    """Two phones of one agent: the one that answers wins, the other is cancelled."""
    w.probe.mark()
    a, b = w.at('127.0.4.2'), w.at('127.0.4.3')
    w.agent(a)
    w.agent(b)
    first, second = w.sipp('uas_rings_only', a), w.sipp('uas_answered', b, '-d', '300')
    time.sleep(0.3)
    call = w.sipp('uac_answered', w.at(), '-s', 'agent-alice', '-d', '300')
    for s in (call, first, second):
        s.ok()
    assert w.probe.count('out .* ringing') == 1
    w.forget()


def one_contact_refuses_the_other_answers(w):
    a, b = w.at('127.0.4.2'), w.at('127.0.4.3')
    w.agent(a)
    w.agent(b)
    first, second = w.sipp('uas_busy', a), w.sipp('uas_answered', b, '-d', '300')
    time.sleep(0.3)
    call = w.sipp('uac_answered', w.at(), '-s', 'agent-alice', '-d', '300')
    for s in (call, first, second):
        s.ok()
    w.forget()


def redirect_to_a_forbidden_target(w):
    before = w.probe.counts()['redirects']
    phone, call = agent_case(w, 'uas_redirects', '-key', 'target', '192.0.2.1:5060',
                             caller=None)
    phone.ok()
    w.probe.expect('out .* ended redirected 302')
    assert w.probe.counts()['redirects'] == before + 1
    assert call.status() == 480
    w.forget()


def redirect_to_an_allowed_target(w):
    elsewhere = w.at('127.0.5.2')
    other = w.sipp('uas_answered', elsewhere, '-d', '200')
    phone, call = agent_case(w, 'uas_redirects', '-key', 'target', elsewhere)
    for s in (phone, other, call):
        s.ok()
    w.forget()


def redirects_end_after_three(w):
    phones = [w.peer('127.0.4.2')] + [w.peer('127.0.5.2') for _ in range(4)]
    phones[0].register('alice', 'secret')
    w.probe.mark()
    call = Caller(w)
    for n, (here, there) in enumerate(zip(phones, phones[1:])):
        invite = here.receive(3)
        assert header(invite, 'CSeq') == f'{n + 1} INVITE'
        answer(here, invite, '', first='SIP/2.0 302 Moved',
               contact=f'<sip:{there.host}:{there.port}>')
        assert here.receive(3).startswith('ACK ')
    w.probe.expect('out .* ended redirected 302')
    assert phones[4].receive(0.3) is None
    assert call.status() == 480
    w.forget()


def agent_over_tcp(w):
    """The connection that the phone opened is the only way to it."""
    p = w.peer('127.0.4.5', tcp=True)
    p.register('alice', 'secret', contact='Contact: <sip:alice@10.1.1.1:5060;transport=tcp>')
    w.probe.mark()
    call = w.sipp('uac_answered', w.at(), '-s', 'agent-alice', '-d', '300')
    invite = p.receive(3)
    assert invite.startswith('INVITE sip:alice@10.1.1.1:5060;transport=tcp SIP/2.0')
    answer(p, invite, p.sdp(pts='0'))
    assert p.receive(3).startswith('ACK ')
    bye = p.receive(3)
    assert bye.startswith('BYE ')
    answer(p, bye, '')
    call.ok()
    # The connection gone, the phone cannot be called.
    p.socket.close()
    time.sleep(0.2)
    call = Caller(w)
    w.probe.expect('invite -2')
    assert call.status() == 480
    w.forget()


def late_and_repeated_answers(w):
    """Our ACK is lost: the 200 that comes again is acknowledged again, to the end and after."""
    p = w.peer('127.0.4.6')
    p.register('alice', 'secret')
    before = w.probe.counts()['again']
    call = w.sipp('uac_answered', w.at(), '-s', 'agent-alice', '-d', '1200')
    invite = p.receive(3)
    for _ in range(3):
        answer(p, invite, p.sdp(pts='0'))
        assert p.receive(2).startswith('ACK ')
    assert w.probe.counts()['again'] == before + 2
    bye = p.receive(3)
    assert bye.startswith('BYE '), bye
    answer(p, bye, '')
    call.ok()
    answer(p, invite, p.sdp(pts='0'))
    assert p.receive(2).startswith('ACK ')
    # A third phone wakes up after all is over.
    answer(p, invite, p.sdp(pts='0'), tag='third')
    got = sorted((p.receive(2) or '').split()[0] for _ in range(2))
    assert got == ['ACK', 'BYE'], got
    assert w.probe.counts()['late'] >= 1
    w.forget()


def agent_answers_with_nonsense(w):
    for body in ('', 'x', None):
        p = w.peer('127.0.4.6')
        p.register('alice', 'secret')
        w.probe.mark()
        call = Caller(w)
        invite = p.receive(3)
        answer(p, invite, p.sdp(pts='18') if body is None else body)
        assert p.receive(2).startswith('ACK ')
        assert p.receive(2).startswith('BYE ')
        w.probe.expect('out .* ended media 488')
        assert call.status() == 480
        p.socket.close()
        w.forget()


def agent_answers_early(w):
    """The session description in the 180 or 183 and none in the 200: the first one counts."""
    p = w.peer('127.0.4.6')
    p.register('alice', 'secret')
    for first, tags in (('SIP/2.0 180 Ringing', ('agent', 'agent')),
                        ('SIP/2.0 183 Session Progress', ('agent', 'agent')),
                        ('SIP/2.0 180 Ringing', ('other', 'agent'))):
        w.probe.mark()
        call = Caller(w)
        invite = p.receive(3)
        answer(p, invite, p.sdp(port=7000, pts='0'), first=first, tag=tags[0])
        answer(p, invite, p.sdp(port=7100, pts='8'), first=first, tag=tags[0])
        answer(p, invite, '', tag=tags[1])
        assert p.receive(2).startswith('ACK ')
        if tags[0] == tags[1]:
            w.probe.expect(r'out .* answered rtp=127\.0\.4\.6:7000 codec=1 ')
            p.request('BYE', 'sip:x@127.0.0.1', call=header(invite, 'Call-ID'), tag='agent',
                      to=header(invite, 'From'), user='alice', cseq=7)
            p.status(200)
        else:  # of another phone behind it
            assert p.receive(2).startswith('BYE ')
            w.probe.expect('out .* ended media 488')
        call.status()
    w.forget()


def agent_holds(w):
    """re-INVITE from the agent's side, in both tags' directions."""
    p = w.peer('127.0.4.6')
    p.register('alice', 'secret')
    w.probe.mark()
    call = w.sipp('uac_answered', w.at(), '-s', 'agent-alice', '-d', '1000')
    invite = p.receive(3)
    answer(p, invite, p.sdp(pts='0'))
    p.receive(2)
    zeros = p.sdp(pts='0').replace('c=IN IP4 127.0.4.6', 'c=IN IP6 ::')
    for cseq, sdp, line, direction in (
            (1, p.sdp('a=sendonly\r\n', pts='0'), 'a=recvonly', 2), (2, zeros, 'a=recvonly', 2),
            (3, p.sdp(pts='0', port=0), 'm=audio 0 RTP/AVP 0', 0),
            (4, p.sdp(pts='0'), 'a=sendrecv', 3)):
        w.probe.mark()
        p.request('INVITE', 'sip:x@127.0.0.1', call=header(invite, 'Call-ID'), tag='agent',
                  to=header(invite, 'From'), body=sdp, user='alice', cseq=cseq)
        ok = p.status(200)
        assert line in ok, ok
        w.probe.expect(f'out .* media .*direction={direction}')
        p.request('ACK', 'sip:x@127.0.0.1', call=header(invite, 'Call-ID'), tag='agent',
                  to=header(invite, 'From'), user='alice', cseq=cseq)
    bye = p.receive(3)
    assert bye.startswith('BYE ')
    answer(p, bye, '')
    call.ok()
    w.forget()


def agent_is_asked(w):
    """OPTIONS within the dialog: any answer is life, but one that knows of no call."""
    p = w.peer('127.0.4.7')
    p.register('alice', 'secret')
    w.probe.mark()
    call = w.sipp('uac_wait_bye', w.at(), '-s', 'agent-alice')
    invite = p.receive(3)
    answer(p, invite, p.sdp(pts='0'))
    assert p.receive(2).startswith('ACK ')
    for first, told in (('200 OK', 'alive'), ('405 Method Not Allowed', 'alive'),
                        ('481 Call Does Not Exist', 'ended timeout')):
        w.probe.ask('probe')
        options = p.receive(3)
        assert options.startswith('OPTIONS '), options
        assert header(options, 'Call-ID') == header(invite, 'Call-ID')
        assert ';tag=agent' in header(options, 'To'), options
        answer(p, options, '', first='SIP/2.0 ' + first)
        w.probe.expect(f'out .*{told}')
    bye = p.receive(3)
    assert bye.startswith('BYE '), bye
    answer(p, bye, '')
    call.ok()
    p.socket.close()
    w.forget()


# --- a real phone ---

def baresip(w, account):
    home = os.path.join(w.folder, 'baresip')
    os.makedirs(home, exist_ok=True)
    with wave.open(os.path.join(home, 'tone.wav'), 'wb') as f:
        f.setparams((1, 2, 8000, 8000, 'NONE', ''))
        f.writeframes(bytes(16000))
    lines = [f'sip_listen 0.0.0.0:{w.port()}', 'module_path /usr/lib/baresip/modules',
             'module g711.so', 'module aufile.so', 'module_app account.so', 'module_app menu.so',
             f'audio_source aufile,{home}/tone.wav', f'audio_player aufile,{home}/heard.wav',
             'net_interface phones']
    for name, text in (('config', '\n'.join(lines)), ('accounts', account), ('contacts', '')):
        with open(os.path.join(home, name), 'w') as f:
            f.write(text + '\n')
    log = open(os.path.join(home, 'log'), 'w')
    return subprocess.Popen(['baresip', '-f', home], stdin=subprocess.DEVNULL, stdout=log,
                            stderr=subprocess.STDOUT)


def baresip_registers_and_answers(w):
    if not shutil.which('baresip'):
        print('  baresip is not here')
        return
    for transport in ('udp', 'tcp'):
        w.probe.mark()
        phone = baresip(w, f'<sip:alice@10.98.0.1;transport={transport}>;auth_pass=secret;'
                        'answermode=auto;regint=60')
        try:
            w.probe.expect('^registered alice', 8)
            w.sipp('uac_answered', w.at(), '-s', 'agent-alice', '-d', '800').ok()
            w.probe.expect('out .* answered')
            w.probe.expect('out .* ended local')
        finally:
            phone.terminate()
            phone.wait()
        w.probe.expect('^unregistered alice', 5)


CASES = [
    agent_answers, agent_sees_who_calls, agent_hangs_up, agent_refuses, cancel_while_ringing,
    cancel_waits_for_the_first_1xx, answer_crosses_cancel, second_forks_answer,
    both_contacts_ring, one_contact_refuses_the_other_answers, redirect_to_a_forbidden_target,
    redirect_to_an_allowed_target, redirects_end_after_three, agent_over_tcp,
    late_and_repeated_answers, agent_answers_with_nonsense, agent_answers_early, agent_holds,
    agent_is_asked, baresip_registers_and_answers,
]
