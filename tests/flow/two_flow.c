// Two nodes in one process: two sets of calls, routers, voices, registrars, timers and event logs,
// with equal names for everything, whose times go on in turns. Nothing of one shows in the other.
#include "tests/unit/unit.h"

#include "control/base/callid.h"
#include "control/base/timer.h"
#include "engine/base/str.h"
#include "tests/flow/sim/sim.h"
#include "tests/flow/sim/parts.h"

static struct sim *begin(const char *node, uint64_t seed)
{
	return sim_begin(&(struct sim_setup){.node = node, .seed = seed});
}

static unsigned sales_joined(void)
{
	struct floor_queue_info q;

	ck_assert(floor_queue_find(calls_floor(sim_calls()), "acme", "sales", &q));
	return (unsigned)q.joined;
}

static void ck_calls(unsigned alive, uint64_t started)
{
	struct calls_counts c;

	calls_counts(sim_calls(), &c);
	ck_assert_uint_eq(c.alive, alive);
	ck_assert_uint_eq(c.started, started);
}

START_TEST(nothing_of_one_shows_in_the_other)
{
	struct sim *a = begin("left", 1), *b = begin("right", 1);

	sim_enter(a);
	struct sim_caller *ann = ann_talks_to_alice();
	ck_calls(1, 1);
	sim_enter(b);
	ck_calls(0, 0);
	ck_assert_str_eq(sim_agents(), "alice:signed-out bob:signed-out carol:signed-out");
	ck_assert_uint_eq(sales_joined(), 0);
	ck_assert_uint_eq(sim_legs(), 0);
	ck_assert_uint_eq(timers_count(sim_timers()), 0);
	sim_run(60000); // its own minute
	sim_enter(a);
	ck_assert_str_eq(caller_hears(ann), "alice");
	ck_assert_str_eq(sim_agents(), "alice:talking bob:signed-out carol:signed-out");
	caller_hangs_up(ann);
	sim_run(100);
	ck_assert_str_eq(caller_record(ann, "total_ms"), "500");
	sim_end();
	sim_enter(b);
	sim_end();
}
END_TEST

// The same call at the same moments in both, a few milliseconds at a time: the two stories are the
// same word for word, and the calls' numbers differ by the node alone.
START_TEST(two_go_on_in_turns)
{
	struct sim *w[2] = {begin("left", 7), begin("right", 7)};
	struct sim_caller *c[2];
	char story[2048], talked[32];
	struct callid id[2];

	for (unsigned i = 0; i < 2; i++) {
		sim_enter(w[i]);
		phone_register("alice");
		phone_answers("alice", 700);
		c[i] = dial("ann", "400");
	}
	for (unsigned ms = 0; ms < 20000; ms += 7)
		for (unsigned i = 0; i < 2; i++) {
			sim_enter(w[i]);
			if (ms == 2100)
				caller_sends_info(c[i], '1');
			if (ms == 14000)
				caller_hangs_up(c[i]);
			sim_run(7);
		}
	for (unsigned i = 0; i < 2; i++) {
		sim_enter(w[i]);
		ck_calls(0, 1);
		ck_assert_uint_eq(sales_joined(), 1);
		ck_assert_uint_eq(phone_invites("alice"), 1);
		id[i] = caller_id(c[i]);
		if (i == 0) {
			str_copy(story, sizeof(story), caller_story(c[i]));
			str_copy(talked, sizeof(talked), caller_record(c[i], "talked_ms"));
		}
		ck_story(c[i], story);
		ck_assert_str_eq(caller_record(c[i], "talked_ms"), talked);
	}
	ck_assert(str_starts(story, "started answered step:greeting step:choice digit:1"));
	ck_assert_uint_ne(id[0].node, id[1].node);
	ck_assert_uint_eq(id[0].counter, id[1].counter);
	ck_assert_uint_eq(id[0].start, id[1].start);
	for (unsigned i = 0; i < 2; i++) {
		sim_enter(w[i]);
		sim_end();
	}
}
END_TEST

// One is freed in the middle of the other's conversation, and a third one takes its place.
START_TEST(one_goes_while_the_other_stays)
{
	struct sim *a = begin("left", 1), *b = begin("right", 2);
	struct sim_caller *ben, *eve;

	sim_enter(b);
	phone_register("bob");
	phone_answers("bob", 100);
	ben = dial("ben", "500");
	sim_run(500);
	ck_assert_str_eq(caller_hears(ben), "bob");
	sim_enter(a);
	phone_register("bob");
	sim_media_full(true);
	eve = dial("eve", "500"); // in a house without a voice left
	sim_run(100);
	ck_assert_uint_eq(caller_status(eve), 503);
	sim_stop();
	sim_end();
	sim_enter(b);
	ck_assert_str_eq(caller_hears(ben), "bob");
	sim_run(5000);
	struct sim *d = begin("left", 3);
	ck_assert_str_eq(sim_agents(), "alice:signed-out bob:signed-out carol:signed-out");
	struct sim_caller *dan = dial("dan", "500");
	sim_run(500);
	ck_assert_str_eq(caller_hears(dan), "music");
	sim_enter(b);
	ck_assert_str_eq(phone_hears("bob"), "ben");
	caller_hangs_up(ben);
	sim_run(100);
	ck_assert_str_eq(sim_agents(), "alice:signed-out bob:wrap-up carol:signed-out");
	sim_end();
	sim_enter(d);
	caller_hangs_up(dan);
	sim_run(100);
	sim_end();
}
END_TEST

UNIT_MAIN("two", nothing_of_one_shows_in_the_other, two_go_on_in_turns,
	one_goes_while_the_other_stays)
