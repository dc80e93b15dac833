// When the host stood still: the load's own loop and, on wish, a real-time thread on other CPUs.
#pragma once

#include <stdint.h>

#define GAP_PROBES_MAX 8

struct tally;
struct gap_probe;

struct gap_watch {
	struct tally *tally;
	uint64_t min_ns, last_ns;
	struct gap_probe *probe[GAP_PROBES_MAX]; // owned
	unsigned probes;
};

// cores: "0,1" or "". 0; -EINVAL; -EPERM: no real-time priority.
int gap_watch_init(struct gap_watch *w, struct tally *tally, uint32_t min_ms, const char *cores);
void gap_watch_fini(struct gap_watch *w);
// Once a turn of the loop. due_ns: until when it meant to sleep, or now when it did not.
void gap_watch_turn(struct gap_watch *w, uint64_t due_ns, uint64_t now_ns);
