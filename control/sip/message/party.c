// Libre takes the last token alone for a display name, and of a tel: URI makes a host; so headers
// are read here from their text.
#include "control/sip/message/party.h"

#include <string.h>
#include <strings.h>

#include "control/base/number.h"
#include "control/sip/message/text.h"
#include "engine/base/str.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct pl party_trim(struct pl t)
{
	for (; t.l && is_blank(t.p[0]); t.p++, t.l--)
		;
	for (; t.l && is_blank(t.p[t.l - 1]); t.l--)
		;
	return t;
}

// Where one of these octets stands outside of quotes, and outside of < and > too where angles; the
// length where none does.
static size_t find(const struct pl *t, const char *octets, bool angles)
{
	bool quoted = false, inside = false;

	for (size_t i = 0; i < t->l; i++) {
		char c = t->p[i];
		if (quoted && c == '\\') {
			i++;
		} else if (c == '"' && !inside) {
			quoted = !quoted;
		} else if (!quoted && !inside && c != '\0' && strchr(octets, c)) {
			return i;
		} else if (!quoted && angles && (c == '<' || c == '>')) {
			inside = c == '<';
		}
	}
	return t->l;
}

bool party_read(const struct pl *value, struct party *out)
{
	struct pl v = value->p ? party_trim(*value) : (struct pl){"", 0};
	size_t open = find(&v, "<", false);

	*out = (struct party){.params = {v.p + v.l, 0}};
	if (open < v.l) {
		struct pl rest = {v.p + open + 1, v.l - open - 1};
		const char *close = memchr(rest.p, '>', rest.l);
		if (!close)
			return false;
		out->name = party_trim((struct pl){v.p, open});
		out->uri = (struct pl){rest.p, (size_t)(close - rest.p)};
		out->params = (struct pl){close + 1, (size_t)(v.p + v.l - close - 1)};
	} else { // its parameters are the header's
		size_t end = find(&v, ";", false);
		out->uri = (struct pl){v.p, end};
		out->params = (struct pl){v.p + end, v.l - end};
	}
	out->uri = party_trim(out->uri);
	return memchr(out->uri.p, ':', out->uri.l) != NULL;
}

bool party_next(struct pl *rest, struct pl *value)
{
	while (rest->l) {
		size_t end = find(rest, ",", true), taken = end + (end < rest->l);
		*value = party_trim((struct pl){rest->p, end});
		rest->p += taken;
		rest->l -= taken;
		if (value->l)
			return true;
	}
	return false;
}

// --- numbers ---

static bool is_tel(const struct pl *uri)
{
	return uri->l > 4 && strncasecmp(uri->p, "tel:", 4) == 0;
}

// ";phone-context=+49": of a domain there is nothing to be made.
static void add_context(char *out, size_t size, const struct pl *params)
{
	char place[32];
	struct pl value;
	size_t len = strlen(out);

	if (*out == '+' || !params->p || msg_param_decode(params, "phone-context", &value))
		return;
	text_user(place, sizeof(place), &value);
	if (*place != '+' || !number_is(place))
		return;
	number_strip(place);
	(void)str_format(out + len, size - len, ";phone-context=%s", place);
}

bool party_number(const struct pl *uri, char *out, size_t size)
{
	struct uri u = {0};
	struct pl user, own, value;
	bool tel = is_tel(uri);

	*out = '\0';
	if (!tel && uri_decode(&u, uri))
		return false;
	user = tel ? (struct pl){uri->p + 4, uri->l - 4} : u.user;
	if (!user.p || !user.l)
		return false;
	size_t end = 0;
	while (end < user.l && user.p[end] != ';')
		end++;
	own = (struct pl){user.p + end, user.l - end};
	user.l = end;
	text_user(out, size, &user);
	bool phone = u.params.p && msg_param_decode(&u.params, "user", &value) == 0 &&
		pl_strcasecmp(&value, "phone") == 0;
	if ((tel || phone) && number_is(out))
		number_strip(out);
	if (number_is(out)) {
		add_context(out, size, &own);
		if (!strchr(out, ';'))
			add_context(out, size, &u.params);
	}
	return *out != '\0';
}
