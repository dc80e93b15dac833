// What a caller hears from place to place: nothing of the place before goes on in the next. At
// every moment sim/judge.c judges besides.
#include "tests/unit/unit.h"

#include "engine/base/str.h"
#include "tests/flow/sim/sim.h"

// Each queue leads to "quiet", which plays nothing; 1: full, 2, 3: waited too long.
static const char yaml[] =
	"  trunks: {carrier: {peers: [10.9.0.0/24]}}\n"
	"  numbers: {'1': one, '2': two, '3': three, '4': four, '5': five, '6': six, '7': seven}\n"
	"  prompts: {music: m.wav, other: o.wav, sorry: s.wav}\n"
	"  flows:\n"
	"    one: {a: {queue: small, then: b}, b: {queue: quiet}}\n"
	"    two: {a: {queue: brief, then: b}, b: {queue: quiet}}\n"
	"    three: {a: {queue: rings, then: b}, b: {queue: quiet}}\n"
	"    four: {a: {queue: brief, then: b}, b: {conference: room}}\n"
	"    five: {a: {queue: brief, then: b}, b: {hangup}}\n"
	"    six: {a: {queue: brief, then: b}, b: {play: sorry, then: c}, c: {queue: quiet}}\n"
	"    seven: {a: {conference: pair, then: b}, b: {queue: quiet}}\n"
	"  queues:\n"
	"    small: {agents: [bob], music: music, size_max: 1}\n"
	"    brief: {agents: [bob], music: music, wait_max: 2s}\n"
	"    rings: {agents: [bob], ringback: us, wait_max: 2s}\n"
	"    quiet: {agents: [alice], wrap_up: 0s}\n"
	"  conferences: {room: {}, pair: {music: other}}\n"
	"  agents: {alice: {password: a}, bob: {password: b}}\n";

static struct sim_caller *reach_quiet(const char *number, const char *before)
{
	struct sim_caller *c = dial("ann", number);
	sim_run(100);
	ck_assert_str_eq(caller_hears(c), before);
	sim_run(3200);
	ck_assert_str_eq(caller_hears(c), "");
	return c;
}

static void alice_takes(struct sim_caller *c)
{
	phone_register("alice");
	phone_answers("alice", 100);
	sim_run(500);
	ck_assert_str_eq(caller_hears(c), "alice");
	ck_assert_str_eq(phone_hears("alice"), "ann");
	phone_hold("alice", true); // and no music of another queue comes back
	sim_run(100);
	ck_assert_str_eq(caller_hears(c), "");
	phone_hold("alice", false);
	sim_run(100);
	ck_assert_str_eq(caller_hears(c), "alice");
	sim_run(1000);
	phone_hang_up("alice");
	sim_run(100);
	ck_assert(!caller_alive(c));
}

START_TEST(from_music_to_a_silent_queue)
{
	static const struct {
		const char *number, *before;
	} ways[] = {{"2", "music"}, {"3", "us-ringback"}, {"6", "music"}};
	for (unsigned i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		sim_begin(&(struct sim_setup){.yaml = yaml});
		alice_takes(reach_quiet(ways[i].number, ways[i].before));
		sim_end();
	}
}
END_TEST

START_TEST(turned_away_from_a_full_queue)
{
	sim_begin(&(struct sim_setup){.yaml = yaml});
	struct sim_caller *first = dial("ben", "1"), *c = dial("ann", "1");
	sim_run(100);
	ck_assert_str_eq(caller_hears(first), "music");
	ck_assert_str_eq(caller_hears(c), "");
	alice_takes(c);
	caller_hangs_up(first);
	sim_end();
}
END_TEST

START_TEST(from_music_to_a_silent_conference)
{
	sim_begin(&(struct sim_setup){.yaml = yaml});
	struct sim_caller *a = reach_quiet("4", "music"), *b = dial("ben", "4");
	sim_run(3000);
	ck_assert_str_eq(caller_hears(a), "ben");
	ck_assert_str_eq(caller_hears(b), "ann");
	caller_hangs_up(a);
	sim_run(10);
	ck_assert_str_eq(caller_hears(b), "");
	caller_hangs_up(b);
	sim_end();
}
END_TEST

START_TEST(from_music_to_the_end)
{
	sim_begin(&(struct sim_setup){.yaml = yaml});
	struct sim_caller *c = dial("ann", "5");
	sim_run(2500);
	ck_assert(!caller_alive(c));
	sim_end();
}
END_TEST

START_TEST(out_of_a_conference_that_had_no_room)
{
	sim_begin(&(struct sim_setup){.yaml = yaml});
	struct sim_caller *c = dial("ann", "7");
	sim_run(100);
	ck_assert_str_eq(caller_hears(c), "other");
	caller_media_fails(c, "mix");
	sim_run(100);
	ck_assert_str_eq(caller_hears(c), "");
	alice_takes(c);
	sim_end();
}
END_TEST

// The music goes on from where the conversation came, with a supervisor on it too.
START_TEST(monitored_in_a_silent_queue)
{
	sim_begin(&(struct sim_setup){.yaml = yaml});
	struct sim_caller *c = reach_quiet("2", "music");
	phone_register("alice");
	phone_answers("alice", 100);
	phone_register("bob");
	phone_answers("bob", 100);
	ck_assert_int_eq(floor_agent_set(calls_floor(sim_calls()), "bob", false), 0);
	sim_run(500);
	struct callid id = caller_id(c);
	ck_assert_int_eq(call_monitor(sim_calls(), &id, "bob", MONITOR_BARGE), 0);
	sim_run(500);
	ck_assert_str_eq(caller_hears(c), "bob+alice");
	phone_hold("alice", true);
	sim_run(100);
	ck_assert_str_eq(caller_hears(c), "");
	phone_hold("alice", false);
	phone_hang_up("bob");
	sim_run(100);
	ck_assert_str_eq(caller_hears(c), "alice");
	caller_hangs_up(c);
	sim_end();
}
END_TEST

UNIT_MAIN("hearing", from_music_to_a_silent_queue, turned_away_from_a_full_queue,
	from_music_to_a_silent_conference, from_music_to_the_end,
	out_of_a_conference_that_had_no_room, monitored_in_a_silent_queue)
