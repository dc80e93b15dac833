// Both headers become a list of diversions, of which the first and the last count.
#include "control/sip/message/diverted.h"

#include <string.h>

#include "control/sip/message/party.h"
#include "control/sip/message/text.h"
#include "engine/base/str.h"

#define VALUES_MAX 32
#define REASON_MAX sizeof(((struct ua_incoming *)NULL)->redirect_reason)

static const struct { // RFC 4458, and RFC 7544 7.2 for the words
	uint32_t cause;
	const char *reason;
} causes[] = {
	{302, "unconditional"},
	{404, "unknown"},
	{408, "no-answer"},
	{480, "deflection"},
	{486, "user-busy"},
	{487, "deflection"},
	{503, "unavailable"},
};

static const char *cause_reason(uint32_t cause)
{
	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++)
		if (causes[i].cause == cause)
			return causes[i].reason;
	return "unknown";
}

static void add_privacy(struct ua_incoming *out)
{
	size_t len = strlen(out->privacy);

	if (!strstr(out->privacy, "history"))
		(void)str_format(out->privacy + len, sizeof(out->privacy) - len, "%shistory",
			len ? "," : "");
}

// --- Diversion: the latest stands first ---

struct diversions {
	struct ua_incoming *out;
	unsigned count;
};

static void read_reason(const struct pl *params, char out[REASON_MAX])
{
	struct pl value;

	if (!params->l || msg_param_decode(params, "reason", &value))
		return;
	text_line(out, REASON_MAX, &value);
	for (char *c = out; *c; c++)
		*c = (char)(*c >= 'A' && *c <= 'Z' ? *c | 0x20 : *c);
}

static bool is_private(const struct pl *params)
{
	struct pl value;

	return params->l && msg_param_decode(params, "privacy", &value) == 0 &&
		pl_strcasecmp(&value, "off");
}

static bool take_diversions(const struct sip_hdr *hdr, const struct sip_msg *msg, void *arg)
{
	struct diversions *d = arg;
	struct pl rest = hdr->val, value;
	char number[UA_TEXT_MAX];
	struct party p;

	while (d->count < VALUES_MAX && party_next(&rest, &value)) {
		if (!party_read(&value, &p) || !party_number(&p.uri, number, sizeof(number)))
			continue;
		if (d->count++ == 0) {
			(void)str_copy(d->out->redirected_by, sizeof(number), number);
			read_reason(&p.params, d->out->redirect_reason);
		}
		(void)str_copy(d->out->original_called, sizeof(number), number);
		if (is_private(&p.params))
			add_privacy(d->out);
	}
	return false;
}

// --- History-Info: the first stands first ---

struct entry {
	struct pl uri;	       // points into the message
	struct pl index, from; // from: mp or rc, the index that it was made of
	uint32_t cause;	       // why the one before was left for this one; 0: it does not say
	uint32_t failed;       // why this one was left
	bool hidden;
};

struct history {
	struct entry list[VALUES_MAX];
	unsigned count;
};

// The value of a header that stands in a URI (RFC 3261 19.1.1): "Reason=SIP%3Bcause%3D302".
static bool uri_header(const struct pl *headers, const char *name, char *out, size_t size)
{
	const char *p = headers->p, *end = p ? p + headers->l : p;
	size_t len = strlen(name);

	for (; p < end; p++) {
		const char *next = memchr(p, '&', (size_t)(end - p));
		struct pl field;
		p += *p == '?';
		field = (struct pl){p, (size_t)((next ? next : end) - p)};
		if (field.l > len && field.p[len] == '=' &&
			pl_strcasecmp(&(struct pl){field.p, len}, name) == 0) {
			field.p += len + 1;
			field.l -= len + 1;
			text_user(out, size, &field);
			return true;
		}
		p = next ? next : end;
	}
	return false;
}

static uint32_t number_param(const struct pl *params, const char *name)
{
	struct pl value;
	uint32_t n = 0;

	if (params->l && msg_param_decode(params, name, &value) == 0)
		(void)text_number(&value, &n);
	return n;
}

// "SIP;cause=302": of another protocol, of Q.850 for one, it is no reason to go on elsewhere.
static uint32_t reason_cause(const char *reason)
{
	struct pl params;

	if (!str_starts(reason, "SIP") && !str_starts(reason, "sip"))
		return 0;
	pl_set_str(&params, reason + 3);
	return number_param(&params, "cause");
}

static void read_uri(struct entry *e)
{
	char text[128];
	struct uri u;

	if (uri_decode(&u, &e->uri))
		return;
	e->cause = number_param(&u.params, "cause");
	if (uri_header(&u.headers, "Reason", text, sizeof(text)))
		e->failed = reason_cause(text);
	e->hidden = uri_header(&u.headers, "Privacy", text, sizeof(text)) &&
		strstr(text, "history") != NULL;
}

static bool take_entries(const struct sip_hdr *hdr, const struct sip_msg *msg, void *arg)
{
	struct history *h = arg;
	struct pl rest = hdr->val, value;
	struct party p;

	while (h->count < VALUES_MAX && party_next(&rest, &value)) {
		struct entry *e = &h->list[h->count];
		if (!party_read(&value, &p))
			continue;
		*e = (struct entry){.uri = p.uri};
		if (p.params.l)
			(void)msg_param_decode(&p.params, "index", &e->index);
		if (p.params.l && msg_param_decode(&p.params, "mp", &e->from))
			(void)msg_param_decode(&p.params, "rc", &e->from);
		read_uri(e);
		h->count++;
	}
	return false;
}

// The entry that another one was made of: as mp or rc says, else the one that its index hangs on,
// else the one before it.
static const struct entry *origin(const struct history *h, const struct entry *e)
{
	struct pl index = e->from;

	if (!pl_isset(&index) && pl_isset(&e->index)) {
		const char *dot = pl_strrchr(&e->index, '.');
		if (dot)
			index = (struct pl){e->index.p, (size_t)(dot - e->index.p)};
	}
	for (const struct entry *o = h->list; pl_isset(&index) && o < e; o++)
		if (pl_isset(&o->index) && pl_cmp(&o->index, &index) == 0)
			return o;
	return e > h->list ? e - 1 : NULL;
}

// What was diverted is left for another one with a cause, or says itself how it failed and is not
// the last.
static void take_diverted(const struct history *h, struct ua_incoming *out)
{
	char number[UA_TEXT_MAX], original[UA_TEXT_MAX] = "";

	for (unsigned i = 1; i < h->count; i++) {
		const struct entry *e = &h->list[i], *o = origin(h, e);
		uint32_t cause = e->cause ? e->cause : o->failed;
		if (!cause || !party_number(&o->uri, number, sizeof(number)))
			continue;
		if (!*original)
			(void)str_copy(original, sizeof(original), number);
		(void)str_copy(out->original_called, sizeof(number), original);
		(void)str_copy(out->redirected_by, sizeof(number), number);
		(void)str_copy(out->redirect_reason, REASON_MAX, cause_reason(cause));
		if (o->hidden)
			add_privacy(out);
	}
}

void diverted_read(const struct sip_msg *msg, struct ua_incoming *out)
{
	struct diversions d = {.out = out};
	struct history h = {.count = 0};

	(void)sip_msg_xhdr_apply(msg, true, "Diversion", take_diversions, &d);
	(void)sip_msg_hdr_apply(msg, true, SIP_HDR_HISTORY_INFO, take_entries, &h);
	take_diverted(&h, out);
}
