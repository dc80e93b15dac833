// A pattern is cut into parts once, and then tried from each place of the text in turn. Those that
// were read are kept: a call's messages are searched some hundred times for the same twenty.
#include "control/sip/transport/pattern.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "control/sip/transport/libre.h"
#include "engine/base/hash.h"

#define PARTS_MAX 48
// Steps for each octet of a text and for any: a name of a hundred letters before the address
// that belongs to it has room, a run of thousands has not.
#define STEPS_EACH 16
#define STEPS_ANY  4096
// Of those that are kept; a longer one is read each time.
#define KEPT	   128
#define KEPT_PARTS 24
#define KEPT_TEXT  96

struct part { // a letter as it stands, small or not, or a class with a count
	bool is_class, quotes;
	char letter, capital;
	uint32_t least, most;
	uint64_t set[4]; // of octets
};

struct pattern {
	unsigned count;
	const struct part *parts;
};

struct pattern_kept {
	unsigned count;
	char text[KEPT_TEXT]; // empty: none
	struct part parts[KEPT_PARTS];
};

struct text {
	const char *p;
	size_t len, steps; // steps: left
};

enum outcome { FOUND, TRY_NEXT, NOT_FOUND };

uint64_t pattern_given_up(void)
{
	return libre.given_up;
}

