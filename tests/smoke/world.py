"""The world of an end-to-end test: a network namespace, the real daemon, real SIP clients.

A test program calls world.enter() first: it re-executes itself in network and mount namespaces
of its own, so that nothing outside can be touched or heard. Addresses inside:
    10.99.0.1      the kernel's end of the engine's tap port; SIP listens here
    10.99.0.2      the media address that the engine owns (fd99::2 for IPv6)
    10.99.0.10-99  callers' and agents' phones
"""
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
HOST, MEDIA = "10.99.0.1", "10.99.0.2"
HOST6, MEDIA6 = "fd99::1", "fd99::2"
SKIP = 77
sys.path.append(os.path.join(HERE, "..", "sip"))
import sip_kit  # noqa: E402
import stood_still  # noqa: E402
import troubles  # noqa: E402


ATTEMPTS = 3
# What the demo starts, and what tests start beside it: the Debian package that has it.
PROGRAMS = {
    "baresip": "baresip-core", "espeak-ng": "espeak-ng", "ip": "iproute2", "sipp": "sip-tester",
    "sox": "sox", "tcpdump": "tcpdump",
}
TEST_PROGRAMS = {
    "ffmpeg": "ffmpeg", "linphonec": "linphone-cli", "multimon-ng": "multimon-ng",
    "ping": "iputils-ping", "tshark": "tshark",
}
BY_LOAD = 1  # exit code of what time, hence load, can be the cause of; others have 2
# Folders of the machine that a test finds new and empty, whatever lies in them outside.
NEW_AND_EMPTY = ("/run", "/dev/shm", "/var/lib/ringhall", "/etc/ringhall")


def enter():
    """Runs the calling program again in namespaces of its own and ends with its exit code; skips
    where that cannot be. What did not happen in time, or sounds wrong, while the machine stood
    still or others kept it busy is tried again, and says so; on a machine of one's own, and where
    a file, a program or a name is missing, each test has one attempt."""
    if os.environ.get("RINGHALL_SMOKE_WORLD") == "outside":
        bare()
    if os.environ.get("RINGHALL_SMOKE_WORLD") == "inside":
        sys.excepthook = tell_mistake
        return
    if os.geteuid() != 0 or not os.path.exists("/dev/net/tun"):
        print("skipped: needs root and /dev/net/tun")
        sys.exit(SKIP)
    need({**PROGRAMS, **(TEST_PROGRAMS if sys.argv[0].endswith("_test.py") else {})})
    os.environ["RINGHALL_SMOKE_WORLD"] = "outside"
    signal.signal(signal.SIGINT, lambda *_: sys.exit(130))
    for attempt in range(1, ATTEMPTS + 1):
        with stood_still.Watch() as watch:
            code = subprocess.call(["unshare", "--net", "--mount", "--propagation", "private",
                                    "--pid", "--fork", "--kill-child", "--mount-proc",
                                    sys.executable, *sys.argv])
        cause = watch.told()
        if code != BY_LOAD or not cause or attempt == ATTEMPTS:
            sys.exit(code)
        print(f"failed while {cause}: attempt {attempt + 1} of {ATTEMPTS}", flush=True)


def need(programs):
    """Ends the test where one of the programs (name → package) is not installed."""
    missing = sorted({p for name, p in programs.items() if not shutil.which(name)})
    if missing:
        print(f"packages are missing: {' '.join(missing)} (make deps-check installs them)")
        sys.exit(2)


def tell_mistake(kind, value, trace):
    """The end of a test by an exception, with BY_LOAD where load may have brought it about."""
    sys.__excepthook__(kind, value, trace)
    sys.stdout.flush()
    sys.stderr.flush()
    never = (FileNotFoundError, PermissionError, ImportError, NameError, AttributeError)
    os._exit(2 if issubclass(kind, never) else BY_LOAD)


