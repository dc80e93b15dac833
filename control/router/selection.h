// Who of the ready members is offered a caller, and who else could have been.
#pragma once

#include <stdint.h>

#include "control/router/router.h"

struct caller;
struct line;
struct member;

#define SELECTION_MAX (ROUTER_EXPLAINED + ROUTER_CANDIDATES_MORE)

struct selection {
	struct member *chosen; // who is the first of those below, …
	uint64_t key;	       // … and where it stands
	unsigned count;
	unsigned willing; // of these, who did not refuse the caller before: they come first
	uint32_t ready;	  // that match, these included
	struct router_candidate candidates[SELECTION_MAX]; // the best of them, the best first
};

// Of a line that a ready member matches. A draw by weights moves on.
void select_ready(const struct caller *c, uint64_t now_ms, struct selection *out);
// Of one that is the only one and does not stand among the ready.
void select_alone(struct member *m, const struct line *l, uint64_t now_ms, struct selection *out);
