// The same messages, the same decisions: what queues without skills have always said, held by
// digests of all that the router answers over random days.
#include "tests/unit/unit.h"

#include <inttypes.h>
#include <string.h>

#include "control/router/router.h"
#include "engine/base/hash.h"
#include "engine/base/rng.h"

#define AGENTS 12u
#define QUEUES 4u
#define STEPS  6000u
#define OFFERS 256u

static struct {
	struct router *r;
	struct rng rng;
	uint64_t ticket, call, now_ms, digest;
	uint64_t offers[OFFERS], calls[OFFERS]; // of late
	uint32_t offer_count;
} t;

static void mix(uint64_t value)
{
	t.digest = hash_u64(t.digest ^ value) + value;
}

static void mix_decision(const struct router_decision *d)
{
	const uint64_t values[] = {
		d->number, d->seed, d->policy, d->ready, d->waiting, d->waited_ms, d->ring_ms};
	for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		mix(values[i]);
	for (unsigned i = 0; i < ROUTER_EXPLAINED; i++)
		mix((uint64_t)d->candidate[i].agent << 32 | d->candidate[i].score);
}

static void mix_answer(const struct router_message *m)
{
	bool decided = m->kind != ROUTER_STATE; // whose offer and queue have been told before
	const uint64_t values[] = {m->kind, m->why, (uint64_t)(int64_t)m->error, m->ticket, m->call,
		decided ? m->offer : 0, decided ? m->queue : 0, m->agent};
	for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		mix(values[i]);
	if (m->kind == ROUTER_OFFER)
		mix_decision(&m->decision);
	else if (m->kind == ROUTER_STATE)
		mix((uint64_t)m->change.from << 40 | (uint64_t)m->change.to << 36 |
			(uint64_t)m->change.ready << 32 | m->change.for_ms);
	else if (m->kind == ROUTER_DONE)
		mix(m->command);
}

static void run(uint64_t for_ms)
{
	struct router_message m;
	t.now_ms += for_ms;
	while (router_run(t.r, t.now_ms))
		;
	while (router_take(t.r, &m)) {
		if (m.kind == ROUTER_CANDIDATES) // told beside what it was
			continue;
		mix_answer(&m);
		if (m.kind != ROUTER_OFFER)
			continue;
		t.offers[t.offer_count % OFFERS] = m.offer;
		t.calls[t.offer_count++ % OFFERS] = m.call;
	}
}

static void post(struct router_message m)
{
	m.ticket = rng_below(&t.rng, 50) == 0 ? t.ticket : ++t.ticket; // now and then a double
	ck_assert(router_post(t.r, &m));
}

static struct router_message of_queue(enum router_kind kind)
{
	struct router_message m = {.kind = kind, .queue = rng_below(&t.rng, QUEUES)};
	m.queue_set = (struct router_queue){.ring_ms = 20000,
		.wrap_up_ms = rng_below(&t.rng, 3) * 2000,
		.reject_pause_ms = rng_below(&t.rng, 3) * 3000,
		.size_max = rng_below(&t.rng, 2) * 9};
	return m;
}

static struct router_message of_agent(enum router_kind kind)
{
	struct router_message m = {.kind = kind,
		.agent = rng_below(&t.rng, AGENTS),
		.queue = rng_below(&t.rng, QUEUES)};
	m.set.ready = kind == ROUTER_REGISTERED || rng_below(&t.rng, 3) > 0;
	m.set.state = rng_below(&t.rng, 2) ? AGENT_PAUSED : AGENT_WRAP_UP;
	m.set.for_ms = rng_below(&t.rng, 5000);
	return m;
}

static struct router_message of_offer(enum router_kind kind)
{
	static const uint8_t whys[] = {WHY_TALKED, WHY_TALKED, WHY_TALKED, WHY_CALLER_GONE,
		WHY_BUSY, WHY_REJECTED, WHY_FAILED, WHY_SET};
	uint32_t back = rng_below(&t.rng, 16) + 1;
	struct router_message m = {.kind = kind, .why = whys[rng_below(&t.rng, 8)], .offer = 1};
	if (back <= t.offer_count) {
		m.offer = t.offers[(t.offer_count - back) % OFFERS];
		m.call = t.calls[(t.offer_count - back) % OFFERS];
	}
	return m;
}

