// DTMF: every digit at the limits of Q.24 is taken, what lies beyond is not, and what is sent has
// its level and its length.
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

#include "dsp/dtmf.h"
#include "tests/unit/dsp/sound.h"

#define SOUND_MAX (60 * FRAME_RATE)
#define DIGITS	  "1234567890*#ABCD"

static const double rows_hz[4] = {697, 770, 852, 941};
static const double columns_hz[4] = {1209, 1336, 1477, 1633};

static int16_t sound[SOUND_MAX];
static uint32_t len; // samples made

static uint8_t memory[8192] __attribute__((aligned(64)));
static char heard[256];
static uint32_t ends;
static int level_min, level_max;

static void pause_ms(uint32_t ms)
{
	len += ms * 8;
	ck_assert_uint_le(len, SOUND_MAX);
}

static void clear(void)
{
	memset(sound, 0, sizeof(sound));
	len = 0;
}

// A digit by the standard's own numbers; low and high are the levels of its tones.
static void digit(char c, uint32_t ms, double low, double high, double shift)
{
	static const char keys[] = "123A456B789C*0#D";
	size_t at = (size_t)(strchr(keys, c) - keys);

	ck_assert_uint_le(len + ms * 8, SOUND_MAX);
	sound_sine(sound + len, ms * 8, 0, rows_hz[at / 4] * shift, low);
	sound_sine(sound + len, ms * 8, 3, columns_hz[at % 4] * shift, high);
	len += ms * 8;
}

// Runs all of it through a fresh receiver in pieces of n samples.
static void hear(uint32_t n)
{
	struct dtmf_rx *d;
	char sounding = 0;
	uint32_t count = 0;

	ck_assert_uint_le(dtmf_rx_size(), sizeof(memory));
	d = dtmf_rx_start(memory);
	ends = 0;
	level_min = 99;
	level_max = -99;
	for (uint32_t at = 0; at < len; at += n) {
		struct dtmf_edge edges[DTMF_EDGES_MAX];
		uint32_t part = len - at < n ? len - at : n;
		uint32_t got = dtmf_rx_frame(d, sound + at, part, edges);

		for (uint32_t i = 0; i < got; i++) {
			ck_assert_int_eq(sounding != 0, !edges[i].begin);
			sounding = edges[i].begin ? edges[i].digit : 0;
			if (edges[i].begin) {
				heard[count++] = sounding;
				level_min = edges[i].level_dbm0 < level_min ? edges[i].level_dbm0
									    : level_min;
				level_max = edges[i].level_dbm0 > level_max ? edges[i].level_dbm0
									    : level_max;
			}
			ends += !edges[i].begin;
			ck_assert_uint_lt(count, sizeof(heard));
		}
		ck_assert_int_eq(dtmf_rx_digit(d), sounding);
	}
	heard[count] = 0;
}

START_TEST(every_digit_at_every_level)
{
	for (int level = -3; level >= -25; level--) {
		clear();
		pause_ms(37);
		for (const char *c = DIGITS; *c; c++) {
			digit(*c, 40, level - 3.01, level - 3.01, 1);
			pause_ms(50);
		}
		pause_ms(100);
		hear(FRAME_SAMPLES);
		ck_assert_str_eq(heard, DIGITS);
		ck_assert_uint_eq(ends, 16);
		ck_assert_int_ge(level_min, level - 1);
		ck_assert_int_le(level_max, level + 1);
	}
}
END_TEST

START_TEST(any_piece_gives_the_same)
{
	clear();
	for (uint32_t i = 0; i < 200; i++) {
		digit(DIGITS[i % 16], 40, -10, -10, 1);
		pause_ms(50);
	}
	pause_ms(60);
	for (uint32_t n = 8; n <= 480; n = n * 5 / 3 + 1) {
		hear(n);
		ck_assert_uint_eq(strlen(heard), 200);
		for (uint32_t i = 0; i < 200; i++)
			ck_assert_int_eq(heard[i], DIGITS[i % 16]);
	}
}
END_TEST

