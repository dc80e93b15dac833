// What routing costs on a full floor (crowd.h): 10,000 agents, 200 queues, 50,000 callers who wait;
// each policy by itself, in dependent misses of the same run.
//
// free: an agent becomes free, from the message in the mailbox to the offer with its reasons in the
// ring. ready: half of the agents are idle and a caller joins. A decision is either; the slowest
// policy counts. events_per_s: all messages and timers of the free part. What a decision costs
// beside it are rows of their own: its record in the event log, messages of many threads, and the
// same floor with fewer agents and callers.
#include <stdio.h>
#include <string.h>

#include "bench/bench.h"
#include "bench/miss.h"
#include "bench/router/crowd.h"
#include "bench/router/offer_log.h"
#include "bench/router/producers.h"
#include "control/base/heap.h"
#include "control/router/policy.h"
#include "engine/base/check.h"

#define GOAL_MISS_NS 130 // of the machine that the goals are told for

struct worst {
	double p50, p99, rate;
};

typedef void part_fn(struct crowd *c);

static double reported(struct bench *b, const char *of, const char *what, double *values)
{
	char name[80];
	bool rate = strcmp(what, "events_per_s") == 0;
	check(snprintf(name, sizeof(name), "%s_%s", of, what) < (int)sizeof(name));
	return bench_report(
		b, &(struct bench_metric){name, rate ? "/s" : "ns", 0}, values, b->runs);
}

static void measure(
	struct bench *b, struct crowd *c, const char *of, part_fn *part, struct worst *worst)
{
	double p50[BENCH_RUNS_MAX], p99[BENCH_RUNS_MAX], rates[BENCH_RUNS_MAX];
	for (unsigned i = 0; i < b->runs; i++) {
		part(c);
		p50[i] = crowd_permille(c, 500);
		p99[i] = crowd_permille(c, 990);
		rates[i] = c->events * 1e9 / c->ns;
	}
	double a = reported(b, of, "p50_ns", p50), z = reported(b, of, "p99_ns", p99);
	worst->p50 = a > worst->p50 ? a : worst->p50;
	worst->p99 = z > worst->p99 ? z : worst->p99;
	if (part != crowd_busy)
		return;
	double rate = reported(b, of, "events_per_s", rates);
	worst->rate = worst->rate > 0 && worst->rate < rate ? worst->rate : rate;
}

static void measure_both(struct bench *b, struct crowd *c, const char *of, struct worst *worst)
{
	char name[2][64];
	snprintf(name[0], sizeof(name[0]), "%s_free", of);
	snprintf(name[1], sizeof(name[1]), "%s_ready", of);
	crowd_fill(c);
	measure(b, c, name[0], crowd_busy, worst);
	crowd_empty(c);
	measure(b, c, name[1], crowd_idle, worst);
}

static void policies(struct bench *b, double miss)
{
	const struct crowd_size size = {CROWD_AGENTS, 200, 50000};
	struct worst worst = {0};
	const struct policy *p;
	struct crowd *c = crowd_new(&size);
	for (unsigned i = 0; (p = policy_get(i)) != NULL; i++) {
		if (!bench_wants(b, p->name))
			continue;
		crowd_policy(c, i);
		measure_both(b, c, p->name, &worst);
	}
	crowd_free(c);
	if (worst.p50 == 0)
		return;
	bench_report(b, &(struct bench_metric){"decision_p50_ns", "ns", 4 * miss}, &worst.p50, 1);
	bench_report(b, &(struct bench_metric){"decision_p99_ns", "ns", 15 * miss}, &worst.p99, 1);
	bench_report(b, &(struct bench_metric){"events_per_s", "/s", -1e6 * GOAL_MISS_NS / miss},
		&worst.rate, 1);
}

// The first policy.
static void sizes(struct bench *b)
{
	static const struct crowd_size all[] = {{100, 20, 1000}, {1000, 20, 1000},
		{10000, 200, 1000}, {100, 20, 50000}, {1000, 20, 50000}, {10000, 200, 50000}};
	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct worst ignored = {0};
		char name[40];
		snprintf(name, sizeof(name), "%ux%u", all[i].agents, all[i].callers);
		struct crowd *c = crowd_new(&all[i]);
		measure_both(b, c, name, &ignored);
		crowd_free(c);
	}
}

int main(int argc, char **argv)
{
	struct bench b;
	heap_keep();
	bench_init(&b, "router", argc, argv);
	double miss = bench_miss(&b);
	policies(&b, miss);
	if (bench_wants(&b, "sizes"))
		sizes(&b);
	if (bench_wants(&b, "producers"))
		producers_measure(&b);
	if (bench_wants(&b, "log_append"))
		offer_log_measure(&b);
	return bench_end(&b);
}
