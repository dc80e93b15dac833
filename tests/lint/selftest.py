#!/usr/bin/python3 -B
"""Shows that each rule fails: seeds a violation of it in a clean tree and looks for its report."""
import os
import shutil
import sys
import tempfile

import seeded
import symbols
import tools
from lint import CHECKS, RULES, lint
from tree import Tree

HERE = os.path.dirname(os.path.abspath(__file__))
HEAD = '// Seeded.\n'
HEADER = HEAD + '#pragma once\n'
ENGLISH = ('# Hotlines\n\nTakes 6.75 million calls by SIP, see [SIP](docs/sip.md#who-calls).\n\n'
           '- `make all` builds it\n- two NICs:\n\n  | of | is |\n  |---|---|\n  | 4 | `b` |\n\n'
           '| key | default |\n|---|--:|\n| `a` | 3 ms |\n'
           '\n    make demo     # a call\n\n' + 'Long lines are fine in prose.' * 9 + '\n')
CHINESE = ('# 热线\n\n通过 SIP 接听 675 万通来电，见 [SIP](docs/sip.zh-CN.md)。\n\n'
           '- `make all` 编译\n- 两块网卡：\n\n  | 对象 | 内容 |\n  |---|---|\n  | 4 | `b` |\n\n'
           '| 配置项 | 默认值 |\n|---|--:|\n| `a` | 3 ms |\n'
           '\n    make demo     # 打一通电话\n\n长段落。\n')
CLEAN = {
    'dsp/meson.build': "dsp_src += files('tone.c')\n",
    'dsp/tone.h': HEADER + '\nint tone_next(int a, int b, int c, int d, int e);\n',
    'dsp/tone.c': HEAD + '#include "dsp/tone.h"\n\nint tone_next(int a, int b, int c, int d, '
                  'int e)\n{\n\treturn a + b + c + d + e; // malloc(), not called\n}\n',
    'engine/meson.build': "engine_src += files('base/str.c', 'engine.c', 'net/rx.c')\n",
    'engine/gate.h': HEADER,
    'engine/tap.h': HEADER,
    'engine/engine.h': HEADER,
    'engine/path.h': HEADER,
    'engine/base/str.c': HEAD,
    'engine/engine.c': HEAD + '#include "engine/gate.h"\n#include "dsp/tone.h"\n\n'
                       'void *engine_go(void)\n{\n\treturn malloc(1);\n}\n',
    'engine/net/rx.c': HEAD + '#include <rte_mbuf.h>\n#include "engine/gate.h"\n\n'
                       'void *rx_new(void)\n{\n\treturn malloc(1);\n}\n',
    'control/meson.build': "control_src += files('media/voice.c', 'node/node.c', 'call/call.c',\n"
                           "    'store/db.c', 'sip/dialog/invite.c', 'record/recorder.c')\n",
    'control/media/voice.c': HEAD + '#include "engine/gate.h"\n#include "engine/path.h"\n',
    'control/store/db.c': HEAD + '#include <sqlite3.h>\n#include <liburing.h>\n',
    'control/call/call.c': HEAD + '#include "control/sip/ua.h"\n#include "dsp/tone.h"\n',
    'control/node/node.c': HEAD + '#include "engine/engine.h"\n',
    'control/record/recorder.c': HEAD + '#include "engine/tap.h"\n',
    'control/sip/ua.h': HEADER,
    'control/sip/dialog/dialog.h': HEADER,
    'control/sip/dialog/invite.c':
        HEAD + '#include <re.h>\n#include "control/sip/dialog/dialog.h"\n',
    'tests/run.sh': '#!/bin/sh\necho "$1"\n',
    'tests/tool.py': 'import sys\n\nprint(sys.argv)\n',
    'README.md': ENGLISH,
    'README.zh-CN.md': CHINESE,
    'docs/sip.md': '# SIP\n\n## Who calls\n',
    'docs/sip.zh-CN.md': '# SIP\n\n## 谁可以呼入\n',
}
CALL, RX = 'control/call/call.c', 'engine/net/rx.c'


def body(lines):
    return HEAD + 'int f(void)\n{\n' + '\tf();\n' * (lines - 3) + '}\n'


def include(what):
    return HEAD + f'#include {what}\n'


def call(what):
    return HEAD + 'void f(void)\n{\n\t' + what + ';\n}\n'


def chinese(old, new, line, rule='translation'):
    """A seed in the Chinese README."""
    assert old in CHINESE, old
    return rule, 'README.zh-CN.md', CHINESE.replace(old, new, 1), line


