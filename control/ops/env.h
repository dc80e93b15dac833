// The node that operations ask and steer: what main wired, and what the node does when it is told.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/ops/who.h"

struct calls;
struct config;
struct eventlog;
struct files;
struct live;
struct load;
struct media;
struct node;
struct recorder;
struct store;
struct timers;
struct ua;

struct ops_env {
	struct timers *timers;
	struct media *media;
	struct config *config; // in force; ops_configure replaces it
	struct calls *calls;
	struct ua *ua;
	struct eventlog *log;
	struct store *store;
	struct live *live; // NULL: no figures of the last minutes
	struct recorder *recorder;
	const struct load *load;
	const struct files *files;
	uint64_t started_wall_ns, started_ms; // the latter by timers_now_ms
	struct node *node;		      // whose the functions below are
	// Reads the configuration anew without blocking; done is called (once, from the loop) with
	// 0 or -errno and, on failure, what is wrong, one problem a line. -EBUSY: one is under way.
	int (*reload)(struct node *n, const struct ops_who *who,
		void (*done)(int error, const char *problems, void *arg), void *arg);
	void (*drain)(struct node *n, const struct ops_who *who);
	bool (*draining)(const struct node *n);
	// Takes a drain back: 0, -EALREADY: there is none, -EBUSY: the node ends already, -EPERM:
	// its service manager stops it.
	int (*drain_cancel)(struct node *n, const struct ops_who *who);
	const char *(*not_ready)(const struct node *n); // one sentence; NULL: it takes calls
};
