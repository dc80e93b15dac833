#!/usr/bin/python3 -B
"""Faults seeded into the product, each found by the centre: which rule is it red by?

seeded.py BUILD_FOLDER [NAME...]
seeded.py --places             has each its place still?

Compiled and linked as tests/flow/wire/seeded.py does it; nothing in the tree is changed."""
import os
import re
import shlex
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'wire'))
import seeded  # noqa: E402

ROUTER, CALL = 'control/router/', 'control/call/'
ALL = ('policies,skills,priority,prefer,shared,times,pauses,phones,vanish,callers,hold')
# Name, file, what stands there, what is put there, what the centre says, its options.
FAULTS = [
    ('the caller is put back last', ROUTER + 'mail_callers.c',
     'c->order = (c->since_ms', 'c->order = (1000000 - c->since_ms', 'was offered to', ALL),
    ('a ring does not lower', ROUTER + 'widen.c', '\tlower(&wants, &g->lowers);', '',
     'waits, and a|not served|before', ALL + ',rings'),
    ('a ring raises no priority', ROUTER + 'widen.c',
     'g->priority < c->priority ? g->priority : c->priority', 'c->priority', 'was offered to',
     ALL + ',rings'),
    ('a weight counts for nothing', 'control/queue/floor_members.c',
     'c->serve_within_s * 1000 / c->weight', 'c->serve_within_s * 1000', 'was offered to',
     'shared,weights'),
    ('whose time is up counts for nothing', ROUTER + 'mail_callers.c',
     '(c->since_ms + router_queue(r, m->queue)->set.due_ms)', 'c->since_ms', 'was offered to',
     'shared,weights'),
    ('a level is not looked at', ROUTER + 'agent.c',
     'if (agent_level(a, wants->skill[i]) < wants->level[i])', 'if (false)',
     'cannot take it', ALL),
    ('a free agent is not matched', ROUTER + 'decide.c',
     '\tagent_tell(r, a, from, why);\n\tagent_match(r, a);', '\tagent_tell(r, a, from, why);',
     'waits, and a|not served', ALL),
    ('the others ring on', CALL + 'call_queue.c', '\tlet_others_go(c, v->party);', '',
     'others ring on|ring', ALL + ',ring-all'),
    ('a record is written twice', CALL + 'story.c', '\tappend(c, EVENT_CALL_ENDED, &body);',
     '\tappend(c, EVENT_CALL_ENDED, &body);\n\tappend(c, EVENT_CALL_ENDED, &body);',
     'after its end|behind its end', ALL),
    ('a record is not written', CALL + 'story.c', '\tappend(c, EVENT_CALL_ENDED, &body);',
     '\tif (c->record.id.counter % 16)\n\t\tappend(c, EVENT_CALL_ENDED, &body);',
     'and is offered|0 ends', ALL),
    ('a caller has two agents', ROUTER + 'decide.c', 'if (p->all && wanted == NULL',
     'if (wanted == NULL', 'offered to two', ALL),
    ('an agent has two calls', ROUTER + 'decide.c',
     '\tagent_happened(r, a, AGENT_EVENT_OFFER, WHY_OFFERED);', '',
     'and has|called twice|is offered', ALL),
    ('a record is damaged', 'control/eventlog/format.c',
     'crc32c(0, out + CRC_FROM, head.bytes - CRC_FROM);',
     'crc32c(0, out + CRC_FROM, head.bytes - CRC_FROM) + (head.sequence % 64 == 0);',
     'damaged', ALL + ',disk'),
    ('music while they talk', CALL + 'sound.c', '\telse if (other != NULL)\n\t\th->peer = '
     'leg_ear(other->leg);', '\telse if (other != NULL)\n\t\tmusic(c, c->queue->music, h);',
     'hear', ALL),
    ('who is answered is not counted', 'control/queue/floor_traffic.c', '\tq->n.answered++;', '',
     'counts', ALL),
    ('an agent is matched once', ROUTER + 'decide.c',
     '\twhile (a->state == AGENT_READY && match_first(r, a))',
     '\tif (a->state == AGENT_READY && match_first(r, a))', 'waits, and a',
     'prefer,shared,phones,reserves'),
    ('who is kept for its last agent is kept for ever', ROUTER + 'widen.c',
     '\tif (c->held_by != NULL && c->held_until_ms <= r->now_ms)\n\t\tcaller_unhold(c);', '',
     'before|waits, and a', 'shared,callers,pauses,last'),
    ('who dials out is ready', ROUTER + 'mail_agents.c',
     'agent_renew(r, a, a->busy_ms);\n\tagent_happened(r, a, AGENT_EVENT_BUSY, WHY_OWN_CALL);',
     'agent_renew(r, a, a->busy_ms);',
     'call of its own', 'own,pauses,callers'),
    ('a reload leaves the rings', ROUTER + 'widen.c', '\t*g = m->ring;', '',
     'waits, and a|cannot take it|before|not served', 'skills,reload,rings'),
    ('a pause never ends', ROUTER + 'decide.c', 'a->ends_ms = for_ms ? r->now_ms + for_ms : 0;',
     'a->ends_ms = for_ms ? r->now_ms + 50 * for_ms : 0;', 'for ever|has no call', ALL),
]


def linked(build, out, folder):
    asked = subprocess.run(['ninja', '-t', 'commands', '-s', 'tests/flow/centre'], cwd=build,
                           check=True, stdout=subprocess.PIPE, text=True).stdout
    words, program = shlex.split(asked.splitlines()[-1]), os.path.join(folder, 'centre')
    at = words.index('-o')
    words[at + 1:at + 2] = [program, out]
    seeded.run(words, build)
    return program


def main():
    if sys.argv[1:] == ['--places']:
        return seeded.places(FAULTS)
    build, names, missed = os.path.abspath(sys.argv[1]), sys.argv[2:], 0
    for fault in FAULTS:
        if names and fault[0] not in names:
            continue
        with tempfile.TemporaryDirectory() as folder:
            program = linked(build, seeded.compiled(build, fault, folder), folder)
            said = ''
            for seed in range(1, 151):
                said += subprocess.run(
                    [program, '--world', str(seed), '--calls', '150', '--with', fault[5]],
                    text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                    timeout=300).stdout
                if 'violation' in said:
                    break
        told = [line for line in said.splitlines() if 'violation' in line]
        found = [line for line in told if re.search(fault[4], line)]
        missed += not found
        what = (found or told or ['nothing said'])[0]
        print(f'{"found " if found else "MISSED"} {fault[0]}: {what[:140]}', flush=True)
    sys.exit(1 if missed else 0)


if __name__ == '__main__':
    main()
