// Whom an agent refused it is not offered again while another one waits; and however many it
// refused, of the others nobody is passed.
#include "tests/unit/unit.h"

#include <string.h>

#include "control/router/router.h"

#define CALLERS 30u

static struct {
	struct router *r;
	uint64_t ticket, now_ms, call, offer;
} t;

static void post(struct router_message m)
{
	m.ticket = ++t.ticket;
	ck_assert(router_post(t.r, &m));
}

static void run(uint64_t for_ms)
{
	struct router_message m;
	t.now_ms += for_ms;
	while (router_run(t.r, t.now_ms))
		;
	while (router_take(t.r, &m)) {
		if (m.kind != ROUTER_OFFER)
			continue;
		t.call = m.call;
		t.offer = m.offer;
	}
}

static uint64_t ends(enum router_why why) // who is offered then
{
	post((struct router_message){.kind = ROUTER_OVER, .offer = t.offer, .why = why});
	run(1);
	return t.call;
}

// Callers from these on ask for a skill, or wait in a second queue.
static void begin(uint32_t skilled, uint32_t second)
{
	memset(&t, 0, sizeof(t));
	ck_assert_int_eq(router_new(7, 1024, &t.r), 0);
	post((struct router_message){.kind = ROUTER_AGENT});
	post((struct router_message){
		.kind = ROUTER_SKILLS, .skills = {.skill = {1}, .level = {5}, .count = 1}});
	for (uint32_t q = 0; q < 2; q++) {
		post((struct router_message){
			.kind = ROUTER_QUEUE, .queue = q, .queue_set.ring_ms = 20000});
		post((struct router_message){.kind = ROUTER_MEMBER, .queue = q});
	}
	for (uint32_t i = 1; i <= CALLERS; i++) {
		struct router_message m = {.kind = ROUTER_JOIN, .call = i, .queue = i >= second};
		if (i >= skilled)
			m.join.wants =
				(struct router_skills){.skill = {1}, .level = {5}, .count = 1};
		post(m);
		run(1);
	}
	post((struct router_message){.kind = ROUTER_REGISTERED, .set.ready = 1});
	run(1);
	ck_assert_uint_eq(t.call, 1);
}

START_TEST(the_next_one_is_offered)
{
	begin(UINT32_MAX, UINT32_MAX);
	for (uint64_t i = 2; i <= 16; i++)
		ck_assert_uint_eq(ends(WHY_REJECTED), i);
	router_free(t.r);
}
END_TEST

// Callers are refused, or given back, in turn: nobody comes before who joined earlier and was not
// refused.
static void nobody_is_passed(uint32_t skilled, uint32_t second)
{
	bool refused[CALLERS + 1] = {false};
	begin(skilled, second);
	for (unsigned i = 0; i < 4 * CALLERS; i++) {
		bool refuses = i < 16 || i % 3 == 0;
		refused[t.call] |= refuses;
		uint64_t next = ends(refuses ? WHY_REJECTED : WHY_REDIRECTED);
		for (uint64_t k = 1; k < next && !refused[next]; k++)
			ck_assert_msg(refused[k], "%u: %u is passed by %u", i, (unsigned)k,
				(unsigned)next);
	}
	router_free(t.r);
}

START_TEST(of_one_line_nobody_is_passed)
{
	nobody_is_passed(UINT32_MAX, UINT32_MAX);
}
END_TEST

START_TEST(of_two_lines_nobody_is_passed)
{
	nobody_is_passed(18, UINT32_MAX);
}
END_TEST

START_TEST(of_two_queues_nobody_is_passed)
{
	nobody_is_passed(UINT32_MAX, CALLERS);
	nobody_is_passed(UINT32_MAX, 18);
}
END_TEST

// Nor by one who waits for this agent alone, of however many others it has refused.
START_TEST(by_who_is_kept_nobody_is_passed)
{
	begin(UINT32_MAX, UINT32_MAX);
	for (uint64_t i = 2; i <= 18; i++)
		(void)ends(WHY_REJECTED);
	post((struct router_message){
		.kind = ROUTER_JOIN, .call = 99, .join = {.preferred = 0 + 1, .hold_ms = 60000}});
	run(1);
	ck_assert_uint_le(ends(WHY_REJECTED), CALLERS);
	router_free(t.r);
}
END_TEST

UNIT_MAIN("refusals", by_who_is_kept_nobody_is_passed, the_next_one_is_offered,
	of_one_line_nobody_is_passed, of_two_lines_nobody_is_passed, of_two_queues_nobody_is_passed)
