// Conversions of addresses, header values and URIs.
#include "control/sip/message/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/base/utf8.h"

// Of a user part or a name: more is cut before it is looked at.
#define RAW_MAX 512

struct addr addr_of_sa(const struct sa *sa)
{
	struct addr a = {.port = sa_port(sa)};

	if (sa_af(sa) == AF_INET) {
		a.family = ADDR_IP4;
		memcpy(a.ip, &sa->u.in.sin_addr, 4);
	} else if (sa_af(sa) == AF_INET6) {
		a.family = ADDR_IP6;
		memcpy(a.ip, &sa->u.in6.sin6_addr, 16);
	}
	return a;
}

void sa_of_addr(const struct addr *a, struct sa *out)
{
	uint32_t ip4;

	sa_init(out, AF_UNSPEC);
	if (a->family == ADDR_IP4) {
		memcpy(&ip4, a->ip, 4);
		sa_set_in(out, ntohl(ip4), a->port);
	} else if (a->family == ADDR_IP6) {
		sa_set_in6(out, a->ip, a->port);
	}
}

bool text_number(const struct pl *pl, uint32_t *out)
{
	uint64_t n = 0;

	if (!pl_isset(pl))
		return false;
	for (size_t i = 0; i < pl->l; i++) {
		if (pl->p[i] < '0' || pl->p[i] > '9')
			return false;
		n = n * 10 + (uint64_t)(pl->p[i] - '0');
		n = n < UINT32_MAX ? n : UINT32_MAX;
	}
	*out = (uint32_t)n;
	return true;
}

void text_copy(char *out, size_t size, const struct pl *pl)
{
	(void)str_copy_n(out, size, pl->p ? pl->p : "", pl->p ? pl->l : 0);
}

bool text_is_uri(const struct pl *pl)
{
	for (size_t i = 0; i < pl->l; i++)
		if ((unsigned char)pl->p[i] <= ' ' || strchr("\"<>\x7f", pl->p[i]))
			return false;
	return pl->l > 0;
}

char *text_clone(const struct pl *pl)
{
	char *s = malloc(pl->l + 1);

	if (s)
		text_copy(s, pl->l + 1, pl);
	return s;
}

static bool printable(char c)
{
	return (unsigned char)c >= ' ' && c != 0x7f;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static char user_char(const struct pl *user, size_t *i)
{
	const char *p = user->p + *i;

	if (*p == '%' && *i + 2 < user->l && hex_digit(p[1]) >= 0 && hex_digit(p[2]) >= 0) {
		*i += 3;
		return (char)(hex_digit(p[1]) << 4 | hex_digit(p[2]));
	}
	++*i;
	return *p;
}

void text_user(char *out, size_t size, const struct pl *user)
{
	char raw[RAW_MAX];
	size_t n = 0;

	for (size_t i = 0; user->p && i < user->l && n < sizeof(raw);)
		raw[n++] = user_char(user, &i);
	utf8_clean(out, size, raw, n);
}

bool text_same_user(const struct pl *a, const struct pl *b)
{
	size_t i = 0, j = 0;

	while (i < a->l && j < b->l)
		if (user_char(a, &i) != user_char(b, &j))
			return false;
	return i == a->l && j == b->l;
}

void text_name(char *out, size_t size, const struct pl *display)
{
	const char *p = display->p, *end = p ? p + display->l : p;
	char raw[RAW_MAX];
	size_t n = 0;

	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	bool quoted = p < end && *p == '"';
	for (p += quoted; p < end && n < sizeof(raw) && !(quoted && *p == '"'); p++) {
		if (quoted && *p == '\\' && p + 1 < end)
			p++;
		raw[n++] = *p;
	}
	utf8_clean(out, size, raw, n);
}

void text_line(char *out, size_t size, const struct pl *value)
{
	utf8_clean(out, size, value->p, value->p ? value->l : 0);
}

void text_add_user(struct str_buf *b, const char *user)
{
	for (; *user; user++) {
		unsigned char c = (unsigned char)*user;
		bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
			(c >= 'A' && c <= 'Z') || strchr("-_.!~*'()&=+$,/", c);
		str_buf_add(b, plain ? "%c" : "%%%02X", c);
	}
}

void text_add_quoted(struct str_buf *b, const char *text)
{
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			str_buf_add(b, "\\%c", *text);
		else if (printable(*text))
			str_buf_add(b, "%c", *text);
	}
}

// Host of "[2001:db8::1]:5060", "192.0.2.1", cut at the first of the URI's separators.
static bool host_addr(const char *p, size_t len, struct addr *out)
{
	char host[ADDR_TEXT_MAX];
	size_t n = 0;

	while (n < len && !strchr(";?>, \t\r\n", p[n]))
		n++;
	return str_copy_n(host, sizeof(host), p, n) == 0 && addr_parse(host, out) == 0 &&
		// A bare IPv6 address is no SIP host (RFC 3261 25.1).
		(out->family == ADDR_IP4 || host[0] == '[');
}

bool text_uri_addr(const struct pl *uri, struct addr *out, enum ua_transport *transport)
{
	struct pl rest, value, host;

	if (!uri->p || uri->l < 5 || strncasecmp(uri->p, "sip:", 4))
		return false;
	rest.p = uri->p + 4;
	rest.l = uri->l - 4;
	const char *params = pl_strchr(&rest, ';');
	host = rest;
	if (params)
		host.l = (size_t)(params - rest.p);
	// ';' may stand in the user part, which ends at the last '@'.
	const char *at = pl_strrchr(&rest, '@');
	if (at) {
		host.p = at + 1;
		host.l = (size_t)(rest.p + rest.l - host.p);
		params = pl_strchr(&host, ';');
	}
	if (!host_addr(host.p, host.l, out))
		return false;
	if (out->port == 0)
		out->port = SIP_PORT;
	*transport = UA_UDP;
	if (params) {
		struct pl tail = {params, (size_t)(rest.p + rest.l - params)};
		const char *headers = pl_strchr(&tail, '?');
		tail.l = headers ? (size_t)(headers - tail.p) : tail.l;
		enum ua_transport named = msg_param_decode(&tail, "transport", &value) == 0
			? transport_find(value.p, value.l)
			: UA_UDP;
		if (named < UA_TRANSPORTS)
			*transport = named;
	}
	return true;
}
