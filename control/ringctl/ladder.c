// The ladder: where the columns stand, then a line a message.
#include "control/ringctl/ladder.h"

#include <string.h>

#include "engine/base/str.h"

#define PARTIES_MAX 12
#define TIME_WIDTH  9  // "  12.345"
#define GAP_MIN	    14 // columns between two lifelines
#define AROUND	    6  // of an arrow around its label: "│─ " and " ─▶"

struct lifeline {
	const char *address;
	bool ours;
	unsigned at; // column of its lifeline
};

struct ladder {
	const struct output *o;
	const struct sip_message *messages;
	size_t count;
	struct lifeline parties[PARTIES_MAX];
	unsigned party_count;
	bool crowded; // more parties than columns can be made for
};

static unsigned ladder_party(struct ladder *l, const char *address, bool ours)
{
	for (unsigned i = 0; i < l->party_count; i++) {
		if (strcmp(l->parties[i].address, address) == 0) {
			l->parties[i].ours |= ours;
			return i;
		}
	}
	if (l->party_count == PARTIES_MAX) {
		l->crowded = true;
		return 0;
	}
	l->parties[l->party_count] = (struct lifeline){.address = address, .ours = ours};
	return l->party_count++;
}

static unsigned larger(unsigned a, unsigned b)
{
	return a > b ? a : b;
}

// The lifelines as far apart as heads and labels need.
static void ladder_place(struct ladder *l)
{
	struct lifeline *p = l->parties;
	p[0].at = larger(TIME_WIDTH + 2, TIME_WIDTH + (text_width(p[0].address) + 1) / 2);
	for (unsigned i = 1; i < l->party_count; i++) {
		unsigned heads = text_width(p[i - 1].address) + text_width(p[i].address);
		p[i].at = p[i - 1].at + larger(GAP_MIN, heads / 2 + 3);
	}
	for (size_t m = 0; m < l->count; m++) {
		unsigned a = ladder_party(l, l->messages[m].from_text, false);
		unsigned b = ladder_party(l, l->messages[m].to_text, false);
		unsigned low = a < b ? a : b, high = larger(a, b);
		unsigned again = l->messages[m].again ? 6 : 0;
		unsigned need = text_width(l->messages[m].label) + again + AROUND;
		unsigned have = p[high].at - p[low].at;
		for (unsigned i = high; low != high && have < need && i < l->party_count; i++)
			p[i].at += need - have;
	}
}

static unsigned ladder_width(const struct ladder *l)
{
	const struct lifeline *last = &l->parties[l->party_count - 1];
	return last->at + text_width(last->address) / 2 + 1;
}

// Takes from the widest gap until it fits or none can give; labels are cut then.
static bool ladder_fit(struct ladder *l)
{
	while (l->o->width > 0 && ladder_width(l) > l->o->width) {
		unsigned widest = 1;
		for (unsigned i = 1; i < l->party_count; i++) {
			const struct lifeline *p = l->parties;
			if (p[i].at - p[i - 1].at > p[widest].at - p[widest - 1].at)
				widest = i;
		}
		if (l->party_count < 2 ||
			l->parties[widest].at - l->parties[widest - 1].at <= GAP_MIN)
			return false;
		for (unsigned i = widest; i < l->party_count; i++)
			l->parties[i].at--;
	}
	return true;
}

static void ladder_time(const struct ladder *l, const struct sip_message *m)
{
	char text[32];
	int64_t ms = (m->wall_ns - l->messages[0].wall_ns) / 1000000;
	str_format(text, sizeof(text), "%lld.%03u", (long long)(ms / 1000), (unsigned)(ms % 1000));
	text_colour(l->o, COLOUR_DIM);
	text_cell(l->o, text, TIME_WIDTH, true);
	text_colour(l->o, COLOUR_NONE);
}

