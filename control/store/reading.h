// Questions for figures that the store's thread has in hand: a piece of one a turn, so that
// records and other questions are not held up by a long one. The store's thread only.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct store;
struct store_question;

struct readings {
	struct store *store;
	struct store_question *first, *last; // the one whose turn is next; behind whom others go
	struct store_question *over;	     // done, for the caller to answer; it is his then
};

void readings_init(struct readings *r, struct store *s);
// *q is of STORE_STATS and waits for its turn. 0, or -errno: it is not taken.
int readings_add(struct readings *r, struct store_question *q);
// Whether one waits for records behind `read`, the last one taken in: it tells all that the log had
// when it was asked.
bool readings_wait(const struct readings *r, uint64_t read);
// A piece of the one whose turn it is, which may set `over`; one that waits goes on waiting if
// `more` records may come. False: there was none.
bool readings_step(struct readings *r, uint64_t read, bool more);
// The database goes away, or the store stops: all that are in hand end with an error, one a call.
// NULL: there is none left.
struct store_question *readings_drop(struct readings *r, int error);
