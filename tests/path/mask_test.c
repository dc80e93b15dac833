// Masking over the wire: a Goertzel sweep of what the other leg gets finds sound and no digit.
#include "tests/path/stage.h"

#include <string.h>

#include "dsp/dtmf.h"
#include "dsp/g711.h"
#include "dsp/sine.h"
#include "tests/unit/dsp/sound.h"

#define DIGITS "123A456B789C*0#D"
#define SPEECH 300 // Hz: stands for what is said beside
#define BELOW  30  // dB below the digit: what its tones must stay under

static int16_t said[64 * 8000];
static uint32_t said_count;

// A digit of on_ms that begins at any sample, with sound before, in and behind it.
static void type(int dbm0, unsigned how)
{
	struct talker t = gen_talker(CALLER, 10);
	uint32_t at = 4000;

	said_count = 0;
	memset(said, 0, sizeof(said));
	if (how & GEN_TONE) {
		for (unsigned i = 0; i < 16; i++, at += 1600 + i * 37) {
			struct dtmf_tx tone;
			ck_assert_int_eq(dtmf_tx_start(&tone, DIGITS[i], dbm0, 60, 0), 0);
			dtmf_tx_mix(&tone, said + at, 800);
		}
	}
	said_count = (at + 4000) / 160 * 160;
	for (uint32_t i = 0; i < said_count; i += 160) {
		uint8_t payload[160];
		sound_sine(said + i, 160, i, SPEECH, dbm0 - 15);
		g711_ulaw_encode(payload, said + i, 160);
		gen_sound(&t, payload, 160);
	}
	if (how & GEN_EVENT) {
		for (unsigned i = 0; i < 4; i++)
			gen_digit(&t, DIGITS[i], how, 80, 120);
	}
}

static const double tones_hz[] = {697, 770, 852, 941, 1209, 1336, 1477, 1633};

static double loudest_tone(const int16_t *samples, uint32_t n)
{
	double most = -99;

	for (unsigned i = 0; i < 8; i++) {
		double level = sound_level_at(samples, n, tones_hz[i]);
		most = level > most ? level : most;
	}
	return most;
}

// What the agent's phone got, as one run of samples.
static uint32_t listen(int16_t *samples, uint32_t max)
{
	uint32_t n = 0;

	for (unsigned i = 0; i < heard_count(AGENT); i++) {
		const struct rtp_packet *p = &heard_rtp(AGENT, i)->rtp;
		ck_assert_uint_eq(p->pt, 0); // no event
		ck_assert_uint_le(n + p->len, max);
		g711_ulaw_decode(samples + n, p->payload, p->len);
		n += p->len;
	}
	return n;
}

static void masked(int dbm0, unsigned how, const char *told)
{
	static int16_t heard[64 * 8000];
	struct gate_msg on = {.mask.on = 1};
	unsigned speech = 0, windows = 0;

	type(dbm0, how);
	stage_begin();
	struct gate_remote r = stage_remote(CALLER);
	stage_set_remote(CALLER, &r);
	r = stage_remote(AGENT);
	stage_set_remote(AGENT, &r);
	stage_collect(CALLER);
	stage_command(CALLER, GATE_MASK, &on);
	stage_bridge();
	stage_until(said_count / 8 + ((how & GEN_EVENT) ? 1200 : 300));
	stage_end();
	ck_assert_str_eq(told_digits(CALLER), told);
	uint32_t n = listen(heard, sizeof(heard) / sizeof(heard[0]));
	ck_assert_uint_gt(n, said_count - 1600);
	// Windows of 205 samples: the tones are exact in none and found in all.
	for (uint32_t at = 0; at + 205 <= n; at += 40, windows++) {
		speech += sound_level_at(heard + at, 205, SPEECH) > dbm0 - 18;
		ck_assert_msg(loudest_tone(heard + at, 205) < dbm0 - BELOW,
			"a tone of %.1f dBm0 at %u ms", loudest_tone(heard + at, 205), at / 8);
	}
	ck_assert_uint_gt(speech, windows / 4);
}

START_TEST(loud_tones)
{
	gen_begin("mask-loud");
	masked(-3, GEN_TONE, DIGITS);
}
END_TEST

START_TEST(quiet_tones)
{
	gen_begin("mask-quiet");
	masked(-25, GEN_TONE, DIGITS);
}
END_TEST

START_TEST(events)
{
	gen_begin("mask-events");
	masked(-25, GEN_EVENT, "123A");
}
END_TEST

START_TEST(events_with_tones)
{
	gen_begin("mask-both");
	masked(-25, GEN_EVENT | GEN_TONE, DIGITS "123A");
}
END_TEST

PATH_MAIN("mask", loud_tones, quiet_tones, events, events_with_tones)
