"""Words that are banned, per folder, each with what to use instead."""
import re

from functions import c_functions

# Files of the engine that run before the workers start or after they stopped.
ENGINE_INIT_FILES = {'engine/engine.c', 'engine/port/mbufs.c', 'engine/port/port.c',
                     'engine/port/xdp.c', 'engine/voice/prompt.c'}
# Functions that make and unmake things may allocate wherever they stand.
MAKERS = re.compile(r'_(new|free|init|fini|start|stop)$')

ANYWHERE = {
    r'v?sprintf': 'str_format',
    r'strcpy|strncpy|stpcpy': 'str_copy',
    r'strcat|strncat': 'struct str_buf',
    r'strtok(_r)?': 'strcspn and lengths',
    r'ato[ifl]|atoll': 'str_u64',
    r'gets': 'fgets',
    r'alloca': 'a bounded array',
    r'pthread_(mutex|rwlock|spin|cond)_\w+|mtx_\w+|cnd_\w+': 'a ring: one writer each',
}
ALLOCATION = {
    r'malloc|calloc|realloc|free|strdup|aligned_alloc|posix_memalign|str_dup':
        'memory taken at start',
    r'rte_(malloc|zmalloc|calloc|realloc|free)\w*': 'memory taken at start',
    r'mmap|munmap': 'memory taken at start',
}
PRINTING = {
    r'f?printf|vf?printf|puts|fputs|putchar|perror|syslog': 'a counter and a notice',
    r'log_(error|warn|info|debug|write)|rte_log|RTE_LOG': 'a counter and a notice',
}
KERNEL = {
    r'open|close|read|write|pread|pwrite|ioctl|fsync|fdatasync|unlink': 'another thread',
    r'socket|bind|connect|accept|sendto|recvfrom|sendmsg|recvmsg|setsockopt': 'the port',
    r'poll|select|epoll_\w+|eventfd|syscall|sched_yield': 'polling',
    r'sleep|usleep|nanosleep|clock_nanosleep': 'the worker\'s own nap',
    r'abort|exit|assert': 'check()',
}
CLOCKS = {r'clock_gettime|gettimeofday|clock|timespec_get': 'the time as an argument'}
BLOCKING = {
    r'sleep|usleep|nanosleep': 'a timer of the loop',
    r'system|popen': 'nothing: no shell',
    r'getaddrinfo|gethostbyname|gethostbyaddr|getnameinfo': 'the asynchronous resolver',
}

# Folder by pattern of the whole path, banned words.
FOLDERS = [
    (r'.*', [ANYWHERE]),
    (r'(?!engine/base/clock\.c$)(dsp|engine|control)/.*', [CLOCKS]),
    (r'dsp/.*', [ALLOCATION, PRINTING, KERNEL]),
    (r'engine/(?!base/|xdp/).*', [ALLOCATION, PRINTING, KERNEL]),
    (r'control/(?!ringctl/).*', [BLOCKING]),
]


def may_make(source, line):
    """Whether this line belongs to what runs before or after the packets."""
    if source.path in ENGINE_INIT_FILES:
        return True
    return any(f.line <= line <= f.last and MAKERS.search(f.name)
               for f in c_functions(source))


# A log line's format: a literal, so that what is quoted is what it names (engine/base/log.h).
LOG_CALL = re.compile(r'\blog_(?:error|warn|info|debug)\s*\(')
LITERAL = re.compile(r'\s*"((?:\\.|[^"\\\n])*)"', re.S)
# %s behind what is neither a space, '=' nor a bracket is somebody's own quoting.
OWN_QUOTES = re.compile(r'[^ =(\[]%[-+ #0]*\d*(?:\.(?:\*|\d+))?s')
STDERR = re.compile(r'\b(?:fprintf|vfprintf|fputs|fwrite|dprintf|perror|psignal)\s*\([^;]*?'
                    r'\b(?:stderr|STDERR_FILENO)\b|\bperror\s*\(')
SAYS_ITSELF = r'control/main\.c|control/ringctl/[^/]*\.c|engine/base/log\.c'


def log_format(source, at):
    """The literal that begins at text[at], its parts joined; None: it is none."""
    parts, match = [], LITERAL.match(source.text, at)
    while match:
        parts.append(match.group(1))
        at = match.end()
        match = LITERAL.match(source.text, at)
    return ''.join(parts) if parts else None


def check_log(source):
    for match in LOG_CALL.finditer(source.code):
        line, form = source.line_at(match.start()), log_format(source, match.end())
        if form is None:
            yield (source.path, line, 'log-format',
                   'the format of a log line is a literal: log_warn("%s", text)')
        elif OWN_QUOTES.search(form):
            yield (source.path, line, 'log-format',
                   'key=%s without quotes of its own: log.c quotes what needs it')
    if re.fullmatch(SAYS_ITSELF, source.path):
        return
    for match in STDERR.finditer(source.code):
        yield (source.path, source.line_at(match.start()), 'log-format',
               'what is said on stderr goes through log_*, which quotes it')


def check_table(source, table):
    for words, instead in table.items():
        for match in re.finditer(r'(?<![\w.>])(' + words + r')\s*\(', source.code):
            line = source.line_at(match.start())
            if table in (ALLOCATION, PRINTING, KERNEL) and may_make(source, line):
                continue
            yield (source.path, line, 'banned-word',
                   f'{match.group(1)} is banned here, use {instead}')


def check_words(tree):
    for source in tree.c_sources():
        if re.fullmatch(r'(control|engine|dsp)/.*\.c', source.path):
            yield from check_log(source)
        for folder, tables in FOLDERS:
            if re.fullmatch(folder, source.path):
                for table in tables:
                    yield from check_table(source, table)
