// The node: starts its parts in order, hands each the others, stops them the other way round.
#include "control/node/node.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "control/config/config.h"
#include "control/eventlog/eventlog.h"
#include "control/config/files.h"
#include "control/base/loop.h"
#include "control/media/gate.h"
#include "control/rebuild/rebuild.h"
#include "control/store/store.h"
#include "control/base/timer.h"
#include "control/call/call.h"
#include "control/node/engine_setup.h"
#include "control/node/bounds.h"
#include "control/node/figures.h"
#include "control/node/files.h"
#include "control/node/folders.h"
#include "control/node/load.h"
#include "control/node/rebuild.h"
#include "control/node/registrations.h"
#include "control/node/service.h"
#include "control/node/state.h"
#include "control/node/watch.h"
#include "control/ops/ops.h"
#include "control/node/privilege.h"
#include "control/queue/floor.h"
#include "control/record/recorder.h"
#include "control/node/reload.h"
#include "control/sip/ua.h"
#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/base/shortage.h"
#include "engine/base/str.h"
#include "engine/engine.h"

LOG_TOPIC("node");

#define START_MEMORY (64u << 20) // what a part of a start takes

struct node node;

// --- what runs in the loop ---

static bool on_media(void *arg)
{
	return media_poll();
}

static bool on_router(void *arg)
{
	return calls_poll(node.calls);
}

static void on_log(int flags, void *arg)
{
	eventlog_poll(node.log);
	store_written(node.store, eventlog_written(node.log));
}

static void on_store(int flags, void *arg)
{
	store_poll(node.store);
}

static void on_recorder(int flags, void *arg)
{
	recorder_poll(node.recorder);
}

static void on_ops(int flags, void *arg)
{
	ops_poll(node.ops);
}

static void on_passed(uint64_t sequence, void *arg)
{
	eventlog_passed(node.log, sequence);
}

static void on_store_trouble(enum store_trouble kind, const char *text, bool over, void *arg)
{
	watch_trouble(store_topic(kind), text, over);
}

static void on_event(const struct event *e, void *arg)
{
	ops_event(node.ops, e);
}

static bool on_snapshot(struct eventlog *log, struct eventlog_place *place, void *arg)
{
	if (place->part < CALLS_SNAPSHOT_PARTS) {
		calls_snapshot(node.calls, log, place);
		return true;
	}
	if (place->part > CALLS_SNAPSHOT_PARTS)
		return figures_snapshot(log, &place->at);
	if (!registrations_snapshot(log, calls_floor(node.calls), &place->at))
		*place = (struct eventlog_place){.part = CALLS_SNAPSHOT_PARTS + 1};
	return true;
}

// --- starting, part by part ---

static int start_loop(char error[4096])
{
	int files = files_raise(node.config, error);
	if (files < 0)
		return files;
	int err = loop_init(files);
	if (err) {
		str_format(error, 4096, "cannot start the event loop: %s", strerror(-err));
		return err;
	}
	node.stage = STAGE_LOOP;
	return 0;
}

static int start_engine(char error[4096])
{
	struct engine_config *setup = calloc(1, sizeof(*setup));
	if (setup == NULL)
		return -ENOMEM;
	int err = engine_setup(node.config, setup, error);
	if (!err)
		err = privilege_raise(&node.privilege, error);
	if (!err)
		err = engine_start(setup, &node.engine, error);
	free(setup);
	if (err)
		return err;
	node.stage = STAGE_ENGINE;
	return privilege_lower(&node.privilege, error);
}

static int start_media(char error[4096])
{
	struct media_prompts *prompts;
	char *problems = NULL;
	int err = media_start(engine_gate(node.engine), node.config);
	if (err) {
		str_format(error, 4096, "cannot set up voices: %s", strerror(-err));
		return err;
	}
	node.stage = STAGE_MEDIA;
	err = media_prompts_load(node.config, &prompts, &problems);
	if (err) {
		str_copy(error, 4096, problems ? problems : strerror(-err));
		free(problems);
		return err;
	}
	media_prompts_publish(prompts);
	return loop_watch_ring(media_wake(), on_media, NULL);
}

