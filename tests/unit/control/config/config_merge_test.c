// Merges of YAML (`<<:`): what they bring, who wins, and where they end.
#include "control/config/load.h"
#include "control/modules.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/str.h"
#include "tests/unit/unit.h"

#define HEAD                                   \
	"sip: {listen: [udp:10.9.0.1:5060]}\n" \
	"engine:\n"                            \
	"  ports: {p: {}}\n"                   \
	"  media: {m: {port: p, address: 10.9.0.2/24}}\n"

static struct config_problems problems;

static struct config *load(const char *yaml)
{
	struct config *c;
	struct config_text t = {"/t.yaml", yaml, strlen(yaml)};
	config_problems_free(&problems);
	config_load_text(&control_modules, &t, NULL, &c, &problems);
	return c;
}

static struct config *good(const char *yaml)
{
	struct config *c = load(yaml);
	ck_assert_msg(c != NULL, "%s", problems.count ? problems.list[0].text : "?");
	return c;
}

static void expect(const char *yaml, const char *problem)
{
	ck_assert_ptr_null(load(yaml));
	ck_assert_uint_ge(problems.count, 1);
	ck_assert_str_eq(problems.list[0].text, problem);
}

START_TEST(own_keys_win)
{
	struct config *c = good(HEAD "tenants:\n acme:\n  agents:\n"
				     "   alice: &a {password: wonderland, ptime: 30ms}\n"
				     "   bob: {<<: *a, password: bricklayer}\n"
				     "   carol: {password: lighthouse, <<: *a}\n");
	ck_assert_str_eq(c->agents[1].password, "bricklayer");
	ck_assert_uint_eq(c->agents[1].ptime_ms, 30);
	ck_assert_str_eq(c->agents[2].password, "lighthouse");
	ck_assert_uint_eq(c->agents[2].ptime_ms, 30);
	ck_assert_str_eq(c->agents[2].display, "carol");
	config_release(c);
}
END_TEST

START_TEST(the_earlier_of_a_list_wins)
{
	struct config *c = good("x-one: &one {ptime: 30ms}\n"
				"x-two: &two {ptime: 40ms, ready: no}\n"
				"x-all: &all {<<: [*one, *two], display: All}\n" HEAD
				"tenants:\n acme:\n  agents:\n"
				"   alice: {<<: *all, password: wonderland}\n");
	ck_assert_uint_eq(c->agents[0].ptime_ms, 30);
	ck_assert(!c->agents[0].ready_on_register);
	ck_assert_str_eq(c->agents[0].display, "All");
	config_release(c);
}
END_TEST

// Things by their names, a section, a menu's digits, the steps of a flow, and a whole tenant.
START_TEST(every_map_merges)
{
	struct config *c = good(
		"x-agents: &agents {alice: wonderland, bob: bricklayer}\n"
		"x-steps: &steps {bye: hangup, again: {queue: q}}\n"
		"x-digits: &digits {1: bye, 2: bye}\n"
		"store: &store {history_days: 7}\n"
		"recording: {retention_days: 3}\n" HEAD "tenants:\n"
		" acme: &acme\n"
		"  prompts: {w: w.wav}\n"
		"  agents: {<<: *agents, carol: lighthouse}\n"
		"  queues: {q: {agents: [alice, carol]}}\n"
		"  flows: {f: {m: {menu: w, digits: {<<: *digits, 2: again}}, <<: *steps}}\n"
		"  numbers: {4001: f}\n"
		" other: {<<: *acme, agents: {dave: wanderer}, queues: {q: {agents: dave}}}\n");
	ck_assert_uint_eq(c->agent_count, 4);
	ck_assert_str_eq(c->agents[0].name, "carol"); // own ones first
	ck_assert_uint_eq(c->flows[0].step_count, 3);
	ck_assert_uint_eq(c->flows[0].steps[0].menu.on_digit[2], 2);
	ck_assert_uint_eq(c->flow_count, 2);
	ck_assert_str_eq(c->numbers[1].tenant->name, "other");
	ck_assert_ptr_eq(c->numbers[1].flow, &c->flows[1]);
	ck_assert_str_eq(c->queues[1].agents[0]->name, "dave");
	config_release(c);
}
END_TEST

// Quotes make a name of it, here one that nobody may have.
START_TEST(a_quoted_one_is_a_key)
{
	expect(HEAD "tenants:\n acme:\n  agents: {alice: {password: wonderland, \"<<\": {}}}\n",
		"/t.yaml:7:42: tenants.acme.agents.alice.<<: expected a key of an agent, got '<<'");
}
END_TEST

START_TEST(chains_end)
{
	static char yaml[8192];
	struct str_buf b;
	str_buf_init(&b, yaml, sizeof(yaml));
	for (unsigned i = 0; i < 60; i++) {
		str_buf_add(&b, "x-%u: &a%u {k%u: 1", i, i, i);
		if (i > 0)
			str_buf_add(&b, ", <<: *a%u", i - 1);
		str_buf_add(&b, "}\n");
	}
	str_buf_add(&b, "%stenants: {}\n", HEAD);
	config_release(good(yaml)); // each merges one that is merged already
	expect("x-a: &a {<<: {<<: {<<: *a}}}\n" HEAD "tenants: {}\n",
		"/t.yaml:1:6: <<: expected a map or a list of maps by their aliases, got a map "
		"that is merged into itself");
}
END_TEST

// Merges upon merges of a list of the same: ends by its bound, soon.
START_TEST(laughs_are_bounded)
{
	static char yaml[65536];
	struct str_buf b;
	str_buf_init(&b, yaml, sizeof(yaml));
	str_buf_add(&b, "x-0: &a0 {");
	for (unsigned i = 0; i < 1000; i++)
		str_buf_add(&b, "%sk%u: 1", i ? ", " : "", i);
	str_buf_add(&b, "}\n");
	for (unsigned i = 1; i < 50; i++) {
		str_buf_add(&b, "x-%u: &a%u {<<: [", i, i);
		for (unsigned k = 0; k < 100; k++)
			str_buf_add(&b, "%s*a%u", k ? ", " : "", i - 1);
		str_buf_add(&b, "]}\n");
	}
	str_buf_add(&b, "%stenants: {}\n", HEAD);
	ck_assert(!b.cut);
	ck_assert_ptr_null(load(yaml));
	ck_assert_uint_eq(problems.count, 1);
	ck_assert_ptr_nonnull(strstr(problems.list[0].text, "expected merges of at most"));
}
END_TEST

UNIT_MAIN("config_merge", own_keys_win, the_earlier_of_a_list_wins, every_map_merges,
	a_quoted_one_is_a_key, chains_end, laughs_are_bounded)
