// Reading crypto attributes.
#include "control/sip/sdp/crypto.h"

#include <string.h>
#include <strings.h>

struct crypto_word {
	const char *p;
	size_t len;
};

static struct crypto_word word_of(struct crypto_word *s)
{
	while (s->len && *s->p == ' ')
		s->p++, s->len--;
	struct crypto_word word = {s->p, 0};
	while (word.len < s->len && s->p[word.len] != ' ')
		word.len++;
	s->p += word.len;
	s->len -= word.len;
	return word;
}

static int sextet(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

// Base64 of just so many bytes, padded or not.
static bool read_key(const struct crypto_word *text, uint8_t *out, size_t bytes)
{
	size_t len = text->len, n = 0;
	uint32_t bits = 0;
	unsigned have = 0;

	while (len > 0 && text->p[len - 1] == '=' && text->len - len < 2)
		len--;
	if (len != (bytes * 8 + 5) / 6)
		return false;
	for (size_t i = 0; i < len; i++) {
		int value = sextet(text->p[i]);
		if (value < 0)
			return false;
		bits = bits << 6 | (uint32_t)value;
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		out[n++] = (uint8_t)(bits >> have);
	}
	return n == bytes;
}

// A tag of up to nine digits.
static bool read_tag(const struct crypto_word *text, uint32_t *tag)
{
	*tag = 0;
	if (text->len == 0 || text->len > 9)
		return false;
	for (size_t i = 0; i < text->len; i++) {
		if (text->p[i] < '0' || text->p[i] > '9')
			return false;
		*tag = *tag * 10 + (uint32_t)(text->p[i] - '0');
	}
	return true;
}

bool sdp_crypto_read(const char *text, size_t len, struct sdp_crypto *out)
{
	static const char method[] = "inline:";
	struct crypto_word rest = {text, len}, tag = word_of(&rest), name = word_of(&rest);
	struct crypto_word key = word_of(&rest), more = word_of(&rest);
	const struct media_suite *suite = media_suite_find(name.p, name.len);

	*out = (struct sdp_crypto){0};
	if (!suite || more.len || !read_tag(&tag, &out->tag) || key.len <= strlen(method) ||
		strncasecmp(key.p, method, strlen(method)) != 0)
		return false;
	key.p += strlen(method);
	key.len -= strlen(method);
	const char *bar = memchr(key.p, '|', key.len);
	if (memchr(key.p, ';', key.len) ||
		(bar && memchr(bar, ':', key.len - (size_t)(bar - key.p))))
		return false;
	key.len = bar ? (size_t)(bar - key.p) : key.len;
	out->keys.suite = suite->number;
	out->keys.bytes = (uint8_t)(suite->key + suite->salt);
	if (read_key(&key, out->keys.key, out->keys.bytes))
		return true;
	*out = (struct sdp_crypto){0};
	return false;
}
