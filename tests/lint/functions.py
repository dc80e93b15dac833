"""Functions: how long they are and how many parameters they take."""
import ast
import re

LINES_MAX = 60
PARAMETERS_MAX = 5

# Signatures that a library's callback type prescribes: file, function.
FOREIGN = {
    ('control/sip/transport/bounds.c', 'stun_reply'),
    ('control/sip/user_agent/user_agent.c', 'on_message'),
    ('control/sip/transport/connections.c', 'tcp_accept'),
    ('control/sip/transport/connections.c', 'tcp_connect'),
    ('control/sip/transport/libre.c', 'sip_transp_send'),
    ('control/sip/transport/libre.h', 'sip_transp_send'),
    ('control/sip/transport/udp.c', 'udp_register_helper'),
    ('tests/flow/wire/udp.c', 'udp_register_helper'),
    ('tests/fuzz/stream_fuzz.c', 'tcp_register_helper'),
}

ATTRIBUTE = re.compile(r'__attribute__\s*\(\((?:[^()]|\([^()]*\))*\)\)')
CALL = re.compile(r'\b([A-Za-z_]\w*)\s*\(')


class Function:
    def __init__(self, name, line, last, parameters):
        self.name, self.line, self.last, self.parameters = name, line, last, parameters

    def length(self):
        return self.last - self.line + 1


def count_parameters(text, at):
    """Parameters of the list that opens at text[at]; `...` and `void` are none."""
    depth, parts, start = 0, [], at + 1
    for i in range(at, len(text)):
        c = text[i]
        if c == '(':
            depth += 1
        elif c == ')':
            depth -= 1
        if (c == ',' and depth == 1) or (c == ')' and depth == 0):
            parts.append(text[start:i].strip())
            start = i + 1
            if c == ')':
                break
    return len([p for p in parts if p not in ('', 'void', '...')])


def signature(text):
    """(name, parameters) of a declarator, or None when it is no function."""
    text = ATTRIBUTE.sub('', text)
    if '=' in text or '_Static_assert' in text:
        return None
    match = CALL.search(text)
    if not match:
        return None
    name = match.group(1)
    if name == 'START_TEST':
        name = text[match.end():].split(')')[0].strip()
    return name, count_parameters(text, match.end() - 1)


def definitions(source):
    """Function bodies: braces in the first column, which the formatter sees to."""
    lines = source.bare.split('\n')
    for i, line in enumerate(lines):
        if line.rstrip() != '{':
            continue
        first = i
        while first > 0 and lines[first - 1].strip() \
                and not lines[first - 1].rstrip().endswith((';', '}')):
            first -= 1
        last = next((j for j in range(i, len(lines)) if lines[j].startswith('}')), i)
        found = signature(' '.join(lines[first:i]))
        if found:
            yield Function(found[0], first + 1, last + 1, found[1])


def declarations(source):
    """Prototypes: what ends in `;` outside of all braces."""
    depth, start = 0, 0
    for i, c in enumerate(source.bare):
        if c == '{':
            depth += 1
        elif c == '}':
            depth -= 1
            start = i + 1
        elif c == ';' and depth == 0:
            text = source.bare[start:i]
            found = signature(text)
            if found:
                line = source.line_at(start + len(text) - len(text.lstrip()))
                yield Function(found[0], line, line, found[1])
            start = i + 1


def c_functions(source):
    if not hasattr(source, 'functions'):
        source.functions = list(definitions(source))
    return source.functions


def check_parameters(source, functions):
    for f in functions:
        if f.parameters > PARAMETERS_MAX and (source.path, f.name) not in FOREIGN:
            yield (source.path, f.line, 'parameters',
                   f'{f.name} takes {f.parameters} parameters, more than {PARAMETERS_MAX}')


def check_length(source, functions):
    for f in functions:
        if f.length() > LINES_MAX:
            yield (source.path, f.line, 'function-length',
                   f'{f.name} has {f.length()} lines, more than {LINES_MAX}')


def python_functions(source):
    try:
        nodes = ast.walk(ast.parse(source.text))
    except SyntaxError:
        return []  # pyflakes tells
    return [Function(n.name, n.lineno, n.end_lineno, 0) for n in nodes
            if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]


def check_functions(tree):
    for source in tree.sources():
        if source.is_c:
            yield from check_length(source, c_functions(source))
            yield from check_parameters(source, c_functions(source))
            yield from check_parameters(source, declarations(source))
        elif source.is_python:
            yield from check_length(source, python_functions(source))
