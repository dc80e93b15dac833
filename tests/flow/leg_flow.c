// What legs and offers hear in states that pass quickly: before there is a voice, before the ACK,
// while an agent's phone rings and while its answer prompt plays.
#include "tests/unit/unit.h"

#include <stdio.h>

#include "control/media/media.h"
#include "tests/flow/sim/sim.h"

static const char yaml[] =
	"  trunks: {carrier: {peers: [10.9.0.0/24]}}\n"
	"  numbers: {'1': sales}\n"
	"  prompts: {music: m.wav, beep: b.wav}\n"
	"  flows:\n"
	"    sales: {a: {queue: sales}}\n"
	"  queues:\n"
	"    sales: {agents: [alice, bob], music: music, answer_prompt: beep, wrap_up: 5s,\n"
	"            reject_pause: 20s}\n"
	"  agents: {alice: {password: a}, bob: {password: b}}\n";

static void begin(void)
{
	sim_begin(&(struct sim_setup){.yaml = yaml});
}

// Alice's phone rings for this caller.
static struct sim_caller *ring_alice(void)
{
	phone_register("alice");
	struct sim_caller *c = dial("ann", "1");
	sim_run(100);
	ck_assert(phone_busy("alice"));
	return c;
}

// She hears the answer prompt.
static struct sim_caller *answer_alice(void)
{
	struct sim_caller *c = ring_alice();
	phone_pick_up("alice");
	sim_run(500);
	ck_assert_str_eq(phone_hears("alice"), "beep");
	return c;
}

START_TEST(no_voice_comes)
{
	begin();
	struct sim_caller *c = dial("ann", "1");
	sim_voices_fail("open");
	sim_run(10);
	ck_assert_uint_eq(caller_status(c), 503);
	sim_end();
}
END_TEST

// Opened, and its call's record is not on disk yet.
START_TEST(what_comes_before_the_answer)
{
	char folder[] = "/tmp/ringhall_leg_flow_XXXXXX", command[64];
	ck_assert_ptr_nonnull(mkdtemp(folder));
	sim_begin(&(struct sim_setup){.yaml = yaml, .log_folder = folder});
	struct sim_caller *gone = dial("ann", "1"), *shown_out = dial("ben", "1");
	sim_run(100);
	sim_voices_fail("watch"); // of no matter
	caller_cancels(gone);
	struct callid id = caller_id(shown_out);
	ck_assert_int_eq(call_hangup(sim_calls(), &id, "operator"), 0);
	sim_run(100);
	ck_assert_uint_eq(caller_status(gone), 487);
	ck_assert_uint_eq(caller_status(shown_out), 503);
	sim_end();
	snprintf(command, sizeof(command), "rm -r %s", folder);
	ck_assert_int_eq(system(command), 0);
}
END_TEST

// Our 200 is out, and its ACK is not here.
START_TEST(what_comes_before_the_ack)
{
	static const struct caller_setup setup = {.from = "ann", .to = "1", .no_ack = true};
	begin();
	struct sim_caller *c = caller_dials(&setup);
	sim_run(50);
	ck_assert_uint_eq(caller_status(c), 200);
	caller_sends_info(c, '5');
	sim_voice_tells(caller_voice(c), MEDIA_SPEECH);
	sim_voice_tells(caller_voice(c), MEDIA_SILENCE);
	sim_voice_tells(caller_voice(c), MEDIA_LOST);
	sim_voice_tells(caller_voice(c), MEDIA_FOUND);
	caller_media_fails(c, "watch");
	sim_run(10000);
	ck_assert(caller_alive(c)); // none of that ends it
	struct callid id = caller_id(c);
	ck_assert_int_eq(call_hangup(sim_calls(), &id, "operator"), 0);
	sim_run(100);
	ck_assert(!caller_alive(c));
	c = caller_dials(&setup);
	sim_run(50);
	caller_media_fails(c, "remote");
	sim_run(100);
	ck_assert(!caller_alive(c));
	sim_end();
}
END_TEST

