// What routing costs on a full floor: 10,000 agents with 6 of 64 skills, each in 4 of 200 queues on
// average, 50,000 callers who wait with priorities, skills and three rings, queues of different
// urgency; each policy by itself.
//
// free: an agent becomes free, from the message in the mailbox to the offer with its reasons in the
// ring. ready: half of the agents are idle and a caller joins. A decision is either; the slowest
// policy counts. events_per_s: all messages and timers of the free part, one in ten an agent that
// comes or goes, one in twenty a caller who leaves unserved.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "bench/miss.h"
#include "control/router/policy.h"
#include "control/router/router.h"
#include "engine/base/check.h"
#include "engine/base/rng.h"

#define AGENTS	   10000u
#define QUEUES	   200u
#define SKILLS	   64u
#define HAS_SKILLS 6u
#define WAITING	   50000u
#define CHOICES	   12u // of a caller in a queue
#define DECISIONS  20000u
#define CALLS	   (1u << 23) // of a whole run; a power of two
#define PER_MS	   200u	      // events
#define POLICY_MAX 16u

static struct {
	struct router *router;
	struct rng rng;
	uint64_t ticket, call, now_ms, events, ns;
	uint64_t offers[AGENTS]; // of each agent; 0: none
	uint64_t calls[AGENTS];	 // that it has
	bool away[AGENTS];
	uint64_t waits[2 * WAITING]; // those who wait, without an order
	uint32_t place[CALLS];	     // of a call among them
	uint32_t waiting, busy;
	uint32_t times[DECISIONS], timed;
	unsigned policy;
} world;

// --- who waits ---

static uint32_t *place_of(uint64_t call)
{
	return &world.place[call % CALLS];
}

static void waits_add(uint64_t call)
{
	check(world.waiting < 2 * WAITING && call < CALLS);
	*place_of(call) = world.waiting;
	world.waits[world.waiting++] = call;
}

static void waits_drop(uint64_t call)
{
	uint32_t at = *place_of(call);
	uint64_t last = world.waits[--world.waiting];
	world.waits[at] = last;
	*place_of(last) = at;
}

// --- messages ---

static void post(struct router_message m)
{
	m.ticket = ++world.ticket;
	check(router_post(world.router, &m));
}

// What the router does alone is timed; offers are remembered. How many there were.
static unsigned run(void)
{
	struct router_message m;
	unsigned offers = 0;
	uint64_t begin = bench_ns();
	router_run(world.router, world.now_ms);
	uint64_t ns = bench_ns() - begin;
	while (router_take(world.router, &m)) {
		if (m.kind != ROUTER_OFFER)
			continue;
		if (offers++ == 0)
			waits_drop(m.call);
		world.busy++;
		world.offers[m.agent] = m.offer;
		world.calls[m.agent] = m.call;
	}
	world.ns += ns;
	world.events++;
	if (offers > 0 && world.timed < DECISIONS) // ring-all: each offer
		world.times[world.timed++] = ns / offers;
	return offers;
}

static void tick(void)
{
	if (world.events % PER_MS == 0) {
		world.now_ms++;
		run(); // rings that are due
	}
}

static struct router_message joining(void)
{
	struct router_message m = {.kind = ROUTER_JOIN,
		.call = ++world.call,
		.queue = rng_below(&world.rng, QUEUES),
		.priority = rng_below(&world.rng, 10) ? 4 : rng_below(&world.rng, 8)};
	// Of what the queue's menu leads to: nothing, or one or two skills of eight.
	unsigned choice = rng_below(&world.rng, CHOICES);
	m.join.wants.count = choice % 3;
	for (unsigned i = 0; i < m.join.wants.count; i++) {
		m.join.wants.skill[i] = (m.queue * 5 + i * 4 + choice / 3) % SKILLS;
		m.join.wants.level[i] = 1 + (choice + i) % 3 * 3;
	}
	return m;
}

static unsigned join(void)
{
	struct router_message m = joining();
	waits_add(m.call);
	post(m);
	return run();
}

static void leave(void)
{
	if (world.waiting == 0)
		return;
	uint64_t call = world.waits[rng_below(&world.rng, world.waiting)];
	waits_drop(call);
	post((struct router_message){.kind = ROUTER_LEAVE, .call = call, .why = WHY_CALLER_GONE});
	run();
}

// Of all that ring for a call the first to come here has it.
static void connect(uint32_t agent)
{
	post((struct router_message){.kind = ROUTER_CONNECTED, .offer = world.offers[agent]});
	run();
}

static unsigned end(uint32_t agent)
{
	uint64_t offer = world.offers[agent];
	connect(agent);
	world.offers[agent] = 0;
	world.busy--;
	post((struct router_message){.kind = ROUTER_OVER, .offer = offer, .why = WHY_TALKED});
	return run();
}

static void come_or_go(uint32_t agent)
{
	world.away[agent] = !world.away[agent];
	post((struct router_message){
		.kind = ROUTER_SET, .agent = agent, .set.ready = !world.away[agent]});
	run();
}

// --- the floor ---

static void queue_say(uint32_t q)
{
	struct router_message m = {.kind = ROUTER_QUEUE, .queue = q};
	m.queue_set = (struct router_queue){
		.policy = world.policy, .ring_ms = 20000, .due_ms = q % 4 * 10000, .rings = 3};
	post(m);
}

