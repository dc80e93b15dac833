// The jitter buffer on good and bad networks; jitter_sim.h checks each millisecond that is played.
#include "tests/unit/unit.h"

#include "tests/unit/dsp/jitter_sim.h"

START_TEST(steady_streams_are_played_whole)
{
	static const uint32_t ptimes[] = {10, 20, 30, 40, 60, 0};

	for (uint32_t i = 0; i < 6 * TICK_MS; i++) {
		struct world w = plain;
		uint32_t longest = ptimes[i / TICK_MS] ? ptimes[i / TICK_MS] : 60;

		w.seed = i + 1;
		w.ptime = ptimes[i / TICK_MS];
		w.phase_ms = i % TICK_MS;
		w.jitter_ms = 5;
		w.pull_late_ms = 3;
		sim_init(&w);
		sim_run(30000, true);
		if (w.ptime) { // with mixed ones the lengths themselves are jitter
			ck_assert_uint_eq(sim.jitter.counts.concealed, 0);
			ck_assert_uint_eq(sim.jitter.counts.starved, 0);
			ck_assert_uint_eq(sim.jitter.counts.skipped, 0);
			ck_assert_uint_eq(sim.heard, sim.last + 1); // from number 0 on
			ck_assert_uint_le(sim.oldest_ms, 20 + 20 + 5 + 3 + 60);
		}
		ck_assert_uint_le(jitter_delay_ms(&sim.jitter), 20 + 20 + 15 + longest);
		ck_assert_uint_eq(sim.jitter.counts.late, 0);
		ck_assert_uint_eq(sim.jitter.counts.anchored, 1);
	}
}
END_TEST

// Whatever the network does, sim_hear() holds: the right sound, in order, once, never too old.
// Afterwards, on a calm network, sound is whole again and the delay comes down.
START_TEST(any_network_is_survived)
{
	for (uint64_t seed = 1; seed <= 300; seed++) {
		struct world w = plain;
		uint64_t chance = seed * 77;
		uint32_t heard;

		w.seed = seed;
		w.ptime = (const uint32_t[]){10, 20, 30, 40, 60, 0}[seed % 6];
		w.phase_ms = chance_below(&chance, TICK_MS);
		w.start_ts = chance_u32(&chance);
		w.drift_ppm = (int)chance_below(&chance, 1001) - 500;
		w.jitter_ms = chance_below(&chance, 250);
		w.loss_pct = chance_below(&chance, 30);
		w.duplicate_pct = chance_below(&chance, 2) * chance_below(&chance, 50);
		w.burst_ms = chance_below(&chance, 3) ? 0 : chance_below(&chance, 300);
		w.pull_late_ms = chance_below(&chance, 15);
		w.unordered = chance_below(&chance, 2);
		w.config.min_ms = (uint16_t)chance_below(&chance, 60);
		w.config.max_ms = (uint16_t)(w.config.min_ms + 70 + chance_below(&chance, 70));
		sim_init(&w);
		sim_run(15000, true);
		ck_assert_uint_gt(sim.heard, 0);
		ck_assert_uint_le(sim.oldest_ms, 250 + 300 + w.config.max_ms + 60 + 3 * TICK_MS);
		sim.w.jitter_ms = sim.w.loss_pct = sim.w.duplicate_pct = sim.w.burst_ms = 0;
		sim.w.drift_ppm = 0;
		sim_run(20000, true);
		heard = sim.heard;
		sim.oldest_ms = 0;
		sim_run(2000, true);
		ck_assert_uint_ge(sim.heard - heard, 1980);
		ck_assert_uint_le(sim.oldest_ms, w.config.min_ms + 60 + 60 + 15);
	}
}
END_TEST

START_TEST(drift_costs_a_tick_at_a_time)
{
	for (int drift = -500; drift <= 500; drift += 1000) {
		struct world w = plain;
		struct jitter_counts *c = &sim.jitter.counts;

		w.drift_ppm = drift;
		w.jitter_ms = 5;
		sim_init(&w);
		sim_run(600000, true); // drifts by 300 ms
		ck_assert_uint_le(c->concealed + c->starved + c->skipped, 340);
		ck_assert_uint_ge(c->concealed + c->starved + c->skipped, 240);
		ck_assert_uint_le(sim.oldest_ms, 100);
		ck_assert_uint_eq(c->late, 0);
	}
}
END_TEST