static struct router_message of_caller(enum router_kind kind)
{
	struct router_message m = {.kind = kind,
		.queue = rng_below(&t.rng, QUEUES),
		.priority = rng_below(&t.rng, 3) == 0 ? rng_below(&t.rng, ROUTER_PRIORITIES) : 0};
	m.call = kind == ROUTER_JOIN ? ++t.call : t.call - rng_below(&t.rng, 24);
	return m;
}

static const struct {
	enum router_kind kind;
	struct router_message (*make)(enum router_kind kind);
	unsigned weight;
} moves[] = {
	{ROUTER_QUEUE, of_queue, 1},
	{ROUTER_AGENT, of_agent, 1},
	{ROUTER_AGENT_GONE, of_agent, 1},
	{ROUTER_MEMBER, of_agent, 4},
	{ROUTER_MEMBER_GONE, of_agent, 2},
	{ROUTER_REGISTERED, of_agent, 8},
	{ROUTER_UNREGISTERED, of_agent, 2},
	{ROUTER_SET, of_agent, 6},
	{ROUTER_RESTORE, of_agent, 1},
	{ROUTER_JOIN, of_caller, 30},
	{ROUTER_LEAVE, of_caller, 10},
	{ROUTER_ANSWERED, of_offer, 12},
	{ROUTER_CONNECTED, of_offer, 20},
	{ROUTER_OVER, of_offer, 40},
	{ROUTER_RENEW, of_offer, 4},
};
#define MOVES (sizeof(moves) / sizeof(moves[0]))

static void step(void)
{
	unsigned sum = 0;
	for (unsigned i = 0; i < MOVES; i++)
		sum += moves[i].weight;
	unsigned at = rng_below(&t.rng, sum), i = 0;
	while (at >= moves[i].weight)
		at -= moves[i++].weight;
	post(moves[i].make(moves[i].kind));
	if (rng_below(&t.rng, 4) > 0)
		run(rng_below(&t.rng, 300));
	if (rng_below(&t.rng, 500) == 0)
		run(rng_below(&t.rng, 2 * ROUTER_LEASE_TALK_MS));
}

static uint64_t day(uint64_t seed)
{
	memset(&t, 0, sizeof(t));
	rng_seed(&t.rng, seed);
	ck_assert_int_eq(router_new(seed, 64, &t.r), 0);
	for (uint32_t q = 0; q < QUEUES; q++) {
		struct router_message m = of_queue(ROUTER_QUEUE);
		m.queue = q;
		post(m);
	}
	run(1);
	for (uint32_t a = 0; a < AGENTS; a++) {
		post((struct router_message){.kind = ROUTER_AGENT, .agent = a});
		post((struct router_message){
			.kind = ROUTER_MEMBER, .agent = a, .queue = a % QUEUES});
		post((struct router_message){
			.kind = ROUTER_REGISTERED, .agent = a, .set.ready = 1});
		run(1);
	}
	for (unsigned i = 0; i < STEPS; i++)
		step();
	struct router_counts c;
	router_counts(t.r, &c);
	ck_assert_uint_gt(c.decisions, STEPS / 20);
	ck_assert_uint_eq(c.surprises, 0);
	router_free(t.r);
	return t.digest;
}

// Those of the router that knew of no skills, but that an agent is not offered again whom it
// refused while there is another one (without that rule they are 0x4422c7925994cb24 and so on).
static const uint64_t digests[] = {
	0xc49543a202f92154,
	0xd1461154b9b94b8f,
	0x11ecc0c0b7a46775,
	0xe966c6d6bd290343,
	0x073e4f92015594aa,
	0x9f8c1f37a863c116,
	0xccb1b96c518c37ca,
	0xc5b5e02590acf02a,
};

START_TEST(what_was_decided_before_is_decided_still)
{
	for (uint64_t i = 0; i < sizeof(digests) / sizeof(digests[0]); i++) {
		uint64_t digest = day(i + 1);
		ck_assert_msg(
			digest == digests[i], "seed %" PRIu64 ": 0x%016" PRIx64, i + 1, digest);
	}
}
END_TEST

UNIT_MAIN("replay", what_was_decided_before_is_decided_still)
