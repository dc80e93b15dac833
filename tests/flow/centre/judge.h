// What the centre is held to, from outside: the news, the messages of phones, what is heard.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct plan;
struct sim_caller;

struct judge_counts { // over all worlds
	uint64_t offers, connected, dropped, elsewhere, looks;
};

// The callers are named by their place: c0 …; in a world that is slow news need a while.
void judge_begin(const struct plan *plan, struct sim_caller *const *callers, bool slow);
void judge_end(bool killed);	     // queues have counted what was seen; frees
void judge_before_reload(void);	     // while the plan is still in force
void judge_reloads(void);	     // the plan is another one from now on
void judge_killed(void);	     // and all that stood in memory is gone
void judge_look(void);		     // at rest: nothing is due at this moment any more
bool judge_in_vain(unsigned caller); // it waits, and by the plan nobody takes it
const struct judge_counts *judge_counts(void);
