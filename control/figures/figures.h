// The figures of a hotline: each defined once, as counters that SQL takes out of the store and a
// formula over them. Docs, `ringctl stats`, its CSV and its JSON are made of these tables.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/figures/table.h"

#define FIGURES_SQL_MAX	      24576
#define FIGURES_WITHIN	      20 // seconds, where nothing else is asked for
#define FIGURES_INTERVALS_MAX 10000

enum figures_source {
	FIGURES_WAITS,	// callers in queues, by when they joined
	FIGURES_TALKS,	// conversations with agents, by when they began
	FIGURES_WORK,	// states of agents in calls and after them, as far as they lie in it
	FIGURES_STATES, // all of their states, likewise: of the same rows
	FIGURES_TRIES,	// calls that came, refused ones too
	FIGURES_SOURCES,
};

enum figures_by {
	FIGURES_BY_QUEUE,
	FIGURES_BY_AGENT,
	FIGURES_BY_CALLED,
	FIGURES_BY_TENANT,
	FIGURES_BY_NODE,
	// Of a call, else of the agent.
	FIGURES_BY_REGION,
	// Of the agent: of calls only what one has taken is told.
	FIGURES_BY_SITE,
	FIGURES_BY_SHIFT,
	FIGURES_BY_TEAM,
	FIGURES_BY_GROUP,
	FIGURES_BYS,
};

enum figures_unit { FIGURES_COUNT, FIGURES_MS, FIGURES_PERCENT };

enum figures_counter {
#define X(name, ...) COUNTER_##name,
	FIGURES_COUNTERS(X)
#undef X
		FIGURES_COUNTERS_ALL,
};

enum figure {
#define X(name, ...) FIGURE_##name,
	FIGURES(X)
#undef X
		FIGURES_ALL,
};

struct figures_counter_row {
	const char *name;
	enum figures_source source;
	enum figures_unit unit;
	const char *sql; // over the source's rows; of FIGURES_MS: ns
	const char *help;
};

struct figure_row {
	const char *name, *chinese;
	enum figures_unit unit;
	enum figures_source source; // that has all its counters
	const char *above, *below;  // over names of counters, in C and SQL alike
	const char *help;
};

extern const struct figures_counter_row figures_counters[FIGURES_COUNTERS_ALL];
extern const struct figure_row figures[FIGURES_ALL];
extern const char *const figures_source_names[FIGURES_SOURCES];

// Whether all the counters that its formula is over are known.
bool figure_known(enum figure f, const bool known[FIGURES_COUNTERS_ALL]);
// Of the counters in their order: whole milliseconds, or hundredths of a percent, cut and not
// rounded. False: it is of nothing (its divisor is not above 0).
bool figure_value(enum figure f, const int64_t counters[FIGURES_COUNTERS_ALL], int64_t *out);

const char *figures_by_name(enum figures_by by);
bool figures_by_parse(const char *text, enum figures_by *out);

// All sources side by side: tenant, name and every counter, NULL where no source tells it. Those of
// FIGURES_MS are ns, so that an interval can be summed up of parts before they are cut.
// Parameters :since and :until (ns since 1970), :within (s), :tenant (NULL: all). wanted: bits
// 1 << enum figures_source, whose rows are read at all; 0: all, those of STATES with WORK's.
const char *figures_sql(enum figures_by by, unsigned wanted, char out[FIGURES_SQL_MAX]);
// A figure alone: tenant, name and its value as in JSON.
const char *figures_sql_figure(enum figure f, enum figures_by by, char out[FIGURES_SQL_MAX]);
