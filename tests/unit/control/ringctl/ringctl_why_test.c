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

int main(void)
{
	const TTest *const tests[] = {offers_are_told_in_sentences};
	setenv("TZ", "UTC", 1); // of both
	if (!ops_fake_start(&fake))
		return 1;
	int failed = unit_run("ringctl_why", tests, sizeof(tests) / sizeof(tests[0]));
	ops_fake_stop(&fake);
	return failed;
}
