"""The user agent under test, SIPp, and a SIP peer by hand."""
import hashlib
import os
import random
import re
import select
import socket
import subprocess
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SIPP = os.path.join(HERE, '..', 'smoke', 'sipp')
CONFIG = """
sip:
  listen:
    - udp:127.0.0.1:5060
    - tcp:127.0.0.1:5060
    - udp:10.98.0.1:5060
    - tcp:10.98.0.1:5060
    - udp:[::1]:5060
    - tcp:[::1]:5060
  realm: hotline
  auth_failures: 4
  auth_lockout: 3s
  unknown_rate: 5
  register_min: 10s
  register_max: 300s
engine:
  ports:
    media0: {host: 10.99.0.1/24}
  media:
    main: {port: media0, address: 10.99.0.2/24}
    six: {port: media0, address: "fd99::2/64"}
tenants:
  acme:
    trunks:
      carrier: {peers: [127.0.0.0/28], media: main}
      small: {peers: [127.0.0.9], media: main, calls_max: 1}
      carrier6: {peers: ["::1"], media: six}
    numbers: {"*": main}
    prompts:
      welcome: /usr/share/asterisk/sounds/en_US_f_Allison/hello-world.wav
    flows:
      main:
        greeting: {hangup: welcome}
    agents:
      alice: {password: secret, media: main, redirects: [127.0.5.0/24]}
      bob: {password: secret2, media: main, from: 127.0.4.0/24}
      six: {password: secret6, media: six}
"""


class Probe:
    """The program under test, and what it said so far."""

    def __init__(self, program, folder, config=CONFIG, name='probe'):
        path = os.path.join(folder, name + '.yaml')
        with open(path, 'w') as f:
            f.write(config)
        self.log = open(os.path.join(folder, name + '.log'), 'w+')
        self.process = subprocess.Popen([program, path], stdin=subprocess.PIPE, text=True,
                                        stdout=self.log, stderr=subprocess.STDOUT, bufsize=1)
        self.seen = 0
        self.expect('ready')

    def text(self):
        with open(self.log.name) as f:
            return f.read()

    def mark(self):
        self.seen = len(self.text())

    def expect(self, pattern, seconds=5.0):
        """Waits for a line after the mark that matches; returns the match."""
        end = time.monotonic() + seconds
        while True:
            found = re.search(pattern, self.text()[self.seen:], re.M)
            if found:
                return found
            if self.process.poll() is not None:
                raise AssertionError(f'the probe ended with {self.process.returncode}')
            if time.monotonic() > end:
                raise AssertionError(f'not said: {pattern}\n{self.text()[self.seen:]}')
            time.sleep(0.02)

    def expect_ever(self, pattern):
        seen, self.seen = self.seen, 0
        self.expect(pattern)
        self.seen = seen

    def count(self, pattern):
        return len(re.findall(pattern, self.text()[self.seen:], re.M))

    def ask(self, command):
        before = len(self.text())
        self.process.stdin.write(command + '\n')
        seen, self.seen = self.seen, before
        self.expect('^done ' + re.escape(command))
        self.seen = seen
        return self.text()[before:]

    def counts(self):
        line = re.search('^counts .*', self.ask('counts'), re.M).group(0)
        return {k: int(v) for k, v in re.findall(r'(\w+)=(\d+)', line)}

    def quit(self):
        self.process.stdin.write('quit\n')
        assert self.process.wait(10) == 0, self.text()[-2000:]


class Sipp:
    """A SIPp with one of the scenarios; ok() when all of its calls went as written."""

    def __init__(self, world, scenario, where, *args, calls=1, remote='127.0.0.1:5060'):
        ip, port = where.rsplit(':', 1)
        self.log = os.path.join(world.folder, f'{scenario}-{port}')
        self.command = ['sipp', remote, '-sf', os.path.join(SIPP, scenario + '.xml'),
                        '-i', ip.strip('[]'), '-p', port, '-m', str(calls), '-nostdin',
                        '-trace_err', '-error_file', self.log + '.err', '-trace_msg',
                        '-message_file', self.log + '.msg', '-timeout', '42', *args]
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        cwd=world.folder)

    def ok(self, seconds=45):
        code = self.process.wait(seconds)
        if code:
            errors = open(self.log + '.err').read() if os.path.exists(self.log + '.err') else ''
            raise AssertionError(f'{" ".join(self.command)}: {code}\n{errors[:3000]}')

    def stop(self):
        self.process.kill()
        self.process.wait()