static unsigned char small(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static bool is_in(const struct part *c, char octet)
{
	unsigned char o = (unsigned char)octet;

	return c->set[o / 64] >> (o % 64) & 1;
}

static bool is_letter(const struct part *part, char octet)
{
	return octet == part->letter || octet == part->capital;
}

static void add_range(struct part *c, unsigned char from, unsigned char to)
{
	for (unsigned o = from; o <= to; o++)
		c->set[o / 64] |= 1ull << (o % 64);
}

// A capital belongs where its small letter does.
static void add_capitals(struct part *c)
{
	for (unsigned char o = 'A'; o <= 'Z'; o++) {
		c->set[o / 64] &= ~(1ull << (o % 64));
		if (is_in(c, (char)small((char)o)))
			c->set[o / 64] |= 1ull << (o % 64);
	}
}

// "[a-z]+", "[^;]*", "[~ <]*" (none of these, but where they are quoted), "[0-9]2": reads behind
// the bracket; returns the last octet of it, or NULL when it is broken.
static const char *read_class(const char *p, struct part *c)
{
	bool negative = false, any = false, range = false;
	unsigned char last = 0;

	*c = (struct part){.is_class = true};
	for (; *p && *p != ']'; p++) {
		if (!any && (*p == '^' || *p == '~')) {
			negative = true;
			c->quotes |= *p == '~';
			continue;
		}
		if (*p == '-' && any && !range) {
			range = true;
			continue;
		}
		if (*p == '\\' && p[1])
			p++;
		add_range(c, range ? last : small(*p), small(*p));
		last = small(*p);
		any = true;
		range = false;
	}
	if (*p++ != ']')
		return NULL;
	for (unsigned i = 0; negative && i < 4; i++)
		c->set[i] = ~c->set[i];
	add_capitals(c);
	bool counted = *p >= '1' && *p <= '9';
	if (!counted && *p != '*' && *p != '+')
		return NULL;
	c->least = counted ? (uint32_t)(*p - '0') : *p == '+';
	c->most = counted ? c->least : UINT32_MAX;
	return p;
}

// How many; 0: it is broken, empty or has more than most.
static unsigned read_parts(const char *p, struct part *parts, unsigned most)
{
	unsigned count = 0;

	for (; *p; p++) {
		if (count == most)
			return 0;
		struct part *part = &parts[count++];
		if (*p == '[') {
			p = read_class(p + 1, part);
			if (!p)
				return 0;
			continue;
		}
		if (*p == '\\' && p[1])
			p++;
		char letter = (char)small(*p);
		*part = (struct part){.letter = letter,
			.capital = letter >= 'a' && letter <= 'z' ? (char)(letter - 'a' + 'A')
								  : letter};
	}
	return count;
}

// As it was read before, or is now. False: it is to be read anew each time.
static bool find_kept(const char *expr, struct pattern *out)
{
	size_t len = strlen(expr);

	if (!libre.patterns)
		libre.patterns = calloc(KEPT, sizeof(*libre.patterns));
	if (!libre.patterns || !len || len >= KEPT_TEXT)
		return false;
	struct pattern_kept *kept = &libre.patterns[hash_bytes(expr, len, 0) % KEPT];
	if (memcmp(kept->text, expr, len + 1) != 0) {
		kept->text[0] = '\0';
		kept->count = read_parts(expr, kept->parts, KEPT_PARTS);
		if (!kept->count)
			return false;
		memcpy(kept->text, expr, len + 1);
	}
	*out = (struct pattern){kept->count, kept->parts};
	return true;
}

// Takes as much as the class does; a quoted piece belongs to it whole.
static bool take_quoted(const struct part *c, struct text *t, struct pl *found)
{
	bool quoted = false, escaped = false;
	uint32_t n = 0;

	*found = (struct pl){t->p, 0};
	for (; t->len && n < c->most && t->steps; n++, t->p++, t->len--, t->steps--, found->l++) {
		if (escaped) {
			escaped = false;
			continue;
		}
		if (*t->p == '\\') {
			escaped = true;
			continue;
		}
		if (*t->p == '"') {
			quoted = !quoted;
			continue;
		}
		if (!quoted && !is_in(c, *t->p))
			break;
	}
	if (found->l > 1 && found->p[0] == '"' && found->p[found->l - 1] == '"') {
		found->p++;
		found->l -= 2;
		n -= 2;
	}
	return n >= c->least;
}

static bool take_class(const struct part *c, struct text *t, struct pl *found)
{
	size_t most = t->len < t->steps ? t->len : t->steps, n = 0;

	if (c->quotes)
		return take_quoted(c, t, found);
	most = most < c->most ? most : c->most;
	while (n < most && is_in(c, t->p[n]))
		n++;
	*found = (struct pl){t->p, n};
	t->p += n;
	t->len -= n;
	t->steps -= n;
	return n >= c->least;
}

static enum outcome try_here(const struct pattern *pattern, struct text *t, va_list out)
{
	for (unsigned i = 0; i < pattern->count; i++) {
		const struct part *part = &pattern->parts[i];
		struct pl found;
		if (t->steps == 0)
			return NOT_FOUND;
		if (!part->is_class) {
			if (!t->len)
				return NOT_FOUND; // nor from any later place
			t->steps--;
			if (!is_letter(part, *t->p))
				return TRY_NEXT;
			t->p++;
			t->len--;
			continue;
		}
		struct pl *to = va_arg(out, struct pl *);
		if (!take_class(part, t, &found))
			return TRY_NEXT;
		if (to)
			*to = found;
	}
	return FOUND;
}

// Where the text has the pattern's first letter, from at on: len, when it has not or the work is
// over.
static size_t first_place(
	const struct pattern *pattern, const char *ptr, size_t len, size_t at, size_t *steps)
{
	const struct part *first = pattern->parts;

	if (first->is_class)
		return at;
	while (at < len && *steps && !is_letter(first, ptr[at])) {
		at++;
		--*steps;
	}
	return *steps ? at : len;
}

static int gave_up(void)
{
	libre.given_up++;
	return ENOENT;
}

LIBRE_OVERRIDE int re_regex(const char *ptr, size_t len, const char *expr, ...)
{
	size_t steps = len * STEPS_EACH + STEPS_ANY;
	struct part parts[PARTS_MAX];
	struct pattern pattern;
	va_list out;

	if (!ptr || !expr)
		return EINVAL;
	if (!find_kept(expr, &pattern))
		pattern = (struct pattern){read_parts(expr, parts, PARTS_MAX), parts};
	if (!pattern.count)
		return *expr ? EINVAL : 0; // an empty one is everywhere
	for (size_t at = 0; at < len; at++) {
		at = first_place(&pattern, ptr, len, at, &steps);
		struct text t = {ptr + at, len - at, steps};
		va_start(out, expr);
		enum outcome outcome = at < len ? try_here(&pattern, &t, out) : NOT_FOUND;
		va_end(out);
		steps = t.steps;
		if (outcome == FOUND)
			return 0;
		if (steps == 0)
			return gave_up();
		if (outcome == NOT_FOUND)
			return ENOENT;
	}
	return ENOENT;
}
