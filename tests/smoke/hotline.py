"""The hotline that the end-to-end tests call: its configuration, its prompts, its callers' sounds.

    9000   greeting → menu: 1 sales, 2 service, 0 hang up; a wrong digit and silence are told so
    9001   straight into the queue "sales"
    9002   straight into the queue "tight": two places, two seconds, then good-bye
    9003   greeting → a menu that takes only 1 and bears with many other digits → queue "sales"
A test may ask for more queues, each dialled by its own name.
The prompts are µ-law WAV files, so that what a µ-law caller hears can be compared byte by byte.
"""
import json
import os
import subprocess
import threading
import wave

import numpy

import host_gaps
import rtpcheck
import world

ALL = "10000"  # rows of a list
AGENTS = {"alice": "10.99.0.11", "bob": "10.99.0.12", "carol": "10.99.0.13"}

CONFIG = """\
node: smoke
sip:
  listen: [{listen}]
  realm: smoke.example
  auth_failures: 3
  auth_lockout: 30s
{sip}engine:
  sessions: {sessions}
  workers: {workers}
  rtp_timeout: {rtp_timeout}
{load}  ports:
    media0: {{kind: tap, device: rh0, host: 10.99.0.1/24}}
  media:
    inside: {{port: media0, address: 10.99.0.2/24}}
    inside6: {{port: media0, address: "fd99::2/64"}}
recording:
  directory: {folder}/recordings
  calls_max: {recordings}
  free_min: 1MiB
store: {{directory: {folder}/store}}
control:
  socket: {folder}/ringctl.sock
  drain_limit: 20s
  log_level: info
tenants:
  city:
    trunks:
      carrier:
        peers: [10.99.0.0/26, 127.0.0.1]
        media: inside
        codecs: [{trunk_codecs}]
      carrier6:
        peers: ["fd99::/64"]
        media: inside6
        codecs: [PCMU, PCMA]
    numbers:
      "9000": main
      "9001": straight
      "9002": tight
      "9003": patient
      "9090": {{flow: main, record: yes}}
{more_numbers}      service: straight
    prompts:
      greeting: {folder}/greeting.wav
      menu: {folder}/menu.wav
      wrong: {folder}/wrong.wav
      bye: {folder}/bye.wav
      music: {folder}/music.wav
    flows:
      main:
        greet: {{play: greeting}}
        choose:
          menu: menu
          digits: {{"1": sales, "2": service, "0": bye}}
          timeout: 3s
          tries: 2
          invalid_prompt: wrong
          on_timeout: bye
          on_invalid: bye
        sales: {{queue: sales, then: bye}}
        service: {{queue: service, then: bye}}
        bye: {{hangup: bye}}
      patient:
        greet: {{play: greeting}}
        choose: {{menu: menu, digits: {{"1": sales}}, tries: 20}}
        sales: {{queue: sales}}
      straight:
        sales: {{queue: sales}}
{more_flows}      tight:
        wait: {{queue: tight, then: bye}}
        bye: {{hangup: bye}}
    pauses: {{lunch: Lunch break}}
    agents:
{more_agents}      alice: {{password: secret, media: inside, codecs: [PCMU, PCMA]}}
      bob: {{password: secret, media: inside, codecs: [PCMU, PCMA]}}
      carol: {{password: secret, media: inside, codecs: [PCMA]}}
{more_sections}    queues:
      sales:
        agents: [alice, bob, carol]
        music: music
        ring_timeout: {ring_timeout}
        wrap_up: 1s
        reject_pause: 2s
        record: yes
      service: {{agents: [bob], music: music, wrap_up: 0s, record: yes}}
{more_queues}      tight: {{agents: [carol], music: music, size_max: 2, wait_max: 2s}}
"""

# The tests' machine has other work to do: only a worker's own may refuse calls.
LOAD = "  load_late: 0ms\n  load_stolen: 0\n"

DEFAULTS = {
    "load": LOAD, "sip": "", "trunk_codecs": "PCMU, PCMA",
    "listen": 'udp:10.99.0.1:5060, tcp:10.99.0.1:5060, "udp:[fd99::1]:5060", "tcp:[fd99::1]:5060"',
    "workers": 1, "more_sections": "", "sessions": 600, "recordings": 60,
    "rtp_timeout": "5s", "ring_timeout": "5s",
}

TEXTS = {
    "greeting": "Welcome to the hotline.",
    "menu": "For sales, press one. For service, press two.",
    "wrong": "That is not a choice.",
    "bye": "Good bye.",
}


def floor(queues, keys, agent_keys, codecs):
    """The pieces of configuration for more queues: name → its agents, each dialled by its name."""
    agents = sorted({a for members in queues.values() for a in members} - set(AGENTS))
    return {
        "more_agents": "".join(f"      {a}: {{password: secret, media: inside, codecs: "
                               f"[{codecs.get(a, 'PCMU, PCMA')}]{agent_keys.get(a, '')}}}\n"
                               for a in agents),
        "more_queues": "".join(f"      {q}: {{agents: [{', '.join(members)}], music: music, "
                               f"wrap_up: 0s, record: yes{keys}}}\n"
                               for q, members in queues.items()),
        "more_numbers": "".join(f'      "{q}": {q}\n' for q in queues),
        "more_flows": "".join(f"      {q}: {{wait: {{queue: {q}}}}}\n" for q in queues),
    }


