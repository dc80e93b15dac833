// What a turn of the loop does once, at its end, however often it is asked for: a batch is sent, a
// write is begun. Below the loop (control/base/loop.h), for rooms that libre is no matter of.
#pragma once

#include <stdbool.h>

#include "engine/base/dlist.h"

// fn runs when the turn's handlers have, before the loop sleeps or ends. Zeroed but for fn, arg and
// first; in its owner, who takes it back before the memory goes. Asked for again by fn itself, it
// runs after the next turn, which comes within a millisecond.
struct loop_late {
	struct dlist link;
	bool due;
	bool first; // before those that are not
	void (*fn)(void *arg);
	void *arg;
};
bool loop_later(struct loop_late *l); // false: no loop runs, and nobody would call fn
void loop_never(struct loop_late *l); // harmless when it is not due

// --- the loop's own ---
void late_begin(struct dlist *list); // from here on there is a turn; the list stays the loop's
bool late_run(void);		     // the turn ends; true: some want another one
void late_end(void);		     // who asked again is forgotten: there is no next turn
