// Decoding one character, and cleaning a text by it.
#include "engine/base/utf8.h"

#include <string.h>

static const char replacement[] = "\xef\xbf\xbd";

// The second byte's range tells overlong forms, surrogates and what is above U+10FFFF.
static bool second_fits(uint8_t first, uint8_t second)
{
	if (first == 0xe0)
		return second >= 0xa0 && second <= 0xbf;
	if (first == 0xed)
		return second >= 0x80 && second <= 0x9f;
	if (first == 0xf0)
		return second >= 0x90 && second <= 0xbf;
	if (first == 0xf4)
		return second >= 0x80 && second <= 0x8f;
	return second >= 0x80 && second <= 0xbf;
}

bool utf8_read(const char *text, size_t len, uint32_t *character, size_t *used)
{
	const uint8_t *b = (const uint8_t *)text;
	size_t n = b[0] < 0x80 ? 1 : b[0] < 0xc2 ? 0 : b[0] < 0xe0 ? 2 : b[0] < 0xf0 ? 3 : 4;

	*used = 1;
	*character = b[0];
	if (n <= 1)
		return n == 1;
	if (b[0] > 0xf4)
		return false;
	uint32_t c = b[0] & (0x7fu >> n);
	for (; *used < n; ++*used) {
		if (*used == len || (b[*used] & 0xc0) != 0x80)
			return false;
		if (*used == 1 && !second_fits(b[0], b[1]))
			return false;
		c = c << 6 | (b[*used] & 0x3f);
	}
	*character = c;
	return true;
}

bool utf8_is(const char *text, size_t len)
{
	uint32_t c;
	size_t used;

	for (size_t i = 0; i < len; i += used)
		if (!utf8_read(text + i, len - i, &c, &used))
			return false;
	return true;
}

static bool is_seen(uint32_t c)
{
	return c >= 0x20 && !(c >= 0x7f && c < 0xa0) && c != 0x61c && c != 0x180e &&
		!(c >= 0x200b && c <= 0x200f) && !(c >= 0x2028 && c <= 0x202e) &&
		!(c >= 0x2060 && c <= 0x206f) && c != 0xfeff && !(c >= 0xfff9 && c <= 0xfffb) &&
		!(c >= 0xe0000 && c <= 0xe0fff);
}

void utf8_clean(char *out, size_t size, const char *text, size_t len)
{
	size_t n = 0, used, end = 0;
	uint32_t c;

	for (size_t i = 0; i < len; i += used) {
		const char *from = text + i;
		bool is_one = utf8_read(from, len - i, &c, &used);
		size_t bytes = is_one ? used : sizeof(replacement) - 1;
		if (is_one && c == '\t')
			from = " ";
		bool blank = is_one && *from == ' ';
		if (is_one && ((!blank && !is_seen(c)) || (blank && n == 0)))
			continue;
		if (n + bytes >= size)
			break;
		memcpy(out + n, is_one ? from : replacement, bytes);
		n += bytes;
		end = blank ? end : n;
	}
	out[end] = '\0';
}
