// Regions of calls: a number of ours before who calls, the longest beginning, one tenant's alone;
// and who is in which team, group and region.
#include "tests/unit/unit.h"

#include <string.h>

#include "control/config/load.h"
#include "control/config/regions.h"
#include "control/config/report/differ.h"
#include "control/modules.h"
#include "engine/base/str.h"

#define HEAD                                              \
	"sip: {listen: [udp:10.9.0.1:5060]}\n"            \
	"engine:\n"                                       \
	"  ports: {p: {host: 10.9.0.1/24}}\n"             \
	"  media: {m: {port: p, address: 10.9.0.2/24}}\n" \
	"tenants:\n"

static struct config *loaded(const char *tenants)
{
	char text[4096], problems[1024] = "";
	struct config_problems wrong;
	struct config *c;
	struct str_buf b;

	str_format(text, sizeof(text), "%s%s", HEAD, tenants);
	config_load_text(&control_modules, &(struct config_text){"t.yaml", text, strlen(text)},
		NULL, &c, &wrong);
	str_buf_init(&b, problems, sizeof(problems));
	for (unsigned i = 0; i < wrong.count; i++)
		str_buf_add(&b, "%s\n", wrong.list[i].text);
	config_problems_free(&wrong);
	ck_assert_msg(c != NULL, "%s", problems);
	return c;
}

// By the tenant's plan, as records have their numbers.
static const char *region(
	const struct config *c, unsigned tenant, const char *ours, const char *theirs)
{
	char own[NUMBER_TEXT_MAX], far[NUMBER_TEXT_MAX];

	number_normal(&c->tenants[tenant].plan, ours, own);
	number_normal(&c->tenants[tenant].plan, theirs, far);
	return config_find_region(c, &c->tenants[tenant], own, far);
}

START_TEST(a_number_of_ours_before_the_longest_beginning_of_theirs)
{
	static const struct {
		const char *ours, *theirs, *region;
	} t[] = {
		{"4001", "0211", "east"},
		{"40-01", "0211", "east"},
		{"4002", "0211", "hotline"},
		{"4002", "02177", "district"},
		{"4002", "021-77", "district"},
		{"4002", "030", ""},
		{"4002", "anonymous", ""},
		{"4002", "", ""},
		{"9511", "0211", "south"},
		{"9522", "0211", "west"},
		{"", "0211", "hotline"},
	};
	struct config *c = loaded(" acme:\n  flows: {f: {a: hangup}}\n"
				  "  numbers: {'4001': f, '4002': f, '95*': f}\n"
				  "  regions:\n"
				  "   east: {numbers: '4001'}\n"
				  "   south: {numbers: '951*'}\n"
				  "   west: {numbers: '95*'}\n"
				  "   hotline: {callers: '021'}\n"
				  "   district: {callers: '02177*'}\n");

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		ck_assert_msg(str_equal(region(c, 0, t[i].ours, t[i].theirs), t[i].region),
			"%zu: %s", i, region(c, 0, t[i].ours, t[i].theirs));
	config_release(c);
}
END_TEST

START_TEST(in_the_one_form_of_a_plan)
{
	struct config *c = loaded(" acme:\n  country_code: 86\n  flows: {f: {a: hangup}}\n"
				  "  numbers: {'40012345678': f, '95*': f}\n"
				  "  regions:\n"
				  "   east: {numbers: '0400-1234-5678'}\n"
				  "   south: {numbers: '95*'}\n"
				  "   shanghai: {callers: '021'}\n"
				  "   germany: {callers: '+49'}\n"
				  "   house: {callers: '70'}\n"
				  "   rest: {callers: '*'}\n");

	ck_assert_str_eq(region(c, 0, "+8640012345678", "+8621555"), "east");
	ck_assert_str_eq(region(c, 0, "95588", "+8621555"), "south");
	ck_assert_str_eq(region(c, 0, "1", "+862155555555"), "shanghai");
	ck_assert_str_eq(region(c, 0, "1", "02155555555"), "shanghai");
	ck_assert_str_eq(region(c, 0, "1", "0049221555"), "germany");
	ck_assert_str_eq(region(c, 0, "1", "7001"), "house"); // a short code as it stands
	ck_assert_str_eq(region(c, 0, "1", "+8610555"), "rest");
	ck_assert_str_eq(region(c, 0, "1", "anonymous"), "rest");
	config_release(c);
}
END_TEST

