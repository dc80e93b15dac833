// A pattern is cut into parts once, and then tried from each place of the text in turn.
#include "control/sip/transport/pattern.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "control/sip/transport/libre.h"

#define PARTS_MAX 48
// Steps for each octet of a text and for any: a name of a hundred letters before the address
// that belongs to it has room, a run of thousands has not.
#define STEPS_EACH 16
#define STEPS_ANY  4096

struct part { // a letter as it stands, or a class with a count
	bool is_class, quotes;
	char letter;
	uint32_t least, most;
	uint64_t set[4]; // of octets in small letters
};

struct pattern {
	struct part parts[PARTS_MAX];
	unsigned count;
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
	return (unsigned char)tolower((unsigned char)c);
}

static bool is_in(const struct part *c, char octet)
{
	unsigned char o = small(octet);

	return c->set[o / 64] >> (o % 64) & 1;
}

static void add_range(struct part *c, unsigned char from, unsigned char to)
{
	for (unsigned o = from; o <= to; o++)
		c->set[o / 64] |= 1ull << (o % 64);
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
	bool counted = *p >= '1' && *p <= '9';
	if (!counted && *p != '*' && *p != '+')
		return NULL;
	c->least = counted ? (uint32_t)(*p - '0') : *p == '+';
	c->most = counted ? c->least : UINT32_MAX;
	return p;
}

static bool read_pattern(const char *p, struct pattern *out)
{
	out->count = 0;
	for (; *p; p++) {
		if (out->count == PARTS_MAX)
			return false;
		struct part *part = &out->parts[out->count++];
		if (*p == '[') {
			p = read_class(p + 1, part);
			if (!p)
				return false;
			continue;
		}
		if (*p == '\\' && p[1])
			p++;
		*part = (struct part){.letter = (char)small(*p)};
	}
	return true;
}

// Takes as much as the class does; a quoted piece belongs to it whole.
static bool take_class(const struct part *c, struct text *t, struct pl *found)
{
	bool quoted = false, escaped = false;
	uint32_t n = 0;

	*found = (struct pl){t->p, 0};
	for (; t->len && n < c->most && t->steps; n++, t->p++, t->len--, t->steps--, found->l++) {
		if (c->quotes && escaped) {
			escaped = false;
			continue;
		}
		if (c->quotes && *t->p == '\\') {
			escaped = true;
			continue;
		}
		if (c->quotes && *t->p == '"') {
			quoted = !quoted;
			continue;
		}
		if (!quoted && !is_in(c, *t->p))
			break;
	}
	if (c->quotes && found->l > 1 && found->p[0] == '"' && found->p[found->l - 1] == '"') {
		found->p++;
		found->l -= 2;
		n -= 2;
	}
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
			if (small(*t->p) != (unsigned char)part->letter)
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

LIBRE_OVERRIDE int re_regex(const char *ptr, size_t len, const char *expr, ...)
{
	size_t steps = len * STEPS_EACH + STEPS_ANY;
	struct pattern pattern;
	va_list out;

	if (!ptr || !expr || !read_pattern(expr, &pattern))
		return EINVAL;
	for (size_t at = 0; at < len; at++) {
		struct text t = {ptr + at, len - at, steps};
		va_start(out, expr);
		enum outcome outcome = try_here(&pattern, &t, out);
		va_end(out);
		steps = t.steps;
		if (outcome == FOUND)
			return 0;
		if (steps == 0)
			libre.given_up++;
		if (outcome == NOT_FOUND || steps == 0)
			return ENOENT;
	}
	return pattern.count ? ENOENT : 0;
}
