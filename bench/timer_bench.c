// What it costs to start and to cancel a timer while 100,000 are alive, by our own functions and
// by libre's, which lead to the same wheel.
#include <stdlib.h>

#include "bench/bench.h"
#include "control/base/loop.h"
#include "control/base/timer.h"
#include "control/base/re.h"
#include "engine/base/check.h"
#include "engine/base/rng.h"

#define ALIVE  100000u // besides those that are measured
#define PROBES 20000u  // started and cancelled in a run, spread among them in memory

// SIP's timers: first retransmission to the end of a transaction.
#define DELAY_MIN_MS 500
#define DELAY_MAX_MS 32000

struct subject {
	void (*start)(uint32_t i, uint64_t delay_ms);
	void (*cancel)(uint32_t i);
	double start_ns[BENCH_RUNS_MAX], cancel_ns[BENCH_RUNS_MAX];
};

static struct timers timers;
static struct loop loop;

static struct timer *ours;
static struct tmr *tmrs;
static uint32_t order[ALIVE + PROBES]; // shuffled: probes first, then those that stay alive
static uint32_t delays_ms[ALIVE + PROBES];

static void never(void *arg)
{
	(void)arg;
	check(!"a timer fired: the loop does not run here");
}

static void own_start(uint32_t i, uint64_t delay_ms)
{
	timer_start(&timers, &ours[i], delay_ms, never, NULL);
}

static void own_cancel(uint32_t i)
{
	timer_cancel(&ours[i]);
}

static void libre_start(uint32_t i, uint64_t delay_ms)
{
	tmr_start(&tmrs[i], delay_ms, never, NULL);
}

static void libre_cancel(uint32_t i)
{
	tmr_cancel(&tmrs[i]);
}

static void shuffle(struct rng *rng)
{
	for (uint32_t i = 0; i < ALIVE + PROBES; i++) {
		uint32_t other = rng_below(rng, i + 1);

		order[i] = order[other];
		order[other] = i;
		delays_ms[i] = DELAY_MIN_MS + rng_below(rng, DELAY_MAX_MS - DELAY_MIN_MS);
	}
}

static void run_once(const struct subject *s, double *start_ns, double *cancel_ns)
{
	uint64_t t0 = bench_ns();

	for (uint32_t i = 0; i < PROBES; i++)
		s->start(order[i], delays_ms[i]);
	uint64_t t1 = bench_ns();
	check(timers_count(&timers) == ALIVE + PROBES);
	uint64_t t2 = bench_ns();
	// In another order than they were started in.
	for (uint32_t i = 0; i < PROBES; i++)
		s->cancel(order[(uint64_t)i * 7919 % PROBES]);
	uint64_t t3 = bench_ns();
	check(timers_count(&timers) == ALIVE);
	*start_ns = (double)(t1 - t0) / PROBES;
	*cancel_ns = (double)(t3 - t2) / PROBES;
}

static void measure(struct subject *s, unsigned runs)
{
	for (uint32_t i = PROBES; i < ALIVE + PROBES; i++)
		s->start(order[i], delays_ms[i]);
	run_once(s, &s->start_ns[0], &s->cancel_ns[0]); // warms up, is overwritten
	for (unsigned i = 0; i < runs; i++)
		run_once(s, &s->start_ns[i], &s->cancel_ns[i]);
	for (uint32_t i = PROBES; i < ALIVE + PROBES; i++)
		s->cancel(order[i]);
	check(timers_count(&timers) == 0);
}

int main(int argc, char **argv)
{
	static struct subject own = {.start = own_start, .cancel = own_cancel};
	static struct subject libre = {.start = libre_start, .cancel = libre_cancel};
	struct bench b;
	struct rng rng;

	bench_init(&b, "timer", argc, argv);
	rng_seed(&rng, 1);
	shuffle(&rng);
	timers_init(&timers, NULL);
	ours = calloc(ALIVE + PROBES, sizeof(*ours));
	tmrs = calloc(ALIVE + PROBES, sizeof(*tmrs));
	check(ours && tmrs && loop_init(&loop, &timers, 1024) == 0);
	measure(&own, b.runs);
	measure(&libre, b.runs);
	bench_report(&b, &(struct bench_metric){"start_ns", "ns", 200}, own.start_ns, b.runs);
	bench_report(&b, &(struct bench_metric){"cancel_ns", "ns", 200}, own.cancel_ns, b.runs);
	bench_report(&b, &(struct bench_metric){"tmr_start_ns", "ns", 200}, libre.start_ns, b.runs);
	bench_report(
		&b, &(struct bench_metric){"tmr_cancel_ns", "ns", 200}, libre.cancel_ns, b.runs);
	loop_close(&loop);
	free(ours);
	free(tmrs);
	return bench_end(&b);
}
