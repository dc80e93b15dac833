// A call from its number to its grave, where it is found, and what it says of itself.
#include <stdlib.h>
#include <string.h>

#include "control/eventlog/eventlog.h"
#include "control/eventlog/alive.h"
#include "control/call/call_private.h"
#include "control/config/step.h"
#include "engine/base/clock.h"
#include "engine/base/str.h"

static struct call *by_id(const struct tree_node *n)
{
	return n ? container_of((struct tree_node *)n, struct call, by_id) : NULL;
}

static int id_order(const struct tree_node *a, const struct tree_node *b)
{
	return callid_compare(&by_id(a)->record.id, &by_id(b)->record.id);
}

static int id_seek(const struct tree_node *n, const void *wanted)
{
	return callid_compare(&by_id(n)->record.id, wanted);
}

struct call *call_from(const struct calls *cs, const struct callid *id)
{
	return by_id(tree_seek(&cs->by_id, id_seek, id));
}

struct call *call_after(const struct call *c)
{
	return by_id(tree_next(&c->by_id));
}

struct call *call_last(const struct calls *cs)
{
	return by_id(tree_last(&cs->by_id));
}

// What its number begins with is where it stands: the digits are in the numbers' order.
static int text_seek(const struct tree_node *n, const void *wanted)
{
	return strcmp(by_id(n)->id_text, wanted);
}

struct call *call_from_text(const struct calls *cs, const char *text)
{
	return by_id(tree_seek(&cs->by_id, text_seek, text));
}

struct call *call_get(const struct calls *cs, uint64_t key)
{
	struct hash_node *n = hash_first(&cs->by_key, hash_u64(key));
	for (; n != NULL; n = hash_next(n)) {
		struct call *c = container_of(n, struct call, node);
		if (c->key == key)
			return c;
	}
	return NULL;
}

struct call *call_by_id(const struct calls *cs, const struct callid *id)
{
	struct call *c = call_from(cs, id);
	bool found = c != NULL && callid_equal(&c->record.id, id) && c->state != CALL_ENDED;
	return found ? c : NULL;
}

void calls_life_init(struct calls *cs)
{
	dlist_init(&cs->live);
	dlist_init(&cs->dead);
	tree_init(&cs->by_id, id_order);
}

static void alive_fired(void *arg)
{
	struct calls *cs = arg;
	if (cs->counts.alive == 0)
		return;
	eventlog_alive(cs->log);
	timer_start(cs->timers, &cs->alive, ALIVE_MS, alive_fired, cs);
}

struct call *call_new(struct calls *cs)
{
	struct call *c = calloc(1, sizeof(*c));
	if (c == NULL)
		return NULL;
	c->calls = cs;
	c->key = c->wait.call = ++cs->next_key;
	c->config = config_hold(cs->config);
	c->began_ms = timers_now_ms(cs->timers);
	c->record.started = timers_wall_ns(cs->timers);
	c->record.id = callid_new(&cs->ids, c->record.started);
	callid_text(&c->record.id, c->id_text);
	dlist_init(&c->wait.link);
	dlist_init(&c->parties.list);
	c->parties.call = c;
	c->parties.hear = cs->entrance->hear;
	(void)party_join(&c->parties, &c->first, PARTY_CALLER);
	dlist_push_back(&cs->live, &c->link);
	hash_insert(&cs->by_key, &c->node, hash_u64(c->key));
	tree_insert(&cs->by_id, &c->by_id);
	if (cs->counts.alive++ == 0 && !timer_alive(&cs->alive))
		timer_start(cs->timers, &cs->alive, ALIVE_MS, alive_fired, cs);
	return c;
}

// As the wall clock would say had nobody set it since the call began: a record's times are in
// order, and what lies between them is how long it took.
uint64_t call_time_ns(const struct call *c)
{
	return c->record.started + (timers_now_ms(c->calls->timers) - c->began_ms) * NS_PER_MS;
}

// The log is closed after the calls are freed, and tells whoever still waits then.
static void forget_log(struct call *c)
{
	if (c->log_owes)
		eventlog_forget(c->calls->log, c);
	c->log_owes = false;
}

void call_free(struct call *c)
{
	forget_log(c);
	dlist_remove(&c->link);
	timer_cancel(&c->timer);
	ivr_free(&c->ivr);
	if (c->out != NULL)
		timer_cancel(&c->out->desk.renew);
	free(c->out);
	config_release(c->config);
	free(c);
}

static void bury_fired(void *arg)
{
	struct calls *cs = arg;
	dlist_for_each_safe (it, &cs->dead)
		call_free(container_of(it, struct call, link));
	if (cs->draining && cs->counts.alive == 0 && cs->empty != NULL)
		cs->empty(cs->empty_arg);
}

void calls_bury_soon(struct calls *cs)
{
	timer_start(cs->timers, &cs->bury, 0, bury_fired, cs);
}

void call_bury(struct call *c)
{
	struct calls *cs = c->calls;
	forget_log(c);
	hash_remove(&cs->by_key, &c->node);
	tree_remove(&cs->by_id, &c->by_id);
	if (cs->restated_call == &c->link) // a snapshot is to go on with it
		cs->restated_call = c->link.next;
	dlist_remove(&c->link);
	dlist_push_back(&cs->dead, &c->link);
	cs->counts.alive--;
	calls_bury_soon(cs);
}

uint32_t call_prompt_id(const struct call *c, uint32_t index)
{
	return index == UINT32_MAX ? UINT32_MAX : c->config->prompts[index].id;
}

void call_timer_start(struct call *c, uint64_t ms)
{
	timer_start(c->calls->timers, &c->timer, ms, c->calls->entrance->timer, c);
}

const char *const call_state_names[CALL_STATES] = {
	[CALL_OPENING] = "opening",
	[CALL_ANSWERING] = "answering",
	[CALL_FETCHING] = "fetching",
	[CALL_CALLING] = "calling",
	[CALL_FLOW] = "flow",
	[CALL_WAITING] = "waiting",
	[CALL_TALKING] = "talking",
	[CALL_CONFERENCE] = "conference",
	[CALL_ENDED] = "ended",
};

const char *call_state_name(enum call_state s)
{
	return s < CALL_STATES ? call_state_names[s] : "unknown";
}

bool call_on_hold(const struct call *c)
{
	dlist_for_each (it, &c->parties.list) {
		const struct call_party *p = container_of(it, const struct call_party, link);
		if (p->stage >= PARTY_THERE && p->role != PARTY_SUPERVISOR && party_holds(p))
			return true;
	}
	return false;
}

const char *call_far_number(const struct call *c)
{
	return c->out != NULL ? c->record.called : c->record.caller;
}

const char *call_where(const struct call *c)
{
	const char *where = c->ivr.step ? c->ivr.step->kind->where : NULL;
	switch (c->state) {
	case CALL_CALLING:
		return c->first.stage == PARTY_RINGING ? "ringing" : "calling";
	case CALL_FLOW:
		return where ? where : "flow";
	case CALL_WAITING:
		return party_count(&c->parties, PARTY_AGENT, PARTY_RINGING) ? "ringing" : "queue";
	case CALL_TALKING:
		return call_on_hold(c) ? "held" : "talking";
	default:
		return call_state_name(c->state);
	}
}
