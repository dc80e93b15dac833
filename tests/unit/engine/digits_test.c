// The arbiter: each press once, whatever copies of it come, and repeats are repeats.
#include "tests/unit/unit.h"

#include "engine/base/rng.h"
#include "engine/voice/digits.h"

#include <string.h>

static char heard[256];

static void report(char digit)
{
	size_t n = strlen(heard);

	heard[n] = digit;
	heard[n + 1] = 0;
}

static void reset(struct digits *d)
{
	digits_init(d);
	heard[0] = 0;
}

static void begin(struct digits *d, enum gate_digit_source source, char digit, uint32_t at_ms)
{
	if (digits_begin(d, source, digit, at_ms))
		report(digit);
}

// What is to happen, in the order of time.
struct step {
	uint32_t at_ms;
	enum gate_digit_source source;
	char digit;
	enum { BEGIN, SOUNDS, END } what;
};

static int by_time(const void *a, const void *b)
{
	const struct step *x = a, *y = b;

	return x->at_ms < y->at_ms ? -1 : x->at_ms > y->at_ms;
}

static void play(struct digits *d, struct step *steps, unsigned n)
{
	qsort(steps, n, sizeof(*steps), by_time);
	for (unsigned i = 0; i < n; i++) {
		const struct step *s = &steps[i];
		if (s->what == BEGIN)
			begin(d, s->source, s->digit, s->at_ms);
		else if (s->what == SOUNDS)
			digits_sounds(d, s->source, s->digit, s->at_ms);
		else
			digits_end(d, s->source, s->digit, s->at_ms);
	}
}

// One press from one source, as steps: begin, every 50 ms that it sounds, end.
static unsigned press(struct step *out, enum gate_digit_source source, char digit, uint32_t at_ms,
	uint32_t for_ms)
{
	unsigned n = 0;

	out[n++] = (struct step){at_ms, source, digit, BEGIN};
	if (source == DIGIT_INFO)
		return n;
	for (uint32_t t = 50; source == DIGIT_EVENT && t < for_ms; t += 50)
		out[n++] = (struct step){at_ms + t, source, digit, SOUNDS};
	out[n++] = (struct step){at_ms + for_ms, source, digit, END};
	return n;
}

START_TEST(each_source_alone_repeats)
{
	static const enum gate_digit_source all[] = {DIGIT_INBAND, DIGIT_EVENT, DIGIT_INFO};

	for (unsigned i = 0; i < 3; i++) {
		struct digits d;
		struct step s[256];
		unsigned n = 0;
		reset(&d);
		for (uint32_t k = 0; k < 6; k++) // 70 ms on, 50 ms off: the shortest of Q.24
			n += press(s + n, all[i], "110221"[k], 1000 + k * 120, 70);
		play(&d, s, n);
		ck_assert_str_eq(heard, "110221");
	}
}
END_TEST

START_TEST(copies_are_swallowed_in_either_order)
{
	// lag of the in-band copy against the event: ahead of it, with it, behind it by the
	// jitter buffer and the detector
	for (int lag_ms = -80; lag_ms <= 300; lag_ms += 5) {
		struct digits d;
		struct step s[256];
		unsigned n = 0;
		reset(&d);
		for (uint32_t k = 0; k < 4; k++) {
			uint32_t at = 1000 + k * 150;
			n += press(s + n, DIGIT_EVENT, "1120"[k], at, 100);
			n += press(s + n, DIGIT_INBAND, "1120"[k], at + lag_ms, 90);
		}
		play(&d, s, n);
		ck_assert_msg(!strcmp(heard, "1120"), "lag %d: %s", lag_ms, heard);
	}
}
END_TEST

START_TEST(info_is_the_third_copy)
{
	for (uint32_t lag_ms = 0; lag_ms <= 1400; lag_ms += 50) {
		struct digits d;
		struct step s[256];
		unsigned n = 0;
		reset(&d);
		for (uint32_t k = 0; k < 5; k++) {
			uint32_t at = 1000 + k * 200;
			n += press(s + n, DIGIT_EVENT, "99119"[k], at, 100);
			n += press(s + n, DIGIT_INBAND, "99119"[k], at + 60, 90);
			n += press(s + n, DIGIT_INFO, "99119"[k], at + lag_ms, 0);
		}
		play(&d, s, n);
		ck_assert_msg(!strcmp(heard, "99119"), "lag %u: %s", lag_ms, heard);
	}
}
END_TEST

