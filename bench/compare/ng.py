"""rtpengine's control protocol: a cookie and a bencoded dictionary in a UDP datagram."""
import socket
import time

SDP = """v=0
o=- {n} 1 IN IP4 {address}
s=-
c=IN IP4 {address}
t=0 0
m=audio {port} RTP/AVP {formats}
a=rtpmap:0 PCMU/8000
{event}a=ptime:20
"""
EVENT = "a=rtpmap:{pt} telephone-event/8000\na=fmtp:{pt} 0-15\n"


def encode(value):
    if isinstance(value, dict):
        return b"d" + b"".join(encode(k) + encode(value[k]) for k in sorted(value)) + b"e"
    if isinstance(value, (list, tuple)):
        return b"l" + b"".join(encode(v) for v in value) + b"e"
    if isinstance(value, int):
        return b"i%de" % value
    data = value.encode() if isinstance(value, str) else value
    return b"%d:%s" % (len(data), data)


def decode(data, at=0):
    """(value, place behind it); strings are text."""
    kind = data[at:at + 1]
    if kind == b"i":
        end = data.index(b"e", at)
        return int(data[at + 1:end]), end + 1
    if kind in b"dl":
        items, at = [], at + 1
        while data[at:at + 1] != b"e":
            item, at = decode(data, at)
            items.append(item)
        if kind == b"l":
            return items, at + 1
        return dict(zip(items[::2], items[1::2])), at + 1
    colon = data.index(b":", at)
    end = colon + 1 + int(data[at:colon])
    return data[colon + 1:end].decode(errors="replace"), end


def sdp(n, address, port, event_pt):
    """PCMU and, where event_pt is not None, telephone-event."""
    text = SDP.format(n=n, address=address, port=port,
                      formats="0" if event_pt is None else f"0 {event_pt}",
                      event="" if event_pt is None else EVENT.format(pt=event_pt))
    return text.replace("\n", "\r\n")


def sdp_remote(text):
    """address:port of the first audio stream."""
    lines = text.splitlines()
    address = next(line for line in lines if line.startswith("c=")).split()[-1]
    port = next(line for line in lines if line.startswith("m=audio")).split()[1]
    return f"{address}:{port}"


def sdp_event_pt(text):
    line = next((x for x in text.splitlines() if " telephone-event/8000" in x), None)
    return int(line.split(":")[1].split()[0]) if line else None


class Client:
    def __init__(self, address=("127.0.0.1", 2223)):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(address)
        self.socket.settimeout(1)
        self.count = 0

    def ask(self, command, **keys):
        """The answer; asks again after a second of silence. Raises where it is no "ok"."""
        self.count += 1
        cookie = b"%d_%d" % (self.socket.getsockname()[1], self.count)
        request = {"command": command, **{k.replace("_", "-"): v for k, v in keys.items()}}
        for _ in range(50):
            try:
                self.socket.send(cookie + b" " + encode(request))
                data = self.socket.recv(65536)
                while not data.startswith(cookie + b" "):
                    data = self.socket.recv(65536)
            except ConnectionRefusedError:
                time.sleep(0.3)
                continue
            except TimeoutError:
                continue
            answer = decode(data, len(cookie) + 1)[0]
            if answer["result"] not in ("ok", "pong"):
                raise RuntimeError(f"rtpengine: {command}: {answer}")
            return answer
        raise RuntimeError(f"rtpengine does not answer: {command}")
