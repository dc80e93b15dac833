// A supervisor on a conversation: listens, whispers, barges, and leaves from every side.
#include "tests/unit/unit.h"

#include <errno.h>

#include "tests/flow/sim/sim.h"

static const char yaml[] =
	"  trunks: {carrier: {peers: [10.9.0.0/24]}}\n"
	"  numbers: {'500': direct}\n"
	"  prompts: {music: m.wav}\n"
	"  flows: {direct: {sales: {queue: sales}}}\n"
	"  queues: {sales: {agents: [alice, bob], music: music, wrap_up: 0s}}\n"
	"  agents: {alice: {password: a}, bob: {password: b}, sue: {password: s},\n"
	"           tom: {password: t}}\n";

#define TALKING                                                                      \
	"started answered step:sales queued:sales offered:alice dequeued:connected " \
	"connected:alice"

static struct sim_caller *talk(void)
{
	sim_begin(&(struct sim_setup){.yaml = yaml});
	phone_register("alice");
	phone_answers("alice", 100);
	phone_register("sue");
	phone_answers("sue", 100);
	struct sim_caller *c = dial("ann", "500");
	sim_run(500);
	ck_assert_str_eq(caller_hears(c), "alice");
	return c;
}

static int monitor(const struct sim_caller *c, const char *agent, enum monitor_mode mode)
{
	struct callid id = caller_id(c);
	int err = call_monitor(sim_calls(), &id, agent, mode);
	sim_run(300);
	return err;
}

static void ck_hear(const struct sim_caller *c, const char *ann, const char *alice, const char *sue)
{
	ck_assert_str_eq(caller_hears(c), ann);
	ck_assert_str_eq(phone_hears("alice"), alice);
	ck_assert_str_eq(phone_hears("sue"), sue);
}

START_TEST(modes_are_stepped_live)
{
	struct call_info info;
	char text[CALLID_TEXT_MAX];
	struct sim_caller *c = talk();
	struct callid id = caller_id(c);
	ck_assert_int_eq(monitor(c, "sue", MONITOR_LISTEN), 0);
	ck_hear(c, "alice", "ann", "ann+alice");
	ck_assert_int_eq(monitor(c, "sue", MONITOR_WHISPER), 0);
	ck_hear(c, "alice", "sue+ann", "ann+alice");
	ck_assert_int_eq(monitor(c, "sue", MONITOR_BARGE), 0);
	ck_hear(c, "sue+alice", "sue+ann", "ann+alice");
	ck_assert_int_eq(call_find(sim_calls(), callid_text(&id, text), &info), 0);
	ck_assert_str_eq(info.monitor_agent, "sue");
	ck_assert_str_eq(info.monitor_mode, "barge");
	ck_assert_int_eq(monitor(c, "sue", MONITOR_OFF), 0);
	ck_hear(c, "alice", "ann", "");
	ck_assert(!phone_busy("sue"));
	caller_hangs_up(c);
	ck_story(c,
		TALKING " listen:sue whisper:sue barge:sue unmonitored:operator "
			"ended:caller-hangup/caller/talking");
	sim_end();
}
END_TEST

START_TEST(the_supervisor_hangs_up)
{
	struct sim_caller *c = talk();
	monitor(c, "sue", MONITOR_BARGE);
	phone_hang_up("sue");
	sim_run(100);
	ck_hear(c, "alice", "ann", "");
	ck_assert_int_eq(monitor(c, "sue", MONITOR_LISTEN), 0); // and comes again
	ck_assert_str_eq(phone_hears("sue"), "ann+alice");
	phone_hang_up("alice");
	sim_run(100);
	ck_assert(!phone_busy("sue"));
	ck_story(c,
		TALKING " barge:sue unmonitored:hangup listen:sue unmonitored:call-ended "
			"ended:agent-hangup/agent/talking");
	sim_end();
}
END_TEST

START_TEST(the_caller_hangs_up_while_it_rings)
{
	struct sim_caller *c = talk();
	phone_silent("sue");
	monitor(c, "sue", MONITOR_LISTEN);
	ck_assert(phone_busy("sue"));
	ck_hear(c, "alice", "ann", "");
	caller_hangs_up(c);
	sim_run(100);
	ck_assert(!phone_busy("sue"));
	ck_story(c, TALKING " unmonitored:call-ended ended:caller-hangup/caller/talking");
	sim_end();
}
END_TEST

