// The router by its messages alone: order, leases, faults, doubles, and what a decision says.
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

#include "control/router/router.h"

#define ANSWERS 256

static struct {
	struct router *r;
	uint64_t ticket, now_ms;
	struct router_message answers[ANSWERS];
	unsigned count;
} t;

static void run(uint64_t for_ms)
{
	t.now_ms += for_ms;
	while (router_run(t.r, t.now_ms))
		;
	t.count = 0;
	while (t.count < ANSWERS && router_take(t.r, &t.answers[t.count]))
		t.count++;
}

static void post(struct router_message m)
{
	m.ticket = ++t.ticket;
	ck_assert(router_post(t.r, &m));
}

static const struct router_message *find(enum router_kind kind)
{
	for (unsigned i = 0; i < t.count; i++)
		if (t.answers[i].kind == kind)
			return &t.answers[i];
	return NULL;
}

static int done_error(void)
{
	const struct router_message *m = find(ROUTER_DONE);
	ck_assert_ptr_nonnull(m);
	return m->error;
}

static enum agent_state last_state(uint32_t agent)
{
	for (unsigned i = t.count; i > 0; i--)
		if (t.answers[i - 1].kind == ROUTER_STATE && t.answers[i - 1].agent == agent)
			return t.answers[i - 1].change.to;
	return AGENT_STATES;
}

static void begin(void)
{
	memset(&t, 0, sizeof(t));
	ck_assert_int_eq(router_new(7, 64, &t.r), 0);
	struct router_message q = {.kind = ROUTER_QUEUE, .queue = 0};
	q.queue_set = (struct router_queue){
		.ring_ms = 20000, .wrap_up_ms = 5000, .reject_pause_ms = 10000, .size_max = 4};
	post(q);
	run(1);
}

static void agent_in(uint32_t id)
{
	post((struct router_message){.kind = ROUTER_AGENT, .agent = id});
	post((struct router_message){.kind = ROUTER_MEMBER, .agent = id});
	post((struct router_message){.kind = ROUTER_REGISTERED, .agent = id, .set.ready = 1});
	run(1);
}

static void join(uint64_t call)
{
	post((struct router_message){.kind = ROUTER_JOIN, .call = call});
	run(1);
}

static void leave(uint64_t call)
{
	post((struct router_message){.kind = ROUTER_LEAVE, .call = call});
	run(1);
}

static void over(uint64_t offer, enum router_why why)
{
	post((struct router_message){.kind = ROUTER_OVER, .offer = offer, .why = why});
	run(1);
}

static void connected(uint64_t offer)
{
	post((struct router_message){.kind = ROUTER_CONNECTED, .offer = offer});
	run(1);
}

static uint64_t offered(uint64_t call, uint32_t agent)
{
	const struct router_message *m = find(ROUTER_OFFER);
	ck_assert_ptr_nonnull(m);
	ck_assert_uint_eq(m->call, call);
	ck_assert_uint_eq(m->agent, agent);
	return m->offer;
}

START_TEST(longest_idle_is_offered_the_first_caller)
{
	begin();
	agent_in(1);
	run(100);
	agent_in(0);
	join(11);
	uint64_t first = offered(11, 1);
	const struct router_message *m = find(ROUTER_OFFER);
	ck_assert_uint_eq(m->decision.ready, 2);
	ck_assert_uint_eq(m->decision.candidate[0].agent, 1);
	ck_assert_uint_eq(m->decision.candidate[1].agent, 0);
	ck_assert_uint_gt(m->decision.candidate[0].score, m->decision.candidate[1].score + 99);
	join(12);
	uint64_t second = offered(12, 0);
	join(13);
	ck_assert_ptr_null(find(ROUTER_OFFER));
	connected(second);
	connected(first);
	ck_assert_uint_eq(last_state(1), AGENT_TALKING);
	over(second, WHY_TALKED);
	ck_assert_uint_eq(last_state(0), AGENT_WRAP_UP);
	run(4990);
	ck_assert_ptr_null(find(ROUTER_OFFER));
	run(10);
	offered(13, 0);
	router_free(t.r);
}
END_TEST

