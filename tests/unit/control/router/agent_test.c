// Every state of an agent, and all that can happen to it there, told to the router by messages.
#include "tests/unit/unit.h"

#include <string.h>

#include "control/router/agent.h"
#include "control/router/router.h"

#define CALL 11

static struct {
	struct router *r;
	uint64_t ticket, now_ms, offer;
	enum agent_state state;
} t;

static void run(uint64_t for_ms)
{
	struct router_message m;
	t.now_ms += for_ms;
	while (router_run(t.r, t.now_ms))
		;
	while (router_take(t.r, &m)) {
		if (m.kind == ROUTER_STATE)
			t.state = m.change.to;
		if (m.kind == ROUTER_OFFER)
			t.offer = m.offer;
	}
}

static void tell(struct router_message m)
{
	m.ticket = ++t.ticket;
	ck_assert(router_post(t.r, &m));
	run(1);
}

// --- what happens ---

static void registers(void)
{
	tell((struct router_message){.kind = ROUTER_REGISTERED, .set.ready = 1});
}

static void registers_away(void)
{
	tell((struct router_message){.kind = ROUTER_REGISTERED});
}

static void unregisters(void)
{
	tell((struct router_message){.kind = ROUTER_UNREGISTERED});
}

static void set_ready(void)
{
	tell((struct router_message){.kind = ROUTER_SET, .set.ready = 1});
}

static void set_away(void)
{
	tell((struct router_message){.kind = ROUTER_SET});
}

static void removed(void)
{
	tell((struct router_message){.kind = ROUTER_AGENT_GONE});
}

static void configured_again(void)
{
	tell((struct router_message){.kind = ROUTER_AGENT});
}

static void calls_itself(void)
{
	tell((struct router_message){.kind = ROUTER_BUSY});
}

static void has_called(void)
{
	tell((struct router_message){.kind = ROUTER_FREE});
}

static void own_call_is_forgotten(void)
{
	run(ROUTER_LEASE_TALK_MS);
}

static void caller_joins(void)
{
	tell((struct router_message){.kind = ROUTER_JOIN, .call = CALL});
}

static void answers(void)
{
	tell((struct router_message){.kind = ROUTER_ANSWERED, .offer = t.offer});
}

static void talks(void)
{
	tell((struct router_message){.kind = ROUTER_CONNECTED, .offer = t.offer});
}

static void over(enum router_why why)
{
	tell((struct router_message){.kind = ROUTER_OVER, .offer = t.offer, .why = why});
}

static void is_busy(void)
{
	over(WHY_BUSY);
}

static void caller_goes(void)
{
	tell((struct router_message){.kind = ROUTER_LEAVE, .call = CALL});
	over(WHY_CALLER_GONE);
}

static void hangs_up(void)
{
	over(WHY_TALKED);
}

static void time_passes(void)
{
	run(10000); // after-call work and pause, no lease
}

static void lease_lapses(void)
{
	run(20000 + ROUTER_LEASE_OFFER_MS);
}

static void restored(enum agent_state state)
{
	tell((struct router_message){
		.kind = ROUTER_RESTORE, .set = {.ready = 1, .state = state, .for_ms = 8000}});
	registers();
}

static void comes_back_to_pause(void)
{
	restored(AGENT_PAUSED);
}

static void comes_back_to_work(void)
{
	restored(AGENT_WRAP_UP);
}

// --- where it happens ---

static void begin(enum agent_state state)
{
	memset(&t, 0, sizeof(t));
	ck_assert_int_eq(router_new(7, 64, &t.r), 0);
	struct router_message q = {.kind = ROUTER_QUEUE};
	q.queue_set = (struct router_queue){
		.ring_ms = 20000, .wrap_up_ms = 5000, .reject_pause_ms = 10000};
	tell(q);
	configured_again();
	tell((struct router_message){.kind = ROUTER_MEMBER});
	if (state == AGENT_AWAY)
		registers_away();
	else if (state != AGENT_SIGNED_OUT)
		registers();
	if (state == AGENT_BUSY)
		calls_itself();
	else if (state >= AGENT_PAUSED)
		caller_joins();
	if (state == AGENT_PAUSED) {
		over(WHY_REJECTED);
		tell((struct router_message){.kind = ROUTER_LEAVE, .call = CALL});
	}
	if (state == AGENT_TALKING || state == AGENT_WRAP_UP)
		talks();
	if (state == AGENT_WRAP_UP)
		hangs_up();
	ck_assert_uint_eq(t.state, state);
}

