// A node's load as one figure: of four signs of trouble, the one that is nearest to its limit.
//
//     busy    share of a worker's time that went to work
//     late    p99 of how late a worker's sub-slots began, what the host cost apart
//     missed  packets that were lost before the engine saw them, of those that came
//     stolen  share of a worker's time that went to others: what interrupts and other threads took
//             while it looked, with the gaps that it saw or the steal of /proc/stat, whichever is
//             more
//
// Each is taken over the last second and told as percent of its limit. From limits.from_percent
// on some of the new calls are refused, evenly spread, and at 100 % all of them, so that those in
// progress do not suffer and the load settles instead of swinging. Overload begins when two
// samples in a row are above from_percent and ends after a second below it. Pure arithmetic:
// samples of counters go in, time with them.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/bounds.h"

#define LOAD_STEP_MS   100
#define LOAD_WINDOW_MS 1000
#define LOAD_CALM_MS   1000
#define LOAD_SAMPLES   (LOAD_WINDOW_MS / LOAD_STEP_MS + 1)

enum load_sign { LOAD_BUSY, LOAD_LATE, LOAD_MISSED, LOAD_STOLEN, LOAD_SIGNS };

struct load_limits { // 0: this sign does not count
	unsigned busy_percent, late_ms, missed_permille, stolen_percent;
	unsigned from_percent; // of the load
};

// Counters since the start.
struct load_worker {
	uint64_t busy_ns, gap_ns;
	uint64_t watched_ns, taken_ns; // of what it watched, others took so much
	uint64_t steal, cpu;	       // of its CPU, in the kernel's ticks; cpu: all its time
	uint32_t late[LATE_CLASSES];
};
struct load_sample {
	uint64_t at_ms;
	uint64_t rx_packets, rx_missed; // all ports
	struct load_worker worker[WORKERS_MAX];
};

struct load_figures { // of a worker
	unsigned busy_permille, late_us, stolen_permille;
	unsigned percent; // the nearest to its limit
};

struct load {
	struct load_limits limits;
	unsigned workers;
	struct load_sample sample[LOAD_SAMPLES]; // a ring
	unsigned head, count;			 // head: the next one to fill
	unsigned high;				 // samples in a row that are too high
	uint64_t calm_since_ms;			 // 0: not calm
	// What it says.
	struct load_figures worker[WORKERS_MAX];
	unsigned missed_permille;
	unsigned percent[LOAD_SIGNS]; // of the limits, the worst worker's
	enum load_sign sign;	      // the largest of them
	bool over;
	unsigned refuse_percent; // of new calls
	uint64_t since_ms;	 // when over began or ended last
};

void load_init(struct load *l, unsigned workers);
struct load_sample *load_fill(struct load *l); // all zero, for the caller to fill …
bool load_take(struct load *l);		       // … and this judges; true: overload began or ended
unsigned load_percent(const struct load *l);
const char *load_sign_name(enum load_sign sign);
