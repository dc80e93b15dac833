// A call that begins with somebody whom we call through a trunk. It is a call like any other: its
// first party is the one called, its record is written before the trunk hears of it, and once that
// party answers a flow or a queue has it.
#include <errno.h>
#include <stdlib.h>

#include "control/eventlog/eventlog.h"
#include "control/call/call_private.h"
#include "engine/base/log.h"
#include "engine/base/str.h"

LOG_TOPIC("call");

// --- while it is called ---

static const char *unsent_why(int err)
{
	switch (err) {
	case -EBUSY:
		return "trunk-full";
	case -EAGAIN:
		return "trunk-rate";
	case -ENOBUFS:
		return "no-media";
	case -ENOMEM:
		return "no-memory";
	default:
		return "trunk-unavailable";
	}
}

static struct call_verdict over(const char *why, const char *by, uint16_t status)
{
	return (struct call_verdict){.move = CALL_END, .why = why, .by = by, .status = status};
}

static int call_by_trunk(struct call *c)
{
	const struct call_desk *desk = call_desk(c);
	const struct ua_target target = {.trunk = c->out->trunk,
		.number = c->record.called,
		.caller = c->record.caller,
		.caller_name = "",
		.hidden = call_record_hides(&c->record),
		.call = c->id_text,
		.codec = desk ? desk->codec : CODEC_NONE};
	return leg_call(c->first.leg, c->calls->ua, &target);
}

// The next one that an agent dials out through; false: there is none.
static bool other_trunk(struct call *c)
{
	struct call_desk *desk = call_desk(c);
	if (desk == NULL || !desk->dialled || desk->next >= desk->agent->dials_count)
		return false;
	c->out->trunk = desk->agent->dials[desk->next++];
	call_leave_trunk(c);
	call_take_trunk(c, c->out->trunk);
	str_copy(c->record.trunk, sizeof(c->record.trunk), c->out->trunk->name);
	return true;
}

struct call_verdict call_outside_enter(struct call *c, const struct call_verdict *v)
{
	int err;
	timer_cancel(&c->timer);
	do
		err = call_by_trunk(c);
	while (err && other_trunk(c));
	if (err)
		return over(unsent_why(err), "system", 503);
	if (c->record.sip_call_id[0] == '\0') // who dialled has told it
		str_copy(c->record.sip_call_id, sizeof(c->record.sip_call_id),
			leg_sip_call_id(c->first.leg));
	return CALL_STAYS;
}

struct call_verdict call_outside_rings(struct call *c, const struct call_fact *f)
{
	struct call_desk *desk = call_desk(c);
	c->first.stage = PARTY_RINGING;
	if (desk != NULL && desk->dialled)
		leg_ring(desk->party.leg);
	return CALL_STAYS;
}

struct call_verdict call_outside_up(struct call *c, const struct call_fact *f)
{
	const struct config_trunk *by = leg_trunk(c->first.leg);
	if (by != NULL) // the one it was answered by, of those that it may fail over to
		str_copy(c->record.trunk, sizeof(c->record.trunk), by->name);
	c->record.answered = call_time_ns(c);
	c->calls->counts.answered++;
	story_plain(c, EVENT_CALL_ANSWERED);
	if (c->record_whole)
		recording_start(c);
	if (call_desk(c) != NULL)
		return (struct call_verdict){
			.move = call_desk(c)->dialled ? CALL_ANSWER_AGENT : CALL_TALK_OWN};
	if (c->out->step.queue != NULL)
		return (struct call_verdict){.move = CALL_QUEUE, .step = &c->out->step};
	return call_flow_begin(c, f);
}

// Nobody answered: why, as the far end or its trunk said it.
static const char *unanswered_why(const struct call *c, const struct leg_event *e)
{
	if (e->end == UA_END_TIMEOUT)
		return c->first.stage == PARTY_RINGING ? "no-answer" : "trunk-silent";
	if (e->end == UA_END_REDIRECTED)
		return "redirected";
	if (e->end == UA_END_MEDIA)
		return "offer-not-met";
	if (e->end != UA_END_REJECTED)
		return "sip-error";
	switch (e->status) {
	case 401:
	case 407:
		return "trunk-password";
	case 404:
	case 484:
	case 604:
		return "no-such-number";
	case 408:
	case 480:
		return "no-answer";
	case 486:
	case 600:
		return "busy";
	default:
		return e->status >= 500 && e->status < 600 ? "trunk-failed" : "rejected";
	}
}

struct call_verdict call_outside_gone(struct call *c, const struct call_fact *f)
{
	struct call_verdict v = over(unanswered_why(c, f->leg), "called", f->leg->status);
	if (f->leg->end == UA_END_LOCAL)
		v.why = "local", v.by = "system";
	log_info("nobody answered: call=%s trunk=%s status=%u reason=%s", c->id_text,
		c->record.trunk, f->leg->status, f->leg->text);
	v.party = f->party;
	return v;
}

// --- whether, and what it begins with ---

struct wanted {
	const struct call_originate *q;
	const struct config *config;
	const struct config_trunk *trunk;
	char to[NUMBER_TEXT_MAX], from[NUMBER_TEXT_MAX];
	const struct config_flow *flow;
	struct config_queue *queue;
	const struct config_agent *agent;
};

