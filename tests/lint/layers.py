"""Which layer may include which, and who may use a library. Includes point down: control -> doors
-> engine -> dsp. Rooms within a layer are in rooms.py."""
import os
import re

# Layer of a file: the first prefix that fits.
LAYERS = ['engine/base/', 'engine/', 'dsp/', 'control/', 'tests/', 'bench/']

# What a layer may include of ours, by prefix. Tests and benches look everywhere.
MAY_INCLUDE = {
    'engine/base/': ['engine/base/'],
    'dsp/': ['dsp/'],
    'engine/': ['engine/', 'dsp/'],
    'control/': ['control/', 'engine/base/', 'dsp/', 'engine/bounds.h'],
    'tests/': ['control/', 'engine/', 'dsp/', 'tests/', 'bench/'],
    'bench/': ['control/', 'engine/', 'dsp/', 'bench/', 'tests/'],
}

# Doors and the faces of libraries: rule, pattern of the include, who may.
# Patterns are of whole paths; tests and benches stand on both sides of a door.
GUARDED = [
    ('door', r'engine/gate\.h', r'engine/(?!base/).*|control/media/.*|(tests|bench)/.*'),
    ('door', r'engine/tap\.h', r'engine/(?!base/).*|control/record/[^/]*|(tests|bench)/.*'),
    ('door', r'engine/path\.h', r'engine/(?!base/).*|control/media/.*|(tests|bench)/.*'),
    ('door', r'engine/engine\.h', r'engine/[^/]+|control/node/(node|start|engine_setup)\.c'
     r'|control/check/engine\.c|(tests|bench)/.*'),
    ('door', r'control/sip/(?!ua\.h$).*', r'control/sip/.*|tests/(unit|fuzz|sip)/.*'
     r'|tests/flow/sim/(registrar\.c|far\.h)|tests/flow/wire/(udp\.c|wire\.h)|bench/.*'),
    ('dpdk', r'rte_.*|.*/rte_.*', r'engine/(port|net)/[^/]+'
     r'|tests/(path|unit/engine|fuzz)/.*|bench/.*'),
    ('dpdk', r'engine/net/rx_mbuf\.h', r'engine/net/[^/]+|engine/deliver\.c'),
    ('libre', r're\.h|re_.*\.h|re/.*|control/base/re\.h',
     r'control/sip/.*|control/base/(loop\.[ch]|re\.h)|control/http/.*'
     r'|tests/(unit/control|fuzz|sip)/.*|tests/flow/wire/(text|udp|wire)\.c|bench/.*'),
    ('bpf', r'bpf/.*|xdp/.*|linux/bpf\.h|engine/xdp/.*',
     r'engine/port/xdp\.c|engine/xdp/.*|tests/.*'),
    ('liburing', r'liburing\.h|liburing/.*|linux/io_uring\.h', r'control/.*|(tests|bench)/.*'),
    ('sqlite', r'sqlite3\.h', r'control/store/[^/]*\.c|tests/.*'),
    ('yaml', r'yaml\.h', r'control/config/[^/]*\.[ch]|tests/.*'),
    ('spandsp', r'spandsp\.h|spandsp/.*|opus/.*', r'dsp/.*|(tests|bench)/.*'),
]


def layer_of(path):
    return next((layer for layer in LAYERS if path.startswith(layer)), None)


def check_layer(source, line, target):
    layer = layer_of(source.path)
    if layer is None:
        return
    exact = target in ('engine/gate.h', 'engine/tap.h', 'engine/engine.h', 'engine/path.h')
    if layer == 'control/' and exact:
        return  # the rule `door` knows better
    if not any(target.startswith(p) for p in MAY_INCLUDE[layer]):
        yield (source.path, line, 'layer',
               f'{layer} may not include "{target}": includes point down')


def check_guards(source, line, target):
    for rule, pattern, users in GUARDED:
        if re.fullmatch(pattern, target) and not re.fullmatch(users, source.path):
            yield source.path, line, rule, f'{target} may not be included here (layers.py)'


def check_includes(tree):
    for source in tree.c_sources():
        for line, kind, target in source.includes():
            yield from check_guards(source, line, target)
            if kind != '"':
                continue
            if target in tree.files:
                yield from check_layer(source, line, target)
            else:
                yield (source.path, line, 'include-path',
                       f'no "{target}" below the root: includes are written from there')


def cycles(graph):
    """Strongly connected components of more than one node (Tarjan), each sorted."""
    index, low, stack, on_stack, found = {}, {}, [], set(), []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        on_stack.add(node)
        for other in graph.get(node, {}):
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in on_stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            at = stack.index(node)
            component = stack[at:]
            del stack[at:]
            on_stack.difference_update(component)
            if len(component) > 1 or node in graph.get(node, {}):
                found.append(sorted(component))

    for node in sorted(graph):
        if node not in index:
            visit(node)
    return found


def check_graph(graph, rule):
    for component in cycles(graph):
        node = component[0]
        path, line = next(where for other, where in sorted(graph[node].items())
                          if other in component)
        yield path, line, rule, f'{len(component)} in a cycle: {", ".join(component)}'


def check_cycles(tree):
    """x.c and x.h are one module; both graphs must be free of cycles."""
    files, modules = {}, {}
    for source in tree.c_sources():
        module = os.path.splitext(source.path)[0]
        for line, kind, target in source.includes():
            if kind != '"' or target not in tree.files:
                continue
            where = (source.path, line)
            files.setdefault(source.path, {}).setdefault(target, where)
            other = os.path.splitext(target)[0]
            if other != module:
                modules.setdefault(module, {}).setdefault(other, where)
    yield from check_graph(files, 'include-cycle')
    yield from check_graph(modules, 'module-cycle')