static int start_log(char error[4096])
{
	struct eventlog_options options = node_log_options(node.config);
	struct eventlog_report report = {0};
	const int claim = node.claim;
	options.claim = claim < 0 ? NULL : &claim;
	node.claim = -1;
	int err = eventlog_open(&options, &node.log, &report);
	if (err) {
		str_copy(error, 4096, report.error);
		return err;
	}
	node.stage = STAGE_LOG;
	node.log_found = report.last_sequence;
	if (report.torn_bytes > 0)
		log_warn("event log: a torn tail was cut bytes=%llu",
			(unsigned long long)report.torn_bytes);
	watch_open(node.log);
	node_log_restart(node.log, &node.rebuild);
	return loop_watch(eventlog_fd(node.log), LOOP_READ, on_log, NULL);
}

static int start_store(char error[4096])
{
	const struct store_options options = {
		.directory = node.config->store.directory,
		.recordings = node.config->recording.directory,
		.bounds = node_store_bounds(node.config),
		// No completion has been looked at since it was opened.
		.log_end = eventlog_written(node.log),
	};
	int err = store_start(&options, &node.store, error);
	if (err)
		return err;
	node.stage = STAGE_STORE;
	store_set_passed(node.store, on_passed, NULL);
	store_set_trouble(node.store, on_store_trouble, NULL);
	store_written(node.store, eventlog_written(node.log));
	return loop_watch(store_fd(node.store), LOOP_READ, on_store, NULL);
}

static int start_recorder(char error[4096])
{
	int err = recorder_start(node.config, engine_tap(node.engine), &node.recorder, error);
	if (err)
		return err;
	node.stage = STAGE_RECORDER;
	recorder_set_log(node.recorder, node.log, node.log_found);
	return loop_watch(recorder_fd(node.recorder), LOOP_READ, on_recorder, NULL);
}

static int start_calls(char error[4096])
{
	const struct calls_env env = {
		.node = node.config->node,
		.config = node.config,
		.log = node.log,
		.recorder = node.recorder,
		.router_thread = node.router_thread,
	};
	int err = calls_start(&env, &node.calls);
	if (err) {
		str_format(error, 4096, "cannot set up calls: %s", strerror(-err));
		return err;
	}
	node.stage = STAGE_CALLS;
	if (calls_wake(node.calls) != NULL)
		err = loop_watch_ring(calls_wake(node.calls), on_router, NULL);
	node_restore_agents(calls_floor(node.calls), &node.rebuild);
	floor_figures_restore(calls_floor(node.calls), &node.rebuild);
	node_restore_recordings(node.calls, node.recorder, &node.rebuild);
	return err;
}

static int start_ua(char error[4096])
{
	node.handlers = *calls_handlers(node.calls);
	node.handlers.binding = registrations_binding;
	node.handlers.lockout = registrations_lockout;
	node.handlers.trunk_counted = figures_trunk_counted;
	registrations_start(node.log);
	figures_start(node.log);
	int err = privilege_raise(&node.privilege, error); // for ports below 1024
	if (err)
		return err;
	err = ua_start(node.config, &node.handlers);
	if (err == -ENOMEM)
		return err;
	if (err) {
		str_format(error, 4096,
			"cannot listen for SIP: %s; the lines above say where, sip.listen is where "
			"to "
			"change it",
			strerror(-err));
		return err;
	}
	node.stage = STAGE_UA;
	err = privilege_lower(&node.privilege, error);
	registrations_restore(&node.rebuild);
	figures_restore_trunks(&node.rebuild);
	return err;
}

static int start_ops(char error[4096])
{
	const struct ops_env env = {
		.config = node.config,
		.calls = node.calls,
		.log = node.log,
		.store = node.store,
		.recorder = node.recorder,
		.load = node_load(),
		.files = node_files(),
		.started_wall_ns = node.started_wall_ns,
		.started_ms = node.started_ms,
		.node = &node,
		.reload = node_reload,
		.drain = node_drain,
		.draining = node_is_draining,
		.drain_cancel = node_drain_cancel,
		.not_ready = node_not_ready,
	};
	const char *path = node.config->control.socket;
	bool foreign = privilege_foreign_folder(&node.privilege, path);
	int err = foreign ? privilege_raise(&node.privilege, error) : 0;
	if (!err)
		err = ops_start(&env, &node.ops, error);
	if (err)
		return err;
	node.stage = STAGE_OPS;
	if (foreign)
		err = privilege_give(&node.privilege, path, error);
	if (!err && foreign)
		err = privilege_lower(&node.privilege, error);
	if (err)
		return err;
	return loop_watch(ops_fd(node.ops), LOOP_READ, on_ops, NULL);
}

