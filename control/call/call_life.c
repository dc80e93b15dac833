// All calls: start, reload, drain, stop, and what the router and the user agent say.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/eventlog/eventlog.h"
#include "control/eventlog/alive.h"
#include "control/call/call_private.h"
#include "control/record/recorder.h"
#include "engine/base/clock.h"
#include "engine/base/str.h"

#define STRANDED_PER_MS 50 // of a removed queue's callers: tens of thousands do not move at once

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

static void alive_fired(void *arg)
{
	struct calls *cs = arg;
	if (cs->counts.alive == 0)
		return;
	eventlog_alive(cs->log);
	timer_start(&cs->alive, ALIVE_MS, alive_fired, cs);
}

struct call *call_new(struct calls *cs)
{
	struct call *c = calloc(1, sizeof(*c));
	if (c == NULL)
		return NULL;
	c->calls = cs;
	c->key = c->wait.call = ++cs->next_key;
	c->config = config_hold(cs->config);
	c->began_ms = timers_now_ms();
	c->record.started = timers_wall_ns();
	c->record.id = callid_new(c->record.started);
	callid_text(&c->record.id, c->id_text);
	dlist_init(&c->wait.link);
	dlist_push_back(&cs->live, &c->link);
	hash_insert(&cs->by_key, &c->node, hash_u64(c->key));
	tree_insert(&cs->by_id, &c->by_id);
	if (cs->counts.alive++ == 0 && !timer_alive(&cs->alive))
		timer_start(&cs->alive, ALIVE_MS, alive_fired, cs);
	return c;
}

// As the wall clock would say had nobody set it since the call began: a record's times are in
// order, and what lies between them is how long it took.
uint64_t call_time_ns(const struct call *c)
{
	return c->record.started + (timers_now_ms() - c->began_ms) * NS_PER_MS;
}

