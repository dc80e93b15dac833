// Reads From, P-Asserted-Identity, Privacy and the request URI.
#include "control/sip/message/identity.h"

#include "control/base/number.h"
#include "control/sip/message/diverted.h"
#include "control/sip/message/party.h"
#include "control/sip/message/text.h"
#include "engine/base/str.h"

// --- privacy ---

static bool names_token(const struct sip_hdr *hdr, const struct sip_msg *msg, void *arg)
{
	struct pl rest = hdr->val;
	const char *token = arg;

	while (rest.l) {
		size_t n = 0;
		while (n < rest.l && rest.p[n] != ';' && rest.p[n] != ',')
			n++;
		struct pl value = party_trim((struct pl){rest.p, n});
		if (value.l && pl_strcasecmp(&value, token) == 0)
			return true;
		rest.p += n + (n < rest.l);
		rest.l -= n + (n < rest.l);
	}
	return false;
}

// In any line: a proxy that hides its user writes another one.
static bool has_token(const struct sip_msg *msg, const char *token)
{
	return sip_msg_hdr_apply(
		       msg, true, SIP_HDR_PRIVACY, names_token, (void *)(uintptr_t)token) != NULL;
}

// RFC 3323 4.1.1.3: a caller without a name is "anonymous" at a host of that kind.
static bool is_anonymous(const struct party *from)
{
	struct uri u;

	return uri_decode(&u, &from->uri) == 0 &&
		(pl_strcasecmp(&u.user, "anonymous") == 0 ||
			pl_strcasecmp(&u.host, "anonymous.invalid") == 0);
}

static const char *privacy_of(const struct sip_msg *msg, const struct party *from)
{
	static const char *const asked[] = {"id", "user"};

	if (has_token(msg, "none"))
		return "";
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
		if (has_token(msg, asked[i]))
			return asked[i];
	return is_anonymous(from) ? "anonymous" : "";
}

// --- who calls ---

struct asserted {
	struct ua_incoming *in;
	bool any, number;
};

// Of two values (RFC 3325 9.1: a SIP and a tel URI) the first that is a number; the first name.
static bool take_asserted(const struct sip_hdr *hdr, const struct sip_msg *msg, void *arg)
{
	struct asserted *a = arg;
	struct pl rest = hdr->val, value;
	char text[UA_TEXT_MAX];
	struct party p;

	while (party_next(&rest, &value)) {
		if (!party_read(&value, &p) || !party_number(&p.uri, text, sizeof(text)))
			continue;
		if (!a->any)
			text_name(a->in->caller_name, sizeof(a->in->caller_name), &p.name);
		if (!a->any || (!a->number && number_is(text)))
			(void)str_copy(a->in->caller, sizeof(a->in->caller), text);
		a->number |= number_is(text);
		a->any = true;
	}
	return false;
}

void identity_read(const struct sip_msg *msg, bool trusted, struct ua_incoming *out)
{
	const struct sip_hdr *hdr = sip_msg_hdr(msg, SIP_HDR_FROM);
	struct asserted a = {.in = out};
	struct party from = {0};

	(void)party_number(&msg->ruri, out->called, sizeof(out->called));
	if (hdr && party_read(&hdr->val, &from)) {
		(void)party_number(&from.uri, out->caller, sizeof(out->caller));
		text_name(out->caller_name, sizeof(out->caller_name), &from.name);
	}
	(void)str_copy(out->privacy, sizeof(out->privacy), privacy_of(msg, &from));
	if (!trusted)
		return;
	char name[UA_TEXT_MAX];
	(void)str_copy(name, sizeof(name), out->caller_name);
	(void)sip_msg_hdr_apply(msg, true, SIP_HDR_P_ASSERTED_IDENTITY, take_asserted, &a);
	if (!*out->caller_name && !is_anonymous(&from))
		(void)str_copy(out->caller_name, sizeof(out->caller_name), name);
	diverted_read(msg, out);
}