START_TEST(twist_and_frequency_have_limits)
{
	static const struct {
		double low, high, shift;
		const char *heard;
	} cases[] = {
		{-10, -17, 1, DIGITS},
		{-17, -10 - 3.5, 1, DIGITS},
		{-10, -10, 1.0125, DIGITS},
		{-10, -10, 0.9875, DIGITS},
		{-10, -20, 1, ""},
		{-17, -10, 1, ""},
		{-10, -10, 1.036, ""},
		{-10, -10, 0.964, ""},
		{-10, -60, 1, ""},
		{-60, -10, 1, ""},
		{-50, -50, 1, ""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		clear();
		for (const char *c = DIGITS; *c; c++) {
			digit(*c, 60, cases[i].low, cases[i].high, cases[i].shift);
			pause_ms(60);
		}
		hear(FRAME_SAMPLES);
		ck_assert_msg(strcmp(heard, cases[i].heard) == 0, "case %zu: %s", i, heard);
	}
}
END_TEST

START_TEST(long_silence_does_no_harm)
{
	clear();
	pause_ms(10000);
	digit('5', 40, -20, -20, 1);
	pause_ms(5000);
	digit('5', 40, -20, -20, 1);
	pause_ms(100);
	hear(FRAME_SAMPLES);
	ck_assert_str_eq(heard, "55");
}
END_TEST

START_TEST(noise_has_no_digits)
{
	uint64_t seed = 31;

	clear();
	pause_ms(60000);
	sound_noise(sound, len, &seed, 3000);
	hear(FRAME_SAMPLES);
	ck_assert_str_eq(heard, "");
	// But a digit in noise 15 dB below it is heard.
	clear();
	pause_ms(1000);
	sound_noise(sound, len, &seed, 900); // about -25 dBm0
	len = 4000;
	digit('7', 60, -12, -12, 1);
	len = 8000;
	hear(FRAME_SAMPLES);
	ck_assert_str_eq(heard, "7");
}
END_TEST

START_TEST(a_digit_after_another_without_a_pause_ends_it)
{
	clear();
	digit('1', 80, -10, -10, 1);
	digit('9', 80, -10, -10, 1);
	pause_ms(60);
	hear(FRAME_SAMPLES);
	ck_assert_str_eq(heard, "19");
	ck_assert_uint_eq(ends, 2);
}
END_TEST

START_TEST(reset_forgets_a_digit)
{
	struct dtmf_rx *d = dtmf_rx_start(memory);
	struct dtmf_edge edges[DTMF_EDGES_MAX];

	clear();
	digit('4', 100, -10, -10, 1);
	ck_assert_uint_eq(dtmf_rx_frame(d, sound, len, edges), 1);
	ck_assert_int_eq(dtmf_rx_digit(d), '4');
	dtmf_rx_reset(d);
	ck_assert_int_eq(dtmf_rx_digit(d), 0);
	ck_assert_uint_eq(dtmf_rx_frame(d, sound, 100, edges), 0);
}
END_TEST

// Sends in frames onto what is there; returns the samples until it had nothing left.
static uint32_t send(struct dtmf_tx *t)
{
	uint32_t n = 0;
	bool more = true;

	while (more) {
		ck_assert_uint_le(len + FRAME_SAMPLES, SOUND_MAX);
		more = dtmf_tx_mix(t, sound + len, FRAME_SAMPLES);
		len += FRAME_SAMPLES;
		n += FRAME_SAMPLES;
	}
	return n;
}

START_TEST(what_is_sent_is_right_and_heard)
{
	struct dtmf_tx t;

	for (int level = 0; level >= -30; level -= 5) {
		clear();
		for (const char *c = DIGITS; *c; c++) {
			uint32_t from = len;

			ck_assert_int_eq(dtmf_tx_start(&t, *c, level, 100, 60), 0);
			ck_assert_uint_eq(send(&t), 160 * 8);
			ck_assert(fabs(sound_level(sound + from, 800) - level) < 0.5);
			for (uint32_t i = 800; i < 1280; i++)
				ck_assert_int_eq(sound[from + i], 0);
		}
		hear(FRAME_SAMPLES);
		ck_assert_str_eq(heard, DIGITS);
	}
	for (int i = 0; i < 4; i++) {
		clear();
		dtmf_tx_start(&t, "159D"[i], -7, 1000, 0);
		send(&t);
		ck_assert(fabs(sound_level_at(sound, 8000, rows_hz[i]) + 10.01) < 0.1);
		ck_assert(fabs(sound_level_at(sound, 8000, columns_hz[i]) + 10.01) < 0.1);
		ck_assert(sound_level_at(sound, 8000, 2 * rows_hz[i]) < -70);
	}
}
END_TEST

START_TEST(sending_has_its_limits)
{
	struct dtmf_tx t;
	int16_t full[FRAME_SAMPLES];

	ck_assert_int_eq(dtmf_tx_start(&t, 'E', -10, 100, 50), -EINVAL);
	ck_assert_int_eq(dtmf_tx_start(&t, 'a', -10, 100, 50), -EINVAL);
	ck_assert_int_eq(dtmf_tx_start(&t, 0, -10, 100, 50), -EINVAL);
	ck_assert_int_eq(dtmf_tx_start(&t, '1', 20, 100, 50), 0); // as loud as can be
	clear();
	send(&t);
	ck_assert(fabs(sound_level(sound, 800) - 0) < 0.5);
	for (int i = 0; i < FRAME_SAMPLES; i++)
		full[i] = i % 2 ? 32000 : -32000;
	dtmf_tx_start(&t, '1', 0, 100, 50);
	dtmf_tx_mix(&t, full, FRAME_SAMPLES);
	for (int i = 0; i < FRAME_SAMPLES; i++) // nothing wrapped around
		ck_assert(i % 2 ? full[i] >= -768 : full[i] <= 768);
	dtmf_tx_start(&t, '1', 0, 0, 0);
	ck_assert(!dtmf_tx_mix(&t, full, FRAME_SAMPLES));
}
END_TEST

UNIT_MAIN("dtmf", every_digit_at_every_level, any_piece_gives_the_same,
	twist_and_frequency_have_limits, long_silence_does_no_harm, noise_has_no_digits,
	a_digit_after_another_without_a_pause_ends_it, reset_forgets_a_digit,
	what_is_sent_is_right_and_heard, sending_has_its_limits)
