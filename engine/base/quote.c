// UTF-8 is decoded far enough to tell what a terminal would obey.
#include "engine/base/quote.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define UNIT_MAX 17 // the longest character, escaped: four bytes, and a NUL

// The character at text, its bytes in *used. False: no UTF-8, or one that is not shown as it is.
static bool shown(const char *text, size_t len, size_t *used)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const uint8_t *b = (const uint8_t *)text;
	size_t n = b[0] < 0x80 ? 1 : b[0] < 0xc2 ? 0 : b[0] < 0xe0 ? 2 : b[0] < 0xf0 ? 3 : 4;

	*used = 1;
	if (n == 1)
		return b[0] >= 0x20 && b[0] != 0x7f;
	if (n == 0 || b[0] > 0xf4 || n > len)
		return false;
	uint32_t c = b[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((b[i] & 0xc0) != 0x80)
			return false;
		c = c << 6 | (b[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return false;
	*used = n;
	return c >= 0xa0 && c != 0x61c && c != 0x180e && !(c >= 0x200b && c <= 0x200f) &&
		!(c >= 0x2028 && c <= 0x202e) && !(c >= 0x2060 && c <= 0x206f) && c != 0xfeff &&
		!(c >= 0xfff9 && c <= 0xfffb) && !(c >= 0xe0000 && c <= 0xe0fff);
}

static bool must_quote(const char *text, size_t len, enum quote_place place)
{
	size_t used;

	if (place == QUOTE_NEVER)
		return false;
	if (len == 0)
		return place == QUOTE_VALUE;
	for (size_t i = 0; i < len; i += used) {
		if (!shown(text + i, len - i, &used) || strchr("=\"\\", text[i]) != NULL ||
			(place == QUOTE_VALUE && text[i] == ' '))
			return true;
	}
	return false;
}

// Returns the length of what the character becomes.
static size_t escape(char out[UNIT_MAX], const char *text, size_t used)
{
	static const char names[][2] = {{'\n', 'n'}, {'\r', 'r'}, {'\t', 't'}};
	size_t n = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (*text == names[i][0]) {
			out[0] = '\\';
			out[1] = names[i][1];
			return 2;
		}
	}
	for (size_t i = 0; i < used; i++)
		n += (size_t)snprintf(out + n, UNIT_MAX - n, "\\x%02x", (uint8_t)text[i]);
	return n;
}

size_t quote(char *out, size_t size, const char *text, size_t len, enum quote_place place)
{
	bool quoted = must_quote(text, len, place);
	size_t n = 0, used, room = size - 1 - quoted;

	if (quoted)
		out[n++] = '"';
	for (size_t i = 0; i < len; i += used) {
		char one[UNIT_MAX] = {'\\', text[i]};
		const char *as = text + i;
		size_t as_len = 1;
		if (!shown(text + i, len - i, &used))
			as_len = escape(one, text + i, used), as = one;
		else if (quoted && (text[i] == '"' || text[i] == '\\'))
			as_len = 2, as = one;
		else
			as_len = used;
		if (n + as_len > room)
			break;
		memcpy(out + n, as, as_len);
		n += as_len;
	}
	if (quoted)
		out[n++] = '"';
	out[n] = '\0';
	return n;
}
