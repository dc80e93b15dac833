// The whole process stands still for seconds while far ends go on sending: what waited for it is
// dropped by name and not passed on late, and each stream is whole again from the first packet
// that is not old.
#include "tests/path/stage.h"

#include <string.h>

#define STALL_FROM_MS 1000
#define WHOLE_MS      200 // after the end of a stall

static void begin(bool bridge)
{
	struct gate_remote caller = stage_remote(CALLER), agent = stage_remote(AGENT);

	caller.rtp_timeout_s = 5;
	agent.rtp_timeout_s = 5;
	stage_begin_two(&caller, &agent);
	if (bridge)
		stage_bridge();
}

// Whole sound from there on: one packet each 20 ms, numbers and timestamps in a row.
static void expect_whole(enum far far, uint64_t from_ms, uint64_t to_ms)
{
	const struct heard *prior = NULL;
	unsigned count = 0;

	for (unsigned i = 0; i < heard_count(far); i++) {
		const struct heard *h = heard_rtp(far, i);
		if (h->at_ns < from_ms * MS || h->at_ns >= to_ms * MS)
			continue;
		if (prior) {
			ck_assert_uint_eq((uint16_t)(h->rtp.seq - prior->rtp.seq), 1);
			ck_assert_uint_eq(h->rtp.ts - prior->rtp.ts, 160);
			ck_assert_uint_eq(h->rtp.ssrc, prior->rtp.ssrc);
		}
		prior = h;
		count++;
	}
	ck_assert_uint_ge(count, (to_ms - from_ms) / 20 - 1);
	ck_assert_uint_le(count, (to_ms - from_ms) / 20 + 1);
}

// Timestamps stand where they would stand without the stall.
static void expect_clock(enum far far, uint64_t before_ms, uint64_t after_ms)
{
	const struct heard *before = NULL, *after = NULL;

	for (unsigned i = 0; i < heard_count(far); i++) {
		const struct heard *h = heard_rtp(far, i);
		if (h->at_ns < before_ms * MS)
			before = h;
		if (h->at_ns < after_ms * MS)
			after = h;
	}
	ck_assert(before && after);
	int64_t clock = (int64_t)(after->at_ns - before->at_ns) / 125000;
	int64_t off = (int64_t)(uint32_t)(after->rtp.ts - before->rtp.ts) - clock;
	ck_assert_int_lt(off < 0 ? -off : off, 8 * 80);
}

static void relay(unsigned stall_ms)
{
	uint64_t wake_ms = STALL_FROM_MS + stall_ms, end_ms = wake_ms + 1000;

	gen_begin("stall");
	struct talker t[] = {gen_talker(CALLER, 10), gen_talker(AGENT, 10)};
	while (t[AGENT].at_ms < end_ms) {
		for (enum far far = CALLER; far <= AGENT; far++) {
			uint64_t at_ms = t[far].at_ms;
			// A kernel's queue holds the oldest: from 400 ms on it is full.
			t[far].lost = at_ms > STALL_FROM_MS + 400 && at_ms < wake_ms;
			gen_fill(&t[far], (uint8_t)(at_ms / 100), 160, 1);
		}
	}
	begin(true);
	stage_until(STALL_FROM_MS);
	stage_stall(wake_ms);
	stage_until(end_ms + 20);
	stage_end();
	for (enum far far = CALLER; far <= AGENT; far++) {
		for (unsigned i = 0; i < heard_count(far); i++) {
			const struct heard *h = heard_rtp(far, i);
			uint64_t said_ms = h->rtp.payload[0] * 100ull;
			// The byte tells when it was said, modulo 25.6 s and to 100 ms.
			uint64_t age_ms = (h->at_ns / MS - said_ms) % 25600;
			ck_assert_uint_le(age_ms, 100 + STALL_NS / MS);
		}
		expect_whole(far, wake_ms + WHOLE_MS, end_ms);
		expect_clock(far, STALL_FROM_MS, end_ms);
		ck_assert_uint_eq(told(GATE_RTP_LOST, far), 0);
	}
	ck_assert_uint_ge(stage_dropped(DROP_RTP_STALE), 2 * 15);
	ck_assert_uint_le(stage_dropped(DROP_RTP_STALE), 2 * 20);
}

