// All calls: start, reload, drain, stop, and what becomes of an offer whose agent goes.
#include <errno.h>
#include <stdlib.h>

#include "control/eventlog/eventlog.h"
#include "control/call/call_private.h"
#include "control/record/recorder.h"
#include "engine/base/str.h"

#define STRANDED_PER_MS 50 // of a removed queue's callers: tens of thousands do not move at once

// --- the user agent ---

static void on_registered(const struct config_agent *agent, bool registered, void *arg)
{
	struct calls *cs = arg;
	floor_registered(cs->floor, agent, registered);
	if (!registered)
		call_queue_withdraw(cs, agent->name, WHY_UNREGISTERED);
}

int calls_agent_set(struct calls *cs, const char *name, bool ready)
{
	int err = floor_agent_set(cs->floor, name, ready);
	if (!err && !ready)
		call_queue_withdraw(cs, name, WHY_SET);
	return err;
}

int calls_agent_away(struct calls *cs, const char *name, const char *pause)
{
	int err = floor_agent_away(cs->floor, name, pause);
	if (!err)
		call_queue_withdraw(cs, name, WHY_SET);
	return err;
}

int calls_agent_pause(struct calls *cs, const char *name, const char *code)
{
	int err = floor_agent_pause(cs->floor, name, code);
	if (!err)
		call_queue_withdraw(cs, name, WHY_SET);
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
	calls_life_init(cs);
	dlist_init(&cs->trunks);
	dlist_init(&cs->recordings);
	dlist_init(&cs->monitors);
	refused_init(cs);
	cs->entrance = &call_entrance;
	callids_init(&cs->ids, env->node);
	cs->timers = env->timers;
	cs->media = env->media;
	cs->log = env->log;
	cs->recorder = env->recorder;
	cs->ua = env->ua;
	cs->history = env->history;
	cs->handlers = (struct ua_handlers){
		.incoming = call_incoming,
		.refused = calls_on_refused,
		.registered = on_registered,
		.arg = cs,
	};
	struct floor_options options = {
		.timers = env->timers,
		.config = env->config,
		.log = env->log,
		.seed = env->seed,
		.own_thread = env->router_thread,
		.troubles = env->troubles,
		.answer = call_on_router,
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
			call_queue_withdraw(cs, floor_agent_name(cs->floor, i), WHY_REMOVED);
	floor_stranded(cs->floor, strand, &stranded);
}

void calls_drain(struct calls *cs, void (*empty)(void *arg), void *arg)
{
	cs->draining = empty != NULL;
	cs->empty = empty;
	cs->empty_arg = arg;
	if (cs->draining)
		calls_bury_soon(cs);
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
	trunk_uses_free(cs);
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