def bare():
    """Hides what this machine has from the test, and the test from this machine."""
    for folder in NEW_AND_EMPTY:
        if os.path.isdir(folder) and not HERE.startswith(folder + "/"):
            run("mount", "-t", "tmpfs", "-o", "mode=755", "none", folder)
    os.chmod("/dev/shm", 0o1777)
    os.environ["HOME"] = "/run/home"
    os.makedirs("/run/home", exist_ok=True)
    os.environ["RINGHALL_SMOKE_WORLD"] = "inside"


def run(*args, check=True, **kwargs):
    """A command to its end, both its outputs in .stdout; raises when it fails."""
    done = subprocess.run(args, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False, **kwargs)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(args)}: ended with {done.returncode}\n"
                             f"{done.stdout[-2000:]}")
    return done


def wait_for(what, condition, seconds=10.0, step=0.05):
    """Polls until condition() is true and returns it; raises with `what` after the time."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what}: did not happen within {seconds:g} s")
        time.sleep(step)


class Process:
    """A program of the test with its output in a file; ended by its own pid."""

    def __init__(self, name, args, folder, **kwargs):
        self.name = name
        self.log_path = os.path.join(folder, name + ".log")
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(args, stdout=log, stderr=subprocess.STDOUT,
                                            stdin=subprocess.DEVNULL, cwd=folder, **kwargs)

    def alive(self):
        return self.process.poll() is None

    def log(self):
        with open(self.log_path, errors="replace") as f:
            return f.read()

    def tell(self):
        """What it said last, if it did not end well; what SIPp found wrong."""
        code = self.process.returncode
        if self.name == "ringhall" or code not in (0, -signal.SIGTERM, -signal.SIGKILL):
            text = self.log().replace("\r", "\n").split("----- Statistics Screen")[0]
            print(f"--- {self.name} ({code})\n{text[-2000:]}")
        errors = os.path.join(os.path.dirname(self.log_path), self.name + ".errors")
        if os.path.exists(errors):
            with open(errors, errors="replace") as f:
                print(f"--- {self.name}: {f.read()[:2000]}")

    def stop(self, sig=signal.SIGTERM, seconds=10):
        if self.alive():
            self.process.send_signal(sig)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def wait(self, seconds):
        return self.process.wait(seconds)


class World:
    """Namespace, folder, daemon and clients of one test; use it in a with statement."""

    def __init__(self, build=None):
        self.build = build or os.environ.get("RINGHALL_BUILD") or find_build()
        self.folder = tempfile.mkdtemp(prefix="ringhall-")
        self.socket = self.path("ringctl.sock")  # where the daemon takes commands
        self.processes = []
        self.daemon = None
        self.keep = bool(os.environ.get("RINGHALL_SMOKE_KEEP"))
        run("ip", "link", "set", "lo", "up")
        run("ip", "address", "add", f"{HOST6}/128", "dev", "lo", "nodad")

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        for process in reversed(self.processes):
            process.stop()
        if kind is not None:
            for process in self.processes:
                process.tell()
        else:
            troubles.judge(self.folder)
        if self.keep:
            print(f"kept: {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def write(self, name, text):
        with open(self.path(name), "w") as f:
            f.write(text)
        return self.path(name)

    def start(self, name, args, **kwargs):
        process = Process(name, args, self.folder, **kwargs)
        self.processes.append(process)
        return process

    # --- the daemon ---
    def start_daemon(self, config, seconds=20):
        """Starts ringhall and waits until it answers on its command socket."""
        self.config = config
        self.daemon = self.start("ringhall", [os.path.join(self.build, "ringhall"), config])
        wait_for("ringhall answers", self._answers, seconds)
        for last in (*range(10, 40), 70, 71, 72):
            run("ip", "address", "add", f"10.99.0.{last}/24", "dev", "rh0", check=False)
        run("ip", "-6", "address", "add", "fd99::10/64", "dev", "rh0", "nodad", check=False)
        return self.daemon

    def _answers(self):
        if not self.daemon.alive():
            raise AssertionError("ringhall ended: " + self.daemon.log()[-2000:])
        return self.ringctl("status", check=False).returncode == 0

    def ringctl(self, *args, check=True):
        return run(os.path.join(self.build, "ringctl"), "--socket", self.socket, *args,
                   check=check)

    def ask(self, *args):
        """The answer of a ringctl command as parsed JSON; a note about it goes beside it."""
        done = subprocess.run([os.path.join(self.build, "ringctl"), "--socket", self.socket,
                               "--json", *args], text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, check=False)
        assert done.returncode == 0, f"ringctl {args}: {done.returncode}\n{done.stderr[-2000:]}"
        return json.loads(done.stdout)

    # --- the wire ---
    def capture(self, name="rh0", interface="rh0"):
        path = self.path(name + ".pcap")
        tcpdump = self.start("tcpdump-" + name, ["tcpdump", "-i", interface, "-n", "-U", "-s", "0",
                                                  "-B", "32768", "--immediate-mode", "-w",
                                                  path])
        wait_for("tcpdump listens", lambda: "listening on" in tcpdump.log())
        tcpdump.pcap = path
        return tcpdump

    # --- clients ---
    def scenario(self, name, template, **keys):
        """A copy of sipp/TEMPLATE.xml with its @keys@ filled in."""
        with open(os.path.join(HERE, "sipp", template + ".xml")) as f:
            text = f.read()
        for key, value in keys.items():
            text = text.replace(f"@{key}@", str(value))
        return self.write(name + ".xml", text)

    def peer(self, address, port=5060, tcp=False):
        """A phone that a test plays by hand."""
        return sip_kit.Peer((address, port), (HOST6 if ":" in address else HOST, 5060), tcp)

    def scripted(self, name, template, *args, calls=1, **kwargs):
        """SIPp with sipp/TEMPLATE.xml as it is."""
        return self.sipp(name, "-sf", os.path.join(HERE, "sipp", template + ".xml"), "-m",
                         str(calls), *args, **kwargs)

    def caller(self, name, number="9000", sound=None, stay_ms=10000, pt=0, template="caller",
               calls=1, args=(), **kwargs):
        """SIPp as a caller with sound; its exit code is 0 when every call went as scripted."""
        xml = self.scenario(name, template, number=number, sound=sound or self.path("bye.ul"),
                            stay_ms=stay_ms, pt=pt)
        return self.sipp(name, "-sf", xml, "-m", str(calls), *args, **kwargs)

    def sipp(self, name, *args, address="10.99.0.10", target=HOST, port=5060, **kwargs):
        host = f"[{target}]" if ":" in target else target
        return self.start(name, ["sipp", f"{host}:{port}", "-i", address, "-nostdin", "-trace_err",
                                 "-error_file", self.path(name + ".errors"), "-timeout", "60s",
                                 "-timeout_error", *args], **kwargs)

    def baresip(self, name, address, source_wav, password="secret", extra="", transport="udp",
                answer="auto", register=60, codecs="pcmu,pcma", rate=8000):
        """A registered phone that speaks source_wav (PCM of that rate); answer: auto, or manual,
        when it rings until baresip_command() says "accept"; register: seconds, 0: it does not."""
        folder = self.path("baresip-" + name)
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "config"), "w") as f:
            f.write(BARESIP.format(address=address, source=source_wav, rate=rate,
                                   sink=self.path(name + "-heard.wav")))
        with open(os.path.join(folder, "accounts"), "w") as f:
            f.write(f"<sip:{name}@{HOST};transport={transport}>;auth_user={name};"
                    f"auth_pass={password};answermode={answer};regint={register};"
                    f"audio_codecs={codecs}{extra}\n")
        with open(os.path.join(folder, "contacts"), "w") as f:
            f.write("")
        return self.start("baresip-" + name, ["baresip", "-f", folder])


BARESIP = """\
poll_method epoll
sip_listen {address}:0
net_interface
audio_path /usr/share/baresip
audio_source aufile,{source}
audio_player aufile,{sink}
audio_alert aufile,/dev/null
ausrc_srate {rate}
auplay_srate {rate}
ausrc_channels 1
auplay_channels 1
jitter_buffer_delay 1-5
rtp_ports 20000-29998
module_path /usr/lib/baresip/modules
module g711.so
module g722.so
module opus.so
module aufile.so
module_tmp account.so
module_app menu.so
module ctrl_tcp.so
ctrl_tcp_listen {address}:4444
"""


def baresip_command(address, command, params=""):
    """One command to a baresip's ctrl_tcp, as a netstring."""
    text = json.dumps({"command": command, "params": params}).encode()
    with socket.create_connection((address, 4444), timeout=3) as s:
        s.sendall(str(len(text)).encode() + b":" + text + b",")
        s.settimeout(3)
        return s.recv(65536).decode(errors="replace")


