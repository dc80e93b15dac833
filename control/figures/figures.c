// The figures' tables, and the SQL that they are.
#include "control/figures/figures.h"

#include <ctype.h>
#include <string.h>

#include "engine/base/str.h"

const struct figures_counter_row figures_counters[FIGURES_COUNTERS_ALL] = {
#define X(name, source, unit, sql, help) {#name, FIGURES_##source, FIGURES_##unit, sql, help},
	FIGURES_COUNTERS(X)
#undef X
};

const struct figure_row figures[FIGURES_ALL] = {
#define X(name, chinese, unit, source, above, below, help) \
	{#name, chinese, FIGURES_##unit, FIGURES_##source, #above, #below, help},
	FIGURES(X)
#undef X
};

const char *const figures_source_names[FIGURES_SOURCES] = {
	[FIGURES_WAITS] = "waits in queues",
	[FIGURES_TALKS] = "conversations",
	[FIGURES_WORK] = "agents' work",
	[FIGURES_STATES] = "states of agents",
	[FIGURES_TRIES] = "calls that came",
};

static const char *const by_names[FIGURES_BYS] = {
	[FIGURES_BY_QUEUE] = "queue",
	[FIGURES_BY_AGENT] = "agent",
	[FIGURES_BY_CALLED] = "called",
	[FIGURES_BY_TENANT] = "tenant",
	[FIGURES_BY_NODE] = "node",
	[FIGURES_BY_REGION] = "region",
	[FIGURES_BY_SITE] = "site",
	[FIGURES_BY_SHIFT] = "shift",
	[FIGURES_BY_TEAM] = "team",
	[FIGURES_BY_GROUP] = "group",
};

#define STARTED(of)	  of ".started>=:since AND " of ".started<:until"
#define OF_TENANT(column) " AND (:tenant IS NULL OR " column "=:tenant)"
// A segment counts when it ends; its call may go on. An older version's rows know no more than it.
#define OF_CALL(column) "coalesce(s." column ",(SELECT " column " FROM calls WHERE call=s.call))"
#define SEGMENTS	"segments s WHERE " STARTED("s") OF_TENANT(OF_CALL("tenant"))

// A state lasts until the agent's next one. What was before the interval is found by its index.
#define SPANS                                                                                   \
	"(WITH RECURSIVE names(a) AS (SELECT min(agent) FROM agent_states UNION ALL SELECT"     \
	" (SELECT min(agent) FROM agent_states WHERE agent>a) FROM names WHERE a IS NOT NULL)," \
	" changes AS (SELECT *, 1 AS changed FROM agent_states WHERE time>=:since AND"          \
	" time<:until UNION ALL SELECT x.*, 0 FROM names JOIN agent_states x ON x.rowid="       \
	"(SELECT rowid FROM agent_states WHERE agent=a AND time<:since ORDER BY time DESC,"     \
	" sequence DESC LIMIT 1))"                                                              \
	" SELECT agent, tenant, queue, region, site, shift, team, \"group\", \"to\" AS state,"  \
	" changed AND \"from\"<>\"to\" AS changed,"                                             \
	" max(time,:since) AS began, lead(max(time,:since),1,:until) OVER"                      \
	" (PARTITION BY agent ORDER BY time, sequence) AS ended FROM changes)"

#define TRIES "calls c WHERE " STARTED("c") " AND coalesce(c.direction,'in')='in'"

// Of the agent who took the caller, or who talked to it.
#define BY_UNIT                                                       \
	[FIGURES_BY_SITE] = "s.site", [FIGURES_BY_SHIFT] = "s.shift", \
	[FIGURES_BY_TEAM] = "s.team", [FIGURES_BY_GROUP] = "s.\"group\""
#define BY_AGENT                                                                                  \
	[FIGURES_BY_AGENT] = "agent", [FIGURES_BY_TENANT] = "tenant", [FIGURES_BY_NODE] = "''",   \
	[FIGURES_BY_REGION] = "region", [FIGURES_BY_SITE] = "site", [FIGURES_BY_SHIFT] = "shift", \
	[FIGURES_BY_TEAM] = "team", [FIGURES_BY_GROUP] = "\"group\""

static const struct {
	const char *from;	       // NULL: another's rows
	const char *tenant;	       // of each
	const char *name[FIGURES_BYS]; // NULL: it cannot tell
} sources[FIGURES_SOURCES] = {
	[FIGURES_WAITS] = {SEGMENTS " AND s.queue IS NOT NULL AND s.agent IS NULL",
		OF_CALL("tenant"),
		{[FIGURES_BY_QUEUE] = "s.queue",
			[FIGURES_BY_CALLED] = OF_CALL("called"),
			[FIGURES_BY_TENANT] = OF_CALL("tenant"),
			[FIGURES_BY_NODE] = "''",
			[FIGURES_BY_REGION] = OF_CALL("region"),
			BY_UNIT}},
	[FIGURES_TALKS] = {SEGMENTS " AND s.agent IS NOT NULL", OF_CALL("tenant"),
		{[FIGURES_BY_QUEUE] = "s.queue",
			[FIGURES_BY_AGENT] = "s.agent",
			[FIGURES_BY_CALLED] = OF_CALL("called"),
			[FIGURES_BY_TENANT] = OF_CALL("tenant"),
			[FIGURES_BY_NODE] = "''",
			[FIGURES_BY_REGION] = OF_CALL("region"),
			BY_UNIT}},
	[FIGURES_WORK] = {SPANS " WHERE ended>=began" OF_TENANT("tenant"), "tenant",
		{[FIGURES_BY_QUEUE] = "queue", BY_AGENT}},
	[FIGURES_STATES] = {NULL, "tenant", {BY_AGENT}}, // those of FIGURES_WORK
	[FIGURES_TRIES] = {TRIES OF_TENANT("c.tenant"), "c.tenant",
		{[FIGURES_BY_CALLED] = "c.called",
			[FIGURES_BY_TENANT] = "c.tenant",
			[FIGURES_BY_NODE] = "''",
			[FIGURES_BY_REGION] = "c.region"}},
};

const char *figures_by_name(enum figures_by by)
{
	return by_names[by];
}

bool figures_by_parse(const char *text, enum figures_by *out)
{
	for (unsigned i = 0; i < FIGURES_BYS; i++) {
		if (!str_equal(text, by_names[i]))
			continue;
		*out = i;
		return true;
	}
	return false;
}

// Who hung up, or was sent on, waited for no agent: no unit of agents can tell of that.
static bool counter_told(enum figures_counter c, enum figures_by by)
{
	enum figures_source source = figures_counters[c].source;

	if (!sources[source].name[by])
		return false;
	return source != FIGURES_WAITS || by < FIGURES_BY_SITE || c == COUNTER_waits_answered ||
		c == COUNTER_waits_answered_within || c == COUNTER_waits_answered_ms;
}

static bool is_of_name(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static bool formula_has(const char *formula, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = formula; (at = strstr(at, name)) != NULL; at += len)
		if ((at == formula || !is_of_name(at[-1])) && !is_of_name(at[len]))
			return true;
	return false;
}

bool figure_known(enum figure f, const bool known[FIGURES_COUNTERS_ALL])
{
	for (unsigned i = 0; i < FIGURES_COUNTERS_ALL; i++)
		if (!known[i] &&
			(formula_has(figures[f].above, figures_counters[i].name) ||
				formula_has(figures[f].below, figures_counters[i].name)))
			return false;
	return true;
}

static bool figure_told(enum figure f, enum figures_by by)
{
	bool known[FIGURES_COUNTERS_ALL];

	for (unsigned i = 0; i < FIGURES_COUNTERS_ALL; i++)
		known[i] = counter_told(i, by);
	return figure_known(f, known);
}

// The names of the counters are those of the formulas.
static bool divide(
	enum figure f, const int64_t n[FIGURES_COUNTERS_ALL], int64_t *above, int64_t *below)
{
#define X(name, ...) const int64_t name __attribute__((unused)) = n[COUNTER_##name];
	FIGURES_COUNTERS(X)
#undef X
	switch (f) {
#define X(name, chinese, unit, source, dividend, divisor, help) \
	case FIGURE_##name:                                     \
		*above = dividend;                              \
		*below = divisor;                               \
		break;
		FIGURES(X)
#undef X
	default:
		return false;
	}
	return *below > 0;
}

bool figure_value(enum figure f, const int64_t counters[FIGURES_COUNTERS_ALL], int64_t *out)
{
	int64_t above, below;

	*out = 0;
	if (!divide(f, counters, &above, &below))
		return false;
	*out = (figures[f].unit == FIGURES_PERCENT ? 10000 * above : above) / below;
	return true;
}

// Whose rows this source is of.
static enum figures_source rows_of(enum figures_source source)
{
	return source == FIGURES_STATES ? FIGURES_WORK : source;
}

static void add_source(struct str_buf *b, enum figures_source source, enum figures_by by, bool all)
{
	bool node = by == FIGURES_BY_NODE;

	str_buf_add(b, "SELECT %s AS tenant, %s AS name", node ? "''" : sources[source].tenant,
		sources[source].name[by]);
	for (unsigned i = 0; i < FIGURES_COUNTERS_ALL; i++) {
		const struct figures_counter_row *c = &figures_counters[i];

		if (rows_of(c->source) == source && counter_told(i, by))
			str_buf_add(b, ", %s%s AS %s", c->sql,
				c->unit == FIGURES_MS && !all ? "/1000000" : "", c->name);
		else if (all)
			str_buf_add(b, ", NULL AS %s", c->name);
	}
	str_buf_add(b, " FROM %s", sources[source].from);
	if (!node)
		str_buf_add(b, " AND %s IS NOT NULL", sources[source].name[by]);
	str_buf_add(b, " GROUP BY 1, 2");
}

const char *figures_sql(enum figures_by by, unsigned wanted, char out[FIGURES_SQL_MAX])
{
	struct str_buf b;
	const char *between = "";

	str_buf_init(&b, out, FIGURES_SQL_MAX);
	str_buf_add(&b, "SELECT tenant, name");
	for (unsigned i = 0; i < FIGURES_COUNTERS_ALL; i++)
		str_buf_add(&b, ", max(%s)", figures_counters[i].name);
	str_buf_add(&b, " FROM (");
	for (unsigned i = 0; i < FIGURES_SOURCES; i++) {
		if (!sources[i].from || !sources[i].name[by] || (wanted && !(wanted >> i & 1)))
			continue;
		// In brackets of its own: each groups by itself.
		str_buf_add(&b, "%sSELECT * FROM (", between);
		add_source(&b, i, by, true);
		str_buf_add(&b, ")");
		between = " UNION ALL ";
	}
	str_buf_add(&b, ") GROUP BY 1, 2");
	return out;
}

const char *figures_sql_figure(enum figure f, enum figures_by by, char out[FIGURES_SQL_MAX])
{
	const struct figure_row *r = &figures[f];
	bool percent = r->unit == FIGURES_PERCENT;
	struct str_buf b;

	str_buf_init(&b, out, FIGURES_SQL_MAX);
	if (!figure_told(f, by))
		return NULL;
	str_buf_add(&b, "SELECT tenant, name, %s(%s)/nullif(%s,0)%s AS %s FROM (",
		percent ? "10000*" : "", r->above, r->below, percent ? "/100.0" : "", r->name);
	add_source(&b, rows_of(r->source), by, false);
	str_buf_add(&b, ")");
	return out;
}