START_TEST(a_failed_offer_keeps_the_place)
{
	begin();
	agent_in(0);
	join(11);
	uint64_t first = offered(11, 0);
	join(12);
	over(first, WHY_REJECTED);
	ck_assert_uint_eq(last_state(0), AGENT_PAUSED);
	agent_in(1);
	uint64_t second = offered(11, 1); // before 12
	run(9999);
	offered(12, 0); // the pause is over
	over(second, WHY_CALLER_GONE);
	offered(11, 1);	       // has not left: at the head again
	over(first, WHY_BUSY); // long over
	ck_assert_int_eq(done_error(), -ESTALE);
	router_free(t.r);
}
END_TEST

static void answered(uint64_t offer)
{
	post((struct router_message){.kind = ROUTER_ANSWERED, .offer = offer});
	run(1);
}

START_TEST(an_agent_that_answers_and_drops_gives_the_caller_back)
{
	begin();
	agent_in(0);
	join(11);
	uint64_t first = offered(11, 0);
	join(12);
	answered(first);
	ck_assert_uint_eq(last_state(0), AGENT_TALKING);
	over(first, WHY_HUNG_UP);
	ck_assert_uint_eq(last_state(0), AGENT_PAUSED);
	agent_in(1);
	uint64_t second = offered(11, 1); // before 12
	answered(second);
	connected(second); // lasts: the place is given up
	ck_assert_int_eq(done_error(), 0);
	ck_assert_uint_eq(last_state(1), AGENT_STATES);
	over(second, WHY_TALKED);
	ck_assert_uint_eq(last_state(1), AGENT_WRAP_UP);
	run(5000);
	offered(12, 1);
	leave(11);
	ck_assert_int_eq(done_error(), -ENOENT);
	answered(first); // long over
	ck_assert_int_eq(done_error(), -ESTALE);
	struct router_counts c;
	router_counts(t.r, &c);
	ck_assert_uint_eq(c.surprises, 0);
	router_free(t.r);
}
END_TEST

START_TEST(a_caller_that_leaves_frees_the_agent_only_when_its_leg_is_gone)
{
	begin();
	agent_in(0);
	join(11);
	uint64_t offer = offered(11, 0);
	leave(11);
	ck_assert_int_eq(done_error(), 0);
	join(12);
	ck_assert_ptr_null(find(ROUTER_OFFER));
	connected(offer); // the answer crossed: there is nobody to connect
	ck_assert_int_eq(done_error(), -ESTALE);
	over(offer, WHY_CALLER_GONE);
	offered(12, 0);
	leave(11);
	ck_assert_int_eq(done_error(), -ENOENT);
	router_free(t.r);
}
END_TEST

START_TEST(the_same_ticket_twice_is_one_message)
{
	begin();
	struct router_message m = {.kind = ROUTER_JOIN, .call = 11, .ticket = 4711};
	ck_assert(router_post(t.r, &m));
	ck_assert(router_post(t.r, &m));
	run(1);
	ck_assert_uint_eq(t.count, 2);
	ck_assert_int_eq(t.answers[0].error, 0);
	ck_assert_int_eq(t.answers[1].error, -EALREADY);
	struct router_counts c;
	router_counts(t.r, &c);
	ck_assert_uint_eq(c.duplicates, 1);
	join(11);
	ck_assert_int_eq(done_error(), -EEXIST);
	router_free(t.r);
}
END_TEST

