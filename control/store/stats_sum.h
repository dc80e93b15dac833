// Counters of an interval, summed up over the pieces that it is read in. The store's thread only.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/figures/figures.h"

struct stats_row {
	bool known[FIGURES_COUNTERS_ALL];   // where a piece had it
	int64_t n[FIGURES_COUNTERS_ALL];    // of FIGURES_MS: whole ms, …
	int64_t rest[FIGURES_COUNTERS_ALL]; // … and ns beyond them
	const char *name;		    // behind the tenant
	char tenant[];
};

struct stats_sum {		 // zeroed: empty
	struct stats_row **rows; // owned, in the order of tenant and name
	size_t count, size;
};

// Found or new. NULL: no memory.
struct stats_row *stats_sum_row(struct stats_sum *m, const char *tenant, const char *name);
void stats_sum_add(struct stats_row *r, enum figures_counter c, int64_t value); // FIGURES_MS: ns
void stats_sum_clear(struct stats_sum *m);					// keeps its room
void stats_sum_free(struct stats_sum *m);
