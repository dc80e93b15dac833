// Queues and agents: order of service, everything a phone can do, limits, after-call work.
#include "tests/unit/unit.h"

#include <errno.h>

#include "engine/base/str.h"
#include "tests/flow/sim/sim.h"

#define TO_QUEUE "started answered step:sales queued:sales"

static void begin(void)
{
	sim_begin(&(struct sim_setup){0});
}

static struct sim_caller *dial_queue(const char *from) // straight into "sales"
{
	struct sim_caller *c = dial(from, "500");
	sim_run(100);
	return c;
}

static void hang_up_both(struct sim_caller *a, struct sim_caller *b)
{
	caller_hangs_up(a);
	caller_hangs_up(b);
}

START_TEST(first_come_first_served_by_the_longest_idle)
{
	begin();
	phone_register("bob");
	phone_answers("bob", 100);
	sim_run(1000);
	phone_register("alice");
	phone_answers("alice", 100);
	struct sim_caller *a = dial_queue("ann"), *b = dial_queue("ben"), *c = dial_queue("cem");
	struct sim_caller *d = dial_queue("dan");
	sim_run(500);
	ck_assert_str_eq(caller_hears(a), "bob");
	ck_assert_str_eq(caller_hears(b), "alice");
	ck_assert_str_eq(caller_hears(c), "music");
	struct call_info info;
	struct callid third = caller_id(c), fourth = caller_id(d);
	char text[CALLID_TEXT_MAX];
	ck_assert_int_eq(call_find(sim_calls(), callid_text(&third, text), &info), 0);
	ck_assert_uint_eq(info.position, 1);
	ck_assert_int_eq(call_find(sim_calls(), callid_text(&fourth, text), &info), 0);
	ck_assert_uint_eq(info.position, 2);
	sim_run(1000);
	phone_hang_up("alice");
	sim_run(5500); // after-call work
	ck_assert_str_eq(caller_hears(c), "alice");
	sim_run(1000);
	phone_hang_up("bob");
	sim_run(5500);
	ck_assert_str_eq(caller_hears(d), "bob");
	hang_up_both(c, d);
	sim_end();
}
END_TEST

// One phone fails by script, the other takes the caller, who keeps the first place.
static void phone_fails(const char *over)
{
	char story[256];
	struct sim_caller *a = dial_queue("ann"), *b = dial_queue("ben");
	sim_run(11000);
	phone_register("bob");
	phone_answers("bob", 100);
	sim_run(500);
	ck_assert_str_eq(caller_hears(a), "bob");
	ck_assert_str_eq(caller_hears(b), "music");
	str_format(story, sizeof(story),
		TO_QUEUE " offered:alice over:alice/%s offered:bob dequeued:connected "
			 "connected:bob ended:caller-hangup/caller/talking",
		over);
	hang_up_both(a, b);
	ck_story(a, story);
}

START_TEST(a_busy_phone)
{
	begin();
	phone_register("alice");
	phone_rejects("alice", 50, 486);
	phone_fails("busy");
	sim_end();
}
END_TEST

START_TEST(a_rejecting_phone)
{
	begin();
	phone_register("alice");
	phone_rejects("alice", 3000, 603);
	phone_fails("rejected");
	ck_assert_uint_eq(phone_invites("alice"), 1); // left alone for a while
	sim_run(21000);
	ck_assert_str_eq(sim_agents(), "alice:ready bob:ready carol:signed-out");
	sim_end();
}
END_TEST

START_TEST(a_phone_that_nobody_answers)
{
	begin();
	phone_register("alice");
	phone_silent("alice");
	phone_fails("no-answer");
	sim_end();
}
END_TEST

START_TEST(a_phone_that_sends_the_call_elsewhere)
{
	begin();
	phone_register("alice");
	phone_redirects("alice");
	phone_fails("redirected");
	sim_end();
}
END_TEST

START_TEST(a_phone_that_unregisters_while_ringing)
{
	begin();
	phone_register("alice");
	struct sim_caller *a = dial_queue("ann");
	sim_run(1000);
	ck_assert(phone_busy("alice"));
	phone_unregister("alice");
	sim_run(100);
	ck_assert(!phone_busy("alice"));
	ck_assert_str_eq(sim_agents(), "alice:signed-out bob:signed-out carol:signed-out");
	phone_register("alice");
	phone_answers("alice", 100);
	sim_run(500);
	ck_assert_str_eq(caller_hears(a), "alice");
	phone_unregister("alice"); // while talking: the conversation goes on
	sim_run(500);
	ck_assert_str_eq(caller_hears(a), "alice");
	caller_hangs_up(a);
	sim_run(100);
	ck_assert_str_eq(sim_agents(), "alice:signed-out bob:signed-out carol:signed-out");
	ck_story(a,
		TO_QUEUE " offered:alice over:alice/unregistered offered:alice "
			 "dequeued:connected connected:alice ended:caller-hangup/caller/talking");
	sim_end();
}
END_TEST