START_TEST(inband_and_info_without_events)
{
	for (uint32_t lag_ms = 0; lag_ms <= 1400; lag_ms += 50) {
		struct digits d;
		struct step s[256];
		unsigned n = 0;
		reset(&d);
		for (uint32_t k = 0; k < 5; k++) {
			uint32_t at = 1000 + k * 130;
			n += press(s + n, DIGIT_INBAND, "00012"[k], at, 80);
			n += press(s + n, DIGIT_INFO, "00012"[k], at + lag_ms, 0);
		}
		play(&d, s, n);
		ck_assert_msg(!strcmp(heard, "00012"), "lag %u: %s", lag_ms, heard);
	}
}
END_TEST

START_TEST(long_press_is_one)
{
	struct digits d;
	struct step s[256];
	unsigned n = 0;

	reset(&d);
	n += press(s + n, DIGIT_EVENT, '5', 1000, 5000);
	n += press(s + n, DIGIT_INBAND, '5', 1150, 5000);
	n += press(s + n, DIGIT_INFO, '5', 6100, 0);
	play(&d, s, n);
	ck_assert_str_eq(heard, "5");
}
END_TEST

START_TEST(tone_that_breaks_up_under_an_event_is_noise)
{
	struct digits d;
	struct step s[256];
	unsigned n = 0;

	reset(&d);
	n += press(s + n, DIGIT_EVENT, '5', 1000, 300);
	n += press(s + n, DIGIT_INBAND, '5', 1060, 40);
	n += press(s + n, DIGIT_INBAND, '5', 1160, 40);
	n += press(s + n, DIGIT_INBAND, '8', 1210, 30); // misheard in what is left of it
	n += press(s + n, DIGIT_INBAND, '5', 1260, 80);
	play(&d, s, n);
	ck_assert_str_eq(heard, "5");
}
END_TEST

START_TEST(tones_count_again_after_events)
{
	struct digits d;
	struct step s[256];
	unsigned n = 0;

	reset(&d);
	n += press(s + n, DIGIT_EVENT, '5', 1000, 100);
	n += press(s + n, DIGIT_INBAND, '6', 1250, 80); // another digit: soon
	n += press(s + n, DIGIT_INBAND, '5', 1800, 80); // the same digit: after the hold-off
	n += press(s + n, DIGIT_EVENT, '6', 2400, 100);
	play(&d, s, n);
	ck_assert_str_eq(heard, "5656");
}
END_TEST

START_TEST(missing_copies_do_not_eat_later_presses)
{
	struct digits d;
	struct step s[256];
	unsigned n = 0;

	reset(&d);
	n += press(s + n, DIGIT_EVENT, '1', 1000, 100);
	n += press(s + n, DIGIT_EVENT, '1', 1200, 100);
	n += press(s + n, DIGIT_INBAND, '1', 1300, 90); // only of the second
	n += press(s + n, DIGIT_EVENT, '1', 1500, 100);
	n += press(s + n, DIGIT_EVENT, '2', 1700, 100);
	n += press(s + n, DIGIT_INBAND, '2', 1750, 100);
	play(&d, s, n);
	ck_assert_str_eq(heard, "1112");
}
END_TEST

START_TEST(random_typing_comes_out_once)
{
	static const char keys[] = "0123456789*#";
	struct rng rng;

	rng_seed(&rng, 20240501);
	for (unsigned round = 0; round < 2000; round++) {
		struct digits d;
		struct step s[512];
		unsigned n = 0;
		char typed[17] = {0};
		uint32_t at = 1000, lag = rng_below(&rng, 260), info = rng_below(&rng, 900);
		reset(&d);
		for (unsigned k = 0; k < 16; k++) {
			uint32_t on = 60 + rng_below(&rng, 200), off = 60 + rng_below(&rng, 400);
			typed[k] = keys[rng_below(&rng, 3)]; // many repeats
			n += press(s + n, DIGIT_EVENT, typed[k], at, on);
			if (round & 1)
				n += press(s + n, DIGIT_INBAND, typed[k], at + lag, on - 20);
			if (round & 2)
				n += press(s + n, DIGIT_INFO, typed[k], at + info, 0);
			at += on + off;
		}
		play(&d, s, n);
		ck_assert_msg(!strcmp(heard, typed), "round %u: %s heard %s", round, typed, heard);
	}
}
END_TEST

UNIT_MAIN("digits", each_source_alone_repeats, copies_are_swallowed_in_either_order,
	info_is_the_third_copy, inband_and_info_without_events, long_press_is_one,
	tone_that_breaks_up_under_an_event_is_noise, tones_count_again_after_events,
	missing_copies_do_not_eat_later_presses, random_typing_comes_out_once)
