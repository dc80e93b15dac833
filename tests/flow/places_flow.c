// What figures roll up on: the region of each call, as its record and the refusals tell it, and
// where agents belong, as their states and the segments of calls tell it over reloads.
#include "tests/unit/unit.h"

#include <jansson.h>

#include "control/config/config.h"
#include "control/eventlog/eventlog.h"
#include "engine/base/str.h"
#include "tests/flow/sim/sim.h"

#define REST                                                                  \
	"  country_code: '86'\n"                                              \
	"  trunks:\n"                                                         \
	"    carrier: {peers: [10.9.0.0/24], targets: 'udp:10.9.0.77:5060', " \
	"caller: '4001'}\n"                                                   \
	"  numbers: {'4001': one, '4002': one, '4003': one}\n"                \
	"  flows: {one: {a: {queue: sales}}}\n"                               \
	"  queues: {sales: {agents: [alice], short_call: 0s, wrap_up: 5s}}\n"

static const char regions[] =
	REST "  agents: {alice: {password: a, dials: carrier, dials_to: '*', dials_as: '4002'}}\n"
	     "  regions:\n"
	     "    east: {numbers: '4001'}\n"
	     "    shanghai: {callers: '021'}\n"
	     "    pudong: {callers: '02168'}\n";

static const char *region_of(const char *from, const char *to)
{
	struct sim_caller *c = dial(from, to);
	sim_run(100);
	caller_hangs_up(c);
	sim_run(100);
	return caller_record(c, "region");
}

START_TEST(a_call_is_of_a_region)
{
	sim_begin(&(struct sim_setup){.yaml = regions});
	ck_assert_str_eq(region_of("02168123456", "4001"), "east");
	ck_assert_str_eq(region_of("02168123456", "4002"), "pudong");
	ck_assert_str_eq(region_of("008602166123456", "4002"), "");
	ck_assert_str_eq(region_of("00862166123456", "4002"), "shanghai");
	ck_assert_str_eq(region_of("anonymous", "4002"), "");
	// By the configuration of its beginning.
	struct sim_caller *c = dial("02168123456", "4002");
	sim_run(100);
	sim_reload(REST "  agents: {alice: {password: a}}\n");
	caller_hangs_up(c);
	sim_run(100);
	ck_assert_str_eq(caller_record(c, "region"), "pudong");
	ck_assert_str_eq(region_of("02168123456", "4002"), "");
	sim_end();
}
END_TEST

static const char *region_out(const char *from, const char *to)
{
	static char region[CONFIG_NAME_MAX];
	struct call_info info;
	struct call_originate q = {.trunk = "carrier",
		.from = from,
		.to = to,
		.connect = CALL_CONNECT_QUEUE,
		.name = "sales"};
	struct callid id;
	char text[CALLID_TEXT_MAX];

	ck_assert_ptr_null(call_originate(sim_calls(), &q, &id));
	ck_assert_int_eq(call_find(sim_calls(), callid_text(&id, text), &info), 0);
	str_copy(region, sizeof(region), info.record->region);
	ck_assert_int_eq(call_hangup(sim_calls(), &id, "operator"), 0);
	sim_run(1000);
	return region;
}

START_TEST(of_a_call_out_our_number_says_first)
{
	sim_begin(&(struct sim_setup){.yaml = regions});
	ck_assert_str_eq(region_out(NULL, "02166123456"), "east");
	ck_assert_str_eq(region_out("4002", "02166123457"), "shanghai");
	phone_register("alice");
	sim_run(1000);
	struct sim_caller *c = caller_dials(
		&(struct caller_setup){.from = "alice", .agent = "alice", .to = "02168123456"});
	sim_run(500);
	caller_cancels(c);
	sim_run(1000);
	ck_assert_str_eq(caller_record(c, "caller"), "4002");
	ck_assert_str_eq(caller_record(c, "region"), "pudong");
	sim_end();
}
END_TEST

// --- a flood ---

static struct {
	unsigned events, calls[3];
} told;

static void refused(const struct event *e, void *arg)
{
	json_t *body = e->type == EVENT_CALL_REFUSED ? json_loads(e->body, 0, NULL) : NULL;
	const json_t *count = json_object_get(body, "count");
	const char *region = json_string_value(json_object_get(body, "region"));

	if (body != NULL) {
		told.events++;
		told.calls[str_equal(region, "east")	      ? 0
				: str_equal(region, "pudong") ? 1
							      : 2] +=
			count ? (unsigned)json_integer_value(count) : 1;
	}
	json_decref(body);
}