static void queues_make(void)
{
	for (uint32_t q = 0; q < QUEUES; q++) {
		queue_say(q);
		for (uint8_t ring = 1; ring <= 3; ring++) {
			struct router_message m = {.kind = ROUTER_RING, .queue = q};
			m.ring = (struct router_ring){.after_ms = ring * 20000,
				.ring = ring,
				.priority = ring == 3 ? 3 : ROUTER_PRIORITY_STAYS};
			for (unsigned i = 0; i < 8; i++) {
				m.ring.lowers.skill[i] = (q * 5 + i) % SKILLS;
				m.ring.lowers.level[i] = 7 - 3 * (ring - 1);
			}
			m.ring.lowers.count = 8;
			post(m);
		}
		run();
	}
}

static void agent_make(uint32_t agent)
{
	unsigned member_of = 2 + rng_below(&world.rng, 5);
	uint32_t queue = rng_below(&world.rng, QUEUES);
	post((struct router_message){.kind = ROUTER_AGENT, .agent = agent});
	struct router_message m = {.kind = ROUTER_SKILLS, .agent = agent};
	m.skills.count = HAS_SKILLS;
	for (unsigned i = 0; i < HAS_SKILLS; i++) {
		m.skills.skill[i] = (queue * 5 + i * 3) % SKILLS;
		m.skills.level[i] = 1 + rng_below(&world.rng, ROUTER_LEVELS);
	}
	post(m);
	for (unsigned i = 0; i < member_of; i++)
		post((struct router_message){.kind = ROUTER_MEMBER,
			.agent = agent,
			.queue = (queue + i * 13) % QUEUES,
			.member = {.place = agent,
				.weight = 1 + agent % 9,
				.ring = rng_below(&world.rng, 4) == 0}});
	post((struct router_message){.kind = ROUTER_REGISTERED, .agent = agent, .set.ready = 1});
	run();
}

static void world_make(void)
{
	rng_seed(&world.rng, 1);
	check(router_new(1, 4096, &world.router) == 0);
	queues_make();
	for (uint32_t a = 0; a < AGENTS; a++)
		agent_make(a);
}

// --- what is measured ---

static uint32_t some_agent(void)
{
	return rng_below(&world.rng, AGENTS);
}

static void fill(uint32_t waiting)
{
	while (world.waiting < waiting) {
		join();
		tick();
	}
}

// All agents have callers, and so many wait.
static void free_part(void)
{
	world.timed = 0;
	world.events = world.ns = 0;
	while (world.timed < DECISIONS) {
		uint32_t agent = some_agent(), what = rng_below(&world.rng, 20);
		tick();
		if (what < 2)
			come_or_go(agent);
		else if (what == 2)
			leave();
		else if (world.offers[agent] != 0)
			end(agent);
		fill(WAITING);
	}
}

// Half of the agents are idle; whoever joins finds one, mostly.
static void ready_part(void)
{
	uint32_t agent = 0;
	while (world.waiting > 0) // those for whom there is nobody
		leave();
	for (; agent < AGENTS; agent++) {
		if (world.away[agent])
			come_or_go(agent);
		if (world.offers[agent] != 0)
			end(agent);
	}
	world.timed = 0;
	while (world.timed < DECISIONS) {
		tick();
		join();
		while (world.waiting > 100)
			leave();
		uint32_t timed = world.timed; // joins alone
		while (world.busy > AGENTS / 2)
			if (world.offers[agent = some_agent()] != 0)
				end(agent);
		world.timed = timed;
	}
}

static int by_time(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return x < y ? -1 : x > y;
}

static double percentile(unsigned permille)
{
	qsort(world.times, DECISIONS, sizeof(world.times[0]), by_time);
	return world.times[(uint64_t)DECISIONS * permille / 1000];
}

static void measure(
	struct bench *b, const char *policy, const char *part, void (*work)(void), double worst[2])
{
	char name[2][64];
	double p50[BENCH_RUNS_MAX], p99[BENCH_RUNS_MAX];
	for (unsigned i = 0; i < b->runs; i++) {
		work();
		p50[i] = percentile(500);
		p99[i] = percentile(990);
	}
	snprintf(name[0], sizeof(name[0]), "%s_%s_p50_ns", policy, part);
	snprintf(name[1], sizeof(name[1]), "%s_%s_p99_ns", policy, part);
	double a = bench_report(b, &(struct bench_metric){name[0], "ns", 0}, p50, b->runs);
	double z = bench_report(b, &(struct bench_metric){name[1], "ns", 0}, p99, b->runs);
	worst[0] = a > worst[0] ? a : worst[0];
	worst[1] = z > worst[1] ? z : worst[1];
}

int main(int argc, char **argv)
{
	struct bench b;
	const struct policy *p;
	double worst[2] = {0}, rate = 1e12;
	bench_init(&b, "router", argc, argv);
	double miss = bench_miss(&b);
	world_make();
	for (; (p = policy_get(world.policy)) != NULL; world.policy++) {
		if (!bench_wants(&b, p->name))
			continue;
		for (uint32_t q = 0; q < QUEUES; q++)
			queue_say(q);
		run();
		fill(WAITING);
		measure(&b, p->name, "free", free_part, worst);
		double per_s = world.events * 1e9 / world.ns;
		rate = per_s < rate ? per_s : rate;
		measure(&b, p->name, "ready", ready_part, worst);
	}
	bench_report(&b, &(struct bench_metric){"decision_p50_ns", "ns", 4 * miss}, &worst[0], 1);
	bench_report(&b, &(struct bench_metric){"decision_p99_ns", "ns", 15 * miss}, &worst[1], 1);
	bench_report(&b, &(struct bench_metric){"events_per_s", "/s", -1e6}, &rate, 1);
	router_free(world.router);
	return bench_end(&b);
}
