// The node: starts its parts in order, hands each the others, stops them the other way round.
#include "control/node/node.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/config/config.h"
#include "control/eventlog/eventlog.h"
#include "control/base/loop.h"
#include "control/media/gate.h"
#include "control/live/live.h"
#include "control/store/store.h"
#include "control/call/call.h"
#include "control/node/figures.h"
#include "control/node/registrations.h"
#include "control/node/state.h"
#include "control/record/recorder.h"
#include "control/sip/ua.h"
#include "engine/base/log.h"
#include "engine/base/shortage.h"
#include "engine/base/str.h"
#include "engine/engine.h"

LOG_TOPIC("node");

#define START_MEMORY (64u << 20) // what a part of a start takes

static void on_event(const struct event *e, void *arg)
{
	struct node *n = arg;
	ops_event(n->ops, e);
}

static bool on_snapshot(struct eventlog *log, struct eventlog_place *place, void *arg)
{
	struct node *n = arg;
	if (place->part < CALLS_SNAPSHOT_PARTS) {
		calls_snapshot(n->calls, log, place);
		return true;
	}
	if (place->part > CALLS_SNAPSHOT_PARTS)
		return figures_snapshot(n->ua, log, &place->at);
	if (!registrations_snapshot(n->ua, log, calls_floor(n->calls), &place->at))
		*place = (struct eventlog_place){.part = CALLS_SNAPSHOT_PARTS + 1};
	return true;
}

// A part may say no more than its code, or nothing of which memory it lacks. Threads that are
// refused lack their stacks, mostly.
static void start_refused(int err, char error[4096])
{
	char why[SHORTAGE_MAX];

	if (error[0] == '\0')
		str_format(error, 4096, "cannot start: %s", strerror(-err));
	size_t len = strlen(error);
	if ((err == -ENOMEM || err == -EAGAIN) && strstr(error, "raise ") == NULL &&
		shortage_of(START_MEMORY, why) != 0)
		str_format(error + len, 4096 - len, "; %s", why);
}

int node_start(const struct node_options *options, struct node **out, char error[4096])
{
	struct node *n = calloc(1, sizeof(*n));
	error[0] = '\0';
	if (n == NULL) {
		start_refused(-ENOMEM, error);
		config_release(options->config);
		return -ENOMEM;
	}
	timers_init(&n->timers, NULL);
	service_open(&n->service, &n->timers);
	n->config = options->config;
	n->router_thread = options->router_thread;
	n->claim = n->signals = -1;
	n->started_wall_ns = timers_wall_ns(&n->timers);
	n->started_ms = timers_now_ms(&n->timers);
	int err = node_start_parts(n, error);
	if (err) {
		start_refused(err, error);
		char refused[512]; // ports are undone with the rights that made them
		privilege_raise(&n->privilege, refused);
		node_stop(n);
		return err;
	}
	n->stage = STAGE_ALL;
	eventlog_set_feed(n->log, on_event, n);
	eventlog_set_snapshot(n->log, on_snapshot, n);
	watch_start(&n->watch, n->recorder, n->media, &n->timers);
	node_load_start(&n->load, n->config,
		&(struct node_load_env){&n->timers, n->media, n->ua, &n->watch});
	service_ready(&n->service, node_status, n);
	*out = n;
	return 0;
}

int node_run(struct node *n)
{
	return loop_run();
}

// The loop is over, but what has just been ended is still owed the word: legs, offers and calls
// go when they hear it.
static void end_calls(struct node *n)
{
	timers_run(&n->timers, timers_now_ms(&n->timers));
	unsigned legs = n->stage >= STAGE_UA ? ua_legs(n->ua) : 0, calls = calls_count(n->calls);
	if (legs > 0 || calls > 0)
		log_error("left behind at the end legs=%u calls=%u", legs, calls);
}

static void stop_store(struct node *n)
{
	live_stop(n->live);
	store_stop(n->store);
}

static void stop_calls(struct node *n)
{
	recall_stop(&n->recall);
	history_stop(&n->history);
	calls_free(n->calls);
}

void node_stop(struct node *n)
{
	enum stage s = n->stage;
	service_stopping(&n->service);
	timer_cancel(&n->drain_limit);
	if (s >= STAGE_ALL) {
		node_load_stop(&n->load);
		watch_stop(&n->watch);
		reload_stop(&n->reload);
		eventlog_set_feed(n->log, NULL, NULL);
		eventlog_set_snapshot(n->log, NULL, NULL);
	}
	if (s >= STAGE_CALLS) {
		if (calls_wake(n->calls) != NULL)
			loop_unwatch_ring(&n->loop, calls_wake(n->calls));
		calls_stop(n->calls);
		end_calls(n);
	}
	if (s >= STAGE_UA) {
		figures_stop(&n->figures);
		ua_stop(n->ua);
	}
	if (s >= STAGE_OPS)
		ops_stop(n->ops);
	if (s >= STAGE_RECORDER)
		recorder_stop(n->recorder);
	if (s >= STAGE_CALLS)
		stop_calls(n);
	ua_free(n->ua);
	if (s >= STAGE_LOG) {
		// After a start that failed, too: nobody was killed.
		eventlog_append(n->log, EVENT_NODE_STOPPED, "", NULL, "{}");
		uint64_t end = eventlog_close(n->log);
		// The last calls and recordings ended after the loop's last turn.
		if (s >= STAGE_STORE)
			store_written(n->store, end);
	}
	if (s >= STAGE_RECORDER)
		recorder_free(n->recorder);
	if (s >= STAGE_STORE)
		stop_store(n);
	if (s >= STAGE_MEDIA) {
		loop_unwatch_ring(&n->loop, media_wake(n->media));
		media_free(n->media);
	}
	if (s >= STAGE_ENGINE)
		engine_stop(n->engine);
	if (s >= STAGE_LOOP)
		loop_close(&n->loop);
	if (n->signals >= 0)
		close(n->signals);
	if (n->claim >= 0)
		close(n->claim);
	rebuild_free(&n->rebuild);
	config_release(n->config);
	service_close(&n->service);
	free(n);
}