START_TEST(a_tenant_has_its_own)
{
	static const char both[] = "  flows: {f: {a: hangup}}\n"
				   "  sites: [north]\n"
				   "  shifts: {early: north, idle: }\n"
				   "  teams: {red: early, loose: }\n"
				   "  groups: [hotline, training]\n";
	char text[2048];

	str_format(text, sizeof(text),
		" acme:\n%s  numbers: {'4001': f}\n"
		"  regions: {east: {numbers: '4001', agents: alice}, only: {callers: '1'}}\n"
		"  agents: {alice: {password: Wx7-kq2Zt9, team: red, group: training}}\n"
		" bell:\n%s  numbers: {'4001': f}\n"
		"  regions: {east: {callers: '0', agents: [bob]}}\n"
		"  agents: {bob: {password: Wx7-kq2Zt9, team: red, group: hotline},"
		" carl: {password: Wx7-kq2Zt9}}\n",
		both, both);
	struct config *c = loaded(text);
	const struct config_agent *alice = config_find_agent(c, "alice");
	const struct config_agent *bob = config_find_agent(c, "bob");
	const struct config_agent *carl = config_find_agent(c, "carl");

	ck_assert_str_eq(region(c, 0, "4001", "1"), "east");
	ck_assert_str_eq(region(c, 1, "4001", "1"), "");
	ck_assert_str_eq(region(c, 1, "4001", "0"), "east");
	ck_assert_ptr_eq(alice->team, &c->teams[0]);
	ck_assert_ptr_eq(bob->team, &c->teams[2]);
	ck_assert_ptr_ne(alice->team->shift->site, bob->team->shift->site);
	ck_assert_str_eq(bob->team->shift->site->name, "north");
	ck_assert_str_eq(alice->group->name, "training");
	ck_assert_str_eq(alice->region->name, "east");
	ck_assert_ptr_eq(bob->region->tenant, bob->tenant);
	ck_assert(!carl->team && !carl->group && !carl->region);
	ck_assert(!c->teams[1].shift && !c->shifts[1].site);
	config_release(c);
}
END_TEST

START_TEST(a_reload_tells_of_them)
{
#define TENANT(teams, team)                                                 \
	" acme:\n  sites: [a, b]\n  shifts: {s: a}\n  teams: {" teams "}\n" \
	"  agents: {alice: {password: Wx7-kq2Zt9, team: " team "}}\n"       \
	"  regions: {r: {callers: '0', agents: alice}}\n"
	struct config *was = loaded(TENANT("t: s, u: s", "t"));
	struct config *now = loaded(TENANT("t: s, v: s, w: s", "w"));
	struct config *same = loaded(TENANT("t: s, u: s", "t"));
	struct config_difference d;

	config_differ(was, now, &d);
	ck_assert_uint_eq(d.added, 2);
	ck_assert_uint_eq(d.removed, 1);
	ck_assert_uint_eq(d.changed, 1);
	config_differ(was, same, &d);
	ck_assert_uint_eq(d.added + d.removed + d.changed, 0);
	config_release(was);
	config_release(now);
	config_release(same);
}
END_TEST

// "alice0 dora0 bob1 cleo1 carl0!": each with its ring, and ! of the reserve.
static void ck_members(const char *queue, const char *expected)
{
	char text[1024], told[256] = "";
	struct config_member m;
	struct str_buf b;

	str_format(text, sizeof(text),
		" acme:\n  teams: {red: , blue: , green: }\n"
		"  queues: {q: {%s}}\n"
		"  agents:\n"
		"    alice: {password: Wx7-kq2Zt1, team: red}\n"
		"    bob: {password: Wx7-kq2Zt2, team: blue}\n"
		"    carl: {password: Wx7-kq2Zt3, team: blue}\n"
		"    dora: {password: Wx7-kq2Zt4, team: red}\n"
		"    emil: {password: Wx7-kq2Zt5}\n",
		queue);
	struct config *c = loaded(text);
	str_buf_init(&b, told, sizeof(told));
	for (unsigned i = 0; config_queue_member(&c->queues[0], i, &m); i++)
		str_buf_add(
			&b, "%s%s%u%s", i ? " " : "", m.agent->name, m.ring, m.reserve ? "!" : "");
	ck_assert_str_eq(told, expected);
	config_release(c);
}

START_TEST(queues_are_served_by_teams)
{
	ck_members("teams: red", "alice0 dora0");
	ck_members("teams: [blue, red], agents: [dora, emil]", "dora0 emil0 alice0 bob0 carl0");
	ck_members(
		"teams: red, rings: [{after: 9s, teams: [blue, red]}]", "alice0 dora0 bob1 carl1");
	ck_members("teams: blue, rings: [{after: 9s, agents: [bob]}], "
		   "reserve: {teams: [red], agents: [carl], from: 2}",
		"bob1 carl0! alice0! dora0!"); // who is named is where it is named
	ck_members("teams: green, agents: alice", "alice0");
}
END_TEST

UNIT_MAIN("config_regions", queues_are_served_by_teams,
	a_number_of_ours_before_the_longest_beginning_of_theirs, in_the_one_form_of_a_plan,
	a_tenant_has_its_own, a_reload_tells_of_them)
