#!/usr/bin/python3 -B
"""What a decision costs against the floor's size: table and picture from router_bench.

usage: build/bench/router_bench --json --only sizes | bench/router/plot.py SVG

Prints the table in Markdown; the picture has one curve a number of callers, by agents. All in
dependent misses of the same run."""
import json
import sys

PARTS = (("free", "an agent becomes free"), ("ready", "a caller joins, half are idle"))
QUANTILES = ("p50", "p99")
COLOURS = ("#2b6cb0", "#c53030")
WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 430, 240, 40, 40, 40


def read(lines):
    """Misses by agents, callers, part and quantile."""
    values = {r["metric"]: r["value"] for r in map(json.loads, lines)}
    miss = values["dependent_miss"]
    found = {}
    for name, value in values.items():
        words = name.split("_")
        sizes = words[0].split("x")
        if len(words) == 4 and len(sizes) == 2 and all(s.isdigit() for s in sizes):
            found[int(sizes[0]), int(sizes[1]), words[1], words[2]] = value / miss
    return found, miss


def table(found, miss, say):
    say(f"In misses of {miss:.0f} ns:\n")
    say("| agents | callers | free, median, p99 | joins, median, p99 |\n|--:|--:|--:|--:|")
    for agents, callers in sorted({key[:2] for key in found}):
        cells = [", ".join(f"{found[agents, callers, part, q]:.1f}" for q in QUANTILES)
                 for part, _ in PARTS]
        say(f"| {agents:,} | {callers:,} | " + " | ".join(cells) + " |")


def text(x, y, what, more=""):
    return f'<text x="{x:.0f}" y="{y:.0f}" {more}>{what}</text>'


def curves(found, part, left, top):
    agents = sorted({key[0] for key in found})
    base = HEIGHT - BOTTOM

    def x(i):
        return left + LEFT + 20 + (WIDTH - LEFT - 100) * i / (len(agents) - 1)

    def y(misses):
        return base - (base - TOP) * misses / top
    out = [f'<path d="M{left + LEFT} {TOP} V{base} H{left + WIDTH - 40}" fill="none" '
           'stroke="#555"/>']
    for misses in range(0, top + 1, 5):
        out.append(text(left + LEFT - 6, y(misses) + 4, misses, 'text-anchor="end"'))
    for i, count in enumerate(agents):
        out.append(text(x(i), base + 16, f"{count:,}", 'text-anchor="middle"'))
    out.append(text(left + WIDTH - 40, base + 32, "agents", 'text-anchor="end"'))
    for colour, callers in zip(COLOURS, sorted({key[1] for key in found})):
        for q in QUANTILES:
            at = [(x(i), y(found[a, callers, part, q])) for i, a in enumerate(agents)]
            dash = ' stroke-dasharray="5 3"' if q == "p99" else ""
            out.append(f'<path d="M{" L".join(f"{px:.1f} {py:.1f}" for px, py in at)}" '
                       f'fill="none" stroke="{colour}" stroke-width="2"{dash}/>')
    return out


def picture(found):
    top = int(max(found.values()) // 5 + 1) * 5
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{2 * WIDTH}" height="{HEIGHT + 20}" '
           'font-family="sans-serif" font-size="11">',
           '<rect width="100%" height="100%" fill="white"/>']
    for i, (part, title) in enumerate(PARTS):
        out.append(text(i * WIDTH + LEFT, 20, f"{title}: misses", 'font-weight="bold"'))
        out += curves(found, part, i * WIDTH, top)
    at = LEFT
    for colour, callers in zip(COLOURS, sorted({key[1] for key in found})):
        out.append(text(at, HEIGHT + 10, f"{callers:,} callers", f'fill="{colour}"'))
        at += 100
    out.append(text(at, HEIGHT + 10, "whole line: median; dashed: p99"))
    return "\n".join(out) + "\n</svg>\n"


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    found, miss = read(sys.stdin)
    if not found:
        sys.exit("plot.py: no sizes in what came: router_bench --json --only sizes")
    table(found, miss, print)
    with open(sys.argv[1], "w", encoding="utf-8") as out:
        out.write(picture(found))


if __name__ == "__main__":
    main()
