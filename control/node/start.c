// A start, part by part: each is handed those before it, and what it says goes where it belongs.
#include "control/node/state.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>

#include "control/config/config.h"
#include "control/eventlog/eventlog.h"
#include "control/base/loop.h"
#include "control/media/gate.h"
#include "control/rebuild/rebuild.h"
#include "control/live/live.h"
#include "control/store/store.h"
#include "control/call/call.h"
#include "control/node/engine_setup.h"
#include "control/node/bounds.h"
#include "control/node/figures.h"
#include "control/node/files.h"
#include "control/node/folders.h"
#include "control/node/rebuild.h"
#include "control/node/registrations.h"
#include "control/queue/floor.h"
#include "control/record/recorder.h"
#include "control/sip/ua.h"
#include "engine/base/log.h"
#include "engine/base/str.h"
#include "engine/engine.h"

LOG_TOPIC("node");

// --- what runs in the loop ---

static bool on_media(void *arg)
{
	return media_poll(((struct node *)arg)->media);
}

static bool on_router(void *arg)
{
	const struct node *n = arg;
	return calls_poll(n->calls);
}

static void on_log(int flags, void *arg)
{
	struct node *n = arg;
	eventlog_poll(n->log);
	store_written(n->store, eventlog_written(n->log));
}

static void on_store(int flags, void *arg)
{
	struct node *n = arg;
	store_poll(n->store);
}

static void on_recorder(int flags, void *arg)
{
	struct node *n = arg;
	recorder_poll(n->recorder);
}

static void on_ops(int flags, void *arg)
{
	struct node *n = arg;
	ops_poll(n->ops);
}

static void on_passed(uint64_t sequence, void *arg)
{
	struct node *n = arg;
	eventlog_passed(n->log, sequence);
	recall_passed(&n->recall, sequence);
}

static void on_store_trouble(enum store_trouble kind, const char *text, bool over, void *arg)
{
	struct node *n = arg;
	watch_trouble(&n->watch, store_topic(kind), text, over);
}

// --- what the user agent tells ---

static void on_binding(const struct ua_registration *r, const char *gone, void *arg)
{
	struct node *n = arg;
	registrations_binding(r, gone, n->log);
}

static void on_lockout(const struct ua_lockout *l, void *arg)
{
	struct node *n = arg;
	registrations_lockout(l, n->log);
}

static void on_trunk_counted(void *arg)
{
	struct node *n = arg;
	figures_trunk_counted(&n->figures);
}

// --- the parts ---

static int start_loop(struct node *n, char error[4096])
{
	int files = files_raise(n->config, error);
	if (files < 0)
		return files;
	int err = loop_init(&n->loop, &n->timers, files);
	if (err) {
		str_format(error, 4096, "cannot start the event loop: %s", strerror(-err));
		return err;
	}
	n->stage = STAGE_LOOP;
	return 0;
}

static int start_engine(struct node *n, char error[4096])
{
	struct engine_config *setup = calloc(1, sizeof(*setup));
	if (setup == NULL)
		return -ENOMEM;
	int err = engine_setup(n->config, setup, error);
	if (!err)
		err = privilege_raise(&n->privilege, error);
	if (!err)
		err = engine_start(setup, &n->engine, error);
	free(setup);
	if (err)
		return err;
	n->stage = STAGE_ENGINE;
	return privilege_lower(&n->privilege, error);
}

static int start_media(struct node *n, char error[4096])
{
	struct media_prompts *prompts;
	char *problems = NULL;
	int err = media_new(engine_gate(n->engine), n->config, &n->timers, &n->media);
	if (err) {
		str_format(error, 4096, "cannot set up voices: %s", strerror(-err));
		return err;
	}
	n->stage = STAGE_MEDIA;
	err = media_prompts_load(n->config, &prompts, &problems);
	if (err) {
		str_copy(error, 4096, problems ? problems : strerror(-err));
		free(problems);
		return err;
	}
	media_prompts_publish(n->media, prompts);
	return loop_watch_ring(&n->loop, media_wake(n->media), on_media, n);
}

static int start_log(struct node *n, char error[4096])
{
	struct eventlog_options options = node_log_options(n->config);
	struct eventlog_report report = {0};
	options.timers = &n->timers;
	const int claim = n->claim;
	options.claim = claim < 0 ? NULL : &claim;
	n->claim = -1;
	int err = eventlog_open(&options, &n->log, &report);
	if (err) {
		str_copy(error, 4096, report.error);
		return err;
	}
	n->stage = STAGE_LOG;
	n->log_found = report.last_sequence;
	if (report.torn_bytes > 0)
		log_warn("event log: a torn tail was cut bytes=%llu",
			(unsigned long long)report.torn_bytes);
	watch_open(&n->watch, n->log);
	node_log_restart(n->log, &n->watch, &n->rebuild);
	return loop_watch(eventlog_fd(n->log), LOOP_READ, on_log, n);
}

#define STORE_GATHER_MS 100 // what history lags behind, while nobody asks for it

