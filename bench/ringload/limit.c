// Doubles until a load is not clean, then halves the distance to 5 %.
#include "bench/ringload/limit.h"

#include <string.h>

#include "bench/ringload/plot.h"
#include "engine/base/str.h"

#define STEPS_MAX   16
#define AGAIN_MAX   2 // a run on a machine too noisy is repeated so often
#define FIRST_SHARE 8 // of the upper end: where the search begins
#define BUSY_MAX    90.0

struct search {
	const struct profile *profile;
	limit_run_h *run;
	struct plot_step step[STEPS_MAX];
	unsigned steps;
	bool busy; // the generator was, in the load that failed
};

static int search_step(struct search *s, uint32_t calls, struct results *r)
{
	int err = 0;

	for (unsigned i = 0; !err && i <= AGAIN_MAX; i++) {
		struct profile p = *s->profile;

		p.calls = calls;
		// As long in calls as the upper end: the rate follows the number.
		p.rate = s->profile->rate * calls / s->profile->calls;
		p.rate = p.rate < 1 ? 1 : p.rate;
		err = s->run(&p, r);
		if (err || r->verdict != VERDICT_NOISY)
			break;
	}
	if (err)
		return err;
	fprintf(s->profile->json ? stderr : stdout, "%7u calls: %s%s%s\n", calls,
		verdict_text(r->verdict), r->why[0] ? ": " : "", r->why);
	fflush(stdout);
	s->step[s->steps++] = (struct plot_step){
		calls, results_value(r, "loss"), results_value(r, "delay_p99"), r->verdict};
	if (r->verdict != VERDICT_CLEAN && results_value(r, "generator_busy") > BUSY_MAX)
		s->busy = true;
	return 0;
}

static void search_tell(struct results *best, const struct search *s, uint32_t low, uint32_t high)
{
	bool open = low == high || s->busy;

	memmove(&best->item[2], &best->item[0], sizeof(best->item[0]) * (RESULTS_MAX - 2));
	best->count = best->count + 2 > RESULTS_MAX ? RESULTS_MAX : best->count + 2;
	best->item[0] = (struct result){"calls_clean_max", "calls", low, __builtin_nan("")};
	// 1: the figure is a lower bound, for the generator or the upper end was the limit.
	best->item[1] = (struct result){"at_least", "flag", open, __builtin_nan("")};
}

int limit_find(const struct profile *p, limit_run_h *run, struct results *out)
{
	struct search s = {.profile = p, .run = run};
	uint32_t low = 0, high = p->calls + 1;
	uint32_t calls = p->calls / FIRST_SHARE ? p->calls / FIRST_SHARE : 1;
	struct results r;

	*out = (struct results){0};
	while (s.steps < STEPS_MAX && high - low > 1 && (low == 0 || high - low > low / 20)) {
		int err = search_step(&s, calls, &r);

		if (err)
			return err;
		if (r.verdict == VERDICT_CLEAN) {
			low = calls;
			*out = r;
		} else {
			high = calls;
		}
		calls = high > p->calls ? (2 * low < p->calls ? 2 * low : p->calls)
					: low + (high - low) / 2;
		if (low == p->calls)
			break;
	}
	search_tell(out, &s, low, low == p->calls ? low : high);
	if (low == 0) {
		out->verdict = r.verdict;
		str_copy(out->why, sizeof(out->why), r.why);
	}
	return p->plot[0] ? plot_steps(s.step, s.steps, p->plot) : 0;
}
