"""The servers that are compared. Each serves one case for n calls:

    relay         two parties, each sends and hears the other, PCMU, no transcoding
    prompt        one party hears a prompt and speaks
    prompt_dtmf   the same, in-band digits of the party are detected
    record        relay, and what both parties say is recorded to disk

serve(case, n) starts a fresh server and returns the options for ringload; digits() says how many
the server reported; stop() ends it.
"""
import json
import os
import shutil
import socket
import subprocess
import threading
import time

import ng
import place

DIGITS, DIGITS_SHARE = "1", "10%"


def two(case):
    """Whether both sides of a call are the generator's."""
    return case in ("relay", "record")


def pressing(case):
    return ["--digits", DIGITS, "--digits-at", "3s", "--digits-share", DIGITS_SHARE,
            "--inband-share", "100%"] if case == "prompt_dtmf" else ["--digits", ""]


def prompt_make(folder):
    """A minute to be played."""
    place.run("sox", "-n", "-r", "8000", "-c", "1", "-e", "u-law", "-b", "8",
              os.path.join(folder, "prompt.wav"), "synth", "60", "sine", "300-3000", "gain", "-12")


def end(process):
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def tail(path):
    with open(path, errors="replace") as f:
        return f.read()[-1500:]


class Rtpengine:
    name = "rtpengine"
    options = ["--config-file=none", "--table=-1", "--port-min=16384", "--port-max=65535",
               "--log-level=4", "--log-stderr", "--foreground", "--timeout=600",
               "--silent-timeout=600", "--dtmf-no-suppress"]

    def __init__(self, where, folder):
        self.where, self.folder = where, folder
        self.reported = 0
        self.log = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.log.bind(("127.0.0.1", 2299))
        threading.Thread(target=self._count, daemon=True).start()

    def settings(self):
        version = place.run("sh", "-c", "rtpengine --version 2>&1").strip()
        return [f"rtpengine {version}, userspace: {' '.join(self.options)}; media over the "
                "kernel's UDP; relay: offer and answer; prompt: play media of a Matroska file, "
                "PCMU in blocks of 20 ms; DTMF: telephone-event transcoded from the party's tones; "
                "recording: pcap files in ethernet format"]

    def _count(self):
        while True:
            self.log.recv(65536)
            self.reported += 1

    def log_text(self):
        return tail(os.path.join(self.folder, "rtpengine.log"))

    def serve(self, case, n):
        self.where.links(kernel=True)
        self.reported = 0
        with open(os.path.join(self.folder, "rtpengine.log"), "ab") as log:
            self.process = subprocess.Popen(self.where.server(
                "rtpengine", *self.options, f"--interface={place.SERVER}",
                "--listen-ng=127.0.0.1:2223", "--dtmf-log-dest=127.0.0.1:2299",
                *self._recording(case)), stdout=log, stderr=log)
        client = ng.Client()
        client.ask("ping")
        remotes = []
        for i in range(n):
            remotes += self._call(client, case, i)
        path = os.path.join(self.folder, "streams")
        place.write(path, "".join(r + "\n" for r in remotes))
        if not two(case):
            threading.Thread(target=self._play, args=(n,), daemon=True).start()
        return ["--streams", path, *pressing(case)] + (["--stamps"] if two(case) else [])

    def _recording(self, case):
        if case != "record":
            return []
        folder = os.path.join(self.folder, "pcaps")
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        return [f"--recording-dir={folder}", "--recording-method=pcap", "--recording-format=eth"]

    @staticmethod
    def _port(index):
        return place.RTP_PORT + 2 * (index % place.SOCKETS)

    def _call(self, client, case, i):
        """Offer and answer; returns where the generator's streams shall go."""
        dtmf = case == "prompt_dtmf"
        a = self._port(2 * i if two(case) else i)
        # What the party says goes on to where nobody listens: detection needs a way out.
        b = self._port(2 * i + 1) if two(case) else place.RTP_PORT + 2 * place.SOCKETS
        base = {"call_id": f"c{i}", "from_tag": f"a{i}"}
        flags = {"codec": {"transcode": ["telephone-event"]}, "flags": ["always transcode"]} \
            if dtmf else {}
        offer = client.ask("offer", ICE="remove", **base, **flags, sdp=ng.sdp(
            i, place.GENERATOR, a, None if dtmf else 101))
        answer = client.ask("answer", to_tag=f"b{i}", ICE="remove", **base, sdp=ng.sdp(
            i, place.GENERATOR, b, ng.sdp_event_pt(offer["sdp"])))
        # Who sends to an offer's address reaches the leg of the party that answered.
        to_a, to_b = ng.sdp_remote(answer["sdp"]), ng.sdp_remote(offer["sdp"])
        if case == "prompt":
            client.ask("block media", **base)
        elif case == "record":
            client.ask("start recording", **base)
        return [to_a, to_b] if two(case) else [to_a]

    def _play(self, n):
        client = ng.Client()
        for i in range(n):
            client.ask("play media", call_id=f"c{i}", from_tag=f"a{i}", repeat_times=100,
                       file=os.path.join(self.folder, "prompt.mkv"))

    def setup_s(self, case, n):
        """Seconds from the start of the load until every stream runs."""
        return 1 if two(case) else 1 + n * 0.03

    def digits(self):
        return self.reported

    @staticmethod
    def frames_lost():
        return 0  # it does not count them

    def stop(self):
        end(self.process)