class Peer:
    """A socket that speaks SIP by hand."""

    def __init__(self, where, remote=('127.0.0.1', 5060), tcp=False):
        self.tcp, self.remote = tcp, remote
        family = socket.AF_INET6 if ':' in where[0] else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(where)
        if tcp:
            self.socket.connect(remote)
        self.ip, self.port = self.socket.getsockname()[:2]
        self.host = f'[{self.ip}]' if ':' in self.ip else self.ip
        self.buffer = b''

    def send_raw(self, data):
        if self.tcp:
            self.socket.sendall(data)
        else:
            self.socket.sendto(data, self.remote)

    def send(self, first, headers, body=''):
        lines = [first] + headers + [f'Content-Length: {len(body)}', '', body]
        self.send_raw('\r\n'.join(lines).encode())

    def receive(self, seconds=2.0):
        """A message, or None."""
        self.socket.settimeout(seconds)
        try:
            if not self.tcp:
                return self.socket.recv(65536).decode()
            while b'\r\n\r\n' not in self.buffer:
                data = self.socket.recv(65536)
                if not data:
                    return None
                self.buffer += data
            head, _, rest = self.buffer.partition(b'\r\n\r\n')
            length = int(re.search(rb'Content-Length: *(\d+)', head).group(1))
            while len(rest) < length:
                rest += self.socket.recv(65536)
            self.buffer = rest[length:]
            return (head + b'\r\n\r\n' + rest[:length]).decode()
        except socket.timeout:
            return None

    def status(self, *codes, seconds=3.0):
        """The next final answer (or one of codes); its text."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            m = self.receive(max(0.05, end - time.monotonic()))
            if m is None:
                break
            if re.match('SIP/2.0 1', m) and int(m.split()[1]) not in codes:
                continue
            if m.startswith('SIP/2.0'):
                code = int(m.split()[1])
                assert not codes or code in codes, f'{codes} expected, got\n{m}'
                return m
        raise AssertionError(f'no answer {codes}')

    def request(self, method, uri, *, call=None, cseq=1, to='', body='', extra=(), tag='t1',
                user='x', branch=None, rport=True, forwards=70, contact=True):
        call = call or f'{random.getrandbits(64):x}@{self.ip}'
        transport = 'TCP' if self.tcp else 'UDP'
        headers = [
            f'Via: SIP/2.0/{transport} {self.host}:{self.port};branch='
            f'{branch or "z9hG4bK%x" % random.getrandbits(64)}{";rport" if rport else ""}',
            f'From: <sip:{user}@{self.host}>;tag={tag}',
            f'To: {to or "<" + uri + ">"}',
            f'Call-ID: {call}',
            f'CSeq: {cseq} {method}',
            f'Max-Forwards: {forwards}',
        ]
        if contact:
            headers.append(f'Contact: <sip:{user}@{self.host}:{self.port}'
                           f'{";transport=tcp" if self.tcp else ""}>')
        if body and not any(e.startswith('Content-Type') for e in extra):
            headers.append('Content-Type: application/sdp')
        self.send(f'{method} {uri} SIP/2.0', headers + list(extra), body)
        return call

    def sdp(self, lines='', port=6000, proto='RTP/AVP', pts='0 8 101'):
        v = 6 if ':' in self.ip else 4
        return (f'v=0\r\no=- 1 1 IN IP{v} {self.ip}\r\ns=-\r\nc=IN IP{v} {self.ip}\r\nt=0 0\r\n'
                f'm=audio {port} {proto} {pts}\r\na=rtpmap:101 telephone-event/8000\r\n{lines}')

    def register(self, user, password, *, expires=60, contact=None, cseq=1, call=None, nonce=None,
                 final=(200,), realm='hotline', min_contact=True):
        """REGISTER with its challenge; returns the final answer."""
        host = f'[{self.remote[0]}]' if ':' in self.remote[0] else self.remote[0]
        uri = f'sip:{host}'
        to = f'<sip:{user}@{host}>'
        call = call or f'r{random.getrandbits(64):x}'
        lines = []
        if min_contact:
            lines = [contact or f'Contact: <sip:{user}@{self.host}:{self.port}'
                     f'{";transport=tcp" if self.tcp else ""}>']
        if expires is not None:
            lines.append(f'Expires: {expires}')
        self.request('REGISTER', uri, call=call, cseq=cseq, to=to, user=user, extra=lines,
                     contact=False)
        m = self.status()
        if ' 401 ' not in m.split('\r\n')[0]:
            return m
        self.request('REGISTER', uri, call=call, cseq=cseq + 1, to=to, user=user, contact=False,
                     extra=lines + [authorize(m, user, password, 'REGISTER', uri)])
        return self.status(*final)


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


def authorize(challenge, user, password, method, uri, nc=1):
    nonce = re.search('nonce="([^"]+)"', challenge).group(1)
    realm = re.search('realm="([^"]+)"', challenge).group(1)
    a1, a2 = md5(f'{user}:{realm}:{password}'), md5(f'{method}:{uri}')
    response = md5(f'{a1}:{nonce}:{nc:08x}:c:auth:{a2}')
    return (f'Authorization: Digest username="{user}", realm="{realm}", nonce="{nonce}", '
            f'uri="{uri}", response="{response}", algorithm=MD5, qop=auth, nc={nc:08x}, '
            f'cnonce="c"')


def header(message, name):
    return re.search(rf'^{name}: *([^\r]*)', message, re.M | re.I).group(1)


class World:
    def __init__(self, probe, folder):
        self.probe, self.folder = probe, folder
        self.next = 6100

    def port(self):
        self.next += 10
        return self.next

    def at(self, ip='127.0.0.2'):
        return f'{ip}:{self.port()}'

    def peer(self, ip='127.0.0.2', tcp=False):
        remote = ('::1', 5060) if ':' in ip else ('127.0.0.1', 5060)
        return Peer((ip, self.port()), remote, tcp)

    def sipp(self, scenario, where, *args, **kwargs):
        return Sipp(self, scenario, where, *args, **kwargs)

    def agent(self, where, user='alice', password='secret'):
        """Registers a contact at where, from that very address; its socket is closed again."""
        ip, port = where.rsplit(':', 1)
        p = Peer((ip.strip('[]'), int(port)), ('::1', 5060) if '[' in ip else ('127.0.0.1', 5060))
        p.register(user, password)
        p.socket.close()

    def forget(self, user='alice', password='secret'):
        """Takes every binding of the agent away."""
        p = self.peer('127.0.4.9')
        p.register(user, password, expires=0, contact='Contact: *')
        p.socket.close()


class Caller:
    """A call by hand to an agent that will not answer."""

    def __init__(self, w, called='agent-alice'):
        self.peer, self.uri = w.peer(), f'sip:{called}@127.0.0.1'
        self.call = self.peer.request('INVITE', self.uri, body=self.peer.sdp(),
                                      branch='z9hG4bKcaller')

    def status(self):
        m = self.peer.status(seconds=8)
        self.peer.request('ACK', self.uri, call=self.call, to=header(m, 'To'),
                          branch='z9hG4bKcaller')
        self.peer.socket.close()
        return int(m.split()[1])


def answer(p, request, body, tag='agent', first='SIP/2.0 200 OK', contact=None):
    lines = [line for line in request.split('\r\n')
             if re.match('(Via|From|Call-ID|CSeq|Record-Route):', line)]
    to = header(request, 'To')
    lines.append(f'To: {to}' if 'tag=' in to else f'To: {to};tag={tag}')
    lines.append(f'Contact: {contact or f"<sip:alice@{p.host}:{p.port}>"}')
    if body:
        lines.append('Content-Type: application/sdp')
    p.send(first, lines, body)


class Lossy(threading.Thread):
    """A relay between a caller and the user agent that loses one datagram in seven each way."""

    def __init__(self, w):
        super().__init__(daemon=True)
        self.front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.front.bind(('127.0.0.8', w.port()))
        self.back = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.back.bind(('127.0.0.2', w.port()))
        self.random, self.client = random.Random(3), None
        self.remote = '127.0.0.8:%d' % self.front.getsockname()[1]

    def run(self):
        while True:
            for s in select.select([self.front, self.back], [], [])[0]:
                data, source = s.recvfrom(65536)
                if self.random.randrange(7) == 0:
                    continue
                if s is self.front:
                    self.client = source
                    self.back.sendto(data, ('127.0.0.1', 5060))
                elif self.client:
                    self.front.sendto(data, self.client)