// A line of texts centred over the lifelines.
static void ladder_heads(const struct ladder *l, bool names)
{
	unsigned at = 0;
	for (unsigned i = 0; i < l->party_count; i++) {
		const struct lifeline *p = &l->parties[i];
		const char *text = names ? (p->ours ? "ringhall" : "") : p->address;
		unsigned width = text_width(text), left = p->at - width / 2;
		// Cut heads may touch: at least one space stays between them.
		unsigned pad = left > at ? left - at : at > 0;
		if (width == 0)
			continue;
		text_pad(l->o, pad);
		text_coloured(l->o, COLOUR_BOLD, text);
		at += pad + width;
	}
	fputc('\n', l->o->file);
}

static enum colour ladder_colour(const struct sip_message *m)
{
	if (m->again)
		return COLOUR_DIM;
	if (m->status == 0)
		return COLOUR_CYAN;
	return m->status < 200	  ? COLOUR_NONE
		: m->status < 300 ? COLOUR_GREEN
		: m->status < 400 ? COLOUR_YELLOW
				  : COLOUR_RED;
}

static void repeat(const struct output *o, const char *text, unsigned times)
{
	while (times-- > 0)
		fputs(text, o->file);
}

// The arrow between two lifelines that have `room` columns between them.
static void ladder_arrow(
	const struct ladder *l, const struct sip_message *m, unsigned room, bool left)
{
	const struct output *o = l->o;
	const char *dash = o->utf8 ? "─" : "-";
	char label[SIP_LABEL_MAX + 8];
	str_format(label, sizeof(label), "%s%s", m->label, m->again ? " again" : "");
	unsigned width = text_width(label), most = room - 4;
	if (width > most)
		width = most;
	unsigned dashes = room - width - 3, before = dashes / 2;
	enum colour colour = ladder_colour(m);
	if (colour != COLOUR_NONE)
		text_colour(o, colour);
	if (left)
		fputs(o->utf8 ? "◀" : "<", o->file);
	repeat(o, dash, before);
	fputc(' ', o->file);
	text_cell(o, label, width, false);
	fputc(' ', o->file);
	repeat(o, dash, dashes - before);
	if (!left)
		fputs(o->utf8 ? "▶" : ">", o->file);
	if (colour != COLOUR_NONE)
		text_colour(o, COLOUR_NONE);
}

static void ladder_message(struct ladder *l, const struct sip_message *m)
{
	const char *line = l->o->utf8 ? "│" : "|";
	unsigned from = ladder_party(l, m->from_text, false);
	unsigned to = ladder_party(l, m->to_text, false);
	unsigned low = from < to ? from : to, high = larger(from, to), at = TIME_WIDTH;
	ladder_time(l, m);
	for (unsigned i = 0; i < l->party_count; i++) {
		text_pad(l->o, l->parties[i].at - at);
		fputs(line, l->o->file);
		at = l->parties[i].at + 1;
		if (i == low && low != high) {
			unsigned room = l->parties[high].at - at;
			ladder_arrow(l, m, room, from > to);
			at += room;
			i = high - 1; // its lifeline comes next
		}
	}
	if (low == high) // to itself: named behind the lifelines
		fprintf(l->o->file, "  %s", m->label);
	fputc('\n', l->o->file);
}

static void ladder_list(const struct ladder *l)
{
	for (size_t i = 0; i < l->count; i++) {
		const struct sip_message *m = &l->messages[i];
		ladder_time(l, m);
		fprintf(l->o->file, "  %s %s %s  ", m->from_text, l->o->utf8 ? "→" : "->",
			m->to_text);
		text_coloured(l->o, ladder_colour(m), m->label);
		fprintf(l->o->file, "%s\n", m->again ? " again" : "");
	}
}

void ladder_print(const struct output *o, const struct sip_message *messages, size_t count)
{
	struct ladder l = {.o = o, .messages = messages, .count = count};
	for (size_t i = 0; i < count; i++) {
		ladder_party(&l, messages[i].from_text, messages[i].sent);
		ladder_party(&l, messages[i].to_text, !messages[i].sent);
	}
	if (count == 0)
		return;
	if (!l.crowded)
		ladder_place(&l);
	if (l.crowded || !ladder_fit(&l)) {
		ladder_list(&l);
		return;
	}
	ladder_heads(&l, true);
	ladder_heads(&l, false);
	for (size_t i = 0; i < count; i++)
		ladder_message(&l, &messages[i]);
}
