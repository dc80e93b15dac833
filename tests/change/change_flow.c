// What docs/change.md adds to the tree, in whole calls. It is built everywhere, and holds where the
// edits were made: tests/change/change_test.py runs it there.
#include "tests/flow/sim/sim.h"
#include "tests/unit/unit.h"

#define ACME(flow, policy)                                      \
	"  trunks: {carrier: {peers: [10.9.0.0/24]}}\n"         \
	"  numbers: {'500': main}\n"                            \
	"  flows: {main: {" flow "wait: {queue: sales}}}\n"     \
	"  prompts: {welcome: w.wav}\n"                         \
	"  queues: {sales: {agents: [alice, bob]" policy "}}\n" \
	"  agents: {alice: {password: a}, bob: {password: b}}\n"

START_TEST(the_policy_chooses)
{
	sim_begin(&(struct sim_setup){.yaml = ACME("", ", policy: newest"), .lax_order = true});
	phone_register("alice");
	sim_run(1000);
	phone_register("bob");
	phone_answers("bob", 100);
	struct sim_caller *c = dial("ann", "500");
	sim_run(500);
	ck_assert_str_eq(caller_hears(c), "bob"); // the longest idle is alice
	caller_hangs_up(c);
	sim_run(100);
	sim_end();
}
END_TEST

START_TEST(the_step_is_taken)
{
	sim_begin(&(struct sim_setup){
		.yaml = ACME("say: {repeat: welcome, times: 3, then: wait}, ", "")});
	phone_register("bob");
	phone_answers("bob", 100);
	struct sim_caller *c = dial("ann", "500");
	for (unsigned i = 0; i < 3; i++) { // a second each
		sim_run(i ? 1000 : 500);
		ck_assert_str_eq(caller_hears(c), "welcome");
	}
	sim_run(1200);
	ck_assert_str_eq(caller_hears(c), "bob");
	caller_hangs_up(c);
	sim_run(100);
	ck_story(c,
		"started answered step:say step:wait queued:sales offered:bob dequeued:connected "
		"connected:bob ended:caller-hangup/caller/talking");
	sim_end();
}
END_TEST

UNIT_MAIN("change", the_policy_chooses, the_step_is_taken)
