// Conversations: hold from both sides, recording, a full disk, reload and drain in the middle.
#include "tests/unit/unit.h"

#include <string.h>

#include "tests/flow/sim/sim.h"

#define TALKING                                                                      \
	"started answered step:sales queued:sales offered:alice dequeued:connected " \
	"connected:alice"

START_TEST(held_by_the_agent)
{
	sim_begin(&(struct sim_setup){0});
	struct sim_caller *c = ann_talks_to_alice();
	phone_hold("alice", true);
	ck_assert_str_eq(caller_hears(c), "music");
	ck_assert_str_eq(phone_hears("alice"), "");
	sim_run(1000);
	phone_hold("alice", false);
	sim_run(10);
	ck_assert_str_eq(caller_hears(c), "alice");
	ck_assert_str_eq(phone_hears("alice"), "ann");
	caller_hangs_up(c);
	ck_story(c, TALKING " held:agent resumed:agent ended:caller-hangup/caller/talking");
	sim_end();
}
END_TEST

START_TEST(held_by_both)
{
	sim_begin(&(struct sim_setup){0});
	struct sim_caller *c = ann_talks_to_alice();
	sim_run(1000);
	caller_holds(c, true);
	ck_assert_str_eq(phone_hears("alice"), "music");
	phone_hold("alice", true);
	ck_assert_str_eq(phone_hears("alice"), "");
	ck_assert_str_eq(caller_hears(c), "");
	caller_holds(c, false);
	ck_assert_str_eq(caller_hears(c), "music");
	phone_hang_up("alice");
	ck_story(c, TALKING " held:caller held:agent resumed:caller ended:agent-hangup/agent/held");
	sim_end();
}
END_TEST

START_TEST(held_while_waiting)
{
	sim_begin(&(struct sim_setup){0});
	struct sim_caller *c = dial("ann", "500");
	sim_run(100);
	caller_holds(c, true);
	phone_register("alice");
	phone_answers("alice", 100);
	sim_run(500);
	ck_assert_str_eq(phone_hears("alice"), "music");
	caller_holds(c, false);
	ck_assert_str_eq(phone_hears("alice"), "ann");
	caller_hangs_up(c);
	sim_end();
}
END_TEST

static struct sim_caller *talk_recorded(const char *from)
{
	struct sim_caller *c = dial(from, "400");
	sim_run(1100);
	caller_presses(c, "3");
	sim_run(2500);
	ck_assert_str_eq(caller_hears(c), "carol");
	return c;
}

START_TEST(recorded_from_bridge_to_end)
{
	sim_begin(&(struct sim_setup){.record = true});
	phone_register("carol");
	phone_answers("carol", 100);
	struct sim_caller *c = talk_recorded("ann");
	struct calls_counts counts;
	calls_counts(sim_calls(), &counts);
	ck_assert_uint_eq(counts.recording, 1);
	phone_hold("carol", true);
	sim_run(1000);
	caller_hangs_up(c);
	ck_assert(sim_recordings_wait(1));
	ck_assert_ptr_nonnull(caller_record(c, "recording"));
	ck_assert_uint_gt(strlen(caller_record(c, "recording")), 8);
	sim_run(100);
	c = talk_recorded("ben");
	phone_hang_up("carol");
	ck_assert(sim_recordings_wait(2));
	ck_assert_uint_eq(sim_troubles(), 0);
	sim_end();
}
END_TEST

// A side that the engine does not tap is silence in the file: that is no whole recording.
START_TEST(a_side_that_is_refused_is_told)
{
	sim_begin(&(struct sim_setup){.record = true});
	phone_register("carol");
	phone_answers("carol", 100);
	struct sim_caller *c = talk_recorded("ann");
	caller_media_fails(c, "record");
	sim_run(1000);
	ck_assert(caller_alive(c));
	caller_hangs_up(c);
	ck_assert(sim_recordings_wait(1));
	ck_assert_uint_eq(sim_troubles(), 1);
	sim_run(100);
	c = talk_recorded("ben"); // the next one is whole
	phone_hang_up("carol");
	ck_assert(sim_recordings_wait(2));
	ck_assert_uint_eq(sim_troubles(), 1);
	sim_end();
}
END_TEST

static unsigned recording_now(void)
{
	struct calls_counts counts;
	calls_counts(sim_calls(), &counts);
	return (unsigned)counts.recording;
}

// The agent's queue records as well: it is one recording. Who hangs up early is recorded too.
START_TEST(recorded_from_the_answer_to_the_end)
{
	sim_begin(&(struct sim_setup){.record = true});
	phone_register("carol");
	phone_answers("carol", 100);
	struct sim_caller *c = dial("ann", "800"), *early = dial("ben", "800");
	sim_run(1100);
	ck_assert_uint_eq(recording_now(), 2);
	caller_hangs_up(early);
	sim_run(10);
	ck_assert_uint_eq(recording_now(), 1);
	caller_presses(c, "3");
	sim_run(2500);
	ck_assert_str_eq(caller_hears(c), "carol");
	ck_assert_uint_eq(recording_now(), 1);
	phone_hang_up("carol");
	ck_assert(sim_recordings_wait(2));
	ck_assert_uint_gt(strlen(caller_record(early, "recording")), 8);
	ck_assert_uint_gt(strlen(caller_record(c, "recording")), 8);
	ck_assert_uint_eq(sim_troubles(), 0);
	sim_end();
}
END_TEST

