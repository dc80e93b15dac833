// The members' table and the shapes that are made of it.
#include "tests/unit/unit.h"

#include <string.h>

#include "control/contract/member.h"
#include "tests/unit/control/ops/shape_judge.h"

static unsigned used[MEMBER_COUNT_ALL];

static void walk(const struct shape *s)
{
	size_t count = shape_count(s);
	for (size_t i = 0; i < count; i++) {
		const struct shape_member *m = shape_member(s, i);
		const char *name = member_name(m->is);
		used[m->is - members]++;
		for (size_t k = 0; k < i; k++)
			ck_assert_msg(strcmp(member_name(shape_member(s, k)->is), name) != 0,
				"%s has %s twice", s->name, name);
		ck_assert_msg(m->of != NULL || m->is->kind != MEMBER_ROWS, "%s.%s: rows of what?",
			s->name, name);
		if (m->of != NULL)
			walk(m->of);
	}
}

// One line a name, so that it can mean but one thing; and none that nobody writes.
START_TEST(a_name_means_one_thing)
{
	for (unsigned i = 0; i < MEMBER_COUNT_ALL; i++)
		for (unsigned k = 0; k < i; k++)
			ck_assert_msg(strcmp(members[i].name, members[k].name) != 0,
				"%s has two lines", members[i].name);
	for (unsigned i = 0; i < COMMAND_ALL; i++)
		if (shape_of_command(i) != NULL)
			walk(shape_of_command(i));
#define X(name, number, ...) walk(shape_of_event(number));
	EVENT_TYPES(X)
#undef X
	for (unsigned i = 0; i < MEMBER_COUNT_ALL; i++)
		ck_assert_msg(used[i] > 0, "nothing has a %s", members[i].name);
}
END_TEST

START_TEST(units_end_names)
{
	static const char *const ends[] = {"_s", "_ns", "_us", "_ms", "_percent", "_db", "_dbm0"};
	static const enum member_kind kinds[] = {MEMBER_KINDS, MEMBER_KINDS, MEMBER_US, MEMBER_MS,
		MEMBER_PERCENT, MEMBER_INTEGER, MEMBER_INTEGER};
	for (unsigned i = 0; i < MEMBER_COUNT_ALL; i++)
		for (unsigned k = 0; k < sizeof(ends) / sizeof(ends[0]); k++) {
			const struct contract_member *m = &members[i];
			size_t len = strlen(m->name), n = strlen(ends[k]);
			bool ends_so = len > n && strcmp(m->name + len - n, ends[k]) == 0;
			ck_assert_msg(!ends_so || m->kind == kinds[k], "%s", m->name);
			if (m->kind == kinds[k] && m->kind != MEMBER_INTEGER)
				ck_assert_msg(ends_so, "%s", m->name);
		}
}
END_TEST

// What a command answers has a shape: without one nobody knows what it says.
START_TEST(every_command_and_event_has_a_shape)
{
	for (unsigned i = 0; i < COMMAND_COUNT; i++)
		ck_assert_msg(shape_of_command(i) != NULL, "%s", commands[i].words);
#define X(name, number, text, ...) ck_assert_msg(shape_of_event(number) != NULL, text);
	EVENT_TYPES(X)
#undef X
}
END_TEST

static void expect(const struct shape *s, const char *raw, const char *wanted)
{
	json_t *fit = shape_fit(s, json_loads(raw, 0, NULL));
	char *text = json_dumps(fit, JSON_COMPACT);
	ck_assert_str_eq(text, wanted);
	free(text);
	json_decref(fit);
}

START_TEST(rows_take_their_form)
{
	const struct shape *deed = shape_of_command(COMMAND_DRAIN);
	expect(deed, "{\"done\":\"so\"}", "{\"done\":\"so\"}");
	expect(deed, "{}", "{\"done\":null}");
	expect(deed, "{\"done\":\"\",\"more\":1}", "{\"done\":null,\"more\":1}");
	expect(shape_of_event(EVENT_AGENT_STATE),
		"{\"until\":1775999000123456789,\"ready\":true,\"agent\":\"a\",\"from\":\"ready\","
		"\"to\":\"paused\",\"why\":\"busy\"}",
		"{\"agent\":\"a\",\"from\":\"ready\",\"to\":\"paused\",\"why\":\"busy\","
		"\"queue\":null,\"wants_calls\":true,\"until\":\"2026-04-12T13:03:20.123Z\","
		"\"pause\":null,\"pause_code\":null,\"site\":null,\"shift\":null,\"team\":null,"
		"\"group\":null,\"region\":null}");
	expect(shape_of_event(EVENT_CALL_QUEUED), "{\"queue\":\"q\"}",
		"{\"queue\":\"q\",\"dropped_by\":null,\"waited_ms\":0,\"waiting_ms\":0,\"skills\":"
		"null,\"priority\":null}");
	json_t *shared = json_pack("{s:s}", "done", "so"); // what others hold too stays theirs
	json_decref(shape_fit(deed, json_incref(shared)));
	ck_assert_uint_eq(json_object_size(shared), 1);
	json_decref(shared);
}
END_TEST

static void judged(const char *text, const char *problem)
{
	char got[SHAPE_PROBLEM_MAX] = "";
	json_t *json = json_loads(text, 0, NULL);
	bool good = shape_judge(shape_of_command(COMMAND_REGISTRATIONS_LIST), json, got);
	ck_assert_int_eq(good, problem == NULL);
	if (problem != NULL)
		ck_assert_str_eq(got, problem);
	json_decref(json);
}

#define ROW(tenant, expires, end)                                             \
	"{\"agent\":\"a\",\"tenant\":" tenant ",\"contact\":null,\"source\":" \
	"null,\"transport\":\"udp\",\"expires\":" expires ",\"user_agent\":null" end "}"

START_TEST(the_judge_sees_what_is_wrong)
{
	judged(ROW("null", "\"2026-04-12T13:03:20.123Z\"", ""), NULL);
	judged(ROW("null", "\"2026-04-12T13:03:20.123456789Z\"", ""), NULL);
	judged(ROW("\"\"", "\"2026-04-12T13:03:20.123Z\"", ""), "registration.tenant: \"\"");
	judged(ROW("null", "\"2026-04-12T13:03:20Z\"", ""),
		"registration.expires: \"2026-04-12T13:03:20Z\"");
	judged(ROW("null", "1775999000123456789", ""), "registration.expires: 1775999000123456789");
	judged(ROW("null", "null", ""), "registration.expires: null");
	judged(ROW("null", "\"2026-04-12T13:03:20.123Z\"", ",\"x\":1"),
		"registration.x: not in the shape");
	judged("{}", "registration.agent: missing");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {a_name_means_one_thing, units_end_names,
		every_command_and_event_has_a_shape, rows_take_their_form,
		the_judge_sees_what_is_wrong};
	return unit_run("shape", tests, sizeof(tests) / sizeof(tests[0]));
}
