// Which agent's call ringload counts for which caller, and what of it is wrong.
#include "tests/unit/unit.h"

#include <string.h>

#include "bench/ringload/pair.h"

#define MS	1000000ull
#define CALLERS 3u
#define AGENTS	2u

static struct profile profile;
static struct load load;
static struct call calls[CALLERS + AGENTS];
static struct agent agents[AGENTS];
static struct call_note notes[CALLERS];

static void setup(void)
{
	memset(&profile, 0, sizeof(profile));
	memset(&load, 0, sizeof(load));
	memset(calls, 0, sizeof(calls));
	memset(agents, 0, sizeof(agents));
	memset(notes, 0, sizeof(notes));
	profile = (struct profile){.from = "2000",
		.calls = CALLERS,
		.calls_total = CALLERS,
		.agents = AGENTS,
		.agent_talk = {HOLD_FIXED, 1000, 1000},
		.ptime_ms = 20};
	load.profile = &profile;
	load.calls = calls;
	load.agents = agents;
	load.notes = notes;
	load.counts.tried = CALLERS;
	for (uint32_t i = 0; i < CALLERS + AGENTS; i++)
		calls[i].index = i;
}

// Caller i at place i has its answer.
static struct call *caller(uint32_t i, uint64_t at_ns)
{
	struct call *c = &calls[i];

	c->count = i;
	c->answered_ns = at_ns;
	notes[i].answered = true;
	pair_waits(&load, c);
	return c;
}

static struct call *offered(uint32_t agent, const char *from, uint64_t at_ns)
{
	struct call *c = &calls[CALLERS + agent];
	struct message m = {.from = {from, strlen(from)}};

	c->incoming = true;
	c->agent = agent;
	pair_offered(&load, c, &m, at_ns);
	return c;
}

static void hears(struct call *c, uint32_t right, uint32_t wrong)
{
	c->stream.peer_heard = right;
	c->stream.peer_wrong = wrong;
	pair_hushed(&load, c);
}

static void expect(uint64_t alone, uint64_t twice, uint64_t one_way)
{
	struct pair_report r = pair_report(&load);

	ck_assert_uint_eq(r.alone, alone);
	ck_assert_uint_eq(r.twice, twice);
	ck_assert_uint_eq(r.one_way, one_way);
}

START_TEST(a_caller_is_found_by_its_number)
{
	setup();
	caller(1, 100 * MS);
	ck_assert_uint_eq(load.waiting, 1);
	ck_assert_uint_eq(offered(0, "<sip:20001@10.0.0.1>;tag=x", 103 * MS)->count, 1);
	pair_answered(&load, &calls[CALLERS]);
	ck_assert_uint_eq(load.waiting, 0);
	ck_assert_uint_eq(load.counts.answer_to_agent.max_ns, 3 * MS);
	ck_assert_uint_eq(load.counts.digit_to_agent.count, 0);
	// Rung again, at another phone: how soon was told by the first.
	offered(1, "\"20001\" <sip:20001@10.0.0.1>;tag=y", 300 * MS);
	ck_assert_uint_eq(load.counts.answer_to_agent.count, 1);
	expect(0, 0, 1);
}
END_TEST

START_TEST(a_digit_counts_from_its_first_packet)
{
	setup();
	caller(0, 100 * MS)->stream.press_ns = 600 * MS;
	offered(0, "<sip:20000@10.0.0.1>", 650 * MS);
	ck_assert_uint_eq(load.counts.digit_to_agent.max_ns, 50 * MS);
	ck_assert_uint_eq(load.counts.answer_to_agent.count, 0);
}
END_TEST

START_TEST(strangers_are_nobodys)
{
	static const char *const from[] = {"<sip:20003@10.0.0.1>", "<sip:2000@10.0.0.1>",
		"<sip:3000@10.0.0.1>", "<sip:200x@10.0.0.1>", "<sip:20001x@10.0.0.1>", ""};

	setup();
	caller(1, MS);
	for (unsigned i = 0; i < sizeof(from) / sizeof(from[0]); i++) {
		ck_assert_uint_eq(offered(0, from[i], 2 * MS)->count, UINT32_MAX);
		pair_answered(&load, &calls[CALLERS]);
		hears(&calls[CALLERS], 50, 0);
	}
	expect(1, 0, 0);
}
END_TEST

START_TEST(both_have_to_hear_each_other_and_nobody_else)
{
	static const struct {
		uint32_t heard[2], wrong;
		uint64_t one_way;
	} cases[] = {{{50, 50}, 0, 0}, {{40, 40}, 0, 0}, {{50, 39}, 0, 1}, {{0, 50}, 0, 1},
		{{50, 50}, 1, 1}};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		setup();
		struct call *c = caller(2, MS), *a = offered(1, "<sip:20002@10.0.0.1>", 2 * MS);
		pair_answered(&load, a);
		hears(c, cases[i].heard[0], cases[i].wrong);
		hears(a, cases[i].heard[1], 0);
		pair_ended(&load, c);
		expect(0, 0, cases[i].one_way);
		ck_assert_uint_eq(load.counts.misheard, cases[i].wrong);
	}
}
END_TEST

START_TEST(two_agents_are_one_too_many)
{
	setup();
	caller(0, MS);
	for (uint32_t i = 0; i < 2; i++)
		pair_answered(&load, offered(i, "<sip:20000@10.0.0.1>", 2 * MS));
	expect(0, 1, 1);
	ck_assert_uint_eq(load.waiting, 0);
}
END_TEST

START_TEST(a_free_agent_is_timed_while_more_wait_than_there_are_agents)
{
	setup();
	caller(0, MS);
	caller(1, MS);
	agents[0].bye_ns = 9 * MS;
	pair_freed(&load, &agents[0], 10 * MS);
	offered(0, "<sip:20000@10.0.0.1>", 12 * MS);
	ck_assert_uint_eq(load.counts.free_to_agent.count, 0);
	caller(2, MS);
	pair_freed(&load, &agents[0], 10 * MS);
	offered(0, "<sip:20001@10.0.0.1>", 12 * MS);
	ck_assert_uint_eq(load.counts.free_to_agent.max_ns, 2 * MS);
	ck_assert_uint_eq(load.counts.bye_to_agent.max_ns, 3 * MS);
	profile.ramp_ms = 11; // not yet measured
	pair_freed(&load, &agents[0], 10 * MS);
	offered(0, "<sip:20002@10.0.0.1>", 12 * MS);
	ck_assert_uint_eq(load.counts.free_to_agent.count, 1);
	pair_ended(&load, &calls[2]);
	pair_ended(&load, &calls[2]);
	ck_assert_uint_eq(load.waiting, 2);
}
END_TEST

UNIT_MAIN("pair", a_caller_is_found_by_its_number, a_digit_counts_from_its_first_packet,
	strangers_are_nobodys, both_have_to_hear_each_other_and_nobody_else,
	two_agents_are_one_too_many, a_free_agent_is_timed_while_more_wait_than_there_are_agents)
