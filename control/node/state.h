// The node's parts, shared by node.c, which starts and stops them, turns.c and ready.c.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/rebuild/rebuild.h"
#include "control/base/loop.h"
#include "control/base/timer.h"
#include "control/config/files.h"
#include "control/node/figures.h"
#include "control/node/history.h"
#include "control/ops/ops.h"
#include "control/node/load.h"
#include "control/node/privilege.h"
#include "control/node/recall.h"
#include "control/node/reload.h"
#include "control/node/service.h"
#include "control/node/watch.h"
#include "control/sip/ua.h"

enum stage { // what has been started, in order: node_stop stops from here down
	STAGE_NONE,
	STAGE_LOOP,
	STAGE_ENGINE,
	STAGE_MEDIA,
	STAGE_LOG,
	STAGE_STORE,
	STAGE_RECORDER,
	STAGE_CALLS,
	STAGE_UA,
	STAGE_OPS,
	STAGE_ALL,
};

struct node {
	struct timers timers;
	struct loop loop;
	enum stage stage;
	struct privilege privilege;
	struct config *config;
	struct engine *engine;
	struct media *media;
	int claim; // of the store's folder, until the log has it; -1: none
	struct eventlog *log;
	uint64_t log_found; // its last sequence when it was opened
	struct store *store;
	struct live *live;
	struct recorder *recorder;
	struct calls *calls;
	struct node_history history;
	struct recall recall;
	struct ua *ua;
	struct ops *ops;
	struct rebuild rebuild;
	struct ua_handlers handlers;
	struct service service;
	struct watch watch;
	struct node_load load;
	struct trunk_figures figures; // of the trunks
	struct files files;
	struct reload reload;
	int signals; // signalfd
	bool draining, ending, router_thread;
	struct timer drain_limit;
	struct ops_who reload_by;
	void (*reloaded)(int error, const char *problems, void *arg);
	void *reloaded_arg;
	uint64_t started_wall_ns, started_ms;
};

// In order; where one fails, what was begun is left to node_stop. 0, or -errno with a sentence.
int node_start_parts(struct node *n, char error[4096]);
void node_drain(struct node *n, const struct ops_who *who); // again: nothing
bool node_is_draining(const struct node *n);
// Takes a drain back. 0; -EALREADY: it does not drain; -EBUSY: it ends already; -EPERM: its service
// manager stops it, and would end it by force.
int node_drain_cancel(struct node *n, const struct ops_who *who);
const char *node_not_ready(const struct node *n); // one sentence; NULL: it takes calls
void node_status(char text[SERVICE_TEXT_MAX], const void *node); // for the service manager
// Reads the configuration anew; done is called once, from the loop. 0, or -EBUSY: one is under way.
int node_reload(struct node *n, const struct ops_who *who,
	void (*done)(int error, const char *problems, void *arg), void *arg);
void node_on_signal(int flags, void *arg);