START_TEST(timestamps_wrap)
{
	struct world w = plain;

	w.start_ts = UINT32_MAX - 8 * 500;
	sim_init(&w);
	sim_run(5000, true);
	ck_assert_uint_eq(sim.heard, sim.last + 1);
	ck_assert_uint_eq(sim.jitter.counts.concealed + sim.jitter.counts.starved, 0);
	ck_assert_uint_eq(sim.jitter.counts.anchored, 1);
}
END_TEST

START_TEST(a_new_source_is_joined_without_a_gap)
{
	struct world w = plain;

	w.jitter_ms = 5;
	sim_init(&w);
	for (int i = 0; i < 50; i++) {
		sim_run(1000 + 7 * (uint64_t)i, true);
		sim.ssrc++;
		sim.ts = chance_u32(&sim.chance);
	}
	sim_run(1000, true);
	ck_assert_uint_eq(sim.jitter.counts.anchored, 51);
	ck_assert_uint_eq(sim.jitter.counts.skipped, 0);
	ck_assert_uint_eq(sim.heard, sim.last + 1);
	ck_assert_uint_le(sim.jitter.counts.concealed + sim.jitter.counts.starved, 50 * TICK_MS);
}
END_TEST

START_TEST(a_timestamp_jump_is_over_in_200_ms)
{
	static const int jumps_ms[] = {100000000, -100000000, 1000, -1000, 300, -300, 2000, -2000,
		250, -250, 100, -100, 60, -60, 20, -20, 5, -5, 130000, -130000};

	for (size_t i = 0; i < 2 * sizeof(jumps_ms) / sizeof(jumps_ms[0]); i++) {
		struct world w = plain;
		uint32_t heard;

		w.seed = i;
		w.jitter_ms = 5;
		w.phase_ms = (uint32_t)i % TICK_MS;
		sim_init(&w);
		sim_run(3000, true);
		sim.ts += (uint32_t)(jumps_ms[i / 2] * 8 + (int)(i % 2) * 3); // odd samples too
		heard = sim.heard;
		sim_run(400, true);
		ck_assert_uint_ge(sim.heard - heard, 80);
		sim.whole_ms = 0;
		heard = sim.heard;
		sim_run(100, true);
		ck_assert_msg(sim.whole_ms == 0, "jump of %d ms", jumps_ms[i / 2]);
		sim_run(10000, true);
		sim.oldest_ms = 0;
		sim_run(200, true);
		ck_assert_uint_le(sim.oldest_ms, 100);
	}
}
END_TEST

START_TEST(talkspurts_begin_whole)
{
	for (uint32_t gap = 200; gap < 4000; gap += 140) {
		struct world w = plain;

		w.jitter_ms = 5;
		w.phase_ms = gap / 20 % TICK_MS;
		sim_init(&w);
		for (int spurt = 0; spurt < 10; spurt++) {
			sim_run(2000, true);
			sim_run(gap, false);
			sim.ts += gap * 8 + 5;
		}
		sim_run(200, false);
		ck_assert_uint_eq(sim.heard, sim.sounds);
		ck_assert_uint_eq(sim.jitter.counts.anchored, 1);
		ck_assert_uint_eq(sim.jitter.counts.concealed, 0);
		ck_assert_uint_eq(sim.jitter.counts.skipped, 0);
		ck_assert_uint_le(sim.oldest_ms, 60);
	}
}
END_TEST

