// Counts and histograms of a run, each twice: of the whole run, and of its quiet part.
//
// Time is cut into windows of 5 ms. A window is quiet when no host gap lies within 40 ms of it;
// so a window is held back until it is 80 ms old and then added to both or to the first alone.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define TALLY_WINDOW_NS 5000000ull
#define TALLY_WINDOWS	256    // held back at once
#define HISTOGRAM_FINE	10000u // of 10 µs each, then 10,000 of 1 ms
#define HISTOGRAM_SLOTS 20000u

enum tally_value {
	TALLY_SPACING,	 // between two packets of a stream
	TALLY_OFF,	 // how far that is from what their timestamps say
	TALLY_DELAY,	 // behind the stream's earliest packet, or after its stamp
	TALLY_SEND_LATE, // own packets, behind their time
	TALLY_VALUES
};

enum tally_count { TALLY_SENT, TALLY_RECEIVED, TALLY_LOST, TALLY_DOUBLE, TALLY_LATE, TALLY_COUNTS };

struct histogram {
	uint32_t slot[HISTOGRAM_SLOTS];
	uint64_t count, max_ns;
};

struct tally_part {
	struct histogram value[TALLY_VALUES];
	uint64_t count[TALLY_COUNTS];
	uint64_t windows;
};

struct tally_window;

struct tally {
	struct tally_part whole, quiet;
	struct tally_window *window; // owned, TALLY_WINDOWS, at index % TALLY_WINDOWS
	uint64_t first, next;	     // indices not yet folded, and not yet begun
	uint64_t from_ns, until_ns;  // what lies outside is not counted
	uint64_t gaps, gap_ns, gap_max_ns;
};

int tally_init(struct tally *t); // 0 or -ENOMEM
void tally_fini(struct tally *t);
void tally_begin(struct tally *t, uint64_t from_ns); // counts from that window on, all of it
void tally_add(struct tally *t, uint64_t at_ns, enum tally_value what, uint64_t value_ns);
void tally_count(struct tally *t, uint64_t at_ns, enum tally_count what, int n);
void tally_gap(struct tally *t, uint64_t begin_ns, uint64_t end_ns);
void tally_advance(struct tally *t, uint64_t now_ns); // folds what is old enough
void tally_finish(struct tally *t);		      // folds all

void histogram_record(struct histogram *h, uint64_t value_ns);
double histogram_ms(const struct histogram *h, double share); // 0.99: p99; 0 when empty
