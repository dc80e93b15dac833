// The router on its own thread under several writers: each message ends in one DONE, no agent
// and no caller is in two offers, and when all is over everybody is free.
#include "tests/unit/unit.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include "control/router/router.h"
#include "control/router/router_thread.h"
#include "engine/base/rng.h"

#define WRITERS 3
#define CALLS	3000 // of each writer
#define ALL	(WRITERS * CALLS)
#define AGENTS	16
#define QUEUES	4
#define WRITER	56 // a ticket's upper bits say who wrote it

static struct router *router;
static _Atomic uint64_t posted; // written by everybody who posts
static _Atomic unsigned writers_done;

static void post(struct router_message m, uint64_t *ticket)
{
	m.ticket = ++*ticket;
	atomic_fetch_add(&posted, 1);
	while (!router_post(router, &m))
		sched_yield();
}

// Callers that join, and some of them leave again.
static void *writer_main(void *arg)
{
	uint64_t number = (uint64_t)(uintptr_t)arg, ticket = (number + 1) << WRITER;
	struct rng rng;
	rng_seed(&rng, number);
	for (unsigned i = 0; i < CALLS; i++) {
		struct router_message m = {.kind = ROUTER_JOIN, .call = number * CALLS + i + 1};
		m.queue = rng_below(&rng, QUEUES);
		m.priority = rng_below(&rng, 2);
		post(m, &ticket);
		m.kind = ROUTER_LEAVE;
		if (rng_below(&rng, 4) == 0)
			post(m, &ticket);
	}
	atomic_fetch_add(&writers_done, 1);
	return NULL;
}

static struct {
	struct rng rng;
	uint64_t ticket, dones;
	unsigned joined, left, connected, offers;
	bool in_offer[ALL + 1];
	uint64_t offer_of[AGENTS], call_of[AGENTS];
} reader;

static void say(struct router_message m)
{
	post(m, &reader.ticket);
}

static void offer_end(unsigned agent)
{
	uint64_t offer = reader.offer_of[agent];
	if (rng_below(&reader.rng, 3))
		say((struct router_message){.kind = ROUTER_CONNECTED, .offer = offer});
	reader.in_offer[reader.call_of[agent]] = false;
	reader.offer_of[agent] = 0;
	reader.offers--;
	say((struct router_message){.kind = ROUTER_OVER,
		.offer = offer,
		.why = rng_below(&reader.rng, 2) ? WHY_TALKED : WHY_REJECTED});
}

static void offer_end_any(void)
{
	unsigned agent = rng_below(&reader.rng, AGENTS);
	while (reader.offer_of[agent] == 0)
		agent = (agent + 1) % AGENTS;
	offer_end(agent);
}

static void on_offer(const struct router_message *m)
{
	ck_assert_msg(reader.offer_of[m->agent] == 0, "agent %u is in two offers", m->agent);
	ck_assert_msg(!reader.in_offer[m->call], "caller is in two offers");
	reader.in_offer[m->call] = true;
	reader.offer_of[m->agent] = m->offer;
	reader.call_of[m->agent] = m->call;
	reader.offers++;
	if (rng_below(&reader.rng, 2))
		offer_end_any();
}

static void on_done(const struct router_message *m)
{
	reader.dones++;
	ck_assert_int_ne(m->error, -EALREADY);
	if (m->error)
		return;
	reader.joined += m->command == ROUTER_JOIN;
	reader.left += m->command == ROUTER_LEAVE;
	reader.connected += m->command == ROUTER_CONNECTED;
}

static bool all_over(void)
{
	return atomic_load(&writers_done) == WRITERS && reader.offers == 0 &&
		reader.dones == atomic_load(&posted) && reader.left + reader.connected == ALL;
}

static void read_one(const struct router_message *m)
{
	if (m->kind == ROUTER_OFFER)
		on_offer(m);
	else if (m->kind == ROUTER_DONE)
		on_done(m);
}

// As control's loop sleeps; a writer's last word may come without an answer, so not for long.
static void sleep_until_answer(void)
{
	struct ring_wake *wake = router_answers_wake(router);
	struct router_message m;
	struct pollfd p = {.fd = wake->efd, .events = POLLIN};
	ring_wake_arm(wake);
	bool any = router_take(router, &m);
	if (!any)
		poll(&p, 1, 100);
	ring_wake_drain(wake);
	if (any)
		read_one(&m);
}

static void read_answers(void)
{
	struct router_message m;
	while (!all_over()) {
		if (router_take(router, &m))
			read_one(&m);
		else if (reader.offers > 0)
			offer_end_any();
		else
			sleep_until_answer();
	}
}

static void floor_post_all(void)
{
	for (uint32_t q = 0; q < QUEUES; q++)
		say((struct router_message){
			.kind = ROUTER_QUEUE, .queue = q, .queue_set = {.ring_ms = 60000}});
	for (uint32_t a = 0; a < AGENTS; a++) {
		say((struct router_message){.kind = ROUTER_AGENT, .agent = a});
		for (uint32_t q = 0; q < QUEUES; q++)
			if ((a + q) % 3)
				say((struct router_message){
					.kind = ROUTER_MEMBER, .agent = a, .queue = q});
		say((struct router_message){.kind = ROUTER_REGISTERED, .agent = a, .set.ready = 1});
	}
}

START_TEST(many_writers)
{
	pthread_t writers[WRITERS];
	struct router_thread *thread;
	struct router_counts c;
	memset(&reader, 0, sizeof(reader));
	rng_seed(&reader.rng, 99);
	ck_assert_int_eq(router_new(1, 256, &router), 0);
	ck_assert_int_eq(router_thread_start(router, &thread), 0);
	floor_post_all();
	for (uintptr_t i = 0; i < WRITERS; i++)
		ck_assert_int_eq(pthread_create(&writers[i], NULL, writer_main, (void *)i), 0);
	read_answers();
	for (unsigned i = 0; i < WRITERS; i++)
		pthread_join(writers[i], NULL);
	ck_assert_uint_eq(reader.joined, ALL);
	router_thread_stop(thread);
	router_counts(router, &c);
	ck_assert_uint_eq(c.surprises + c.duplicates + c.lapsed, 0);
	ck_assert_uint_eq(c.messages, atomic_load(&posted));
	router_free(router);
}
END_TEST

UNIT_MAIN("router_thread", many_writers)