// Sends and lets packets pile up, without pulls or puts; the network drops all but the first kept.
static void sim_stall(uint64_t ms, uint32_t kept, bool put)
{
	uint32_t first = sim.count;

	for (uint64_t end = sim.now_ms + ms; sim.now_ms < end; sim.now_ms += TICK_MS) {
		while (sim.clock_us / 1000 <= sim.now_ms + TICK_MS)
			sim_send();
		if (put)
			sim_deliver(sim.now_ms + TICK_MS);
	}
	while (sim.next < sim.count && sim.packets[sim.next].arrival_ms <= sim.now_ms) {
		struct packet p = sim.packets[sim.next++];

		if (sim.next <= first + kept)
			sim_put(&p, sim.now_ms);
	}
}

START_TEST(a_stalled_puller_is_whole_again)
{
	static const uint32_t stalls_ms[] = {20, 40, 60, 80, 100, 200, 500, 2000, 8000, 100000};

	for (uint32_t i = 0; i < 10 * 4; i++) {
		struct world w = plain;
		uint32_t ms = stalls_ms[i / 4], heard;

		w.seed = i;
		w.jitter_ms = 5;
		w.phase_ms = i % TICK_MS;
		sim_init(&w);
		sim_run(3000, true);
		sim_stall(ms, i % 4 == 1 ? 50 : UINT32_MAX, i % 4 == 2);
		sim.oldest_ms = 0;
		for (uint32_t missed = 0; i % 4 == 3 && missed < ms; missed += TICK_MS)
			sim_pull(); // an owner that makes up for what it missed
		sim_run(200, true);
		sim.whole_ms = 0;
		heard = sim.heard;
		sim_run(1000, true);
		ck_assert_msg(sim.whole_ms == 0, "stall of %u ms, kind %u", ms, i % 4);
		ck_assert_uint_eq(sim.heard - heard, 1000);
		ck_assert_msg(sim.oldest_ms <= 60 + 60, "stall %u kind %u: %u ms", ms, i % 4,
			sim.oldest_ms);
	}
}
END_TEST

START_TEST(a_network_outage_leaves_no_lasting_delay)
{
	for (uint32_t ms = 40; ms < 4000; ms += 60) {
		struct world w = plain;
		uint32_t i;

		w.seed = ms;
		w.phase_ms = ms % TICK_MS;
		sim_init(&w);
		sim_run(3000, true);
		i = sim.count;
		sim.w.burst_ms = 0;
		while (sim.clock_us / 1000 < sim.now_ms + ms)
			sim_send();
		for (uint64_t all = sim.packets[sim.count - 1].arrival_ms; i < sim.count; i++)
			sim.packets[i].arrival_ms = all; // one burst when the network is back
		sim_run(ms, true);
		sim_run(200, true);
		sim.whole_ms = 0;
		sim_run(500, true);
		ck_assert_msg(sim.whole_ms == 0, "outage of %u ms", ms);
		ck_assert_uint_le(sim.oldest_ms, 200 + 60);
		sim_run(14000, true);
		sim.oldest_ms = 0;
		sim_run(1000, true);
		ck_assert_uint_le(sim.oldest_ms, 80);
	}
}
END_TEST

START_TEST(malformed_payloads_change_nothing)
{
	static const uint32_t lens[] = {0, 7, JITTER_PACKET_MAX * 8 + 1, UINT32_MAX};
	uint8_t payload[JITTER_PACKET_MAX * 8 + 1] = {0};
	struct jitter *j = &sim.jitter;
	struct jitter before;

	sim_init(&plain);
	sim_run(1000, true);
	before = *j;
	for (uint32_t i = 0; i < 4; i++) {
		struct jitter_sound p = {1 + i % 2, sim.ts, lens[i], payload};

		ck_assert_int_eq(
			jitter_put(j, &p, sim.now_ms), i < 2 ? JITTER_EMPTY : JITTER_OVERSIZE);
	}
	ck_assert(memcmp(&before, j, sizeof(before)) == 0);
}
END_TEST