START_TEST(a_full_disk_stops_no_call)
{
	static const char head[] = "sip: {listen: [udp:10.9.0.1:5060]} # full\n"
				   "engine:\n"
				   "  ports: {p: {host: 10.9.0.1/24}}\n"
				   "  media: {m: {port: p, address: 10.9.0.2/24}}\n";
	sim_begin(&(struct sim_setup){.record = true, .head = head});
	phone_register("carol");
	phone_answers("carol", 100);
	struct sim_caller *c = talk_recorded("ann");
	ck_assert_uint_eq(sim_troubles(), 1);
	caller_hangs_up(c);
	ck_assert_str_eq(caller_record(c, "recording"), "");
	sim_end();
}
END_TEST

static const char reloaded[] =
	"  trunks: {carrier: {peers: [10.9.0.0/24], calls_max: 20}}\n"
	"  numbers: {'500': direct}\n"
	"  prompts: {other: o.wav, music: m.wav}\n"
	"  flows: {direct: {line: {queue: line}}}\n"
	"  queues: {line: {agents: [alice, dora], music: other, wrap_up: 0s}}\n"
	"  agents: {alice: {password: a}, dora: {password: d}}\n";

START_TEST(reload_leaves_calls_alone)
{
	sim_begin(&(struct sim_setup){0});
	struct sim_caller *talking = ann_talks_to_alice(), *menu = dial("ben", "400");
	sim_run(100);
	sim_reload(reloaded);
	sim_run(100);
	ck_assert_str_eq(caller_hears(talking), "alice");
	ck_assert_str_eq(sim_agents(), "alice:talking dora:signed-out");
	struct sim_caller *new = dial("cem", "500");
	sim_run(100);
	ck_assert_str_eq(caller_hears(new), "other");
	ck_story(new, "started answered step:line queued:line");
	phone_register("dora");
	phone_answers("dora", 100);
	sim_run(500);
	ck_assert_str_eq(caller_hears(new), "dora");
	caller_hangs_up(talking);
	sim_run(6000); // alice still serves the queue that is gone, for whom older steps lead there
	caller_presses(menu, "1");
	sim_run(500);
	ck_assert_str_eq(caller_hears(menu), "alice");
	caller_hangs_up(menu);
	caller_hangs_up(new);
	sim_run(100);
	ck_assert_str_eq(sim_agents(), "alice:wrap-up dora:ready");
	sim_end();
}
END_TEST

// The registration goes with the agent: what is given back must register again before it is rung.
START_TEST(reload_takes_and_gives_back_an_agent)
{
	sim_begin(&(struct sim_setup){0});
	phone_register("bob");
	phone_answers("bob", 100);
	sim_run(100);
	sim_reload(reloaded);
	sim_run(100);
	ck_assert_str_eq(sim_agents(), "alice:signed-out dora:signed-out");
	sim_reload(SIM_ACME);
	sim_run(100);
	ck_assert_str_eq(sim_agents(), "alice:signed-out bob:signed-out carol:signed-out");
	struct sim_caller *c = dial("ann", "500");
	sim_run(5000);
	ck_story(c, "started answered step:sales queued:sales");
	phone_register("bob");
	sim_run(500);
	ck_assert_str_eq(caller_hears(c), "bob");
	sim_reload(reloaded); // what runs goes on
	sim_run(100);
	sim_reload(SIM_ACME);
	sim_run(100);
	ck_assert_str_eq(caller_hears(c), "bob");
	ck_assert_str_eq(sim_agents(), "alice:signed-out bob:talking carol:signed-out");
	caller_hangs_up(c);
	sim_run(6000);
	ck_assert_str_eq(sim_agents(), "alice:signed-out bob:signed-out carol:signed-out");
	c = dial("ben", "500");
	sim_run(100);
	phone_register("bob");
	sim_run(500);
	ck_assert_str_eq(caller_hears(c), "bob");
	caller_hangs_up(c);
	sim_end();
}
END_TEST

static void emptied(void *arg)
{
	++*(unsigned *)arg;
}

START_TEST(drain_ends_when_the_last_call_does)
{
	unsigned empty = 0;
	sim_begin(&(struct sim_setup){0});
	struct sim_caller *c = ann_talks_to_alice();
	calls_drain(sim_calls(), emptied, &empty);
	struct sim_caller *late = dial("ben", "500");
	sim_run(1);
	ck_assert_uint_eq(caller_status(late), 503);
	sim_run(1000);
	ck_assert_uint_eq(empty, 0);
	caller_hangs_up(c);
	sim_run(100);
	ck_assert_uint_eq(empty, 1);
	calls_drain(sim_calls(), NULL, NULL);
	c = dial("cem", "500");
	sim_run(100);
	ck_assert_uint_eq(caller_status(c), 200);
	caller_hangs_up(c);
	sim_end();
}
END_TEST

START_TEST(stop_ends_every_call_with_a_record)
{
	sim_begin(&(struct sim_setup){0});
	struct sim_caller *c = ann_talks_to_alice(), *waiting = dial("ben", "500"),
			  *opening = dial("cem", "400");
	sim_stop();
	ck_story(c, TALKING " ended:node-stopped/system/talking");
	ck_assert_str_eq(caller_record(waiting, "why"), "node-stopped");
	ck_assert_str_eq(caller_record(opening, "why"), "node-stopped");
	sim_end();
}
END_TEST

UNIT_MAIN("talk", held_by_the_agent, held_by_both, held_while_waiting, recorded_from_bridge_to_end,
	a_side_that_is_refused_is_told, recorded_from_the_answer_to_the_end,
	a_full_disk_stops_no_call, reload_leaves_calls_alone, reload_takes_and_gives_back_an_agent,
	drain_ends_when_the_last_call_does, stop_ends_every_call_with_a_record)
