// Masking: by a step of the flow, by an operator in a conversation, and when the engine cannot.
#include "tests/unit/unit.h"

#include <errno.h>

#include "tests/flow/sim/sim.h"

static const char masked_yaml[] =
	"  trunks: {carrier: {peers: [10.9.0.0/24]}}\n"
	"  numbers: {'400': hotline}\n"
	"  prompts: {choice: c.wav, music: m.wav}\n"
	"  flows:\n"
	"    hotline:\n"
	"      pin: {menu: choice, digits: {1: open, 2: sales}, masked: yes}\n"
	"      open: {menu: choice, digits: {3: sales}}\n"
	"      sales: {queue: sales}\n"
	"  queues: {sales: {agents: [alice], music: music}}\n"
	"  agents: {alice: {password: a}}\n";

START_TEST(a_step_masks_its_own_digit)
{
	sim_begin(&(struct sim_setup){.yaml = masked_yaml});
	struct sim_caller *c = dial("ann", "400");
	sim_run(300);
	ck_assert(caller_masked(c));
	caller_presses(c, "1");
	ck_assert(!caller_masked(c));
	caller_presses(c, "3");
	ck_story(c,
		"started answered step:pin masked:flow digit:x step:open unmasked:flow digit:3 "
		"step:sales queued:sales");
	caller_hangs_up(c);
	ck_assert_str_eq(caller_record(c, "digits"), "x3");
	sim_end();
}
END_TEST

START_TEST(an_operator_masks_a_conversation)
{
	struct call_info info;

	sim_begin(&(struct sim_setup){0});
	struct sim_caller *c = ann_talks_to_alice();
	struct callid id = caller_id(c);
	caller_presses(c, "9"); // nobody listens
	ck_assert_int_eq(call_mask(sim_calls(), &id, true), 0);
	ck_assert_int_eq(call_mask(sim_calls(), &id, true), 0);
	ck_assert(caller_masked(c));
	caller_presses(c, "4711");
	char text[CALLID_TEXT_MAX];
	ck_assert_int_eq(call_find(sim_calls(), callid_text(&id, text), &info), 0);
	ck_assert(info.masked);
	ck_assert_str_eq(caller_hears(c), "alice");
	ck_assert_int_eq(call_mask(sim_calls(), &id, false), 0);
	ck_assert(!caller_masked(c));
	caller_presses(c, "9");
	caller_hangs_up(c);
	ck_story(c,
		"started answered step:sales queued:sales offered:alice dequeued:connected "
		"connected:alice masked:operator digit:x digit:x digit:x digit:x "
		"unmasked:operator ended:caller-hangup/caller/talking");
	ck_assert_str_eq(caller_record(c, "digits"), "xxxx");
	ck_assert_int_eq(call_mask(sim_calls(), &id, true), -ENOENT);
	sim_end();
}
END_TEST

START_TEST(masked_while_waiting_is_masked_in_the_conversation)
{
	sim_begin(&(struct sim_setup){0});
	struct sim_caller *c = dial("ann", "500");
	sim_run(100);
	struct callid id = caller_id(c);
	ck_assert_int_eq(call_mask(sim_calls(), &id, true), 0);
	phone_register("alice");
	phone_answers("alice", 100);
	sim_run(500);
	ck_assert(caller_masked(c));
	caller_presses(c, "5");
	caller_hangs_up(c);
	ck_story(c,
		"started answered step:sales queued:sales masked:operator offered:alice "
		"dequeued:connected connected:alice digit:x ended:caller-hangup/caller/talking");
	sim_end();
}
END_TEST

START_TEST(what_cannot_be_masked_is_told)
{
	sim_begin(&(struct sim_setup){0});
	struct sim_caller *c = ann_talks_to_alice();
	struct callid id = caller_id(c);
	sim_media_mask_full(true);
	ck_assert_int_eq(call_mask(sim_calls(), &id, true), 0);
	sim_run(10);
	ck_assert(!caller_masked(c));
	caller_hangs_up(c);
	ck_story(c,
		"started answered step:sales queued:sales offered:alice dequeued:connected "
		"connected:alice masked:operator unmasked:system "
		"ended:caller-hangup/caller/talking");
	sim_end();
}
END_TEST

START_TEST(unanswered_calls_are_not_masked)
{
	sim_begin(&(struct sim_setup){0});
	struct sim_caller *c = caller_dials(&(struct caller_setup){.from = "ann", .no_ack = true});
	sim_run(20);
	struct callid id = caller_id(c);
	ck_assert_int_eq(call_mask(sim_calls(), &id, true), -EAGAIN);
	caller_cancels(c);
	sim_run(40000);
	sim_end();
}
END_TEST

UNIT_MAIN("mask", a_step_masks_its_own_digit, an_operator_masks_a_conversation,
	masked_while_waiting_is_masked_in_the_conversation, what_cannot_be_masked_is_told,
	unanswered_calls_are_not_masked)