START_TEST(duplicates_and_late_packets_are_told_apart)
{
	struct packet p = {0, 1, 8000, 0, 20}, lost;

	sim_init(&plain);
	sim.sounds = 400;
	ck_assert_int_eq(sim_put(&p, 1000), JITTER_OK);
	ck_assert_int_eq(sim_put(&p, 1000), JITTER_DUPLICATE); // still waiting
	for (sim.now_ms = 1005; sim.now_ms < 1200; sim.now_ms += TICK_MS) {
		lost = p;
		p.ts += 160;
		p.sound += 20;
		if (p.sound != 100)
			ck_assert_int_eq(sim_put(&p, sim.now_ms), JITTER_OK);
		sim_pull();
	}
	ck_assert_uint_eq(sim.jitter.counts.concealed, 20);
	ck_assert_int_eq(sim_put(&lost, 1200), JITTER_DUPLICATE);
	lost.ts -= 160 * 8;
	ck_assert_int_eq(sim_put(&lost, 1200), JITTER_DUPLICATE); // played long ago
	lost.ts = 8000 + 100 * 8;
	ck_assert_int_eq(sim_put(&lost, 1200), JITTER_LATE); // this one never was
	ck_assert_uint_eq(sim.jitter.counts.concealed, 20);  // one is no reason to wait
	lost.ts = 8000 - 5000 * 8;
	ck_assert_int_eq(sim_put(&lost, 1200), JITTER_LATE);
	ck_assert_uint_eq(sim.jitter.counts.duplicate, 3);
	ck_assert_uint_eq(sim.jitter.counts.late, 2);
}
END_TEST

START_TEST(a_part_of_a_frame_is_played)
{
	uint8_t payload[CODEC_PAYLOAD_MAX], frame[FRAME_BYTES];
	struct jitter *j = &sim.jitter;

	memset(payload, 1, sizeof(payload));
	jitter_init(j, &plain.config);
	ck_assert_uint_eq(jitter_pull(j, 1000, frame), 0);
	ck_assert_uint_eq(frame[0], SILENCE);
	// Five milliseconds and a half.
	jitter_put(j, &(struct jitter_sound){9, 0, 44, payload}, 1000);
	ck_assert_uint_eq(jitter_depth_ms(j), 5);
	ck_assert_uint_eq(jitter_pull(j, 1020, frame), 0x1f);
	ck_assert_uint_eq(frame[39], 1);
	ck_assert_uint_eq(frame[40], SILENCE);
	ck_assert_uint_eq(jitter_depth_ms(j), 0);
}
END_TEST

START_TEST(reset_forgets_the_stream)
{
	uint8_t frame[FRAME_BYTES];
	uint32_t heard;

	sim_init(&plain);
	sim_run(1000, true);
	jitter_reset(&sim.jitter);
	ck_assert_uint_eq(jitter_pull(&sim.jitter, sim.now_ms, frame), 0);
	heard = sim.heard;
	sim_run(1000, true);
	ck_assert_uint_ge(sim.heard - heard, 960);
	ck_assert_uint_eq(sim.jitter.counts.anchored, 2);
}
END_TEST

START_TEST(an_early_pull_changes_nothing)
{
	uint8_t frame[FRAME_BYTES];
	uint32_t depth;

	sim_init(&plain);
	sim_run(1000, true);
	depth = jitter_depth_ms(&sim.jitter);
	for (int i = 0; i < 10; i++)
		ck_assert_uint_eq(jitter_pull(&sim.jitter, sim.now_ms, frame), 0);
	ck_assert_uint_eq(jitter_depth_ms(&sim.jitter), depth);
	sim_run(20, true);
	ck_assert_uint_ne(sim.whole_ms, sim.now_ms);
}
END_TEST

UNIT_MAIN("jitter", steady_streams_are_played_whole, any_network_is_survived,
	drift_costs_a_tick_at_a_time, timestamps_wrap, a_new_source_is_joined_without_a_gap,
	a_timestamp_jump_is_over_in_200_ms, talkspurts_begin_whole, a_stalled_puller_is_whole_again,
	a_network_outage_leaves_no_lasting_delay, malformed_payloads_change_nothing,
	duplicates_and_late_packets_are_told_apart, a_part_of_a_frame_is_played,
	reset_forgets_the_stream, an_early_pull_changes_nothing)
