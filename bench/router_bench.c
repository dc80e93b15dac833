// What one routing decision costs: 10,000 agents, each in three of twenty queues, half of them at
// work. decision: a caller joins where agents are ready, from the message in the mailbox to the
// offer, its reasons and the agent's change of state in the ring. next: an agent becomes free
// where callers wait, from the message to the offer.
#include <stdlib.h>

#include "bench/bench.h"
#include "control/queue/router.h"
#include "engine/base/check.h"
#include "engine/base/rng.h"

#define AGENTS	  10000u
#define QUEUES	  20u
#define MEMBER_OF 3u
#define BUSY	  (AGENTS / 2)
#define WAITING	  500u // callers in line for "next"
#define DECISIONS 20000u

static struct {
	struct router *router;
	struct rng rng;
	uint64_t ticket, call, now_ms;
	uint64_t offers[AGENTS]; // ring of those that run, oldest first
	uint32_t first, count;
	uint64_t times[DECISIONS];
} world;

static void post(struct router_message m)
{
	m.ticket = ++world.ticket;
	check(router_post(world.router, &m));
}

static void offer_keep(uint64_t offer)
{
	world.offers[(world.first + world.count++) % AGENTS] = offer;
}

// Runs the router, remembers its offers, returns the nanoseconds of the run alone.
static uint64_t run(unsigned *offers)
{
	struct router_message m;
	uint64_t begin = bench_ns();
	router_run(world.router, ++world.now_ms / 8);
	uint64_t end = bench_ns();
	*offers = 0;
	while (router_take(world.router, &m)) {
		if (m.kind != ROUTER_OFFER)
			continue;
		++*offers;
		offer_keep(m.offer);
	}
	return end - begin;
}

static uint64_t join(unsigned *offers)
{
	post((struct router_message){
		.kind = ROUTER_JOIN, .call = ++world.call, .queue = rng_below(&world.rng, QUEUES)});
	return run(offers);
}

// The oldest conversation: connected, then over; the second is what frees the agent.
static uint64_t end_oldest(unsigned *offers)
{
	uint64_t offer = world.offers[world.first];
	world.first = (world.first + 1) % AGENTS;
	world.count--;
	post((struct router_message){.kind = ROUTER_CONNECTED, .offer = offer});
	run(offers);
	post((struct router_message){.kind = ROUTER_OVER, .offer = offer, .why = WHY_TALKED});
	return run(offers);
}

static void settle(void)
{
	unsigned offers;
	do {
		run(&offers);
	} while (offers > 0);
}

static void world_make(void)
{
	rng_seed(&world.rng, 1);
	check(router_new(1, 4096, &world.router) == 0);
	for (uint32_t q = 0; q < QUEUES; q++)
		post((struct router_message){
			.kind = ROUTER_QUEUE, .queue = q, .queue_set = {.ring_ms = 20000}});
	for (uint32_t a = 0; a < AGENTS; a++) {
		post((struct router_message){.kind = ROUTER_AGENT, .agent = a});
		for (uint32_t k = 0; k < MEMBER_OF; k++)
			post((struct router_message){.kind = ROUTER_MEMBER,
				.agent = a,
				.queue = (a * 7 + k * 5) % QUEUES});
		post((struct router_message){
			.kind = ROUTER_REGISTERED, .agent = a, .set.ready = 1});
		settle();
	}
}

static int by_time(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

static double percentile(unsigned permille)
{
	qsort(world.times, DECISIONS, sizeof(world.times[0]), by_time);
	return (double)world.times[(uint64_t)DECISIONS * permille / 1000];
}

static void decisions(void)
{
	unsigned offers;
	for (uint32_t i = 0; i < DECISIONS; i++) {
		world.times[i] = join(&offers);
		check(offers == 1);
		while (world.count > BUSY)
			end_oldest(&offers);
	}
}

static void nexts(void)
{
	unsigned offers;
	while (world.count < AGENTS)
		join(&offers);
	for (uint32_t i = 0; i < WAITING; i++) {
		join(&offers);
		check(offers == 0);
	}
	for (uint32_t i = 0; i < DECISIONS;) {
		uint64_t ns = end_oldest(&offers);
		if (offers == 1) // else none waits in that agent's queues
			world.times[i++] = ns;
		do {
			join(&offers);
		} while (world.count < AGENTS || offers > 0);
	}
	while (world.count > 0)
		end_oldest(&offers);
}

static void measure(struct bench *b, const char *const names[2], void (*work)(void))
{
	double p50[BENCH_RUNS_MAX], p99[BENCH_RUNS_MAX];
	work(); // warms up
	for (unsigned i = 0; i < b->runs; i++) {
		work();
		p50[i] = percentile(500);
		p99[i] = percentile(990);
	}
	bench_report(b, &(struct bench_metric){names[0], "ns", 0}, p50, b->runs);
	bench_report(b, &(struct bench_metric){names[1], "ns", 2000}, p99, b->runs);
}

int main(int argc, char **argv)
{
	struct bench b;
	bench_init(&b, "router", argc, argv);
	world_make();
	measure(&b, (const char *const[2]){"decision_p50_ns", "decision_p99_ns"}, decisions);
	measure(&b, (const char *const[2]){"next_p50_ns", "next_p99_ns"}, nexts);
	router_free(world.router);
	return bench_end(&b);
}
