// A node's load as one figure: of three signs of trouble, the one that is nearest to its limit.
//
//     busy    share of a worker's time that went to work, of what interrupts and other threads
//             leave it
//     late    p99 of how late a worker's sub-slots began, what the host cost apart
//     missed  packets that were lost before the engine saw them, of those that came
//
// These are what callers hear, or would hear with more of them. Each is taken over the last second
// and told as percent of its limit; late is what three tenths of that second reached, so that one
// hiccup of the host is none. From limits.from_percent on some of the new calls are refused, evenly
// spread, and at 100 % all of them, so that those in progress do not suffer and the load settles
// instead of swinging. Overload begins when two samples in a row are above from_percent and ends
// after a second below it. Pure arithmetic: samples of counters go in, time with them.
//
// What the host takes (stolen: gaps that a worker saw, or the steal of /proc/stat, whichever is
// more, with what interrupts and other threads take) refuses nobody: a worker with little to do
// does well on half a CPU, and one with much is busy or late. It is measured to be warned of.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/base/spell.h"
#include "engine/bounds.h"

#define LOAD_STEP_MS	  100
#define LOAD_WINDOW_MS	  1000
#define LOAD_CALM_MS	  1000
#define LOAD_SAMPLES	  (LOAD_WINDOW_MS / LOAD_STEP_MS + 1)
#define LOAD_TOLD_CALM_MS 10000	 // without overload, before it is told to be over
#define STOLEN_CALM_MS	  60000	 // and the same of stolen time
#define STOLEN_OVER_MS	  10000	 // what is stolen is a moving average of so long
#define LOAD_CALM_MAX_MS  600000 // of what keeps coming back

enum load_sign { LOAD_BUSY, LOAD_LATE, LOAD_MISSED, LOAD_SIGNS };

struct load_limits { // 0: this sign does not count
	unsigned busy_percent, late_ms, missed_permille;
	unsigned stolen_percent; // from here on it is warned of
	unsigned from_percent;	 // of the load
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
	unsigned used_permille; // busy, of what others leave it
	unsigned percent;	// the nearest to its limit
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
	unsigned stolen_micro;	 // moving average of the worst worker's, in millionths
	// What is told: slower than over, so that nothing that swings is told with each swing.
	struct spell overload, stolen;
};

enum load_turn { LOAD_TURN_OVERLOAD = 1, LOAD_TURN_STOLEN = 2 }; // began to stand, or ended

void load_init(struct load *l, unsigned workers);
struct load_sample *load_fill(struct load *l); // all zero, for the caller to fill …
unsigned load_take(struct load *l);	       // … and this judges; turns of what is told
unsigned load_percent(const struct load *l);
const char *load_sign_name(enum load_sign sign);
