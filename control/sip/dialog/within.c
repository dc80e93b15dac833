// Writes requests within a dialog, and answers who asks for a password.
#include "control/sip/dialog/within.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/sip/shared.h"
#include "control/sip/trunk/out.h"
#include "engine/base/log.h"
#include "engine/base/str.h"

LOG_TOPIC("sip");

static int put(const struct dialog *d, struct within *w)
{
	char route_text[ADDR_TEXT_MAX + 32], contact[ADDR_TEXT_MAX + 32];
	const char *body = w->body ? w->body : "";
	struct uri route;
	struct pl pl;

	flow_uri(&d->flow, route_text, sizeof(route_text));
	flow_contact(&d->flow, contact, sizeof(contact));
	pl_set_str(&pl, route_text);
	if (uri_decode(&route, &pl))
		return -EINVAL;
	bool ack = strcmp(w->method, "ACK") == 0;
	return -sip_requestf(w->h ? &w->req : NULL, d->flow.end->sip, !ack, w->method, d->target,
		&route, NULL, NULL, w->h, w->arg,
		"%sTo: %s\r\nFrom: %s\r\nCall-ID: %s\r\nCSeq: %u %s\r\nContact: %s\r\n"
		"User-Agent: %s\r\n%s%s%sContent-Length: %zu\r\n\r\n%s",
		d->routes, d->remote, d->local, d->call_id, w->cseq, w->method, contact,
		d->flow.end->ua->config->sip.user_agent, w->lines ? w->lines : "",
		w->headers ? w->headers : "", *body ? "Content-Type: application/sdp\r\n" : "",
		strlen(body), body);
}

int dialog_ack(struct dialog *d, uint32_t cseq)
{
	// With the credentials of what it acknowledges (RFC 3261 22.1).
	return put(d, &(struct within){.method = "ACK", .cseq = cseq, .lines = d->credentials});
}

// NULL: the trunk's password may answer; else why not.
static const char *bar(const struct dialog *d)
{
	const struct trunk_login *l = &d->trunk->login;

	if (!*l->user)
		return "a password is asked for, and the trunk has none";
	if (!out_owns(l->targets, l->target_count, &d->flow.peer))
		return "a password is asked for where the trunk has no target";
	return NULL;
}

// False: there is nothing to say, or no room for it: then without.
static bool sign(const struct dialog *d, struct within *w)
{
	char lines[CREDENTIALS_LINES_MAX];

	free(w->lines);
	w->lines = NULL;
	if (!d->trunk || !d->asked || bar(d))
		return false;
	const struct challenge_request q = {.user = d->trunk->login.user,
		.password = d->trunk->login.password,
		.method = w->method,
		.uri = d->target};
	if (credentials_sign(d->asked, &q, lines) == 0)
		w->lines = str_clone(lines);
	return w->lines != NULL;
}

int within_say(struct within *w, const char *headers, const char *body)
{
	w->headers = headers ? str_clone(headers) : NULL;
	w->body = body ? str_clone(body) : NULL;
	return (headers && !w->headers) || (body && !w->body) ? -ENOMEM : 0;
}

int within_send(struct dialog *d, struct within *w)
{
	(void)sign(d, w);
	w->cseq = ++d->cseq_local;
	return put(d, w);
}

static const char *answer(struct dialog *d, struct within *w, const struct sip_msg *msg)
{
	const char *why = bar(d);

	if (why)
		return why;
	enum challenge_verdict v = credentials_take_in(&d->asked, &w->turn, msg);
	if (v != CHALLENGE_ANSWERED)
		return challenge_text(v);
	if (!sign(d, w))
		return "a password is asked for at too great a length";
	w->cseq = ++d->cseq_local;
	return put(d, w) ? "a password is asked for, and the answer cannot be sent" : NULL;
}

bool within_again(struct dialog *d, struct within *w, const struct sip_msg *msg)
{
	if (!msg || (msg->scode != 401 && msg->scode != 407) || !d->trunk ||
		d->flow.end->ua->stopping)
		return false;
	const char *why = answer(d, w, msg);
	if (why)
		log_warn("trunk asks for a password trunk=%s call=%s request=%s status=%u: %s",
			d->trunk->name, d->call_id, w->method, msg->scode, why);
	return !why;
}

void within_drop(struct within *w)
{
	free(w->headers);
	free(w->body);
	free(w->lines);
	w->headers = w->body = w->lines = NULL;
}