START_TEST(the_paused_agent_is_asked_again)
{
	begin();
	phone_register("alice");
	phone_rejects("alice", 100, 603);
	struct sim_caller *a = dial_queue("ann");
	sim_run(1000);
	ck_assert_str_eq(sim_agents(), "alice:paused bob:signed-out carol:signed-out");
	phone_answers("alice", 100);
	sim_run(20000);
	ck_assert_str_eq(caller_hears(a), "alice");
	ck_assert_uint_eq(phone_invites("alice"), 2);
	caller_hangs_up(a);
	sim_end();
}
END_TEST

START_TEST(the_next_agent_is_asked_at_once)
{
	begin();
	phone_register("alice");
	phone_rejects("alice", 100, 603);
	sim_run(100);
	phone_register("bob");
	struct sim_caller *a = dial_queue("ann");
	sim_run(200);
	ck_assert(phone_busy("bob"));
	sim_judge_idle();
	caller_hangs_up(a);
	sim_end();
}
END_TEST

START_TEST(a_leg_that_does_not_end_holds_up_nobody)
{
	sim_begin(&(struct sim_setup){.lapses = true});
	phone_register("alice");
	phone_stuck("alice");
	struct sim_caller *a = dial_queue("ann");
	sim_run(11000);
	phone_register("bob");
	phone_answers("bob", 100);
	sim_run(50000);
	ck_assert_str_eq(caller_hears(a), "music");
	sim_run(10000); // the lease
	ck_assert_str_eq(caller_hears(a), "bob");
	ck_assert_str_eq(sim_agents(), "alice:paused bob:talking carol:signed-out");
	caller_hangs_up(a);
	sim_run(50000);
	ck_story(a,
		TO_QUEUE " offered:alice over:alice/no-answer offered:bob dequeued:connected "
			 "connected:bob ended:caller-hangup/caller/talking");
	sim_end();
}
END_TEST

START_TEST(an_offer_without_a_voice_is_made_again)
{
	begin();
	phone_register("alice");
	phone_answers("alice", 100);
	struct sim_caller *a = dial("ann", "500");
	sim_media_full(true);
	sim_run(2500);
	ck_assert_str_eq(caller_hears(a), "music");
	ck_assert_uint_eq(phone_invites("alice"), 0);
	struct sim_caller *b = dial("ben", "500");
	sim_run(1);
	ck_assert_uint_eq(caller_status(b), 503);
	ck_story(b, "refused:no-media/503");
	sim_media_full(false);
	sim_run(1500);
	ck_assert_str_eq(caller_hears(a), "alice");
	caller_hangs_up(a);
	sim_end();
}
END_TEST

START_TEST(a_full_queue_leads_on)
{
	begin();
	struct sim_caller *a = dial("ann", "700"), *b = dial("ben", "700");
	sim_run(100);
	ck_story(a, "started answered step:first queued:short");
	ck_story(b,
		"started answered step:first queued:short dequeued:full step:second "
		"queued:sales");
	sim_run(4000); // wait_max
	ck_story(a,
		"started answered step:first queued:short dequeued:timeout step:second "
		"queued:sales");
	ck_assert_str_eq(caller_hears(a), "music");
	hang_up_both(a, b);
	ck_assert_str_eq(caller_record(a, "queue"), "sales");
	sim_end();
}
END_TEST

START_TEST(a_ringing_phone_is_waited_for)
{
	begin();
	phone_register("carol");
	struct sim_caller *a = dial("ann", "700"), *b = dial("ben", "700");
	sim_run(5000); // beyond wait_max, but carol's phone rings
	ck_assert(phone_busy("carol"));
	phone_pick_up("carol");
	sim_run(10);
	ck_assert_str_eq(caller_hears(a), "carol");
	caller_hangs_up(a);
	caller_hangs_up(b);
	sim_run(100);
	a = dial("cem", "700");
	sim_run(5000);
	phone_rejects("carol", 0, 603);
	ck_assert(phone_busy("carol"));
	sim_run(6000); // nobody answers: led on
	ck_story(a,
		"started answered step:first queued:short offered:carol over:carol/no-answer "
		"dequeued:timeout step:second queued:sales");
	caller_hangs_up(a);
	sim_end();
}
END_TEST