static const char *find_trunk(struct wanted *w)
{
	unsigned found = 0;
	for (unsigned i = 0; i < w->config->trunk_count; i++) {
		const struct config_trunk *t = &w->config->trunks[i];
		if (!str_equal(t->name, w->q->trunk) ||
			(w->q->tenant != NULL && !str_equal(t->tenant->name, w->q->tenant)))
			continue;
		w->trunk = t;
		found++;
	}
	if (found != 1)
		return found ? "several tenants have a trunk of that name" : "no such trunk";
	return w->trunk->out.target_count ? NULL : "the trunk has no targets";
}

// Letters and the like reach no telephone, and might reach something else.
static const char *find_numbers(struct wanted *w)
{
	const struct config_tenant *tenant = w->trunk->tenant;
	const char *from = w->q->from != NULL ? w->q->from : w->trunk->out.caller;
	if (!number_is(w->q->to) || str_copy(w->to, sizeof(w->to), w->q->to) != 0)
		return "not a telephone number";
	number_normal(&tenant->plan, w->q->to, w->to);
	if (*from == '\0')
		return "no caller is said, and the trunk has none";
	number_normal(&tenant->plan, from, w->from);
	if (!config_owns_number(w->config, tenant, w->from))
		return "the caller is none of the tenant's numbers";
	return NULL;
}

static const char *find_agent(struct calls *cs, struct wanted *w)
{
	struct floor_agent_info info;
	w->agent = config_find_agent(w->config, w->q->name);
	if (w->agent == NULL || w->agent->tenant != w->trunk->tenant ||
		!floor_agent_find(cs->floor, w->q->name, &info))
		return "no such agent of the trunk's tenant";
	if (!info.registered)
		return "the agent's phone is not registered";
	if (info.state == AGENT_OFFERED || info.state == AGENT_TALKING ||
		info.state == AGENT_BUSY || floor_own_calls(cs->floor, w->q->name) > 0)
		return "the agent is on another call";
	return NULL;
}

static const char *find_owner(struct wanted *w)
{
	const struct config_tenant *tenant = w->trunk->tenant;
	for (unsigned i = 0; i < w->config->flow_count && w->q->connect == CALL_CONNECT_FLOW; i++)
		if (w->config->flows[i].tenant == tenant &&
			str_equal(w->config->flows[i].name, w->q->name))
			w->flow = &w->config->flows[i];
	for (unsigned i = 0; i < w->config->queue_count && w->q->connect == CALL_CONNECT_QUEUE; i++)
		if (w->config->queues[i].tenant == tenant &&
			str_equal(w->config->queues[i].name, w->q->name))
			w->queue = &w->config->queues[i];
	if (w->flow == NULL && w->queue == NULL)
		return w->q->connect == CALL_CONNECT_FLOW ? "no such flow" : "no such queue";
	return NULL;
}

static void fill(struct call *c, const struct wanted *w)
{
	static const struct config_flow none;
	struct call_record *r = &c->record;
	const struct config_number *own = config_find_number(w->config, w->trunk->tenant, w->from);
	str_copy(r->direction, sizeof(r->direction), "out");
	str_copy(r->tenant, sizeof(r->tenant), w->trunk->tenant->name);
	str_copy(r->trunk, sizeof(r->trunk), w->trunk->name);
	str_copy(r->called, sizeof(r->called), w->to);
	str_copy(r->caller, sizeof(r->caller), w->from);
	str_copy(r->number, sizeof(r->number), own->number);
	str_copy(r->flow, sizeof(r->flow), w->flow ? w->flow->name : "");
	call_region(r, w->config, w->trunk->tenant);
	c->record_whole = own->record;
	c->first.role = PARTY_OUTSIDE;
	c->out->trunk = w->trunk;
	c->out->step.queue = w->queue;
	c->out->step.next = STEP_NONE;
	c->out->step.priority = CONFIG_PRIORITY_MIDDLE;
	call_take_trunk(c, w->trunk);
	call_flow_bind(c, w->flow ? w->flow : &none);
}

static const char *refusal(struct calls *cs, struct wanted *w)
{
	if (cs->draining)
		return "the node drains";
	const char *why = find_trunk(w);
	if (why == NULL)
		why = find_numbers(w);
	if (why == NULL)
		why = w->q->connect == CALL_CONNECT_AGENT ? find_agent(cs, w) : find_owner(w);
	return why;
}

// The one who is called; and the agent, whose phone is called first.
static const char *legs(struct call *c, const struct wanted *w)
{
	struct leg_owner owner = c->calls->entrance->first_leg(c);
	struct call_desk *desk = &c->out->desk;
	if (leg_new_outgoing(w->trunk->media, NULL, &owner, &c->first.leg) != 0)
		return "no voice is free";
	if (w->agent == NULL)
		return NULL;
	owner = c->calls->entrance->desk_leg(c);
	if (leg_new_outgoing(w->agent->media, c->first.leg, &owner, &desk->party.leg) != 0)
		return "no voice is free";
	return desk_join(c, w->agent) == 0 ? NULL : "no memory";
}

const char *call_originate(struct calls *cs, const struct call_originate *q, struct callid *id)
{
	struct wanted w = {.q = q, .config = cs->config};
	const char *why = refusal(cs, &w);
	if (why != NULL)
		return why;
	struct call *c = call_new(cs);
	if (c == NULL)
		return "no memory";
	c->out = calloc(1, sizeof(*c->out));
	if (c->out != NULL) {
		fill(c, &w);
		why = legs(c, &w);
	} else {
		why = "no memory";
	}
	if (why != NULL) {
		call_unmake(c);
		return why;
	}
	*id = c->record.id;
	cs->entrance->begun(c, story_originated(c));
	return NULL;
}
