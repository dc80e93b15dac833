// A call's beginning: who calls what, may it, and the answer once its first record is written.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/eventlog/eventlog.h"
#include "control/call/call_private.h"
#include "engine/base/log.h"
#include "engine/base/str.h"

LOG_TOPIC("call");

// A log that cannot be written (disk full) delays no caller for longer.
#define WRITE_PATIENCE_MS 500

static struct trunk_use *trunk_use(struct calls *cs, const struct config_trunk *trunk)
{
	const char *tenant = trunk->tenant ? trunk->tenant->name : "";
	dlist_for_each (it, &cs->trunks) {
		struct trunk_use *t = container_of(it, struct trunk_use, link);
		if (str_equal(t->name, trunk->name) && str_equal(t->tenant, tenant))
			return t;
	}
	struct trunk_use *t = calloc(1, sizeof(*t));
	if (t == NULL)
		return NULL;
	str_copy(t->name, sizeof(t->name), trunk->name);
	str_copy(t->tenant, sizeof(t->tenant), tenant);
	dlist_push_back(&cs->trunks, &t->link);
	return t;
}

void call_leave_trunk(struct call *c)
{
	struct trunk_use *t = c->trunk;
	c->trunk = NULL;
	if (t == NULL || --t->calls > 0)
		return;
	dlist_remove(&t->link);
	free(t);
}

static void patience_over(void *arg)
{
	struct call *c = arg;
	log_warn("event log is slow: answered before its record was written call=%s", c->id_text);
	c->calls->counts.answered_unwritten++;
	call_input(c, CALL_WRITTEN, NULL);
}

static void on_written(uint64_t sequence, void *arg)
{
	struct call *c = arg;
	c->log_owes = false;
	call_input(c, CALL_WRITTEN, NULL);
}

// A number in its one form, and as it was sent where that is another.
static void number_put(const struct number_plan *plan, const char *sent, char out[NUMBER_TEXT_MAX],
	char kept[RECORD_TEXT_MAX])
{
	number_normal(plan, sent, out);
	if (kept != NULL && !str_equal(sent, out))
		str_copy(kept, RECORD_TEXT_MAX, sent);
}

static void number_parties(struct call_record *r, const struct ua_incoming *in)
{
	const struct number_plan *plan = in->trunk ? &in->trunk->plan : &in->agent->tenant->plan;
	_Static_assert(NUMBER_TEXT_MAX == RECORD_TEXT_MAX, "a number fits");
	number_put(plan, in->called, r->called, r->called_sent);
	number_put(plan, in->caller, r->caller, r->caller_sent);
	number_put(plan, in->original_called, r->original_called, NULL);
	number_put(plan, in->redirected_by, r->redirected_by, NULL);
}

const struct config_number *call_identify(
	struct call_record *r, const struct config *config, const struct ua_incoming *in)
{
	const struct config_tenant *tenant = in->trunk ? in->trunk->tenant : in->agent->tenant;
	number_parties(r, in);
	str_copy(r->tenant, sizeof(r->tenant), tenant ? tenant->name : "");
	str_copy(r->trunk, sizeof(r->trunk), in->trunk ? in->trunk->name : "");
	str_copy(r->sip_call_id, sizeof(r->sip_call_id), in->call_id);
	str_copy(r->caller_name, sizeof(r->caller_name), in->caller_name);
	str_copy(r->privacy, sizeof(r->privacy), in->privacy);
	str_copy(r->redirect_reason, sizeof(r->redirect_reason), in->redirect_reason);
	const struct config_number *n = config_find_number(config, tenant, r->called);
	if (n == NULL || n->flow == NULL)
		return NULL;
	str_copy(r->number, sizeof(r->number), n->number);
	str_copy(r->flow, sizeof(r->flow), n->flow->name);
	return n;
}

static void identify(struct call *c, const struct ua_incoming *in)
{
	const struct config_number *n = call_identify(&c->record, c->config, in);
	if (in->trunk != NULL)
		c->trunk = trunk_use(c->calls, in->trunk);
	if (c->trunk != NULL)
		c->trunk->calls++;
	if (n == NULL)
		return;
	c->ivr.flow = n->flow;
	c->record_whole = n->record;
}

// Why the call cannot be taken; status 0: it can.
static struct ua_refusal refusal(const struct call *c, const struct ua_incoming *in)
{
	if (c->calls->draining)
		return (struct ua_refusal){"draining", 503};
	if (in->trunk && c->trunk && in->trunk->calls_max > 0 &&
		c->trunk->calls > in->trunk->calls_max)
		return (struct ua_refusal){"trunk-full", 503};
	if (c->ivr.flow == NULL)
		return (struct ua_refusal){"no-such-number", 404};
	return (struct ua_refusal){"flow-refused", ivr_refusal(c->ivr.flow)};
}

void call_incoming(struct ua_leg *ua, const struct ua_incoming *in, void *arg)
{
	struct calls *cs = arg;
	struct call *c = call_new(cs);
	if (c == NULL) {
		cs->counts.refused++; // without a record: there is no memory for one
		ua_reject(ua, 503, "No memory");
		return;
	}
	identify(c, in);
	struct ua_refusal why = refusal(c, in);
	struct leg_owner owner = {.h = call_on_leg, .arg = c, .surprises = &cs->counts.surprises};
	struct media_place at = {
		.media = in->trunk ? in->trunk->media : in->agent->media, .codec = in->codec};
	if (why.status == 0 && leg_new_incoming(ua, &at, &owner, &c->caller) != 0)
		why = (struct ua_refusal){"no-media", 503};
	if (why.status != 0) {
		call_refuse(c, ua, in, &why);
		c->state = CALL_ENDED;
		call_leave_trunk(c);
		call_bury(c);
		return;
	}
	cs->counts.started++;
	uint64_t sequence = story_started(c, in);
	timer_start(&c->timer, WRITE_PATIENCE_MS, patience_over, c);
	c->log_owes = true;
	if (eventlog_when_written(cs->log, sequence, on_written, c) != 0)
		c->log_owes = false; // our patience will do
}

void call_try_answer(struct call *c, const struct call_fact *f)
{
	if (!c->written || !leg_is_open(c->caller))
		return;
	timer_cancel(&c->timer);
	c->state = CALL_ANSWERING;
	if (leg_answer(c->caller) != 0)
		return; // 488, or the caller is gone: its leg will say so
	c->record.answered = call_time_ns(c);
	c->calls->counts.answered++;
	story_plain(c, EVENT_CALL_ANSWERED);
	if (c->record_whole)
		recording_start(c);
}

void call_open_failed(struct call *c, const struct call_fact *f)
{
	log_warn("no voice: call=%s error=%s", c->id_text, strerror(-f->leg->error));
	call_end(c, &(struct call_end){.why = "no-media", .by = "system", .status = 503});
}
