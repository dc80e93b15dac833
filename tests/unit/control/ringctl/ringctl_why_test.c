// What ringctl says in sentences, over the real socket, against the fake daemon. OPS_FAKE and
// RINGCTL name the programs.
#include "tests/unit/unit.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/control/ops/ops_fake.h"
#include "tests/unit/control/ops/ops_fake_world.h"

static struct ops_fake fake;
static char answer[1 << 16];

static int ringctl(const char *words)
{
	char line[4096];
	str_format(line, sizeof(line), "LANG=C.UTF-8 '%s' --socket '%s' %s 2>&1", getenv("RINGCTL"),
		fake.socket, words);
	FILE *p = popen(line, "r");
	ck_assert_ptr_nonnull(p);
	answer[fread(answer, 1, sizeof(answer) - 1, p)] = '\0';
	return WEXITSTATUS(pclose(p));
}

static void expect(const char *words, int code, const char *wanted)
{
	ck_assert_int_eq(ringctl(words), code);
	ck_assert_str_eq(answer, wanted);
}

START_TEST(offers_are_told_in_sentences)
{
	expect("calls why 18a5c3f2b1d4d0", 0,
		"13:03:22 service, after 1 s of waiting: longest-idle: alice for the "
		"first of 2 waiting; ready 2: alice idle 12.300 s, fang idle 4.000 s (decision 17, "
		"seed 00000000000000ab); alice: rejected after 5 s, at 13:03:27 (SIP "
		"603)\n"
		"13:03:27 service, after 6 s of waiting: longest-idle: fang for the "
		"first of 1 waiting; ready 10: fang idle 9.000 s and 9 more (decision 18, seed "
		"00000000000000ac); fang: connected after 2 s, at 13:03:29\n"
		"13:03:30 service: fang: hung-up at once, and the caller waits on\n"
		"13:03:31 service, after 0 s of waiting: linear: bob (decision 0, seed "
		"); how it ended for bob was lost\n");
	expect("calls why " OPS_FAKE_CALL, 0, "no agent has been offered this call\n");
	expect("calls why 77", 3, "ringctl: no call begins with 77\n");
	ck_assert_int_eq(ringctl("--json calls why 18a5c3f2b1d4d0"), 0);
	json_t *rows = json_loads(answer, 0, NULL);
	const json_t *first = json_array_get(rows, 0);
	ck_assert_uint_eq(json_array_size(json_object_get(first, "candidates")), 2);
	ck_assert_str_eq(json_string_value(json_object_get(first, "outcome")), "rejected");
	ck_assert(json_is_null(json_object_get(json_array_get(rows, 3), "outcome")));
	json_decref(rows);
}
END_TEST

START_TEST(an_agent_says_what_it_waits_for)
{
	expect("why agent alice", 0,
		"alice talks since 13:18:57 (1 min 2 s) in call "
		"18a5c3f2b1d4e600a1b2c3d400000001 of +8613800138000, until that ends\n");
	expect("why agent fang", 0,
		"fang is ready since 13:19:55 (4 s)\n"
		"in service 5 wait: 3 of them ask for skills that fang lacks, 1 of them has not"
		" come to ring 2, in which fang helps, 1 of them may be offered to it\n"
		"in sales nobody waits\n"
		"in night fang is of the reserve, which is not called: 4 of 10 wait\n");
	expect("why agent bob", 0,
		"bob is signed out since 2026-04-11 10:40:00 (26 h 40 min): until its phone "
		"registers\n");
	expect("why agent alise", 3, "ringctl: no agent alise; did you mean alice?\n");
}
END_TEST

START_TEST(a_call_says_what_it_waits_for)
{
	expect("why call 18a5c3f2b1d4e605", 0,
		"+442079460000 waits in service since 13:19:44 (15 s), place 1 of 5, priority "
		"2; the queue keeps it until 13:30:00 (10 min 0 s left)\n"
		"what it asks for: no agent who is signed in has it\n"
		"fang's phone is called for it\n"
		"alice, bob did not take it: others who can are asked first\n"
		"at 13:20:44 (in 44 s) it comes to ring 2, which asks for no more than german "
		"3, billing 0, in which 2 more agents help, with priority 3\n"
		"1 caller in service asks for german 5 in ring 1, +442079460000 waits 15 s; of "
		"12 agents 5 could take it: 2 talk, fang is in after-call work until 13:20:14, "
		"2 are left alone after calls not taken, the first until 13:20:04 (bob); 7 lack"
		" what is asked for; 1 helps in a later ring\n");
	expect("why call " OPS_FAKE_CALL, 0,
		"+8613800138000 waits in no queue: it is talking with alice, until one of them "
		"hangs up\n");
	expect("why call 77", 3, "ringctl: no call in progress begins with 77\n");
}
END_TEST

// What is not said of agents in words is in numbers.
START_TEST(reasons_have_numbers)
{
	ck_assert_int_eq(ringctl("--json why call 18a5c3f2b1d4e605"), 0);
	json_t *rows = json_loads(answer, 0, NULL);
	const json_t *last = json_array_get(rows, json_array_size(rows) - 1);
	const json_t *states = json_object_get(last, "states"), *first = json_array_get(states, 0);
	ck_assert_str_eq(json_string_value(json_object_get(last, "why")), "agents");
	ck_assert_uint_eq(json_array_size(states), 3);
	ck_assert_str_eq(json_string_value(json_object_get(first, "state")), "paused");
	ck_assert_int_eq(json_integer_value(json_object_get(first, "how_many")), 2);
	ck_assert_str_eq(
		json_string_value(json_object_get(first, "until")), "2026-04-12T13:20:04.000Z");
	json_decref(rows);
}
END_TEST

START_TEST(a_queue_says_what_it_waits_for)
{
	expect("why queue service", 0,
		"in service 1 waits, the longest 15 s; of 3 agents 1 ready, 1 in conversation\n"
		"the reserve of service is called, until no more than 4 wait (now 1)\n"
		"3 callers in service ask for german 5, of whom the first, +442079460000 waits "
		"15 s; of 12 agents 5 could take one: 2 talk, fang is in after-call work until "
		"13:20:14, 2 are left alone after calls not taken, the first until 13:20:04 "
		"(bob); 7 lack what is asked for; 1 helps in a later ring\n"
		"1 caller in service asks for no skill in ring 2, anonymous?[31m waits 0 s; of "
		"12 agents 0 could take it; 2 are of the reserve, which is not called: 1 of 12 "
		"wait\n"
		"7 callers ask for something else\n");
	expect("why queue servce", 3, "ringctl: no queue servce; did you mean service?\n");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {offers_are_told_in_sentences, an_agent_says_what_it_waits_for,
		a_call_says_what_it_waits_for, reasons_have_numbers,
		a_queue_says_what_it_waits_for};
	setenv("TZ", "UTC", 1); // of both
	if (!ops_fake_start(&fake))
		return 1;
	int failed = unit_run("ringctl_why", tests, sizeof(tests) / sizeof(tests[0]));
	ops_fake_stop(&fake);
	return failed;
}
