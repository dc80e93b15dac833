// Registers by digest and takes calls that come.
#include "bench/ringload/agent.h"

#include <stdlib.h>
#include <string.h>

#include "bench/ringload/pair.h"
#include "bench/ringload/send.h"
#include "engine/base/str.h"

#define RESEND_MS    500
#define ATTEMPTS_MAX 8

void agent_register(struct load *l, uint32_t agent)
{
	struct agent *a = &l->agents[agent];

	a->cseq++;
	a->attempts++;
	send_register(l, agent, NULL);
	wheel_start(&l->wheel, &a->resend, load_now_ms() + RESEND_MS);
}

void agent_resend(struct load *l, struct agent *a)
{
	if (a->attempts < ATTEMPTS_MAX)
		agent_register(l, (uint32_t)(a - l->agents));
	else
		l->counts.agents_refused++;
}

void agent_response(struct load *l, const struct message *m)
{
	uint32_t agent =
		m->call_id.len > 1 ? (uint32_t)strtoul(m->call_id.p + 1, NULL, 10) : UINT32_MAX;

	if (agent >= l->profile->agents || m->status < 200)
		return;
	struct agent *a = &l->agents[agent];
	if (m->cseq != a->cseq || a->registered)
		return;
	wheel_cancel(&l->wheel, &a->resend);
	if (m->status == 200) {
		a->registered = true;
	} else if (m->status == 401 && !a->tried) {
		a->tried = true;
		a->cseq++;
		send_register(l, agent, m);
		// Lost: from the beginning, since a nonce may be for one use.
		wheel_start(&l->wheel, &a->resend, load_now_ms() + 2 * RESEND_MS);
	} else {
		l->counts.agents_refused++;
	}
}

uint32_t agents_registered(const struct load *l)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < l->profile->agents; i++)
		n += l->agents[i].registered;
	return n;
}

struct call *agent_find(struct load *l, struct text call_id)
{
	uint64_t hash = hash_bytes(call_id.p, call_id.len, l->tag);

	for (struct hash_node *n = hash_first(&l->dialogs, hash); n; n = hash_next(n)) {
		struct call *c = container_of(n, struct call, dialog);

		if (strlen(c->call_id) == call_id.len &&
			memcmp(c->call_id, call_id.p, call_id.len) == 0)
			return c;
	}
	return NULL;
}

void agent_release(struct load *l, struct call *c)
{
	hash_remove(&l->dialogs, &c->dialog);
	l->agents[c->agent].call = NULL;
}

// Whose phone the request URI names; UINT32_MAX: nobody's.
static uint32_t agent_of(const struct load *l, struct text uri)
{
	const char *name = l->profile->agent_name;
	size_t len = strlen(name);

	if (uri.len < len + 5 || strncmp(uri.p, "sip:", 4) || strncmp(uri.p + 4, name, len))
		return UINT32_MAX;
	uint32_t agent = (uint32_t)strtoul(uri.p + 4 + len, NULL, 10);
	return agent >= 1 && agent <= l->profile->agents ? agent - 1 : UINT32_MAX;
}

static bool agent_media(struct load *l, struct call *c, const struct message *m)
{
	struct message_media media;

	if (message_media_parse(m->body, &media) || !load_allows(l, &media.remote))
		return false;
	media_path_init(&c->stream.path, &media.remote);
	c->stream.event_pt = media.event_pt;
	c->stream.digits = DIGITS_NONE;
	c->stream.prompt = NULL;
	return true;
}

static bool agent_take(struct load *l, struct call *c, const struct message *m)
{
	c->incoming = true;
	c->cseq = m->cseq;
	if (!agent_media(l, c, m) || !text_copy(c->call_id, sizeof(c->call_id), m->call_id) ||
		!text_copy(c->remote, sizeof(c->remote), m->from) ||
		!text_copy(c->via, sizeof(c->via), m->via) || !m->contact.p ||
		!text_copy(c->target, sizeof(c->target), text_uri(m->contact)))
		return false;
	str_format(c->local, sizeof(c->local), "%.*s;tag=a%u", (int)m->to.len, m->to.p, c->agent);
	return true;
}

void agent_invited(struct load *l, const struct message *m, uint64_t at_ns)
{
	struct call *c = agent_find(l, m->call_id);
	uint32_t agent = agent_of(l, m->uri);

	if (c) { // again: what was said last
		send_answer(l, c, c->state == CALL_OFFERED ? 180 : 200);
		return;
	}
	if (agent == UINT32_MAX || l->agents[agent].call) {
		l->counts.agent_busy++;
		send_reply(l, m, 486, &l->target);
		return;
	}
	c = &l->calls[l->places - l->profile->agents + agent];
	c->agent = agent;
	c->began_ns = at_ns; // a BYE's branch differs from that of the last call
	if (!agent_take(l, c, m)) {
		l->counts.bad_sdp++;
		send_reply(l, m, 488, &l->target);
		return;
	}
	l->agents[agent].call = c;
	hash_insert(&l->dialogs, &c->dialog, hash_str(c->call_id, l->tag));
	l->counts.offered++;
	pair_offered(l, c, m, at_ns);
	c->stream.call = c->count;
	c->state = CALL_OFFERED;
	send_answer(l, c, 180);
	wheel_start(&l->wheel, &c->life, load_now_ms() + l->profile->agent_answer_ms);
}
