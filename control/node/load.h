// The node's load, taken ten times a second: while it is past its limits new calls are refused.
#pragma once

#include <stdint.h>

#include "control/base/load.h"
#include "control/base/timer.h"

struct config;
struct media;
struct ua;
struct watch;

struct load_cpu { // of /proc/stat
	uint64_t steal, all;
};

struct node_load_env {
	struct timers *timers;
	struct media *media;
	struct ua *ua;	     // refuses calls
	struct watch *watch; // hears of an overload
};

struct node_load {
	struct node_load_env env;
	struct load load;
	struct timer timer;
	unsigned steps;
	int stat;
	struct load_cpu cpu[WORKERS_MAX]; // of each worker's
	uint64_t refused;		  // when the overload began
	char text[32768];		  // of /proc/stat
};

void node_load_start(
	struct node_load *n, const struct config *config, const struct node_load_env *env);
void node_load_configure(struct node_load *n, const struct config *config);
void node_load_stop(struct node_load *n);
