// What a queue, an agent or a trunk has counted. Figures go on over restarts: whoever counts writes
// them into the event log after each change, as records that are no news, and a start reads the
// last of each (rebuild.h). They begin when something is first counted, and are never set back.
#pragma once

#include <stdint.h>

#include "control/base/timer.h"

struct eventlog;
struct json_t;

#define FIGURES_EVERY_MS 20 // at most so often is one written

enum figures_of { FIGURES_QUEUE, FIGURES_AGENT, FIGURES_TRUNK, FIGURES_KINDS };

struct figures {
	uint64_t since; // wall clock in ns; 0: nothing was counted yet
	uint64_t joined, offered, answered, abandoned, timed_out, refused, removed;
	uint64_t in_level, waited_ms, waited_max_ms;
	uint64_t missed, talked_ms;
	uint64_t calls, rejected, last; // last: wall clock in ns
	uint64_t calls_out, failed_out;
	char last_source[64]; // address and port as text
};

void figures_write(struct eventlog *log, enum figures_of of, const char *tenant, const char *name,
	const struct figures *n);
// Of such a record's body; FIGURES_KINDS: it is none. *name points into it.
enum figures_of figures_read(const struct json_t *body, const char **name, struct figures *out);

// When what has changed is written: at once where it is calm, as what is told to people must not be
// gone after a kill.
struct figures_pace {
	struct timers *timers;
	struct eventlog *log;
	void (*write)(void *arg); // what has changed
	void *arg;
	struct timer timer;
	uint64_t wrote_ms;
};

void figures_counted(struct figures_pace *p); // something has changed
void figures_flush(struct figures_pace *p);   // writes now
