"""Documents: what they link to is there, README leads to each, and a translation says the same.

A page X.md and its Chinese X.zh-CN.md are held against each other block by block: the same
headings, paragraphs, items, tables and code blocks in the same order; in each the same code,
links and figures; in tables as many cells; in code blocks the same commands."""
import os
import re

ZH = '.zh-CN.md'
# Pages that are kept in both languages.
BOTH = ['README.md', 'docs/sip.md']
# What Chinese pages do not say, with what they do: one word for one thing.
GLOSSARY = {
    r'座席': '坐席',
    r'安装所缺': '安装缺少的依赖',
    r'限度': '限制',
    r'带门': '门控',
    r'(?<!呼叫)[两一]条?腿|腿之间': '呼叫腿',
    r'可以看见谁': '可依赖',
    r'播放语音|听语音': '提示音',
    r'控制平面|媒体平面': '控制面, 媒体面',
    r'抖动缓冲[区器]': '抖动缓冲',
    r'延迟|延时': '时延',
}
LINK = re.compile(r'\[[^\]]*\]\(([^)\s]+)\)')
CODE = re.compile(r'`([^`]+)`')
FIGURE = re.compile(r'(?<![A-Za-z\d.])\d[\d,]*(?:\.\d+)?(?: (?:million|万))?')
# Methods, protocols, codecs: what is written in capitals, without a plural's s.
NAME = re.compile(r'(?<![A-Za-z])[A-Z][A-Z\d]+(?=s?(?![A-Za-z]))')
# Names that Chinese has a word for.
WORDS = {'NIC': '网卡'}
ITEM = re.compile(r'(?:[-*]|\d+\.) ')
TIMES = {'million': 1000000, '万': 10000}
HAN = r'[\u4e00-\u9fff]'
# Where Chinese text meets Latin or figures stands a space; its punctuation is of full width.
SPACING = re.compile(rf'{HAN}[A-Za-z0-9`]|[A-Za-z0-9`%]{HAN}')
HALF_WIDTH = re.compile(rf'{HAN}[,;:!?(](?!//)|[)]{HAN}')


class Block:
    """A piece of a page: its kind, the line that it begins in, its text."""

    def __init__(self, kind, line, text):
        self.kind, self.line, self.text = kind, line, text

    def add(self, line):
        self.text += '\n' + line


def kind_of(line, last):
    """What this line begins, or 'more' when it goes on with the last block. Within an item it may
    be indented by less than four."""
    line = line.lstrip() if not line.startswith('    ') else line
    if line.startswith('#'):
        return 'heading ' + line.split(' ')[0]
    if line.startswith('|'):
        return 'more' if last == 'table' else 'table'
    if ITEM.match(line):
        return 'item'
    if line.startswith('    ') and last in ('', 'code', 'heading'):
        return 'more' if last == 'code' else 'code'
    return 'more' if last in ('paragraph', 'item') else 'paragraph'


def blocks(text):
    """The page in pieces. Code is indented by four or stands between fences."""
    found, last, fence = [], '', False
    for number, line in enumerate(text.split('\n'), 1):
        if line.startswith('```'):
            fence = not fence
            if fence:
                found.append(Block('code', number, ''))
            last = '' if not fence else 'code'
        elif fence:
            found[-1].add(line)
        elif not line.strip():
            last = ''
        else:
            kind = kind_of(line, last)
            if kind == 'more' or (kind == 'code' and found and found[-1].kind == 'code'):
                found[-1].add(line)
            else:
                found.append(Block(kind, number, line))
            last = found[-1].kind.split(' ')[0]
    return found


def figures(text):
    """Its numbers as they are meant: 6.75 million and 675 万 are one."""
    values = []
    for word in FIGURE.findall(LINK.sub('', CODE.sub('', text))):
        number, _, times = word.partition(' ')
        value = number.replace(',', '')
        values.append(f'{round(float(value) * TIMES[times])}' if times else value)
    return sorted(values)


def codes(text):
    return sorted({' '.join(code.split()) for code in CODE.findall(text)})


def names(text):
    return set(NAME.findall(LINK.sub('', CODE.sub('', text))))


def names_lost(here, there):
    """Names of the English text that the Chinese one lacks; it may say one more often."""
    return sorted(n for n in names(there) - names(here)
                  if n not in WORDS or WORDS[n] not in here)


def commands(text):
    """What is typed, line by line, without the remark behind it; a drawing as its stages."""
    for line in text.strip('\n').split('\n'):
        if re.search(r'[─═]', line):
            yield f'{len(re.split(r" [─═] ", line))} stages'
        elif line.startswith(' ' * 12):
            yield 'a remark that goes on'
        else:
            yield re.split(r'  +|\s#', line.strip())[0]


