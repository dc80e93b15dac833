// A JSON object built member by member without allocation: the bodies of events.
#include "control/base/body.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/str.h"
#include "engine/base/utf8.h"

#define UTF8_MAX     4
#define ROOM_FOR_END 2 // "}" and its NUL

void body_begin(struct body *b)
{
	b->len = 0;
	b->cut = false;
	b->text[b->len++] = '{';
}

static bool put(struct body *b, const char *bytes, size_t n)
{
	if (b->len + n + ROOM_FOR_END > sizeof(b->text))
		return false;
	memcpy(b->text + b->len, bytes, n);
	b->len += n;
	return true;
}

static bool put_char(struct body *b, const unsigned char **at)
{
	const unsigned char *s = (*at)++;
	char escaped[8];
	if (*s == '"' || *s == '\\') {
		escaped[0] = '\\';
		escaped[1] = (char)*s;
		return put(b, escaped, 2);
	}
	if (*s < 0x20 || *s == 0x7f) {
		snprintf(escaped, sizeof(escaped), "\\u%04x", *s);
		return put(b, escaped, 6);
	}
	if (*s < 0x80)
		return put(b, (const char *)s, 1);
	uint32_t character;
	size_t used;
	const char *text = (const char *)s;
	if (!utf8_read(text, strnlen(text, UTF8_MAX), &character, &used))
		return put(b, "?", 1);
	*at = s + used;
	return put(b, text, used);
}

#define EACH(byte) (0x0101010101010101ull * (byte))
#define HIGH	   EACH(0x80)

// Eight at once: whether all of them stand for themselves. A byte that is 0 behind the exclusive or
// is the one that is looked for.
static bool plain_eight(const unsigned char *s)
{
	uint64_t w;
	memcpy(&w, s, sizeof(w));
	uint64_t quote = w ^ EACH('"'), slash = w ^ EACH('\\'), del = w ^ EACH(0x7f);
	uint64_t odd =
		w | (w - EACH(0x20)) | (quote - EACH(1)) | (slash - EACH(1)) | (del - EACH(1));
	return (odd & HIGH) == 0;
}

// How many of the next stand for themselves.
static size_t plain_run(const unsigned char *s, size_t len)
{
	size_t n = 0;
	while (n + 8 <= len && plain_eight(s + n))
		n += 8;
	while (n < len && s[n] >= 0x20 && s[n] < 0x7f && s[n] != '"' && s[n] != '\\')
		n++;
	return n;
}

static bool put_string(struct body *b, const char *value)
{
	const unsigned char *s = (const unsigned char *)(value ? value : "");
	const unsigned char *end = s + strlen((const char *)s);
	if (!put(b, "\"", 1))
		return false;
	while (*s) {
		size_t plain = plain_run(s, (size_t)(end - s));
		if (!put(b, (const char *)s, plain))
			return false;
		s += plain;
		if (*s && !put_char(b, &s))
			return false;
	}
	return put(b, "\"", 1);
}

static bool put_name(struct body *b, const char *name)
{
	return (b->len == 1 || put(b, ",", 1)) && put_string(b, name) && put(b, ":", 1);
}

// Takes back what was written since start when the member did not fit.
static void settle(struct body *b, size_t start, bool fits)
{
	if (fits)
		return;
	b->len = start;
	b->cut = true;
}

void body_text(struct body *b, const char *name, const char *value)
{
	size_t start = b->len;
	settle(b, start, put_name(b, name) && put_string(b, value));
}

void body_format(struct body *b, const char *name, const char *fmt, ...)
{
	char text[2048];
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	body_text(b, name, text);
}

void body_u64(struct body *b, const char *name, uint64_t value)
{
	size_t start = b->len;
	char text[STR_NUMBER_MAX];
	settle(b, start, put_name(b, name) && put(b, text, str_number(text, value)));
}

void body_i64(struct body *b, const char *name, int64_t value)
{
	size_t start = b->len;
	char text[24];
	int n = snprintf(text, sizeof(text), "%" PRIi64, value);
	settle(b, start, put_name(b, name) && put(b, text, (size_t)n));
}

void body_json(struct body *b, const char *name, const char *json)
{
	size_t start = b->len;
	settle(b, start, put_name(b, name) && put(b, json, strlen(json)));
}

void body_bool(struct body *b, const char *name, bool value)
{
	size_t start = b->len;
	settle(b, start, put_name(b, name) && put(b, value ? "true" : "false", value ? 4 : 5));
}

const char *body_end(struct body *b)
{
	b->text[b->len] = '}';
	b->text[b->len + 1] = '\0';
	return b->text;
}