def baresip_answers(address):
    try:
        return bool(baresip_command(address, "about"))
    except OSError:
        return False


def find_build():
    root = os.path.dirname(os.path.dirname(HERE))
    return os.path.join(root, "build")


# --- sound for the clients ---
def speech(path, text, voice="en", seconds=None):
    """Speech at 8 kHz, 16 bit mono, by espeak-ng; cut or repeated to `seconds` when named."""
    raw = path + ".raw.wav"
    run("espeak-ng", "-v", voice, "-w", raw, text)
    args = ["sox", raw, "-r", "8000", "-c", "1", "-b", "16", path, "norm", "-6"]
    if seconds:
        args += ["repeat", "-", "trim", "0", f"{seconds:g}"]
    run(*args)
    os.unlink(raw)
    return path


def law_file(wav, path, law="u-law"):
    """The sound as raw G.711 bytes."""
    run("sox", wav, "-t", "raw", "-e", law, "-b", "8", "-r", "8000", "-c", "1", path)
    return path


def law_wav(wav, path, law="u-law"):
    """The sound as a G.711 WAV: a prompt whose bytes go to the wire as they are."""
    run("sox", wav, "-e", law, "-b", "8", "-r", "8000", "-c", "1", path)
    return path


def write_call_pcap(path, sound, keys, pt=0, event_pt=101):
    """A capture for SIPp's play_pcap_audio: raw G.711 `sound` in 20 ms packets; keys: pairs of a
    time in seconds and digits, which stand in its place as RFC 4733 events (100 ms, 100 ms
    apart) from then on."""
    packets = [(i * 0.02, pt, i * 160, sound[i * 160:i * 160 + 160], i == 0)
               for i in range(len(sound) // 160)]
    for at_s, digit in [(at_s + 0.2 * n, d) for at_s, digits in keys for n, d in enumerate(digits)]:
        first = round(at_s / 0.02)
        event = "0123456789*#ABCD".index(digit)
        for i in range(7):
            duration, end = min(i + 1, 5) * 160, i >= 4
            packets[first + i] = ((first + i) * 0.02, event_pt, first * 160, struct.pack(
                "!BBH", event, 10 | (0x80 if end else 0), duration), i == 0)
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for seq, (now, kind, ts, payload, marker) in enumerate(packets):
            _write_udp(f, now, struct.pack("!BBHII", 0x80, kind | (0x80 if marker else 0),
                                           seq + 1000, ts + 8000, 0x1234) + payload)
    return path


def _write_udp(f, now, payload):
    udp = struct.pack("!HHHH", 6000, 6000, 8 + len(payload), 0) + payload
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0,
                     socket.inet_aton("10.99.0.10"), socket.inet_aton("10.99.0.2"))
    frame = b"\x02" * 6 + b"\x04" * 6 + b"\x08\x00" + ip + udp
    f.write(struct.pack("<IIII", int(now), int(now % 1 * 1e6), len(frame), len(frame)) + frame)