def prepare(w, queues=None, queue_keys="", agent_keys=None, codecs=None, **settings):
    """Writes prompts and configuration into the world's folder; returns the configuration. codecs:
    of agents that have others than G.711."""
    for name, text in TEXTS.items():
        pcm = world.speech(w.path(name + "-pcm.wav"), text, voice="en+f3")
        law_prompt(w, name, pcm)
    music = w.path("music-pcm.wav")
    world.run("sox", "-n", "-r", "8000", "-c", "1", "-b", "16", music, "synth", "6", "pluck", "C3",
              "pluck", "E3", "remix", "-", "norm", "-9")
    law_prompt(w, "music", music)
    return w.write("hotline.yaml", CONFIG.format(**{
        **DEFAULTS, **floor(queues or {}, queue_keys, agent_keys or {}, codecs or {}),
        **settings, "folder": w.folder}))


def law_prompt(w, name, pcm):
    """NAME.wav in µ-law for the daemon, and its bytes as NAME.ul for the comparison."""
    path = world.law_wav(pcm, w.path(name + ".wav"))
    with open(w.path(name + ".ul"), "wb") as f:
        f.write(rtpcheck.wav_channels(path)[2][0].tobytes())


def bytes_of(w, name):
    with open(w.path(name + ".ul"), "rb") as f:
        return f.read()


def start(w, queues=None, **settings):
    """A running daemon with a capture on the clients' side of its tap port."""
    daemon = w.start_daemon(prepare(w, queues, **settings))
    listen(w)
    return daemon


def listen(w):
    """Captures what the clients hear, and notes when the machine stands still meanwhile."""
    w.wire = w.capture()
    w.host_gaps = host_gaps.HostGaps(w)


def agent_phone(w, name="alice", text=None, silent_from_s=None, **kwargs):
    """A baresip agent, registered, that answers by itself and speaks."""
    sound = world.speech(w.path(name + "-speaks.wav"),
                         text or "This is the service desk, thank you for waiting. Which machine "
                         "do you have, and what does its display show at the moment?",
                         voice="en+f2", seconds=silent_from_s or 30)
    if silent_from_s:
        voice = rtpcheck.channel_pcm(sound)[0]
        write_wav(sound, numpy.pad(voice, (0, 30 * 8000 - len(voice))))
    phone = w.baresip(name, AGENTS[name], sound, **kwargs)
    phone.sound = sound
    world.wait_for(f"{name} registers", lambda: any(
        r["agent"] == name for r in w.ask("registrations", "list")))
    return phone


def caller_sound(w, name, digits="", at_s=3.0, seconds=30, voice="en+m3"):
    """Speech with in-band DTMF mixed into it from at_s on; returns (raw µ-law file, PCM WAV)."""
    pcm = world.speech(w.path(name + "-pcm.wav"), "Good morning, I am calling about my washing "
                       "machine. It stopped in the middle of the programme and there is water on "
                       "the floor of the kitchen.", voice=voice, seconds=seconds)
    if digits:
        sound = rtpcheck.channel_pcm(pcm)[0].astype(numpy.float64)
        tones = dtmf(digits)
        at = int(at_s * 8000)
        sound[at:at + len(tones)] = sound[at:at + len(tones)] * 0.1 + tones
        write_wav(pcm, sound)
    return world.law_file(pcm, w.path(name + ".ul")), pcm


def dtmf(digits, on_s=0.1, off_s=0.1, peak=4000):
    """Dual tones per ITU-T Q.23 as samples."""
    rows, columns = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
    t = numpy.arange(int(on_s * 8000)) / 8000
    pieces = []
    for digit in digits:
        at = "123A456B789C*0#D".index(digit)
        low, high = rows[at // 4], columns[at % 4]
        pieces.append(peak * sum(numpy.sin(2 * numpy.pi * f * t) for f in (low, high)))
        pieces.append(numpy.zeros(int(off_s * 8000)))
    return numpy.concatenate(pieces)


def write_wav(path, samples):
    with wave.open(path, "wb") as f:
        f.setparams((1, 2, 8000, 0, "NONE", ""))
        f.writeframes(numpy.clip(samples, -32768, 32767).astype("<i2").tobytes())


# --- what the daemon says afterwards ---
def records(w, count, seconds=15):
    """Call records once there are `count` of them, newest first."""
    def enough():
        rows = w.ask("calls", "list", "--history", "--limit", ALL)
        return rows if len(rows) >= count else None
    return world.wait_for(f"{count} call records", enough, seconds)


def recordings(w, count, seconds=15):
    """Recordings once `count` of them are closed, newest first."""
    def enough():
        rows = [r for r in w.ask("recordings", "list", "--limit", ALL) if r["state"] != "open"]
        return rows if len(rows) >= count else None
    return world.wait_for(f"{count} recordings", enough, seconds)


def sign_in(w, agent, address, port):
    """Registers a phone that another program will play, from the very address where it will be."""
    peer = w.peer(address, port)
    peer.register(agent, "secret", realm="smoke.example", expires=600)
    peer.socket.close()


class Events:
    """The daemon's events from now on, as `ringctl events follow` tells them; each is given to
    on_event too, by a thread of its own."""

    def __init__(self, w, on_event=lambda event: None):
        self.all, self.on_event = [], on_event
        args = [os.path.join(w.build, "ringctl"), "--socket", w.path("ringctl.sock"), "--json",
                "events", "follow"]
        self.process = subprocess.Popen(args, stdout=subprocess.PIPE, text=True)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for text in self.process.stdout:
            self.all.append(json.loads(text))
            self.on_event(self.all[-1])

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def of(self, name):
        return [e for e in self.all if e["event"] == name]