START_TEST(nobody_comes_to_the_phone)
{
	struct sim_caller *c = talk();
	phone_silent("sue");
	monitor(c, "sue", MONITOR_LISTEN);
	sim_run(60000);
	ck_assert(!phone_busy("sue"));
	phone_rejects("sue", 10, 486);
	monitor(c, "sue", MONITOR_LISTEN);
	ck_hear(c, "alice", "ann", "");
	caller_hangs_up(c);
	ck_story(c,
		TALKING " unmonitored:no-answer unmonitored:rejected "
			"ended:caller-hangup/caller/talking");
	sim_end();
}
END_TEST

START_TEST(the_supervisor_vanishes)
{
	struct sim_caller *c = talk();
	monitor(c, "sue", MONITOR_LISTEN);
	phone_rtp_lost("sue");
	sim_run(100);
	ck_hear(c, "alice", "ann", "");
	caller_hangs_up(c);
	ck_story(c, TALKING " listen:sue unmonitored:rtp-lost ended:caller-hangup/caller/talking");
	sim_end();
}
END_TEST

START_TEST(hold_with_a_supervisor_on_it)
{
	struct sim_caller *c = talk();
	monitor(c, "sue", MONITOR_BARGE);
	phone_hold("alice", true);
	sim_run(100);
	ck_hear(c, "music", "", "");
	phone_hold("alice", false);
	sim_run(100);
	ck_hear(c, "sue+alice", "sue+ann", "ann+alice");
	phone_hold("alice", true);
	monitor(c, "sue", MONITOR_OFF);
	ck_hear(c, "music", "", "");
	phone_hold("alice", false);
	sim_run(100);
	ck_hear(c, "alice", "ann", "");
	caller_hangs_up(c);
	sim_end();
}
END_TEST

START_TEST(bridges_are_full)
{
	struct sim_caller *c = talk();
	sim_media_mix_full(true);
	ck_assert_int_eq(monitor(c, "sue", MONITOR_LISTEN), -ENOSR);
	ck_assert_uint_eq(phone_invites("sue"), 0); // who asked is told, and no phone rings
	ck_hear(c, "alice", "ann", "");
	sim_media_mix_full(false);
	monitor(c, "sue", MONITOR_LISTEN);
	caller_media_fails(c, "mix"); // the engine has no place for the caller
	sim_run(100);
	ck_hear(c, "alice", "ann", "");
	caller_hangs_up(c);
	ck_story(c,
		TALKING " listen:sue unmonitored:bridges-full "
			"ended:caller-hangup/caller/talking");
	sim_end();
}
END_TEST

START_TEST(one_phone_is_on_one_call)
{
	struct sim_caller *c = talk();
	phone_register("bob");
	phone_answers("bob", 100);
	struct sim_caller *d = dial("ben", "500");
	sim_run(500);
	ck_assert_str_eq(caller_hears(d), "bob");
	ck_assert_int_eq(monitor(c, "sue", MONITOR_LISTEN), 0);
	ck_assert_int_eq(monitor(d, "sue", MONITOR_LISTEN), -EBUSY);
	ck_assert_str_eq(phone_hears("sue"), "ann+alice");
	ck_assert_int_eq(monitor(c, "sue", MONITOR_OFF), 0);
	ck_assert_int_eq(monitor(d, "sue", MONITOR_LISTEN), 0);
	ck_assert_str_eq(phone_hears("sue"), "ben+bob");
	caller_hangs_up(c);
	caller_hangs_up(d);
	sim_end();
}
END_TEST

START_TEST(who_may_not)
{
	struct sim_caller *c = talk();
	phone_register("bob");
	ck_assert_int_eq(monitor(c, "nobody", MONITOR_LISTEN), -ENOENT);
	ck_assert_int_eq(monitor(c, "bob", MONITOR_LISTEN), -EBUSY); // takes calls
	ck_assert_int_eq(monitor(c, "alice", MONITOR_LISTEN), -EBUSY);
	ck_assert_int_eq(monitor(c, "tom", MONITOR_LISTEN), -EBUSY); // not registered
	ck_assert_int_eq(monitor(c, "sue", MONITOR_OFF), -ENOENT);
	ck_assert_int_eq(monitor(c, "sue", MONITOR_LISTEN), 0);
	phone_register("tom");
	ck_assert_int_eq(monitor(c, "tom", MONITOR_LISTEN), -EBUSY); // one at a time
	caller_hangs_up(c);
	sim_run(100);
	ck_assert_int_eq(monitor(c, "sue", MONITOR_LISTEN), -ENOENT);
	sim_end();
}
END_TEST

UNIT_MAIN("monitor", modes_are_stepped_live, the_supervisor_hangs_up,
	the_caller_hangs_up_while_it_rings, nobody_comes_to_the_phone, the_supervisor_vanishes,
	hold_with_a_supervisor_on_it, bridges_are_full, one_phone_is_on_one_call, who_may_not)