static int start_store(struct node *n, char error[4096])
{
	const struct store_options options = {
		.directory = n->config->store.directory,
		.recordings = n->config->recording.directory,
		.bounds = node_store_bounds(n->config),
		.gather_ms = STORE_GATHER_MS,
		// No completion has been looked at since it was opened.
		.log_end = eventlog_written(n->log),
	};
	int err = store_start(&options, &n->store, error);
	if (err)
		return err;
	n->stage = STAGE_STORE;
	store_set_passed(n->store, on_passed, n);
	store_set_trouble(n->store, on_store_trouble, n);
	store_written(n->store, eventlog_written(n->log));
	err = live_start(n->store, &n->timers, &n->live);
	if (err)
		return err;
	return loop_watch(store_fd(n->store), LOOP_READ, on_store, n);
}

static int start_recorder(struct node *n, char error[4096])
{
	int err = recorder_start(n->config, engine_tap(n->engine), &n->recorder, error);
	if (err)
		return err;
	n->stage = STAGE_RECORDER;
	recorder_set_log(n->recorder, n->log, n->log_found);
	return loop_watch(recorder_fd(n->recorder), LOOP_READ, on_recorder, n);
}

static int start_calls(struct node *n, char error[4096])
{
	n->ua = ua_new();
	if (n->ua == NULL)
		return -ENOMEM;
	const struct calls_env env = {
		.timers = &n->timers,
		.media = n->media,
		.node = n->config->node,
		.config = n->config,
		.log = n->log,
		.recorder = n->recorder,
		.ua = n->ua,
		.history = {history_ask, &n->history},
		.router_thread = n->router_thread,
		.troubles = &n->watch.troubles,
	};
	history_start(&n->history, n->store);
	int err = calls_start(&env, &n->calls);
	if (err) {
		str_format(error, 4096, "cannot set up calls: %s", strerror(-err));
		return err;
	}
	n->stage = STAGE_CALLS;
	n->history.calls = n->calls;
	if (calls_wake(n->calls) != NULL)
		err = loop_watch_ring(&n->loop, calls_wake(n->calls), on_router, n);
	node_restore_agents(calls_floor(n->calls), &n->rebuild, timers_wall_ns(&n->timers));
	floor_figures_restore(calls_floor(n->calls), &n->rebuild);
	floor_last_restore(calls_floor(n->calls), &n->rebuild);
	recall_start(&n->recall,
		&(struct recall_env){n->store, calls_floor(n->calls), &n->timers, n->log_found});
	node_restore_recordings(n->calls, n->recorder, &n->rebuild);
	return err;
}

static int start_ua(struct node *n, char error[4096])
{
	n->handlers = *calls_handlers(n->calls);
	n->handlers.binding = on_binding;
	n->handlers.lockout = on_lockout;
	n->handlers.trunk_counted = on_trunk_counted;
	n->handlers.told_arg = n;
	figures_start(&n->figures, n->ua, n->log, &n->timers);
	int err = privilege_raise(&n->privilege, error); // for ports below 1024
	if (err)
		return err;
	err = ua_start(n->ua, &(struct ua_env){&n->timers, n->media, n->config, &n->handlers});
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
	n->stage = STAGE_UA;
	err = privilege_lower(&n->privilege, error);
	registrations_restore(n->ua, &n->rebuild);
	node_absent_agents(calls_floor(n->calls), &n->rebuild);
	figures_restore_trunks(n->ua, &n->rebuild);
	return err;
}

static int start_ops(struct node *n, char error[4096])
{
	const struct ops_env env = {
		.timers = &n->timers,
		.media = n->media,
		.config = n->config,
		.calls = n->calls,
		.ua = n->ua,
		.log = n->log,
		.store = n->store,
		.live = n->live,
		.recorder = n->recorder,
		.load = &n->load.load,
		.files = &n->files,
		.started_wall_ns = n->started_wall_ns,
		.started_ms = n->started_ms,
		.node = n,
		.reload = node_reload,
		.drain = node_drain,
		.draining = node_is_draining,
		.drain_cancel = node_drain_cancel,
		.not_ready = node_not_ready,
	};
	const char *path = n->config->control.socket;
	bool foreign = privilege_foreign_folder(&n->privilege, path);
	int err = foreign ? privilege_raise(&n->privilege, error) : 0;
	if (!err)
		err = ops_start(&env, &n->ops, error);
	if (err)
		return err;
	n->stage = STAGE_OPS;
	if (foreign)
		err = privilege_give(&n->privilege, path, error);
	if (!err && foreign)
		err = privilege_lower(&n->privilege, error);
	if (err)
		return err;
	return loop_watch(ops_fd(n->ops), LOOP_READ, on_ops, n);
}

static int start_shares(struct node *n, char error[4096])
{
	return node_files_share(n->ua, n->config, &n->files, error);
}

static int start_signals(struct node *n, char error[4096])
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	n->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (n->signals < 0) {
		str_format(error, 4096, "cannot watch signals: %s", strerror(errno));
		return -errno;
	}
	return loop_watch(n->signals, LOOP_READ, node_on_signal, n);
}

static int start_folders(struct node *n, char error[4096])
{
	int err = node_folders(&n->privilege, n->config, &n->claim, error);
	if (!err)
		err = node_read_log(n->config, n->started_wall_ns, &n->rebuild, error);
	return err;
}

// What was begun is stopped by node_stop, also where it failed.
int node_start_parts(struct node *n, char error[4096])
{
	static int (*const parts[])(struct node * n, char error[4096]) = {
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
	int err = 0;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && !err; i++)
		err = parts[i](n, error);
	return err ? err : privilege_drop(&n->privilege, error);
}