static int start_shares(char error[4096])
{
	return node_files_share(node.config, error);
}

static int start_signals(char error[4096])
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	node.signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (node.signals < 0) {
		str_format(error, 4096, "cannot watch signals: %s", strerror(errno));
		return -errno;
	}
	return loop_watch(node.signals, LOOP_READ, node_on_signal, &node);
}

static int start_folders(char error[4096])
{
	int err = node_folders(&node.privilege, node.config, &node.claim, error);
	if (!err)
		err = node_read_log(node.config, node.started_wall_ns, &node.rebuild, error);
	return err;
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

int node_start(const struct node_options *options, char error[4096])
{
	static int (*const parts[])(char error[4096]) = {
		start_folders,
		start_loop,
		start_engine,
		start_media,
		start_log,
		start_store,
		start_recorder,
		start_calls,
		start_ua,
		start_ops,
		start_signals,
		start_shares,
	};
	memset(&node, 0, sizeof(node));
	service_open();
	node.config = options->config;
	node.router_thread = options->router_thread;
	node.claim = -1;
	node.started_wall_ns = timers_wall_ns();
	node.started_ms = timers_now_ms();
	error[0] = '\0';
	int err = 0;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && !err; i++)
		err = parts[i](error);
	if (!err)
		err = privilege_drop(&node.privilege, error);
	if (err) {
		start_refused(err, error);
		char refused[512]; // ports are undone with the rights that made them
		privilege_raise(&node.privilege, refused);
		node_stop();
		return err;
	}
	node.stage = STAGE_ALL;
	eventlog_set_feed(node.log, on_event, NULL);
	eventlog_set_snapshot(node.log, on_snapshot, NULL);
	watch_start(node.recorder);
	node_load_start(node.config);
	service_ready();
	return 0;
}

int node_run(void)
{
	return loop_run();
}

// The loop is over, but what has just been ended is still owed the word: legs, offers and calls
// go when they hear it.
static void end_calls(void)
{
	timers_run(timers_now_ms());
	unsigned legs = node.stage >= STAGE_UA ? ua_legs() : 0, calls = calls_count(node.calls);
	if (legs > 0 || calls > 0)
		log_error("left behind at the end legs=%u calls=%u", legs, calls);
}

void node_stop(void)
{
	enum stage s = node.stage;
	service_stopping();
	timer_cancel(&node.drain_limit);
	if (s >= STAGE_ALL) {
		node_load_stop();
		watch_stop();
		reload_stop();
		eventlog_set_feed(node.log, NULL, NULL);
		eventlog_set_snapshot(node.log, NULL, NULL);
	}
	if (s >= STAGE_CALLS) {
		if (calls_wake(node.calls) != NULL)
			loop_unwatch_ring(calls_wake(node.calls));
		calls_stop(node.calls);
		end_calls();
	}
	if (s >= STAGE_UA) {
		figures_stop();
		ua_stop();
	}
	if (s >= STAGE_OPS)
		ops_stop(node.ops);
	if (s >= STAGE_RECORDER)
		recorder_stop(node.recorder);
	if (s >= STAGE_CALLS)
		calls_free(node.calls);
	if (s >= STAGE_LOG) {
		// After a start that failed, too: nobody was killed.
		eventlog_append(node.log, EVENT_NODE_STOPPED, "", NULL, "{}");
		uint64_t end = eventlog_close(node.log);
		// The last calls and recordings ended after the loop's last turn.
		if (s >= STAGE_STORE)
			store_written(node.store, end);
	}
	if (s >= STAGE_RECORDER)
		recorder_free(node.recorder);
	if (s >= STAGE_STORE)
		store_stop(node.store);
	if (s >= STAGE_MEDIA) {
		loop_unwatch_ring(media_wake());
		media_stop();
	}
	if (s >= STAGE_ENGINE)
		engine_stop(node.engine);
	if (s >= STAGE_LOOP)
		loop_close();
	if (node.claim >= 0)
		close(node.claim);
	rebuild_free(&node.rebuild);
	config_release(node.config);
	memset(&node, 0, sizeof(node));
	service_close();
}