START_TEST(a_lease_ends_by_itself)
{
	begin();
	agent_in(0);
	agent_in(1);
	join(11);
	uint64_t first = offered(11, 0);
	run(20000 + ROUTER_LEASE_OFFER_MS);
	const struct router_message *lapsed = find(ROUTER_LAPSED);
	ck_assert_ptr_nonnull(lapsed);
	ck_assert_uint_eq(lapsed->offer, first);
	uint64_t second = offered(11, 1);
	connected(second);
	run(ROUTER_LEASE_TALK_MS - 10);
	post((struct router_message){.kind = ROUTER_RENEW, .offer = second});
	run(1);
	run(ROUTER_LEASE_TALK_MS - 2);
	ck_assert_ptr_null(find(ROUTER_LAPSED));
	run(2);
	ck_assert_ptr_nonnull(find(ROUTER_LAPSED));
	ck_assert_uint_eq(last_state(1), AGENT_READY);
	router_free(t.r);
}
END_TEST

START_TEST(a_full_queue_refuses)
{
	begin();
	for (uint64_t call = 1; call <= 4; call++) {
		join(call);
		ck_assert_int_eq(done_error(), 0);
	}
	join(5);
	ck_assert_int_eq(done_error(), -ENOSPC);
	leave(2);
	join(5);
	ck_assert_int_eq(done_error(), 0);
	agent_in(0);
	offered(1, 0);
	agent_in(1);
	offered(3, 1);
	router_free(t.r);
}
END_TEST

START_TEST(priority_goes_first)
{
	begin();
	join(11);
	post((struct router_message){.kind = ROUTER_JOIN, .call = 12, .priority = 1});
	post((struct router_message){.kind = ROUTER_JOIN, .call = 13});
	run(1);
	agent_in(0);
	offered(11, 0);
	agent_in(1);
	offered(13, 1);
	agent_in(2);
	offered(12, 2);
	router_free(t.r);
}
END_TEST

START_TEST(what_an_agent_wants_waits_for_the_end_of_the_call)
{
	begin();
	agent_in(0);
	join(11);
	uint64_t offer = offered(11, 0);
	connected(offer);
	post((struct router_message){.kind = ROUTER_SET, .agent = 0, .set.ready = 0});
	run(1);
	ck_assert_uint_eq(last_state(0), AGENT_STATES);
	over(offer, WHY_TALKED);
	ck_assert_uint_eq(last_state(0), AGENT_WRAP_UP);
	run(5000);
	ck_assert_uint_eq(last_state(0), AGENT_AWAY);
	post((struct router_message){.kind = ROUTER_UNREGISTERED, .agent = 0});
	run(1);
	ck_assert_uint_eq(last_state(0), AGENT_SIGNED_OUT);
	router_free(t.r);
}
END_TEST

START_TEST(full_answers_wait_for_room)
{
	begin();
	for (unsigned i = 0; i < 3; i++) { // more answers than slots, nobody reads
		for (unsigned k = 0; k < 60; k++)
			post((struct router_message){.kind = ROUTER_LEAVE, .call = k});
		router_run(t.r, ++t.now_ms);
	}
	ck_assert_uint_le(router_next_ms(t.r), 1);
	struct router_message m;
	uint64_t next = 2, read = 0;
	do {
		while (router_take(t.r, &m)) {
			ck_assert_uint_eq(m.ticket, next++);
			read++;
		}
	} while (router_run(t.r, ++t.now_ms));
	ck_assert_uint_eq(read, 180);
	router_free(t.r);
}
END_TEST

static void knows(uint32_t agent, uint16_t skill, uint8_t level)
{
	post((struct router_message){.kind = ROUTER_SKILLS,
		.agent = agent,
		.skills = {.skill = {skill}, .level = {level}, .count = 1}});
	run(1);
}

static struct router_message asks(uint64_t call, uint16_t skill, uint8_t level)
{
	struct router_message m = {.kind = ROUTER_JOIN, .call = call, .queue = 1};
	m.join.wants = (struct router_skills){.skill = {skill}, .level = {level}, .count = 1};
	return m;
}

