// The tables of states as people read them, and how much of each the tests have reached.
#pragma once

#include <stdio.h>

#include "engine/base/machine.h"

extern const struct machine *const machines[];		// all there are, NULL behind the last
extern const struct machine agent_machine;		// control/router/agent.h
extern const struct machine call_machine;		// control/call/call_private.h
extern const struct machine dialog_machine;		// control/sip/dialog/leg.h
extern const struct machine leg_machine, offer_machine; // control/call

void tables_print(FILE *out); // Markdown
// The page of this path with the tables as they are now, or NULL: there is none, or it has no place
// for them. malloc'd; *kept is the page as it is.
char *tables_page(const char *path, char **kept);

struct tables_share {
	unsigned reached, reachable, cannot;
};
// By the notes in this folder; unreached cells are told to out.
struct tables_share tables_reached(const struct machine *m, const char *folder, FILE *out);