START_TEST(the_agent_hears_who_comes)
{
	begin();
	phone_register("carol");
	phone_answers("carol", 100);
	struct sim_caller *a = dial("ann", "400");
	sim_run(1100);
	caller_presses(a, "3");
	sim_run(300);
	ck_assert_str_eq(phone_hears("carol"), "beep");
	ck_assert_str_eq(caller_hears(a), "music");
	phone_hang_up("carol"); // changes her mind
	sim_run(100);
	ck_assert_str_eq(caller_hears(a), "music");
	ck_assert_str_eq(sim_agents(), "alice:signed-out bob:signed-out carol:paused");
	ck_assert_int_eq(floor_agent_set(calls_floor(sim_calls()), "carol", true), 0);
	sim_run(1300);
	ck_assert_str_eq(phone_hears("carol"), "ann");
	caller_hangs_up(a);
	sim_end();
}
END_TEST

START_TEST(away_and_ready)
{
	begin();
	struct floor *floor = calls_floor(sim_calls());
	phone_register("alice");
	phone_answers("alice", 100);
	ck_assert_int_eq(floor_agent_set(floor, "alice", false), 0);
	ck_assert_int_eq(floor_agent_set(floor, "nobody", false), -ENOENT);
	struct sim_caller *a = dial_queue("ann");
	sim_run(1000);
	ck_assert_str_eq(sim_agents(), "alice:away bob:signed-out carol:signed-out");
	ck_assert_int_eq(floor_agent_set(floor, "alice", true), 0);
	sim_run(500);
	ck_assert_str_eq(caller_hears(a), "alice");
	ck_assert_int_eq(floor_agent_set(floor, "alice", false), 0);
	caller_hangs_up(a);
	sim_run(6000);
	ck_assert_str_eq(sim_agents(), "alice:away bob:signed-out carol:signed-out");
	sim_end();
}
END_TEST

START_TEST(states_survive_a_restart)
{
	begin();
	struct floor *floor = calls_floor(sim_calls());
	ck_assert_int_eq(floor_agent_restore(floor, "alice", AGENT_WRAP_UP, true, 3000), 0);
	ck_assert_int_eq(floor_agent_restore(floor, "bob", AGENT_TALKING, true, 0), 0);
	ck_assert_int_eq(floor_agent_restore(floor, "carol", AGENT_AWAY, false, 0), 0);
	sim_run(500); // registrations that stand are told by the user agent
	ck_assert_str_eq(sim_agents(), "alice:signed-out bob:signed-out carol:signed-out");
	phone_register("alice");
	phone_register("bob");
	phone_register("carol");
	sim_run(500);
	ck_assert_str_eq(sim_agents(), "alice:wrap-up bob:ready carol:away");
	sim_run(2100);
	ck_assert_str_eq(sim_agents(), "alice:ready bob:ready carol:away");
	sim_end();
}
END_TEST

START_TEST(ringback_instead_of_music)
{
	static const char yaml[] =
		"  trunks: {carrier: {peers: [10.9.0.0/24]}}\n"
		"  numbers: {'500': direct}\n"
		"  prompts: {sorry: s.wav}\n"
		"  flows: {direct: {sales: {queue: sales, then: over}, over: {hangup: sorry}}}\n"
		"  queues: {sales: {agents: [alice], ringback: cn, wait_max: 3s}}\n"
		"  agents: {alice: {password: a}}\n";
	sim_begin(&(struct sim_setup){.yaml = yaml});
	struct sim_caller *c = dial("ann", "500");
	sim_run(100);
	ck_assert_str_eq(caller_hears(c), "cn-ringback");
	sim_run(3000);
	ck_assert_str_eq(caller_hears(c), "sorry");
	sim_run(1100);
	phone_register("alice");
	phone_answers("alice", 500);
	c = dial("bea", "500");
	sim_run(300);
	ck_assert_str_eq(caller_hears(c), "cn-ringback");
	sim_run(500);
	ck_assert_str_eq(caller_hears(c), "alice");
	caller_hangs_up(c);
	sim_end();
}
END_TEST

UNIT_MAIN("queue", ringback_instead_of_music, first_come_first_served_by_the_longest_idle,
	a_busy_phone, a_rejecting_phone, a_phone_that_nobody_answers,
	a_phone_that_sends_the_call_elsewhere, a_phone_that_unregisters_while_ringing,
	the_paused_agent_is_asked_again, the_next_agent_is_asked_at_once,
	a_leg_that_does_not_end_holds_up_nobody, an_offer_without_a_voice_is_made_again,
	a_full_queue_leads_on, a_ringing_phone_is_waited_for, the_agent_hears_who_comes,
	away_and_ready, states_survive_a_restart)