static void end(void)
{
	struct router_counts c;
	router_counts(t.r, &c);
	ck_assert_uint_eq(c.surprises, 0);
	router_free(t.r);
}

static const struct {
	enum agent_state from;
	void (*what)(void);
	enum agent_state to;
} rows[] = {
	{AGENT_SIGNED_OUT, registers, AGENT_READY},
	{AGENT_SIGNED_OUT, registers_away, AGENT_AWAY},
	{AGENT_SIGNED_OUT, configured_again, AGENT_SIGNED_OUT},
	{AGENT_SIGNED_OUT, unregisters, AGENT_SIGNED_OUT},
	{AGENT_SIGNED_OUT, set_ready, AGENT_SIGNED_OUT},
	{AGENT_SIGNED_OUT, removed, AGENT_SIGNED_OUT},
	{AGENT_SIGNED_OUT, comes_back_to_pause, AGENT_PAUSED},
	{AGENT_SIGNED_OUT, comes_back_to_work, AGENT_WRAP_UP},
	{AGENT_AWAY, registers, AGENT_AWAY}, // it is there already, and away
	{AGENT_AWAY, unregisters, AGENT_SIGNED_OUT},
	{AGENT_AWAY, set_ready, AGENT_READY},
	{AGENT_AWAY, set_away, AGENT_AWAY},
	{AGENT_AWAY, removed, AGENT_SIGNED_OUT},
	{AGENT_AWAY, caller_joins, AGENT_AWAY},
	{AGENT_READY, registers_away, AGENT_READY},
	{AGENT_READY, unregisters, AGENT_SIGNED_OUT},
	{AGENT_READY, set_away, AGENT_AWAY},
	{AGENT_READY, set_ready, AGENT_READY},
	{AGENT_READY, removed, AGENT_SIGNED_OUT},
	{AGENT_READY, caller_joins, AGENT_OFFERED},
	{AGENT_PAUSED, registers, AGENT_PAUSED},
	{AGENT_PAUSED, unregisters, AGENT_SIGNED_OUT},
	{AGENT_PAUSED, set_ready, AGENT_READY}, // and wants it at once
	{AGENT_PAUSED, set_away, AGENT_AWAY},
	{AGENT_PAUSED, removed, AGENT_SIGNED_OUT},
	{AGENT_PAUSED, time_passes, AGENT_READY},
	{AGENT_OFFERED, registers, AGENT_OFFERED},
	{AGENT_OFFERED, unregisters, AGENT_OFFERED},
	{AGENT_OFFERED, set_away, AGENT_OFFERED},
	{AGENT_OFFERED, removed, AGENT_OFFERED},
	{AGENT_OFFERED, answers, AGENT_TALKING},
	{AGENT_OFFERED, talks, AGENT_TALKING},
	{AGENT_OFFERED, is_busy, AGENT_PAUSED},
	{AGENT_OFFERED, caller_goes, AGENT_READY},
	{AGENT_OFFERED, lease_lapses, AGENT_PAUSED},
	{AGENT_TALKING, registers, AGENT_TALKING},
	{AGENT_TALKING, unregisters, AGENT_TALKING},
	{AGENT_TALKING, set_away, AGENT_TALKING},
	{AGENT_TALKING, removed, AGENT_TALKING},
	{AGENT_TALKING, hangs_up, AGENT_WRAP_UP},
	{AGENT_TALKING, lease_lapses, AGENT_READY},
	{AGENT_WRAP_UP, registers, AGENT_WRAP_UP},
	{AGENT_WRAP_UP, unregisters, AGENT_SIGNED_OUT},
	{AGENT_WRAP_UP, set_ready, AGENT_READY},
	{AGENT_WRAP_UP, set_away, AGENT_AWAY},
	{AGENT_WRAP_UP, removed, AGENT_SIGNED_OUT},
	{AGENT_WRAP_UP, caller_joins, AGENT_WRAP_UP},
	{AGENT_WRAP_UP, time_passes, AGENT_READY},
	{AGENT_SIGNED_OUT, calls_itself, AGENT_SIGNED_OUT},
	{AGENT_AWAY, calls_itself, AGENT_BUSY},
	{AGENT_READY, calls_itself, AGENT_BUSY},
	{AGENT_PAUSED, calls_itself, AGENT_PAUSED},
	{AGENT_OFFERED, calls_itself, AGENT_OFFERED},
	{AGENT_TALKING, calls_itself, AGENT_TALKING},
	{AGENT_WRAP_UP, calls_itself, AGENT_WRAP_UP},
	{AGENT_BUSY, calls_itself, AGENT_BUSY},
	{AGENT_BUSY, has_called, AGENT_READY},
	{AGENT_BUSY, own_call_is_forgotten, AGENT_READY},
	{AGENT_BUSY, registers, AGENT_BUSY},
	{AGENT_BUSY, unregisters, AGENT_SIGNED_OUT},
	{AGENT_BUSY, set_away, AGENT_BUSY},
	{AGENT_BUSY, removed, AGENT_SIGNED_OUT},
	{AGENT_BUSY, caller_joins, AGENT_BUSY},
};

