// What explains itself: offers with their candidates, what each waits for, and agents' states that
// nobody stands behind.
#include "tests/unit/unit.h"

#include <jansson.h>
#include <string.h>

#include "control/eventlog/eventlog.h"
#include "engine/base/str.h"
#include "tests/flow/sim/sim.h"

#define NAMES "a1, a2, a3, a4, a5, a6, a7, a8, a9, b1"
#define MANY(policy)                                                                               \
	"  trunks: {carrier: {peers: [10.9.0.0/24]}}\n"                                            \
	"  numbers: {'1': line}\n"                                                                 \
	"  prompts: {music: m.wav}\n"                                                              \
	"  flows: {line: {in: {queue: sales}}}\n"                                                  \
	"  queues: {sales: {agents: [" NAMES "], policy: " policy ", music: music}}\n"             \
	"  agents: {a1: {password: x}, a2: {password: x}, a3: {password: x}, a4: {password: x},\n" \
	"           a5: {password: x}, a6: {password: x}, a7: {password: x}, a8: {password: x},\n" \
	"           a9: {password: x}, b1: {password: x}}\n"

static void offered_seen(const struct event *e, void *arg)
{
	json_t *body = e->type == EVENT_CALL_OFFERED ? json_loads(e->body, 0, NULL) : NULL;
	const json_t *list = json_object_get(body, "candidates"), *one;
	size_t i;
	if (body == NULL)
		return;
	str_buf_add(arg, "%s %s %d/%d:", json_string_value(json_object_get(body, "agent")),
		json_string_value(json_object_get(body, "policy")),
		(int)json_integer_value(json_object_get(body, "ready")),
		(int)json_integer_value(json_object_get(body, "waiting")));
	json_array_foreach(list, i, one)
		str_buf_add(arg, " %s=%d", json_string_value(json_object_get(one, "agent")),
			(int)json_integer_value(json_object_get(one, "score")));
	str_buf_add(arg, "\n");
	json_decref(body);
}

static void ck_offers(const char *yaml, const char *expected)
{
	static const char *const names[] = {
		"a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9", "b1"};
	char seen[4096] = "";
	struct str_buf b;
	str_buf_init(&b, seen, sizeof(seen));
	sim_begin(&(struct sim_setup){.yaml = yaml,
		.lax_order = true,
		.several = true,
		.rings_all = true,
		.log_in_memory = true});
	eventlog_set_feed(sim_log(), offered_seen, &b);
	for (unsigned i = 0; i < 10; i++) {
		phone_register(names[i]);
		sim_run(100);
	}
	struct sim_caller *c = dial("ann", "1");
	sim_run(1000);
	caller_hangs_up(c);
	sim_run(1000);
	ck_assert_str_eq(seen, expected);
	eventlog_set_feed(sim_log(), sim_story_event, NULL);
	sim_end();
}

START_TEST(an_offer_names_the_best_eight)
{
	ck_offers(MANY("longest-idle"),
		"a1 longest-idle 10/1: a1=1011 a2=911 a3=811 a4=711 a5=611 a6=511 a7=411 a8=311\n");
}
END_TEST

#define ALL(agent) \
	agent " ring-all 10/1: a1=1011 a2=911 a3=811 a4=711 a5=611 a6=511 a7=411 a8=311\n"

// By one decision, which each of them tells.
START_TEST(of_several_that_ring_each_names_all)
{
	ck_offers(MANY("ring-all"),
		ALL("a1") ALL("a2") ALL("a3") ALL("a4") ALL("a5") ALL("a6") ALL("a7") ALL("a8")
			ALL("a9") ALL("b1"));
}
END_TEST

UNIT_MAIN("why", an_offer_names_the_best_eight, of_several_that_ring_each_names_all)
