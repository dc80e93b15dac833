// What changed between two configurations.
#include "tests/unit/unit.h"

#include <string.h>

#include "control/config/report/differ.h"
#include "control/config/load.h"
#include "control/modules.h"
#include "engine/base/str.h"

#define HEAD                                                               \
	"sip: {listen: [udp:10.9.0.1:5060]}\n"                             \
	"engine:\n  ports: {p: {host: 10.9.0.1/24}}\n"                     \
	"  media: {m: {port: p, address: 10.9.0.2/24}}\n"                  \
	"recording: {retention_days: %s}\n"                                \
	"tenants:\n  beta: {agents: {anna2: {password: abcdefgh}}}\n"      \
	"  acme:\n    prompts: {%shello: hello.wav, bye: bye.wav}\n"       \
	"    flows: {line: {greet: {play: %s, then: q}, q: {queue: q}}}\n" \
	"    numbers: {'9000': line}\n"                                    \
	"    queues: {q: {agents: [%s]}}\n"                                \
	"    agents: {anna: {password: %s}, bert: {password: abcdefgh}%s}\n"

static struct config *load(const char *days, const char *prompts, const char *greeting,
	const char *members, const char *agents[2])
{
	char text[2048];
	struct config_problems problems = {0};
	struct config *c = NULL;
	str_format(
		text, sizeof(text), HEAD, days, prompts, greeting, members, agents[0], agents[1]);
	struct config_text file = {"/etc/t.yaml", text, strlen(text)};
	ck_assert_msg(config_load_text(&control_modules, &file, NULL, &c, &problems) == 0, "%s",
		problems.count ? problems.list[0].text : "?");
	config_problems_free(&problems);
	return c;
}

static void expect(struct config *was, struct config *now, const unsigned counts[3])
{
	struct config_difference d;
	config_differ(was, now, &d);
	ck_assert_uint_eq(d.added, counts[0]);
	ck_assert_uint_eq(d.removed, counts[1]);
	ck_assert_uint_eq(d.changed, counts[2]);
	config_differ(now, was, &d); // seen from the other side
	ck_assert_uint_eq(d.added, counts[1]);
	ck_assert_uint_eq(d.removed, counts[0]);
	ck_assert_uint_eq(d.changed, counts[2]);
	config_release(now);
}

#define AGENTS(password, more) \
	(const char *[2])      \
	{                      \
		password, more \
	}
#define COUNTS(added, removed, changed) \
	(const unsigned[3])             \
	{                               \
		added, removed, changed \
	}

START_TEST(things_come_go_and_change)
{
	const char **same = AGENTS("abcdefgh", "");
	struct config *was = load("10", "", "hello", "anna, bert", same);
	expect(was, load("10", "", "hello", "anna, bert", same), COUNTS(0, 0, 0));
	// Others' places move: what refers to them says the same as before.
	expect(was, load("10", "apart: a.wav, ", "hello", "anna, bert", same), COUNTS(1, 0, 0));
	expect(was, load("10", "", "bye", "anna, bert", same), COUNTS(0, 0, 1));
	expect(was, load("10", "", "hello", "bert, anna", same), COUNTS(0, 0, 1));
	expect(was, load("10", "", "hello", "anna", same), COUNTS(0, 0, 1));
	expect(was, load("11", "", "hello", "anna, bert", same), COUNTS(0, 0, 1));
	expect(was, load("10", "", "hello", "anna, bert", AGENTS("other-one", "")),
		COUNTS(0, 0, 1));
	expect(was,
		load("10", "", "hello", "anna, bert",
			AGENTS("abcdefgh", ", carl: {password: abcdefgh}")),
		COUNTS(1, 0, 0));
	config_release(was);
}
END_TEST

// Behind the agents: skills and pauses of the same tenant.
#define MORE(skills, lunch) "}\n    skills: " skills "\n    pauses: {lunch: " lunch

START_TEST(skills_and_pauses_are_things_and_levels_change_who_has_them)
{
	const char **with = AGENTS("abcdefgh, skills: {german: 5}", MORE("[german]", "Lunch"));
	struct config *bare = load("10", "", "hello", "anna", AGENTS("abcdefgh", ""));
	struct config *was = load("10", "", "hello", "anna", with);
	expect(bare, load("10", "", "hello", "anna", with), COUNTS(2, 0, 1));
	expect(was, load("10", "", "hello", "anna", with), COUNTS(0, 0, 0));
	expect(was,
		load("10", "", "hello", "anna",
			AGENTS("abcdefgh, skills: {german: 6}",
				MORE("[french, german]", "Mittag"))),
		COUNTS(1, 0, 2));
	config_release(bare);
	config_release(was);
}
END_TEST

UNIT_MAIN("config_differ", things_come_go_and_change,
	skills_and_pauses_are_things_and_levels_change_who_has_them)