static void call_free(struct call *c)
{
	dlist_remove(&c->link);
	timer_cancel(&c->timer);
	timer_cancel(&c->ivr.timer);
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

void call_bury(struct call *c)
{
	struct calls *cs = c->calls;
	if (c->log_owes)
		eventlog_forget(cs->log, c);
	hash_remove(&cs->by_key, &c->node);
	tree_remove(&cs->by_id, &c->by_id);
	if (cs->restated_call == &c->link) // a snapshot is to go on with it
		cs->restated_call = c->link.next;
	dlist_remove(&c->link);
	dlist_push_back(&cs->dead, &c->link);
	cs->counts.alive--;
	timer_start(&cs->bury, 0, bury_fired, cs);
}

// --- the router ---

static void on_answer(const struct router_message *m, void *arg)
{
	struct calls *cs = arg;
	struct call *c = call_get(cs, m->call);
	struct call_fact f = {.message = m};
	if (c == NULL) {
		if (m->kind == ROUTER_OFFER) {
			floor_forget(cs->floor, m->call);
			floor_over(cs->floor, m->offer, WHY_CALLER_GONE);
		}
		return;
	}
	if (m->kind == ROUTER_OFFER)
		call_input(c, CALL_OFFER, &f);
	else if (m->kind == ROUTER_LAPSED)
		call_input(c, CALL_LAPSED, &f);
	else if (m->error)
		call_input(c, CALL_REFUSED, &f); // DONE of JOIN
}

// --- the user agent ---

// The agent's phone rings, or rang a moment ago, in vain: the caller shall not wait for nobody.
static void withdraw(struct calls *cs, const char *agent, enum router_why why)
{
	struct floor_agent_info info;
	if (!floor_agent_find(cs->floor, agent, &info) || info.state != AGENT_OFFERED)
		return;
	struct call *c = call_get(cs, info.call);
	if (c == NULL || c->offer == NULL || c->state != CALL_WAITING)
		return;
	if (!str_equal(floor_agent_name(cs->floor, offer_agent_id(c->offer)), agent))
		return;
	if (why == WHY_UNREGISTERED || !offer_answered(c->offer))
		offer_cancel(c->offer, why);
}

static void on_registered(const struct config_agent *agent, bool registered, void *arg)
{
	struct calls *cs = arg;
	floor_registered(cs->floor, agent, registered);
	if (!registered)
		withdraw(cs, agent->name, WHY_UNREGISTERED);
}

int calls_agent_set(struct calls *cs, const char *name, bool ready)
{
	int err = floor_agent_set(cs->floor, name, ready);
	if (!err && !ready)
		withdraw(cs, name, WHY_SET);
	return err;
}

int calls_agent_away(struct calls *cs, const char *name, const char *pause)
{
	int err = floor_agent_away(cs->floor, name, pause);
	if (!err)
		withdraw(cs, name, WHY_SET);
	return err;
}

const struct ua_handlers *calls_handlers(struct calls *cs)
{
	return &cs->handlers;
}

// --- life ---

static void hashes_fini(struct calls *cs)
{
	hash_fini(&cs->by_key);
	hash_fini(&cs->recordings_by_file);
	hash_fini(&cs->conferences);
}

int calls_start(const struct calls_env *env, struct calls **out)
{
	struct calls *cs = calloc(1, sizeof(*cs));
	if (cs == NULL)
		return -ENOMEM;
	dlist_init(&cs->live);
	dlist_init(&cs->dead);
	dlist_init(&cs->trunks);
	dlist_init(&cs->recordings);
	dlist_init(&cs->monitors);
	refused_init(cs);
	tree_init(&cs->by_id, id_order);
	cs->log = env->log;
	cs->recorder = env->recorder;
	cs->handlers = (struct ua_handlers){
		.incoming = call_incoming,
		.refused = calls_on_refused,
		.registered = on_registered,
		.arg = cs,
	};
	struct floor_options options = {
		.config = env->config,
		.log = env->log,
		.seed = env->seed,
		.own_thread = env->router_thread,
		.answer = on_answer,
		.arg = cs,
	};
	int err = hash_init(&cs->by_key, 1024);
	if (!err)
		err = hash_init(&cs->recordings_by_file, 64);
	if (!err)
		err = hash_init(&cs->conferences, 64);
	if (!err)
		err = floor_start(&options, &cs->floor);
	if (err) {
		hashes_fini(cs);
		free(cs);
		return err;
	}
	cs->config = config_hold(env->config);
	if (cs->recorder != NULL)
		recorder_set_result(cs->recorder, calls_recording_result, cs);
	*out = cs;
	return 0;
}

static void strand(struct floor_wait *w, void *arg)
{
	uint32_t *stranded = arg;
	call_queue_strand(container_of(w, struct call, wait), (*stranded)++ / STRANDED_PER_MS);
}

void calls_configure(struct calls *cs, struct config *config)
{
	uint32_t stranded = 0;
	config_hold(config);
	config_release(cs->config);
	cs->config = config;
	floor_configure(cs->floor, config);
	for (uint32_t i = 0; i < floor_agent_count(cs->floor); i++)
		if (floor_agent_config(cs->floor, i) == NULL)
			withdraw(cs, floor_agent_name(cs->floor, i), WHY_REMOVED);
	floor_stranded(cs->floor, strand, &stranded);
}

void calls_drain(struct calls *cs, void (*empty)(void *arg), void *arg)
{
	cs->draining = empty != NULL;
	cs->empty = empty;
	cs->empty_arg = arg;
	if (cs->draining)
		timer_start(&cs->bury, 0, bury_fired, cs);
}

// Legs are told to hang up; what they still say finds nobody.
void calls_stop(struct calls *cs)
{
	struct call_fact f = {.why = "node-stopped", .by = "system"};
	dlist_for_each_safe (it, &cs->live) {
		struct call *c = container_of(it, struct call, link);
		if (c->state != CALL_ENDED)
			call_input(c, CALL_HANGUP, &f);
	}
	refused_stop(cs);
}

void calls_free(struct calls *cs)
{
	timer_cancel(&cs->bury);
	timer_cancel(&cs->alive);
	floor_stop(cs->floor);
	dlist_for_each_safe (it, &cs->live)
		call_free(container_of(it, struct call, link));
	dlist_for_each_safe (it, &cs->dead)
		call_free(container_of(it, struct call, link));
	dlist_for_each_safe (it, &cs->trunks) {
		dlist_remove(it);
		free(container_of(it, struct trunk_use, link));
	}
	refused_fini(cs);
	recordings_free(cs);
	hashes_fini(cs);
	config_release(cs->config);
	free(cs);
}

struct floor *calls_floor(struct calls *cs)
{
	return cs->floor;
}

struct ring_wake *calls_wake(struct calls *cs)
{
	return floor_wake(cs->floor);
}

bool calls_poll(struct calls *cs)
{
	return floor_poll(cs->floor);
}