# rule, file, its seeded text, line that must be reported
SEEDS = [
    chinese('675', '675.5', 3),
    chinese(' SIP ', '电话', 3),
    chinese('docs/sip.zh-CN.md', 'LICENSE', 3),
    chinese('`make all` ', '`make` ', 5),
    chinese('网卡', '话机', 6),
    chinese('- 两块网卡：\n', '', 7),
    chinese('  | 4 | `b` |\n', '', 8),
    chinese('| `a` | 3 ms |\n', '', 12),
    chinese(' | 3 ms', '', 12),
    chinese('3 ms', '4 ms', 12),
    chinese('make demo', 'make run', 16),
    chinese('# 热线', '## 热线', 1),
    chinese('长段落。\n', '', 16),
    chinese('来电', '座席', 3, 'glossary'),
    chinese('接听 675', '接听675', 3, 'glossary'),
    chinese('来电，', '来电,', 3, 'glossary'),
    chinese('docs/sip.zh-CN.md', 'docs/sip.md', 3, 'dead-link'),
    ('translation', 'docs/gone.zh-CN.md', '# 无\n', 1),
    ('dead-link', 'README.md', ENGLISH.replace('docs/sip.md', 'docs/sop.md'), 3),
    ('dead-link', 'README.md', ENGLISH.replace('#who-calls', '#who-rings'), 3),
    ('dead-link', 'docs/lost.md', '# Lost\n', 1),
    ('layer', 'dsp/tone.c', include('"engine/gate.h"'), 2),
    ('layer', 'engine/base/str.c', include('"dsp/tone.h"'), 2),
    ('layer', RX, include('"control/sip/ua.h"'), 2),
    ('layer', 'engine/gate.h', HEADER + '#include "control/sip/ua.h"\n', 3),
    ('room', 'control/base/loop.c', include('"control/store/db.h"'), 2),
    ('room', 'control/eventlog/log.c', HEADER + '#include "control/call/call.h"\n', 3),
    ('room', 'control/queue/floor.c', include('"control/ivr/run.h"'), 2),
    ('room', 'control/sip/sdp/sdp.c', include('"control/sip/shared.h"'), 2),
    ('room', 'control/lounge/bar.c', HEAD, 1),
    ('room', RX, include('"engine/voice/voice.h"'), 2),
    ('room', 'engine/voice/ear.c', include('"engine/bridge/mixer.h"'), 2),
    ('room', 'bench/ringload/wire/port.c', include('"bench/ringload/load.h"'), 2),
    ('room', 'tests/lint/rooms.txt', 'control/base/a.c control/call/b.h: gone\n', 1),
    ('door', CALL, include('"engine/gate.h"'), 2),
    ('door', CALL, include('"engine/tap.h"'), 2),
    ('door', 'control/media/voice.c', include('"engine/tap.h"'), 2),
    ('door', CALL, include('"engine/engine.h"'), 2),
    ('door', CALL, include('"engine/path.h"'), 2),
    ('door', CALL, include('"control/sip/dialog/dialog.h"'), 2),
    ('dpdk', CALL, include('<rte_ring.h>'), 2),
    *[('dpdk', f'engine/{room}/a.c', include('<rte_ring.h>'), 2)
      for room in ('bridge', 'digits', 'rtp', 'session', 'voice')],
    ('dpdk', 'engine/base/str.c', include('<rte_ring.h>'), 2),
    ('dpdk', 'dsp/tone.c', include('<rte_ring.h>'), 2),
    ('libre', CALL, include('<re.h>'), 2),
    ('libre', RX, include('<re/re_sip.h>'), 2),
    ('bpf', RX, include('<bpf/bpf.h>'), 2),
    ('liburing', RX, include('<liburing.h>'), 2),
    ('sqlite', CALL, include('<sqlite3.h>'), 2),
    ('yaml', CALL, include('<yaml.h>'), 2),
    ('spandsp', CALL, include('<spandsp.h>'), 2),
    ('include-path', CALL, include('"call.h"'), 2),
    ('include-cycle', 'engine/gate.h', HEADER + '#include "engine/gate.h"\n', 3),
    ('module-cycle', 'control/sip/ring.c', include('"control/sip/ua.h"'), 2),
    ('function-length', 'dsp/tone.c', body(61), 2),
    ('function-length', 'tests/tool.py', 'def f():\n' + '    f()\n' * 60, 1),
    ('file-length', 'dsp/tone.c', HEAD + '\n' * 500, 501),
    ('parameters', 'dsp/tone.h', HEADER + '\nint f(int a, int b, int c,\n\tint d, int e, '
     'int (*g)(int, int));\n', 4),
    ('parameters', 'dsp/tone.c', HEAD + 'static int f(int a, int b, int c, int d, int e, int g)'
     '\n{\n\treturn 0;\n}\n', 2),
    ('columns', 'dsp/tone.c', HEAD + '// ' + 'x' * 98 + '\n', 2),
    ('columns', 'dsp/meson.build', "dsp_src += files('tone.c') # " + 'x' * 98 + '\n', 1),
    ('banned-word', RX, call('malloc(1)'), 4),
    ('banned-word', RX, call('printf("x")'), 4),
    ('banned-word', RX, call('log_warn("x")'), 4),
    ('banned-word', RX, call('write(1, "x", 1)'), 4),
    ('banned-word', RX, call('pthread_mutex_lock(m)'), 4),
    ('banned-word', 'engine/engine.c', call('pthread_mutex_lock(m)'), 4),
    ('banned-word', 'dsp/tone.c', call('free(m)'), 4),
    ('banned-word', 'dsp/tone.c', call('clock_gettime(0, t)'), 4),
    ('banned-word', CALL, call('getaddrinfo(a, b, c, d)'), 4),
    ('banned-word', CALL, call('sprintf(a, "x")'), 4),
    ('banned-word', CALL, call('strcpy(a, b)'), 4),
    ('banned-word', CALL, call('strcat(a, b)'), 4),
    ('banned-word', CALL, call('strtok(a, b)'), 4),
    ('banned-word', CALL, call('atoi(a)'), 4),
    ('banned-word', CALL, call('gets(a)'), 4),
    ('log-format', CALL, call('log_warn(text)'), 4),
    ('log-format', CALL, call('log_info("agent=\\"%s\\" left", name)'), 4),
    ('log-format', CALL, call('log_error("a: "\n\t\t"from <%.*s>", n, name)'), 4),
    ('log-format', CALL, call('fprintf(stderr, "%s", name)'), 4),
    ('pragma-once', 'dsp/tone.h', HEAD, 1),
    ('first-line', 'dsp/tone.c', '#include "dsp/tone.h"\n', 1),
    ('first-line', 'dsp/tone.h', '/* Old. */\n#pragma once\n', 1),
    ('format', 'dsp/tone.c', HEAD + 'int  f(void);\n', 2),
    ('trailing-space', 'README.md', 'one\ntwo \n', 2),
    ('last-line', 'README.md', 'one', 1),
    ('left-over', 'README.md', 'one\n' + 'TO' + 'DO\n', 2),
    ('left-over', 'dsp/tone.c', HEAD + '// FIX' + 'ME later\n', 2),
    ('dead-file', 'dsp/dead.c', HEAD, 1),
    ('folder-size', 'tests/more/50.py', '', 1),
    ('stray', 'p.db', '', 1),
    ('stray', 'control-bench-R6XRkm/events-1.log', '', 1),
    ('named-file', 'dsp/tone.c', HEAD + '// See dsp/sound.c.\n', 2),
    ('named-file', 'dsp/tone.c', HEAD + 'int a; /* from\n * noise.h */\n', 3),
    ('named-file', 'docs/sip.md', '# SIP\n\n## Who calls\n\nSee `control/sap`.\n', 5),
    ('twice-named', RX, HEAD + 'struct tone {\n\tint a;\n};\n', 2),
    ('twice-named', RX, HEAD + 'static int tone_next(void)\n{\n\treturn 0;\n}\n', 2),
    ('shellcheck', 'tests/run.sh', '#!/bin/sh\necho $1\n', 2),
    ('pyflakes', 'tests/tool.py', 'import os\n', 1),
]
# What a seed needs besides its own file.
COMPANIONS = {
    'folder-size': {f'tests/more/{n}.py': '' for n in range(10, 50)},
    'module-cycle': {
        'control/sip/ring.h': HEADER,
        'control/sip/ua.h': HEADER + '#include "control/sip/ring.h"\n',
        'control/sip/meson.build': "control_src += files('ring.c')\n",
    },
    'twice-named': {'control/sip/ua.h': HEADER + 'struct tone {\n\tint b;\n};\n'},
}


