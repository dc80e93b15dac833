// Figures of the history.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/contract/moment.h"
#include "control/figures/figures.h"
#include "control/figures/interval.h"
#include "control/ops/asked.h"
#include "control/ops/ops_private.h"
#include "control/store/store.h"
#include "engine/base/clock.h"
#include "engine/base/str.h"

#define WITHIN_MAX 3600

static bool stats_moment(struct request *r, const char *name, uint64_t *ns)
{
	const char *text = request_option(r, name);

	if (text == NULL || moment_parse(text, ns))
		return true;
	request_fail(r, EXIT_USAGE, "--%s: expected RFC 3339, got %s", name, text);
	return false;
}

// The last interval, sliding: the same statement over another window.
static bool stats_live(struct request *r, struct store_stats *s, const char *text)
{
	enum figures_every e;

	if (request_option(r, "since") || request_option(r, "until") || request_option(r, "every"))
		request_fail(r, EXIT_USAGE, "--live goes without --since, --until and --every");
	else if (!figures_every_parse(text, &e) || e == FIGURES_WHOLE)
		request_fail(r, EXIT_USAGE, "--live: expected 5m, 15m, 30m or day, got %s", text);
	else
		s->since_ns = s->until_ns - figures_every_ns(e);
	s->every = FIGURES_WHOLE;
	return s->since_ns != 0;
}

static bool stats_times(struct request *r, struct store_stats *s)
{
	const char *live = request_option(r, "live");
	uint64_t now = clock_wall_ns();

	s->until_ns = now;
	if (live != NULL)
		return stats_live(r, s, live);
	s->since_ns = figures_day_begins(now);
	if (!stats_moment(r, "since", &s->since_ns) || !stats_moment(r, "until", &s->until_ns))
		return false;
	if (s->until_ns > now) // what will be has no figures, and states last no longer than now
		s->until_ns = now;
	if (s->since_ns >= s->until_ns)
		request_fail(r, EXIT_USAGE, "nothing is since then and until then, or until now");
	else if ((s->until_ns - s->since_ns) / figures_every_least_ns(s->every) >=
		FIGURES_INTERVALS_MAX)
		request_fail(r, EXIT_USAGE,
			"that is more than %d intervals: narrow it down by "
			"--since and --until, or take longer ones by --every",
			FIGURES_INTERVALS_MAX);
	else
		return true;
	return false;
}

static bool stats_within(struct request *r, unsigned *out)
{
	const char *text = request_option(r, "within");
	char *end;

	*out = FIGURES_WITHIN;
	if (text == NULL)
		return true;
	unsigned long n = strtoul(text, &end, 10);
	if (n >= 1 && n <= WITHIN_MAX && *end == '\0' && text[0] >= '0' && text[0] <= '9') {
		*out = (unsigned)n;
		return true;
	}
	request_fail(
		r, EXIT_USAGE, "--within: expected seconds from 1 to %d, got %s", WITHIN_MAX, text);
	return false;
}

static bool stats_asked(struct request *r, struct store_stats *s)
{
	const char *by = request_option(r, "by"), *every = request_option(r, "every");
	const char *tenant = request_option(r, "tenant");

	*s = (struct store_stats){.by = FIGURES_BY_QUEUE, .every = FIGURES_DAY};
	if (by != NULL && !figures_by_parse(by, &s->by))
		request_fail(r, EXIT_USAGE,
			"--by: expected queue, agent, called, tenant, node, region, site, shift, "
			"team or group, got %s",
			by);
	else if (every != NULL && !figures_every_parse(every, &s->every))
		request_fail(r, EXIT_USAGE, "--every: expected 5m, 15m, 30m, day or whole, got %s",
			every);
	else if (tenant != NULL && str_copy(s->tenant, sizeof(s->tenant), tenant) != 0)
		request_fail(r, EXIT_USAGE, "--tenant is too long");
	else
		return stats_within(r, &s->within_s) && stats_times(r, s);
	return false;
}

static void stats_row(const char *json, void *arg)
{
	request_row(arg, json_loads(json, 0, NULL));
}

static bool stats_has_room(void *arg)
{
	return request_has_room(arg);
}

static void stats_end(int error, void *arg)
{
	struct request *r = arg;

	if (error == -EFBIG)
		request_fail(r, EXIT_USAGE,
			"that is more than %d rows: narrow it down by --since, --until or "
			"--tenant, or take longer intervals by --every",
			STORE_ROWS_MAX);
	else if (error)
		request_fail_for(r, CAUSE_STORE, strerror(-error));
	else
		request_done(r);
}

void command_run_STATS(struct request *r)
{
	const struct store_answer answer = {stats_row, stats_end, r, stats_has_room};
	struct store_stats stats;

	if (!stats_asked(r, &stats))
		return;
	request_waits_for_store(r);
	if (store_query_stats(request_env(r)->store, &stats, &answer) != 0)
		request_fail_for(r, CAUSE_STORE_BUSY, "");
}