START_TEST(relay_after_1_s)
{
	relay(1000);
}
END_TEST

START_TEST(relay_after_4_s)
{
	relay(4000);
}
END_TEST

START_TEST(relay_after_8_s)
{
	relay(8000);
}
END_TEST

START_TEST(relay_after_30_s)
{
	relay(30000);
}
END_TEST

START_TEST(a_queue_of_50_ms_is_passed_on)
{
	gen_begin("short");
	struct talker t = gen_talker(CALLER, 10);
	gen_fill(&t, 1, 160, 100);
	begin(true);
	stage_until(STALL_FROM_MS);
	stage_stall(STALL_FROM_MS + 50);
	stage_until(2100);
	stage_end();
	ck_assert_uint_eq(heard_count(AGENT), 100);
	ck_assert_uint_eq(stage_dropped(DROP_RTP_STALE), 0);
}
END_TEST

START_TEST(a_prompt_goes_on)
{
	gen_begin("prompt");
	begin(false);
	stage_play(CALLER, 1, PLAY_LOOP);
	stage_until(STALL_FROM_MS);
	stage_stall(STALL_FROM_MS + 4000);
	stage_until(6000);
	stage_end();
	expect_whole(CALLER, STALL_FROM_MS + 4000 + WHOLE_MS, 6000);
	expect_clock(CALLER, STALL_FROM_MS, 6000);
	for (unsigned i = 1; i < heard_count(CALLER); i++) {
		const struct heard *h = heard_rtp(CALLER, i), *prior = heard_rtp(CALLER, i - 1);
		bool jump = h->rtp.ts - prior->rtp.ts != 160;
		ck_assert_uint_eq((uint16_t)(h->rtp.seq - prior->rtp.seq), 1);
		ck_assert_int_eq(h->rtp.marker, jump);
		for (unsigned k = 0; k < 160; k++)
			ck_assert_uint_eq(
				h->rtp.payload[k], stage_prompt_byte(1, (i * 160 + k) % 1000));
	}
}
END_TEST

START_TEST(digits_of_a_stall_are_told_once_and_not_passed_on)
{
	gen_begin("digits");
	struct talker t = gen_talker(CALLER, 10);
	gen_digit(&t, '1', GEN_EVENT, 100, 100);
	gen_fill(&t, 0xff, 160, 45); // into the stall
	gen_digit(&t, '2', GEN_EVENT, 100, 100);
	gen_fill(&t, 0xff, 160, 150); // past its end
	gen_digit(&t, '3', GEN_EVENT | GEN_TONE, 100, 100);
	gen_fill(&t, 0xff, 160, 20);
	begin(true);
	stage_collect(CALLER);
	stage_until(STALL_FROM_MS);
	stage_stall(4000);
	stage_until(t.at_ms + 100);
	stage_end();
	ck_assert_str_eq(told_digits(CALLER), "123");
	unsigned events[4] = {0};
	for (unsigned i = 0; i < heard_count(AGENT); i++) {
		const struct heard *h = heard_rtp(AGENT, i);
		if (h->rtp.pt == 101)
			events[h->rtp.payload[0]]++;
	}
	ck_assert_uint_ge(events[1], 5);
	ck_assert_uint_eq(events[2], 0);
	ck_assert_uint_ge(events[3], 5);
}
END_TEST

START_TEST(silence_counts_awake)
{
	gen_begin("silence");
	struct talker t = gen_talker(CALLER, 10);
	gen_fill(&t, 1, 160, 45);
	begin(false);
	stage_until(STALL_FROM_MS);
	stage_stall(STALL_FROM_MS + 30000);
	// Its last packet was at 890 ms: 5 s of silence are over at 35,890 ms, told a second later
	// at most.
	stage_until(35800);
	ck_assert_uint_eq(told(GATE_RTP_LOST, CALLER), 0);
	stage_until(36950);
	ck_assert_uint_eq(told(GATE_RTP_LOST, CALLER), 1);
	stage_end();
}
END_TEST

PATH_MAIN("stall", relay_after_1_s, relay_after_4_s, relay_after_8_s, relay_after_30_s,
	a_queue_of_50_ms_is_passed_on, a_prompt_goes_on,
	digits_of_a_stall_are_told_once_and_not_passed_on, silence_counts_awake)