NO_LIMITS = {"load_busy": 0, "load_late": "0ms", "load_missed": 0, "load_stolen": 0}
# What each configuration of Ringhall begins with.
HEAD = """\
node: {node}
sip: {{listen: [udp:{sig}:5060], realm: {node}}}
engine:
  sessions: {sessions}
  workers: 1
  cores: [{cpu}]
{limits}  ports: {{media: {{kind: {kind}, device: media}}}}
  media: {{main: {{port: media, address: {media}/24}}}}
recording: {{directory: {folder}/recordings, calls_max: {calls}}}
store: {{directory: {folder}/store}}
control: {{socket: {folder}/ringctl.sock, log_level: warn}}
tenants:
  load:
"""
CONFIG = HEAD + """\
    trunks: {{generator: {{peers: [10.97.0.0/24, 10.98.0.0/24], codecs: [PCMU]}}}}
    numbers: {{"1": relay, "2": prompt, "3": menu}}
    prompts: {{long: {folder}/prompt.wav}}
    flows:
      relay: {{wait: {{queue: all}}}}
      prompt: {{one: {{play: long}}, two: {{play: long}}, end: {{hangup: long}}}}
      menu: {{choose: {{menu: long, digits: {{{digits}}}, tries: 20}}}}
    queues: {{all: {{agents: [{agents}], music: long, record: {record}, wrap_up: 0s}}}}
    agents:
{logins}"""


class Ringhall:
    name = "ringhall"

    def __init__(self, where, folder, kind="af_xdp", limits=None):
        self.where, self.folder, self.kind = where, folder, kind
        self.limits = NO_LIMITS if limits is None else limits
        self.count = 0

    def settings(self):
        return [f"ringhall: port {self.kind} on veth, one worker, idle nap, all its threads on the "
                "server's CPU, no limit of load"]

    def start(self, case, n):
        """A fresh server; returns where a call of that case goes."""
        self.where.links(kernel=False)
        self.count += 1
        self.calls = n
        self.home = os.path.join(self.folder, f"ringhall{self.count}")
        os.makedirs(self.home)
        agents = [f"agent{i + 1}" for i in range(n if two(case) else 1)]
        os.link(os.path.join(self.folder, "prompt.wav"), os.path.join(self.home, "prompt.wav"))
        self.run(CONFIG.format(
            node="compare", sig=place.SIGNALLING, media=place.MEDIA,
            cpu=place.SERVER_CPU, kind=self.kind,
            folder=self.home, sessions=3 * n + 100, calls=n + 100,
            limits="".join(f"  {key}: {value}\n" for key, value in self.limits.items()),
            digits=", ".join(f'"{d}": choose' for d in "0123456789*#"),
            record="yes" if case == "record" else "no", agents=", ".join(agents),
            logins="".join(f"      {a}: {{password: secret, codecs: [PCMU]}}\n"
                           for a in agents)))
        number = {"prompt": "2", "prompt_dtmf": "3"}.get(case, "1")
        return ["--target", place.SIGNALLING + ":5060", "--number", number, *pressing(case)]

    def on_cpus(self, *args):
        return self.where.server(*args)

    def run(self, text):
        """Starts the daemon with that configuration and waits until it answers."""
        config = os.path.join(self.home, "ringhall.yaml")
        place.write(config, text)
        with open(os.path.join(self.home, "log"), "wb") as log:
            self.process = subprocess.Popen(self.on_cpus(
                os.path.join(place.BUILD, "ringhall"), config), stdout=log, stderr=log)
        self._wait()

    def serve(self, case, n):
        args = self.start(case, n) + ["--calls", str(n), "--calls-total", str(n), "--rate",
                                      str(self.rate(n))]
        return args + (["--agents", str(n), "--stamps", "--agent-answer", "0ms"]
                       if two(case) else [])

    def spread(self):
        """All threads but the worker to the generator's CPU; returns the worker's id."""
        folder, worker = f"/proc/{self.process.pid}/task", None
        for task in os.listdir(folder):
            with open(os.path.join(folder, task, "comm")) as f:
                if "worker" in f.read():
                    worker = task
                else:
                    place.run("taskset", "-p", "-c", str(place.GENERATOR_CPU), task)
        return worker

    def log_text(self):
        return tail(os.path.join(self.home, "log"))

    def _wait(self):
        for _ in range(200):
            if self.process.poll() is not None:
                raise RuntimeError("ringhall ended: " + self.log_text())
            if self.status(check=False):
                return
            time.sleep(0.1)
        raise RuntimeError("ringhall does not answer")

    def _ctl(self, *args):
        return [os.path.join(place.BUILD, "ringctl"), "--socket",
                os.path.join(self.home, "ringctl.sock"), *args]

    @staticmethod
    def rate(n):
        return min(400, max(20, n // 15))

    def setup_s(self, case, n):
        return n / self.rate(n) + 2

    def digits(self):
        """Once every call has its record."""
        for _ in range(20):
            done = subprocess.run(self._ctl("--json", "calls", "list", "--history", "--limit",
                                            "10000"), text=True, capture_output=True, check=False)
            rows = json.loads(done.stdout) if done.returncode == 0 else []
            if len(rows) >= self.calls:
                break
            time.sleep(0.5)
        return sum(len(r.get("digits") or "") for r in rows)

    def stop(self):
        end(self.process)
        shutil.rmtree(os.path.join(self.home, "recordings"), ignore_errors=True)

    def status(self, check=True):
        """What it says of itself; without check None where it does not answer."""
        said = place.run(*self._ctl("--json", "status"), check=check)
        return json.loads(said) if said else None

    def frames_lost(self):
        """Of recordings, as the server knows."""
        return self.status()["storage"]["frames_lost"]