def plant(root, files):
    for path, text in files.items():
        full = os.path.join(root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, 'w', encoding='utf-8') as f:
            f.write(text)


def lint_with(files, checks=tuple(CHECKS)):
    """Lints the clean tree with some files replaced or added."""
    with tempfile.TemporaryDirectory(prefix='ringhall-lint-') as root:
        shutil.copy(os.path.join(HERE, '..', '..', '.clang-format'), root)
        plant(root, {**CLEAN, **files})
        return lint(Tree(root), checks)


def check_missing_tool():
    """A judge that is not installed is a violation, not a silence."""
    path, os.environ['PATH'] = os.environ['PATH'], '/nonexistent'
    try:
        return list(tools.check_tools(Tree(HERE)))
    finally:
        os.environ['PATH'] = path


def main():
    failures = [f'the clean tree: {v}' for v in lint_with({})]
    for rule, path, text, line in SEEDS:
        foreign = rule in [t[0] for t in tools.TOOLS]
        checks = [c for c in CHECKS if foreign or c is not tools.check_tools]
        found = lint_with({path: text, **COMPANIONS.get(rule, {})}, checks)
        if (path, line, rule) not in [v[:3] for v in found]:
            failures.append(f'{rule}: seeded at {path}:{line}, reported: {found}')
    missing = check_missing_tool()
    if not missing or any(v[2] != 'tool' for v in missing):
        failures.append(f'tool: none was installed, reported: {missing}')
    with tempfile.TemporaryDirectory(prefix='ringhall-lint-') as folder:
        failures += seeded.failures(folder)
    rules = {*RULES, *symbols.RULES}
    shown = {s[0] for s in SEEDS + seeded.SEEDS} | {'tool'}
    failures += [f'{rule}: no violation is seeded' for rule in sorted(rules - shown)]
    for failure in failures:
        print(f'selftest: {failure}')
    print(f'selftest: {len(SEEDS + seeded.SEEDS) + 3} cases, {len(shown)} of {len(rules)} rules '
          f'shown to fail, {len(failures)} failures')
    return 1 if failures else 0


if __name__ == '__main__':
    sys.exit(main())
