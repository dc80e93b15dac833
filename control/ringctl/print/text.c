// Text in terminal columns: UTF-8 decoded here, widths from wcwidth(3).
#include "control/ringctl/print/text.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define REPLACEMENT 0xfffd

// One character; *len: its bytes. A broken sequence is one replacement character per byte.
static uint32_t text_decode(const char *text, size_t *len)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const uint8_t *b = (const uint8_t *)text;
	size_t n = b[0] < 0x80 ? 1 : b[0] < 0xc2 ? 0 : b[0] < 0xe0 ? 2 : b[0] < 0xf0 ? 3 : 4;
	*len = 1;
	if (n == 1)
		return b[0];
	if (n == 0 || b[0] > 0xf4)
		return REPLACEMENT;
	uint32_t c = b[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((b[i] & 0xc0) != 0x80)
			return REPLACEMENT;
		c = c << 6 | (b[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return REPLACEMENT;
	*len = n;
	return c;
}

static unsigned char_width(uint32_t c)
{
	int width = wcwidth((wchar_t)c);
	return width < 0 ? 1 : (unsigned)width;
}

// Controls, and what turns the direction of writing or cannot be seen.
static bool char_is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x200e && c <= 0x200f) ||
		(c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

unsigned text_width(const char *text)
{
	unsigned width = 0;
	size_t len;
	for (; *text != '\0'; text += len)
		width += char_width(text_decode(text, &len));
	return width;
}

void text_clean(char *dst, size_t size, const char *text)
{
	size_t used = 0, len;
	for (; *text != '\0'; text += len) {
		uint32_t c = text_decode(text, &len);
		bool bad = char_is_control(c) || (c == REPLACEMENT && len == 1);
		size_t need = bad ? 1 : len;
		if (used + need >= size)
			break;
		if (bad)
			dst[used] = '?';
		else
			memcpy(dst + used, text, len);
		used += need;
	}
	dst[used] = '\0';
}

static void char_escape(const struct output *o, uint32_t c)
{
	if (c > 0xffff) {
		c -= 0x10000;
		fprintf(o->file, "\\u%04x", 0xd800 + (c >> 10));
		c = 0xdc00 + (c & 0x3ff);
	}
	fprintf(o->file, "\\u%04x", c);
}

void text_json(const struct output *o, const json_t *json, size_t flags)
{
	char *text = json_dumps(json, flags | JSON_REAL_PRECISION(10));
	size_t len;
	for (const char *at = text; at != NULL && *at != '\0'; at += len) {
		uint32_t c = text_decode(at, &len);
		if (c != '\n' && char_is_control(c))
			char_escape(o, c);
		else
			fwrite(at, 1, len, o->file);
	}
	fputc('\n', o->file);
	free(text);
}

void text_pad(const struct output *o, unsigned columns)
{
	fprintf(o->file, "%*s", (int)columns, "");
}

// Bytes of the text that fit into the columns; *width: what they take.
static size_t text_fit(const char *text, unsigned columns, unsigned *width)
{
	size_t used = 0, len;
	*width = 0;
	while (text[used] != '\0') {
		unsigned w = char_width(text_decode(text + used, &len));
		if (*width + w > columns)
			break;
		*width += w;
		used += len;
	}
	return used;
}

void text_cell(const struct output *o, const char *text, unsigned columns, bool right)
{
	unsigned width;
	size_t len = text_fit(text, columns, &width);
	bool cut = text[len] != '\0';
	if (cut && columns > 0)
		len = text_fit(text, columns - 1, &width);
	unsigned pad = columns - width - (cut && columns > 0);
	if (right)
		text_pad(o, pad);
	fwrite(text, 1, len, o->file);
	if (cut && columns > 0)
		fputs(o->utf8 ? "…" : "~", o->file);
	if (!right)
		text_pad(o, pad);
}

void text_tail(const struct output *o, const char *text, unsigned columns)
{
	unsigned width = text_width(text);
	size_t len;
	if (width > columns && columns > 0) {
		for (columns--; width > columns; text += len)
			width -= char_width(text_decode(text, &len));
		fputs(o->utf8 ? "…" : "~", o->file);
	}
	text_cell(o, text, columns, false);
}

void text_colour(const struct output *o, enum colour colour)
{
	static const char *const codes[] = {
		[COLOUR_NONE] = "\033[0m",
		[COLOUR_BOLD] = "\033[1m",
		[COLOUR_DIM] = "\033[2m",
		[COLOUR_RED] = "\033[31m",
		[COLOUR_GREEN] = "\033[32m",
		[COLOUR_YELLOW] = "\033[33m",
		[COLOUR_CYAN] = "\033[36m",
		[COLOUR_MAGENTA] = "\033[35m",
		[COLOUR_REVERSE] = "\033[7m",
	};
	if (o->colour)
		fputs(codes[colour], o->file);
}

void text_coloured(const struct output *o, enum colour colour, const char *text)
{
	if (colour != COLOUR_NONE)
		text_colour(o, colour);
	fputs(text, o->file);
	if (colour != COLOUR_NONE)
		text_colour(o, COLOUR_NONE);
}
