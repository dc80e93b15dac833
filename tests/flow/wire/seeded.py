#!/usr/bin/python3 -B
"""Faults seeded into the product, each found by the storm: which rule of the judge is it red by?

seeded.py BUILD_FOLDER [NAME...]
seeded.py --places             has each its place still?

Each fault is one edit of one file. It is compiled from a copy with the command that the build has
for that file, linked into wire_storm before the library that has the sound one, and played; the
storm must fail, and say what is expected. Nothing in the tree or the build folder is changed."""
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..', '..'))
DIALOG, CALL = 'control/sip/dialog/', 'control/call/'
# Name, file, what stands there, what is put there, what the storm says, its options.
FAULTS = [
    ('a dialog is not freed', DIALOG + 'leg.c', '\tif (is_quiet(leg))\n\t\tleg_free(leg);\n\telse',
     '\tif (!is_quiet(leg))', 'legs left, or more of which nobody is told', ''),
    ('a BYE is not answered', DIALOG + 'indialog.c', 'reply_kept(end, msg, 200, "OK", NULL);\n'
     '\tinvite_refuse', 'invite_refuse', 'our BYE was of no call', ''),
    ('a BYE is not sent', DIALOG + 'bye.c', 'int rc = b ? within_send(&b->dialog, &b->request) : '
     'within_send(d, &unheard);', 'int rc = 0;', 'no BYE came, and there is no voice', ''),
    ('a tag is not compared', DIALOG + 'dialog.c', '(pl_strcmp(remote, d->remote_tag) == 0 || '
     '(!remote->l && !*d->remote_tag))', 'remote->l', 'BYE got 200, not 481', ''),
    ('another tag is compared', DIALOG + 'dialog.c',
     'pl_strcmp(remote, d->remote_tag) == 0', 'pl_strcmp(remote, d->local_tag) == 0',
     'was not acknowledged|no BYE came|out of order|no answer', ''),
    ('CSeq of ours is not counted', DIALOG + 'within.c', 'w->cseq = ++d->cseq_local;\n'
     '\treturn put(d, w);', 'w->cseq = d->cseq_local;\n\treturn put(d, w);', 'out of order', ''),
    ('CSeq of theirs is not looked at', DIALOG + 'indialog.c',
     'if (msg->cseq.num <= leg->dialog.cseq_remote && leg->dialog.cseq_remote)', 'if (false)',
     'BYE got 200, not 500', ''),
    ('a 200 that comes again gets no ACK', DIALOG + 'indialog.c',
     '(void)dialog_ack(&leg->dialog, msg->cseq.num);\n\treturn true;', 'return true;',
     'a 200 to a re-INVITE was not acknowledged', '--seed 3'),
    ('a challenge within a call is not answered', DIALOG + 'within.c',
     'const char *why = answer(d, w, msg);', 'const char *why = "no";',
     'no BYE came|no sign of life', '--calls 3000'),
    ('a wrong password', 'control/sip/trunk/challenge.c', 'q->password', 'q->user',
     'a wrong answer to our nonce', ''),
    ('no refresh in time', DIALOG + 'refresh.c', 'r->interval_s * 500ull',
     'r->interval_s * 1500ull',
     'a BYE, and no refresh before it', '--seed 3'),
    ('a session is kept beyond its end', DIALOG + 'refresh.c', 'timer_cancel(&r->timer);\n'
     '\tif (r->interval_s == 0 ||', 'timer_cancel(&r->timer);\n'
     '\tif (!r->ours || r->interval_s == 0 ||',
     'kept beyond its session', '--seed 3'),
    ('a record is written twice', CALL + 'story.c', '\tappend(c, EVENT_CALL_ENDED, &body);',
     '\tappend(c, EVENT_CALL_ENDED, &body);\n\tappend(c, EVENT_CALL_ENDED, &body);',
     'call-ended after its end|2 ends', ''),
    ('a record is not written', CALL + 'story.c', '\tappend(c, EVENT_CALL_ENDED, &body);',
     '\tif (c->record.id.counter % 16)\n\t\tappend(c, EVENT_CALL_ENDED, &body);', '0 ends', ''),
    ('music while they talk', CALL + 'sound.c', '\telse if (other != NULL)\n\t\th->peer = '
     'leg_ear(other->leg);', '\telse if (other != NULL)\n\t\tmusic(c, c->queue->music, h);',
     'and should hear', ''),
    ('a voice goes to somebody else', CALL + 'leg.c', '\tmedia_set(l->ear.voice, p);',
     '\tstruct media_params q = *p;\n\tq.rtp.port ^= 2;\n\tmedia_set(l->ear.voice, &q);',
     'its voice is sent to somebody else', ''),
]


def text_of(fault):
    """Of its file. Whoever moves what a fault stands on has to move the fault."""
    name, path, old = fault[:3]
    text = open(os.path.join(ROOT, path)).read()
    if text.count(old) != 1:
        sys.exit(f'{name}: {path} has its place {text.count(old)} times')
    return text


def places(faults):
    for fault in faults:
        text_of(fault)
    print(f'{len(faults)} faults, each with its place')


def compiled(build, fault, folder):
    _, path, old, new, _, _ = fault
    text = text_of(fault)
    source, out = os.path.join(folder, 'fault.c'), os.path.join(folder, 'fault.o')
    with open(source, 'w') as f:
        f.write(f'#line 1 "{path}"\n' + text.replace(old, new))
    for c in json.load(open(os.path.join(build, 'compile_commands.json'))):
        if os.path.relpath(os.path.join(c['directory'], c['file']), ROOT) == path:
            break
    words = [w for w in shlex.split(c['command']) if w != 'ccache' and not w.startswith('-Werror')]
    words[words.index('-o') + 1] = out
    words[words.index('-c') + 1] = source
    run(words + ['-w', '-MF', os.devnull], build)
    return out


def run(words, build):
    subprocess.run(words, cwd=build, check=True, stdout=subprocess.DEVNULL)


def linked(build, out, folder):
    asked = subprocess.run(['ninja', '-t', 'commands', '-s', 'tests/flow/wire_storm'], cwd=build,
                           check=True, stdout=subprocess.PIPE, text=True).stdout
    words, program = shlex.split(asked.splitlines()[-1]), os.path.join(folder, 'storm')
    at = words.index('-o')
    words[at + 1:at + 2] = [program, out]
    run(words, build)
    return program


def played(program, options):
    known = {'--calls': '600', '--seed': '1'}
    words = options.split()
    known.update(zip(words[::2], words[1::2]))
    done = subprocess.run([program, *(w for pair in known.items() for w in pair)], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
    return done.returncode, done.stdout


def main():
    if sys.argv[1:] == ['--places']:
        return places(FAULTS)
    build, names = os.path.abspath(sys.argv[1]), sys.argv[2:]
    missed = 0
    for fault in FAULTS:
        if names and fault[0] not in names:
            continue
        with tempfile.TemporaryDirectory() as folder:
            rc, said = played(linked(build, compiled(build, fault, folder), folder), fault[5])
        told = [line for line in said.splitlines() if 'violation' in line or 'machine ' in line]
        found = rc != 0 and any(re.search(fault[4], line) for line in told)
        missed += not found
        what = told[0] if told else 'nothing said'
        for line in told:
            if re.search(fault[4], line):
                what = line
                break
        print(f'{"found " if found else "MISSED"} {fault[0]}: {what[:140]}', flush=True)
    sys.exit(1 if missed else 0)


if __name__ == '__main__':
    main()
