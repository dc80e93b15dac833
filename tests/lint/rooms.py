"""The rooms of control, engine and bench, from the ground up, and whom each may include.

A room is a folder. Files that others see from below their folder's own level, faces, are rooms of
their own. What is named stands above it in the table: so includes point down, and no two rooms
include each other. control/base, engine/base and dsp are open to all above them (layers.py).

An include that does not fit is a row in rooms.txt beside this, `FILE INCLUDED: reason`."""
import os

from tables import Table

TABLE = 'tests/lint/rooms.txt'
ENGINE_FACES = 'engine/*.h'
SIP_FACES = 'control/sip/*.h'
FACES = {
    **{f'engine/{name}': ENGINE_FACES for name in (
        'bounds.h', 'config.h', 'config_check.c', 'gate.c', 'gate.h', 'gate_prompts.c',
        'gate_view.h', 'path.c', 'path.h', 'split.h', 'tap.c', 'tap.h', 'worker.c', 'worker.h')},
    'control/config/load.c': 'control/config/load',
    'control/config/load.h': 'control/config/load',
    'control/sip/shared.h': SIP_FACES,
    'control/sip/ua.h': SIP_FACES,
    'control/modules.c': 'control/modules',
    'control/modules.h': 'control/modules',
    'control/options.c': 'control/options',
    'control/options.h': 'control/options',
}
CONTROL = 'control/'
BELOW = {
    'engine/base': '',
    'engine/xdp': '',
    ENGINE_FACES: '',
    'engine/port': f'{ENGINE_FACES} engine/xdp',
    'engine/net': f'{ENGINE_FACES} engine/port',
    'engine/rtp': 'engine/net',
    'engine/voice': f'{ENGINE_FACES} engine/net engine/rtp',
    'engine/digits': f'{ENGINE_FACES} engine/rtp engine/voice',
    'engine/bridge': f'{ENGINE_FACES} engine/net engine/rtp engine/voice engine/digits',
    'engine/session': f'{ENGINE_FACES} engine/net engine/rtp engine/voice engine/digits '
                      'engine/bridge',
    'engine': f'{ENGINE_FACES} engine/port engine/net engine/voice engine/session',

    'control/base': '',
    'control/config': '',
    'control/config/checks': 'config',
    'control/config/report': 'config',
    'control/config/load': 'config config/checks',
    'control/eventlog': '',
    'control/figures': '',
    'control/contract': 'eventlog figures',
    'control/store': 'eventlog figures',
    'control/live': 'figures store',
    'control/rebuild': 'eventlog',
    'control/media': 'config',
    'control/http': '',
    'control/record': 'config eventlog',
    'control/ivr': 'config http media',
    'control/router': '',
    'control/queue': 'config eventlog http rebuild router',
    SIP_FACES: 'config media',
    'control/sip/message': SIP_FACES,
    'control/sip/transport': f'config {SIP_FACES} sip/message',
    'control/sip/sdp': 'media',
    'control/sip/trunk': f'config {SIP_FACES}',
    'control/sip/registrar': f'config {SIP_FACES} sip/message sip/transport sip/trunk',
    'control/sip/dialog': f'media {SIP_FACES} sip/sdp sip/message sip/transport sip/trunk '
                          'sip/registrar',
    'control/sip/user_agent': f'config {SIP_FACES} sip/message sip/transport sip/trunk '
                              'sip/registrar sip/dialog',
    'control/call': f'config eventlog ivr media queue record router {SIP_FACES}',
    'control/ops/why': f'call config queue router {SIP_FACES}',
    'control/ops': f'call config contract eventlog figures http live media queue record '
                   f'{SIP_FACES} store ops/why',
    'control/modules': 'config ivr queue router',
    'control/options': '',
    'control/ringctl/print': 'contract',
    'control/ringctl': 'config config/report contract eventlog figures modules options record '
                       'ringctl/print store',
    'control/node': f'call config config/load config/report eventlog live media modules ops queue '
                    f'rebuild record {SIP_FACES} store',
    'control/check': f'config config/load media modules node ops record {SIP_FACES}',
    'control': 'check config config/load config/report modules node options',

    'bench': '',
    'bench/dtmf': 'bench',
    'bench/ringload/profile': '',
    'bench/ringload/wire': 'bench/ringload/profile',
    'bench/ringload': 'bench/ringload/profile bench/ringload/wire',
    'bench/calls': 'bench bench/ringload',
    'bench/router': 'bench',
}
OPEN = ('control/base', 'engine/base')


def room_of(path):
    return FACES.get(path, os.path.dirname(path))


def floors():
    """Each room with those that it may include, their names whole."""
    rooms = {}
    for room, words in BELOW.items():
        names = [w if w in BELOW else CONTROL + w for w in words.split()]
        unknown = [n for n in names if n not in rooms]
        if unknown:
            raise AssertionError(f'{room} stands below {unknown}, or they are no rooms')
        rooms[room] = {room, *names, *OPEN}
    return rooms


def check_rooms(tree):
    table, rooms = Table(tree, TABLE), floors()
    for source in tree.c_sources():
        top, room = source.path.partition('/')[0], room_of(source.path)
        if top not in ('bench', 'control', 'engine'):
            continue
        if room not in rooms:
            yield (source.path, 1, 'room', f'{room} is no room: tests/lint/rooms.py lists them')
            continue
        for line, kind, target in source.includes():
            other = room_of(target)
            if kind != '"' or not target.startswith(top + '/') or other in rooms[room]:
                continue
            if not table.has(source.path, target):
                yield (source.path, line, 'room',
                       f'{room} may not include {target} of {other}: includes point down '
                       '(rooms.py)')
    yield from table.stale('room', 'nothing of that kind is included')