START_TEST(a_voice_that_was_lost_is_found)
{
	begin();
	struct sim_caller *c = answer_alice();
	sim_run(1000);
	ck_assert_str_eq(phone_hears("alice"), "ann");
	sim_voice_tells(caller_voice(c), MEDIA_SPEECH);
	caller_holds(c, true);
	caller_rtp_lost(c);
	sim_voice_tells(caller_voice(c), MEDIA_FOUND);
	phone_hold("alice", true);
	phone_rtp_lost("alice");
	sim_voice_tells(phone_voice("alice"), MEDIA_FOUND);
	sim_run(1000);
	ck_assert_uint_eq(sim_probes(), 0); // it is there
	phone_hold("alice", false);
	caller_holds(c, false);
	ck_assert_str_eq(phone_hears("alice"), "ann");
	caller_hangs_up(c);
	sim_end();
}
END_TEST

START_TEST(a_phone_that_rings_loses_nothing)
{
	begin();
	struct sim_caller *c = ring_alice();
	sim_voice_fails(phone_voice("alice"), "watch");
	phone_pick_up("alice");
	sim_run(1500);
	ck_assert_str_eq(phone_hears("alice"), "ann");
	caller_hangs_up(c);
	sim_end();
}
END_TEST

START_TEST(a_hold_during_the_answer_prompt)
{
	begin();
	struct sim_caller *c = answer_alice();
	phone_hold("alice", true);
	sim_voice_tells(phone_voice("alice"), MEDIA_FOUND);
	phone_hold("alice", false);
	sim_run(1000);
	ck_assert_str_eq(phone_hears("alice"), "ann");
	caller_hangs_up(c);
	sim_end();
}
END_TEST

// The next agent is rung, and alice is left alone for a while.
static void ck_next(struct sim_caller *c, const char *why)
{
	char story[200];
	phone_answers("bob", 100);
	phone_register("bob");
	sim_run(1500);
	ck_assert_str_eq(caller_hears(c), "bob");
	snprintf(story, sizeof(story),
		"started answered step:a queued:sales offered:alice over:alice/%s offered:bob "
		"dequeued:connected connected:bob",
		why);
	ck_story(c, story);
	caller_hangs_up(c);
	sim_end();
}

START_TEST(silent_during_the_answer_prompt)
{
	begin();
	struct sim_caller *c = answer_alice();
	phone_rtp_lost("alice");
	ck_next(c, "hung-up");
}
END_TEST

START_TEST(refused_during_the_answer_prompt)
{
	begin();
	struct sim_caller *c = answer_alice();
	sim_voice_fails(phone_voice("alice"), "remote");
	ck_next(c, "failed");
}
END_TEST

START_TEST(the_caller_goes_during_the_answer_prompt)
{
	begin();
	struct sim_caller *c = answer_alice();
	caller_hangs_up(c);
	sim_run(100);
	ck_assert(!phone_busy("alice"));
	ck_story(c,
		"started answered step:a queued:sales offered:alice dequeued:abandoned "
		"over:alice/caller-gone ended:caller-hangup/caller/queue");
	sim_end();
}
END_TEST

// An agent has no place in the bridge in which a supervisor listens.
START_TEST(an_agent_that_is_not_mixed)
{
	begin();
	struct sim_caller *c = answer_alice();
	sim_run(1000);
	sim_voice_fails(phone_voice("alice"), "mix");
	sim_run(100);
	ck_assert_str_eq(phone_hears("alice"), "ann");
	caller_hangs_up(c);
	sim_end();
}
END_TEST

UNIT_MAIN("leg", no_voice_comes, what_comes_before_the_answer, what_comes_before_the_ack,
	a_voice_that_was_lost_is_found, a_phone_that_rings_loses_nothing,
	a_hold_during_the_answer_prompt, silent_during_the_answer_prompt,
	refused_during_the_answer_prompt, the_caller_goes_during_the_answer_prompt,
	an_agent_that_is_not_mixed)
