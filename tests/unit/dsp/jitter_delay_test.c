// How the delay of the jitter buffer follows the network.
#include "tests/unit/unit.h"

#include "tests/unit/dsp/jitter_sim.h"

START_TEST(bursts_are_learnt)
{
	struct world w = plain;
	uint32_t heard;

	w.burst_ms = 100;
	sim_init(&w);
	sim_run(3000, true);
	heard = sim.heard;
	sim.whole_ms = 0;
	sim_run(20000, true);
	ck_assert_uint_eq(sim.whole_ms, 0);
	ck_assert_uint_eq(sim.heard - heard, 20000);
	ck_assert_uint_eq(sim.jitter.counts.skipped, 0);
	sim.w.burst_ms = 0; // and forgotten
	sim_run(15000, true);
	sim.oldest_ms = 0;
	sim_run(1000, true);
	ck_assert_uint_le(sim.oldest_ms, 80);
}
END_TEST

// The stream's first packets come all at once, so that the rest wait for too long.
static void overfull(struct jitter *j, uint32_t delay_ms, uint8_t byte, uint32_t ms)
{
	uint8_t payload[FRAME_BYTES], frame[FRAME_BYTES];

	memset(payload, byte, sizeof(payload));
	for (uint32_t at = 0; at < ms; at += TICK_MS) {
		uint64_t now_ms = 1000 + (at < delay_ms ? delay_ms : at);

		jitter_put(j, &(struct jitter_sound){1, at * 8, FRAME_BYTES, payload}, now_ms);
		if (at >= delay_ms)
			jitter_pull(j, now_ms + 5, frame);
	}
}

START_TEST(quiet_is_skipped_before_sound)
{
	struct jitter quiet, loud;

	jitter_init(&quiet, &plain.config);
	jitter_init(&loud, &plain.config);
	overfull(&quiet, 140, SILENCE ^ 8, 1800);
	overfull(&loud, 140, SILENCE ^ 80, 1800);
	ck_assert_uint_le(jitter_delay_ms(&quiet), 60);
	ck_assert_uint_ge(jitter_delay_ms(&loud), 140);
	jitter_init(&loud, &plain.config);
	overfull(&loud, 140, SILENCE ^ 80, 2250);
	ck_assert_uint_ge(loud.counts.skipped, 20); // one by one
	ck_assert_uint_le(loud.counts.skipped, 40);
	jitter_init(&loud, &plain.config);
	overfull(&loud, 140, SILENCE ^ 80, 4000);
	ck_assert_uint_le(jitter_delay_ms(&loud), 60);
	ck_assert_uint_le(loud.counts.skipped, 120); // and never more than that
	ck_assert_uint_eq(loud.counts.concealed + loud.counts.starved, 0);
	ck_assert_uint_eq(quiet.counts.concealed + quiet.counts.starved, 0);
}
END_TEST

START_TEST(the_most_delay_is_kept)
{
	const struct jitter_config low = {20, 60, SILENCE}, high = {200, 200, SILENCE};
	struct world w = plain;
	struct jitter j;

	jitter_init(&j, &low);
	overfull(&j, 200, SILENCE ^ 80, 300);
	ck_assert_uint_le(jitter_delay_ms(&j), 60 + TICK_MS + 15);
	ck_assert_uint_le(jitter_depth_ms(&j), 60 + TICK_MS + 15);
	jitter_init(&j, &high);
	for (uint32_t ms = 240; ms < 600; ms += TICK_MS) {
		jitter_init(&j, &high);
		overfull(&j, ms, SILENCE ^ 80, ms);
		ck_assert_uint_le(jitter_depth_ms(&j), JITTER_MS);
	}
	w.config = low;
	w.unordered = true;
	w.jitter_ms = 200;
	sim_init(&w);
	sim_run(3000, true);
	sim.oldest_ms = 0;
	sim_run(30000, true);
	ck_assert_uint_le(sim.oldest_ms, 60 + 4 * TICK_MS);
}
END_TEST

START_TEST(talkspurts_keep_the_most_delay)
{
	struct world w = plain;

	w.config.max_ms = 80;
	w.jitter_ms = 60;
	sim_init(&w);
	for (int spurt = 0; spurt < 50; spurt++) {
		sim_run(1000, true);
		sim_run(500, false);
		sim.ts += 500 * 8;
	}
	ck_assert_uint_le(sim.oldest_ms, 80 + 2 * TICK_MS);
	ck_assert_uint_eq(sim.jitter.counts.skipped, 0);
}
END_TEST

START_TEST(overtaking_is_learnt)
{
	struct world w = plain;
	uint32_t late, heard;

	w.slow_ms = 70;
	w.slow_every = 10;
	sim_init(&w);
	sim_run(2000, true);
	late = sim.jitter.counts.late;
	heard = sim.heard;
	ck_assert_uint_ge(late, 2);
	sim_run(20000, true);
	ck_assert_uint_eq(sim.jitter.counts.late, late);
	ck_assert_uint_ge(sim.heard - heard, 20000 - 2 * TICK_MS);
}
END_TEST

START_TEST(a_moved_grid_of_pulls_is_followed)
{
	for (int by = -15; by <= 15; by += 30) {
		uint32_t delay;

		sim_init(&plain);
		sim_run(5000, true);
		delay = jitter_delay_ms(&sim.jitter);
		sim.now_ms += by;
		sim_run(5000, true);
		ck_assert_int_le(abs((int)jitter_delay_ms(&sim.jitter) - (int)delay - by), 2);
	}
}
END_TEST

START_TEST(a_new_source_waits_its_least_time_too)
{
	struct world w = plain;
	struct jitter_counts before;

	w.jitter_ms = 90;
	w.config.min_ms = 100;
	for (uint32_t i = 0; i < 20; i++) {
		w.seed = i;
		sim_init(&w);
		sim_run(1000, true);
		sim_run(40, false); // little of the old one still waits
		sim.ssrc++;
		sim.ts += 1000000;
		while (sim.jitter.counts.anchored < 2)
			sim_run(TICK_MS, true);
		before = sim.jitter.counts;
		sim_run(1000, true);
		ck_assert_uint_eq(sim.jitter.counts.starved, before.starved);
		ck_assert_uint_le(sim.jitter.counts.concealed - before.concealed, 100);
	}
}
END_TEST

UNIT_MAIN("jitter_delay", bursts_are_learnt, quiet_is_skipped_before_sound, the_most_delay_is_kept,
	talkspurts_keep_the_most_delay, overtaking_is_learnt, a_moved_grid_of_pulls_is_followed,
	a_new_source_waits_its_least_time_too)