START_TEST(each_state_and_what_happens_there)
{
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin(rows[i].from);
		rows[i].what();
		ck_assert_msg(t.state == rows[i].to, "row %u: %s, not %s", i,
			agent_state_name(t.state), agent_state_name(rows[i].to));
		end();
	}
}
END_TEST

// The agent has answered; the conversation begins, or is none.
START_TEST(an_answer_is_no_conversation_yet)
{
	begin(AGENT_OFFERED);
	answers();
	talks();
	ck_assert_uint_eq(t.state, AGENT_TALKING);
	hangs_up();
	ck_assert_uint_eq(t.state, AGENT_WRAP_UP);
	end();
	begin(AGENT_OFFERED);
	answers();
	over(WHY_HUNG_UP);
	ck_assert_uint_eq(t.state, AGENT_PAUSED);
	end();
}
END_TEST

// What was wanted or removed meanwhile takes effect behind the conversation.
START_TEST(what_was_wanted_counts_behind_the_call)
{
	begin(AGENT_OFFERED);
	set_away();
	caller_goes();
	ck_assert_uint_eq(t.state, AGENT_AWAY);
	end();
	begin(AGENT_TALKING);
	unregisters();
	hangs_up();
	ck_assert_uint_eq(t.state, AGENT_SIGNED_OUT); // and no work for who is gone
	end();
	begin(AGENT_WRAP_UP);
	tell((struct router_message){.kind = ROUTER_RESTORE, .set.ready = 1});
	ck_assert_uint_eq(t.state, AGENT_WRAP_UP); // a phone is there: nothing to restore
	end();
}
END_TEST

// A call of the agent's own is a lease; what was wanted in it holds behind it.
START_TEST(a_call_of_its_own_is_over_by_itself)
{
	begin(AGENT_BUSY);
	run(ROUTER_LEASE_TALK_MS - 100);
	calls_itself(); // is there still
	run(ROUTER_LEASE_TALK_MS - 100);
	ck_assert_uint_eq(t.state, AGENT_BUSY);
	set_away();
	has_called();
	ck_assert_uint_eq(t.state, AGENT_AWAY);
	end();
	begin(AGENT_TALKING);
	calls_itself(); // a second line of the phone
	hangs_up();
	ck_assert_uint_eq(t.state, AGENT_WRAP_UP);
	time_passes();
	ck_assert_uint_eq(t.state, AGENT_BUSY);
	end();
	begin(AGENT_OFFERED);
	calls_itself();
	is_busy();
	ck_assert_uint_eq(t.state, AGENT_BUSY);
	has_called();
	ck_assert_uint_eq(t.state, AGENT_OFFERED); // the caller waits still
	end();
}
END_TEST

UNIT_MAIN("agent", each_state_and_what_happens_there, a_call_of_its_own_is_over_by_itself,
	an_answer_is_no_conversation_yet, what_was_wanted_counts_behind_the_call)