START_TEST(a_flood_is_counted_by_region)
{
	struct caller_setup each[] = {{.from = "1", .to = "4001"},
		{.from = "02168123456", .to = "4002"}, {.from = "1", .to = "4002"}};

	sim_begin(&(struct sim_setup){.yaml = regions, .log_in_memory = true});
	eventlog_set_feed(sim_log(), refused, NULL);
	for (unsigned i = 0; i < 3000; i++) {
		(void)caller_is_refused(&each[i % 3], "overload", 503);
		if (i % 2 == 0)
			(void)caller_is_refused(&each[i % 3], "trunk-full", 503);
	}
	sim_run(2000);
	ck_assert_uint_le(told.events, 1000 + 20 + 6);
	for (unsigned i = 0; i < 3; i++)
		ck_assert_uint_eq(told.calls[i], 1500);
	sim_end();
}
END_TEST

// --- where agents belong ---

#define TREE                                          \
	"  sites: north\n"                            \
	"  shifts: {early: north, late: north}\n"     \
	"  teams: {red: early, blue: late, bare: }\n" \
	"  groups: [hotline, training]\n"             \
	"  regions: {east: {agents: alice}}\n"

static const char in_red[] =
	REST TREE "  agents: {alice: {password: a, team: red, group: hotline}}\n";
static const char in_blue[] =
	REST TREE "  agents: {alice: {password: a, team: blue, group: hotline}}\n";
static const char in_bare[] =
	REST TREE "  agents: {alice: {password: a, team: bare, group: training}}\n";

static char seen[2048];

static void place(const struct event *e, void *arg)
{
	static const char *const members[] = {"site", "shift", "team", "group", "region"};
	bool state = e->type == EVENT_AGENT_STATE, segment = e->type == EVENT_CALL_SEGMENT;
	json_t *body = state || segment ? json_loads(e->body, 0, NULL) : NULL;
	struct str_buf *b = arg;

	if (body == NULL)
		return;
	if (state)
		str_buf_add(b, "%s:%s", json_string_value(json_object_get(body, "why")),
			json_string_value(json_object_get(body, "to")));
	else
		str_buf_add(b, "(%s)%s", json_string_value(json_object_get(body, "agent")),
			json_string_value(json_object_get(body, "why")));
	for (unsigned i = 0; i < 5; i++) {
		const char *text = json_string_value(json_object_get(body, members[i]));
		if (text != NULL)
			str_buf_add(b, "/%s", text);
	}
	str_buf_add(b, " ");
	json_decref(body);
}

static void ck_seen(struct str_buf *b, const char *text)
{
	ck_assert_str_eq(seen, text);
	seen[0] = '\0';
	str_buf_init(b, seen, sizeof(seen));
}

START_TEST(a_reload_moves_an_agent)
{
	struct str_buf b;

	str_buf_init(&b, seen, sizeof(seen));
	sim_begin(&(struct sim_setup){.yaml = in_red, .log_in_memory = true});
	eventlog_set_feed(sim_log(), place, &b);
	sim_reload(in_blue); // who is not there is moved all the same, and nothing ends
	sim_reload(in_red);
	ck_seen(&b, "");
	phone_register("alice");
	phone_answers("alice", 100);
	sim_run(100);
	ck_seen(&b, "registered:ready/north/early/red/hotline/east ");
	sim_reload(in_red);
	ck_seen(&b, "");
	struct sim_caller *c = dial("021", "4001");
	sim_run(1000);
	ck_seen(&b,
		"offered:offered/north/early/red/hotline/east "
		"()connected/north/early/red/hotline "
		"connected:talking/north/early/red/hotline/east ");
	sim_reload(in_blue);
	ck_seen(&b, "connected:talking/north/late/blue/hotline/east ");
	caller_hangs_up(c);
	sim_run(1000); // the conversation is whose it was when it began
	ck_seen(&b,
		"(alice)caller-hangup/north/early/red/hotline "
		"talked:wrap-up/north/late/blue/hotline/east ");
	sim_reload(in_bare);
	ck_seen(&b, "talked:wrap-up/bare/training/east ");
	sim_reload(REST "  agents: {alice: {password: a}}\n");
	ck_seen(&b, "talked:wrap-up ");
	c = dial("021", "4001");
	sim_run(500);
	caller_hangs_up(c);
	sim_run(10); // nobody took it
	ck_seen(&b, "()abandoned ");
	sim_end();
}
END_TEST

UNIT_MAIN("places", a_call_is_of_a_region, of_a_call_out_our_number_says_first,
	a_flood_is_counted_by_region, a_reload_moves_an_agent)
