// Reading the configuration and its prompts anew without stopping the control thread: a thread
// that lives for one reload loads both and hands them over by an eventfd.
#pragma once

#include <pthread.h>
#include <stdbool.h>

#include "control/config/report/differ.h"

struct config;
struct media_prompts;

struct reload_result {
	int error;			     // 0 or -errno
	char *problems;			     // on failure, one a line; the handler frees it
	struct config *config;		     // on success: the handler's
	struct media_prompts *prompts;	     // on success: the handler's
	struct config_difference difference; // on success: what is other than before
};
typedef void reload_done_h(const struct reload_result *result, void *arg);

struct reload { // one at a time; zeroed is at rest
	bool busy;
	int efd;
	pthread_t thread;
	const struct config *previous;
	reload_done_h *done;
	void *arg;
	struct reload_result result; // written by the thread before it writes efd
};

// Control thread, inside the loop; done is called from it. -EBUSY: one is under way.
int reload_start(
	struct reload *reload, const struct config *previous, reload_done_h *done, void *arg);
void reload_stop(struct reload *reload); // waits for one that is under way and forgets it
void reload_say_why(const struct reload_result *r); // in the log, a line for each problem