// More lines than a word has bits: members of before and of after are told of all.
START_TEST(many_lines_of_one_queue)
{
	begin();
	post((struct router_message){.kind = ROUTER_QUEUE, .queue = 1});
	agent_in(0);
	post((struct router_message){.kind = ROUTER_MEMBER, .agent = 0, .queue = 1});
	for (uint64_t call = 1; call <= 200; call++) {
		post(asks(call, call, 5));
		run(1);
		ck_assert_int_eq(done_error(), 0);
		ck_assert_ptr_null(find(ROUTER_OFFER));
	}
	agent_in(2);
	post((struct router_message){.kind = ROUTER_MEMBER, .agent = 2, .queue = 1});
	knows(0, 190, 4);
	ck_assert_ptr_null(find(ROUTER_OFFER));
	knows(0, 190, 5);
	uint64_t offer = offered(190, 0);
	knows(0, 3, 10);
	knows(2, 77, 9);
	offered(77, 2);
	over(offer, WHY_CALLER_GONE); // and has not left
	offered(3, 0);
	router_free(t.r);
}
END_TEST

START_TEST(a_join_says_what_it_asks_for)
{
	begin();
	post((struct router_message){.kind = ROUTER_QUEUE, .queue = 1});
	run(1);
	struct router_message m = asks(1, 7, 11);
	post(m);
	run(1);
	ck_assert_int_eq(done_error(), -EINVAL); // no such level
	m.join.wants = (struct router_skills){.skill = {7, 7}, .level = {1, 2}, .count = 2};
	post(m);
	run(1);
	ck_assert_int_eq(done_error(), -EINVAL); // one skill twice
	for (uint32_t id = 0; id < 3; id++) {
		agent_in(id);
		post((struct router_message){.kind = ROUTER_MEMBER, .agent = id, .queue = 1});
		if (id > 0)
			knows(id, 7, 6);
		run(100);
	}
	m = asks(2, 7, 6);
	m.join.preferred = 2 + 1;
	post(m);
	run(1);
	ck_assert_uint_eq(find(ROUTER_OFFER)->why, WHY_PREFERRED);
	ck_assert_uint_eq(find(ROUTER_OFFER)->decision.ready, 2);
	ck_assert_uint_eq(find(ROUTER_OFFER)->decision.skills, 1);
	offered(2, 2);
	m = asks(3, 7, 6);
	m.join.preferred = 0 + 1; // ready, and cannot
	post(m);
	run(1);
	ck_assert_uint_eq(find(ROUTER_OFFER)->why, WHY_OFFERED);
	offered(3, 1);
	router_free(t.r);
}
END_TEST

// Nobody has it: the caller waits, and others are served past it.
START_TEST(a_skill_that_nobody_has)
{
	begin();
	post((struct router_message){.kind = ROUTER_QUEUE, .queue = 1});
	agent_in(0);
	post((struct router_message){.kind = ROUTER_MEMBER, .agent = 0, .queue = 1});
	post(asks(1, 9, 1));
	run(1);
	ck_assert_ptr_null(find(ROUTER_OFFER));
	post((struct router_message){.kind = ROUTER_JOIN, .call = 2, .queue = 1});
	run(1);
	offered(2, 0);
	leave(1);
	ck_assert_int_eq(done_error(), 0);
	router_free(t.r);
}
END_TEST

UNIT_MAIN("router", many_lines_of_one_queue, a_join_says_what_it_asks_for, a_skill_that_nobody_has,
	longest_idle_is_offered_the_first_caller, a_failed_offer_keeps_the_place,
	an_agent_that_answers_and_drops_gives_the_caller_back,
	a_caller_that_leaves_frees_the_agent_only_when_its_leg_is_gone,
	the_same_ticket_twice_is_one_message, a_lease_ends_by_itself, a_full_queue_refuses,
	priority_goes_first, what_an_agent_wants_waits_for_the_end_of_the_call,
	full_answers_wait_for_room)