def cells(row):
    return [c.strip() for c in row.strip(' |').split('|')]


def same_name(link):
    """README.zh-CN.md for a Chinese reader is README.md for others."""
    return link.replace('.zh-CN', '').split('#')[0]


def facts(block):
    """(what, value) of all that must be the same in both languages."""
    if block.kind == 'code':
        yield 'commands', list(commands(block.text))
        return
    if block.kind == 'table':
        yield 'cells of each row', [len(cells(r)) for r in block.text.split('\n')]
        for n, row in enumerate(block.text.split('\n'), 1):
            yield f'code of row {n}', sorted(CODE.findall(row))
            yield f'figures of row {n}', figures(row)
    yield 'code', codes(block.text)
    yield 'links', [same_name(link) for link in LINK.findall(block.text)]
    yield 'figures', sorted(set(figures(block.text)))


def compare(path, ours, theirs):
    """Chinese blocks against English ones: (line, what differs)."""
    for at, (mine, other) in enumerate(zip(ours, theirs)):
        if mine.kind != other.kind:
            yield (mine.line, f'a {mine.kind} where line {other.line} of {path} has a '
                   f'{other.kind}')
            return
        for (what, here), (_, there) in zip(facts(mine), facts(other)):
            if here != there:
                yield mine.line, f'{what}: {here}, in line {other.line} of {path}: {there}'
        if mine.kind != 'code' and names_lost(mine.text, other.text):
            yield mine.line, f'lacks {names_lost(mine.text, other.text)}, {path}:{other.line}'
    if len(ours) != len(theirs):
        yield (ours[-1].line if ours else 1), f'{len(ours)} blocks, {path} has {len(theirs)}'


def check_chinese(source):
    """Words of the glossary, spaces and punctuation; code is left alone."""
    for number, line in enumerate(source.lines, 1):
        if line.startswith('    ') or line.startswith('*['):
            continue
        text = LINK.sub('', CODE.sub('``', line))
        for word, instead in GLOSSARY.items():
            if re.search(word, text):
                yield (source.path, number, 'glossary',
                       f'{re.search(word, text).group()}: we say {instead}')
        for pattern, what in ((SPACING, 'a space between Chinese and Latin'),
                              (HALF_WIDTH, 'punctuation of full width')):
            match = pattern.search(text)
            if match:
                yield source.path, number, 'glossary', f'{match.group()}: {what}'


def check_translations(tree):
    for path in BOTH:
        other = path[:-3] + ZH
        if path in tree.files and other not in tree.files:
            yield path, 1, 'translation', f'there is no {other}'
    for path, source in tree.files.items():
        if not path.endswith(ZH):
            continue
        yield from check_chinese(source)
        original = path[:-len(ZH)] + '.md'
        if original not in tree.files:
            yield path, 1, 'translation', f'there is no {original}'
            continue
        pair = blocks(source.text), blocks(tree.files[original].text)
        for line, text in compare(original, *pair):
            yield path, line, 'translation', text


def slug(heading):
    """A heading's anchor as GitHub makes it."""
    text = re.sub(r'[^\w\- ]', '', heading.lstrip('# ').replace('`', '').lower())
    return text.strip().replace(' ', '-')


def check_link(tree, source, link):
    """What is wrong with this link, or nothing."""
    target, _, anchor = link.partition('#')
    path = os.path.normpath(os.path.join(os.path.dirname(source.path), target)) if target \
        else source.path
    if not os.path.exists(os.path.join(tree.root, path)):
        return f'{link}: there is no {path}'
    if anchor and path in tree.files:
        heads = [slug(h) for h in tree.files[path].lines if h.startswith('#')]
        if anchor not in heads:
            return f'{link}: {path} has no such heading'
    chinese = path[:-3] + ZH
    if source.path.endswith(ZH) and chinese in tree.files and chinese != source.path:
        return f'{link}: there is {chinese}'
    return None


def check_links(tree):
    """Links lead somewhere, and from README to every page of docs/."""
    linked = set()
    for source in tree.sources():
        if not source.path.endswith('.md'):
            continue
        for number, line in enumerate(source.lines, 1):
            for link in LINK.findall(CODE.sub('', line)):
                if re.match(r'[a-z]+:', link):
                    continue
                if source.path == 'README.md':
                    linked.add(link.split('#')[0])
                fault = check_link(tree, source, link)
                if fault and not (number <= 3 and line.startswith('*[')):
                    yield source.path, number, 'dead-link', fault
    for path in tree.files:
        if re.fullmatch(r'docs/[^/]+\.md', path) and path not in linked \
                and not path.endswith(ZH):
            yield path, 1, 'dead-link', 'README.md does not link it: nobody finds it'


def check_documents(tree):
    yield from check_translations(tree)
    yield from check_links(tree)
