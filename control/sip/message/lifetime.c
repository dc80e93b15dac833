// Reads Session-Expires, Min-SE and what goes with them.
#include "control/sip/message/lifetime.h"

#include <string.h>
#include <strings.h>

#include "control/base/re.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void trim(const char **p, size_t *len)
{
	while (*len && is_blank(**p))
		(*p)++, (*len)--;
	while (*len && is_blank((*p)[*len - 1]))
		(*len)--;
}

static bool is(const char *p, size_t len, const char *word)
{
	return len == strlen(word) && strncasecmp(p, word, len) == 0;
}

// One parameter, without its semicolon. The first refresher counts.
static void read_parameter(const char *p, size_t len, enum lifetime_refresher *refresher)
{
	const char *equals = memchr(p, '=', len);
	size_t left = equals ? (size_t)(equals - p) : len;

	if (!equals || *refresher != LIFETIME_NOBODY)
		return;
	const char *name = p, *value = equals + 1;
	size_t value_len = len - left - 1;
	trim(&name, &left);
	trim(&value, &value_len);
	if (!is(name, left, "refresher"))
		return;
	if (is(value, value_len, "uac"))
		*refresher = LIFETIME_UAC;
	else if (is(value, value_len, "uas"))
		*refresher = LIFETIME_UAS;
}

bool lifetime_value(const char *text, size_t len, uint32_t *s, enum lifetime_refresher *refresher)
{
	uint32_t n = 0;
	size_t at = 0;

	*refresher = LIFETIME_NOBODY;
	trim(&text, &len);
	for (; at < len && text[at] >= '0' && text[at] <= '9'; at++)
		n = n > LIFETIME_MAX_S ? n : n * 10 + (uint32_t)(text[at] - '0');
	size_t digits = at;
	while (at < len && is_blank(text[at]))
		at++;
	if (digits == 0 || (at < len && text[at] != ';'))
		return false;
	while (at < len) {
		const char *p = text + at + 1; // past the semicolon
		const char *end = memchr(p, ';', len - at - 1);
		size_t n_octets = end ? (size_t)(end - p) : len - at - 1;
		read_parameter(p, n_octets, refresher);
		at += 1 + n_octets;
	}
	*s = n < LIFETIME_MAX_S ? n : LIFETIME_MAX_S;
	return true;
}

// libre knows headers by a part of a hash: the name is looked at, too. short_name: '\0': none.
static const struct pl *find(
	const struct sip_msg *msg, enum sip_hdrid id, const char *name, char short_name)
{
	for (const struct le *le = msg->hdrl.head; le; le = le->next) {
		const struct sip_hdr *h = le->data;
		bool brief = short_name && h->name.l == 1 && (h->name.p[0] | 0x20) == short_name;
		if (h->id == id && (brief || pl_strcasecmp(&h->name, name) == 0))
			return &h->val;
	}
	return NULL;
}

static bool lists(const struct sip_msg *msg, enum sip_hdrid id, const char *value)
{
	return sip_msg_hdr_has_value(msg, id, value);
}

static uint32_t number(const struct pl *value, enum lifetime_refresher *refresher)
{
	uint32_t s = 0;

	return value && lifetime_value(value->p, value->l, &s, refresher) ? s : 0;
}

static uint32_t retry_after(const struct pl *value)
{
	enum lifetime_refresher none;
	size_t len = 0;
	uint32_t s = 0;

	while (value && len < value->l && value->p[len] >= '0' && value->p[len] <= '9')
		len++;
	return len && lifetime_value(value->p, len, &s, &none) ? s : 0;
}

void lifetime_read(struct lifetime *out, const struct sip_msg *msg)
{
	enum lifetime_refresher none;

	*out = (struct lifetime){0};
	out->expires_s =
		number(find(msg, SIP_HDR_SESSION_EXPIRES, "Session-Expires", 'x'), &out->refresher);
	out->min_s = number(find(msg, SIP_HDR_MIN_SE, "Min-SE", '\0'), &none);
	out->supported =
		lists(msg, SIP_HDR_SUPPORTED, "timer") || lists(msg, SIP_HDR_REQUIRE, "timer");
	out->allow = sip_msg_hdr(msg, SIP_HDR_ALLOW) != NULL;
	out->takes_update = lists(msg, SIP_HDR_ALLOW, "UPDATE");
	out->retry_s = retry_after(find(msg, SIP_HDR_RETRY_AFTER, "Retry-After", '\0'));
}
