// Digits with their faults, noise, tones and chords.
#include "bench/dtmf/sound.h"

#include <stdbool.h>
#include <string.h>

#include "dsp/frame.h"
#include "dsp/tone.h"

#define PER_MS (FRAME_RATE / 1000)

static const double rows_hz[4] = {697, 770, 852, 941};
static const double columns_hz[4] = {1209, 1336, 1477, 1633};

const char *sound_name(enum sound_kind kind)
{
	static const char *const names[SOUND_KINDS] = {"digits-frequency", "digits-twist",
		"digits-times", "digits-noise", "digits-level", "digits-interfered",
		"digits-all-faults", "noise", "tones", "chords", "clipped"};

	return names[kind];
}

// Near an edge most of the time, anywhere in the range else.
static double near(struct rng *r, const double range[2], double edge, double width)
{
	if (rng_below(r, 3) == 0)
		return rng_between(r, range[0], range[1]);
	return rng_between(r, edge - width, edge + width);
}

static double frequency_fault(struct rng *r)
{
	static const double range[2] = {0, 0.04};
	double off = near(r, range, rng_below(r, 2) ? 0.024 : 0.033, 0.009);

	return rng_below(r, 2) ? off : -off;
}

// What is drawn for every digit anew; level and noise stay as they are for the clip.
static void press_draw(struct press *p, enum sound_kind kind, double dbm0, struct rng *r)
{
	static const double twists[2] = {-11, 7}, on[2] = {20, 60};
	bool all = kind == SOUND_ALL_FAULTS;

	p->row_off = rng_between(r, -0.012, 0.012);
	p->column_off = rng_between(r, -0.012, 0.012);
	p->twist_db = rng_between(r, -5, 3);
	p->dbm0 = dbm0 + rng_between(r, -1, 1);
	p->on_ms = rng_between(r, 40, 80);
	p->off_ms = rng_between(r, 30, 70);
	if (kind == SOUND_FREQUENCY || all) {
		bool row = rng_below(r, 3) != 0;
		if (row)
			p->row_off = frequency_fault(r);
		if (!row || rng_below(r, 3) == 0)
			p->column_off = frequency_fault(r);
	}
	if (kind == SOUND_TWIST || all)
		p->twist_db = near(r, twists, rng_below(r, 2) ? -8 : 4, 0.5);
	if (kind == SOUND_TIMES || all) {
		p->on_ms = near(r, on, 32, 8);
		p->off_ms = rng_between(r, rng_below(r, 4) ? 10 : 0, 60);
	}
}

// The clip's level: of each tone.
static double level_draw(enum sound_kind kind, struct rng *r)
{
	if (kind == SOUND_LEVEL)
		return rng_below(r, 4) ? rng_between(r, -44, -40) : rng_between(r, -6, 3);
	if (kind == SOUND_ALL_FAULTS)
		return rng_between(r, -45, 0);
	return rng_between(r, -36, -3);
}

void sound_press(struct sound *s, uint32_t at, uint32_t key, const struct press *p, struct rng *r)
{
	uint32_t on = (uint32_t)(p->on_ms * PER_MS);
	double row = p->twist_db > 0 ? -p->twist_db : 0, column = p->twist_db < 0 ? p->twist_db : 0;
	struct oscillator tone = {.phase = (uint32_t)rng_u64(r)};

	if (on > SOUND_SAMPLES - at)
		on = SOUND_SAMPLES - at;
	oscillator_set(&tone, rows_hz[key / 4] * (1 + p->row_off), p->dbm0 + row);
	tones_sine(&tone, s->mix + at, on);
	tone.phase = (uint32_t)rng_u64(r);
	oscillator_set(&tone, columns_hz[key % 4] * (1 + p->column_off), p->dbm0 + column);
	tones_sine(&tone, s->mix + at, on);
}

static void add_interference(struct sound *s, double dbm0, struct rng *r)
{
	static const double dials_hz[4] = {350, 425, 440, 450};
	struct oscillator tone = {.phase = (uint32_t)rng_u64(r)};
	double hz = rng_below(r, 3) ? rng_between(r, 200, 3400) : dials_hz[rng_below(r, 4)];

	// A third tone passes 8 dB down at a receiver's frequency and 7.5 dB down anywhere.
	oscillator_set(&tone, hz, dbm0 + (rng_below(r, 3) ? rng_between(r, -10, -4) : -15));
	tones_sine(&tone, s->mix, SOUND_SAMPLES);
}

static void digits(struct sound *s, enum sound_kind kind, struct rng *r)
{
	double dbm0 = level_draw(kind, r);
	struct press p;

	if (kind == SOUND_NOISE_RATIO)
		tones_noise(s->mix, SOUND_SAMPLES,
			dbm0 + 3 -
				(rng_below(r, 3) ? rng_between(r, 4, 11) : rng_between(r, 0, 30)),
			r);
	else if (kind == SOUND_ALL_FAULTS || rng_below(r, 2))
		tones_noise(s->mix, SOUND_SAMPLES, dbm0 - rng_between(r, 12, 40), r);
	if (kind == SOUND_INTERFERED || (kind == SOUND_ALL_FAULTS && rng_below(r, 4) == 0))
		add_interference(s, dbm0, r);
	for (uint32_t at = rng_below(r, 400); at < SOUND_SAMPLES;) {
		press_draw(&p, kind, dbm0, r);
		sound_press(s, at, rng_below(r, 16), &p, r);
		at += (uint32_t)((p.on_ms + p.off_ms) * PER_MS);
	}
}

static void network_tone(struct sound *s, struct rng *r)
{
	struct tone tone;

	memset(s->samples, 0, sizeof(s->samples));
	tone_start(&tone, (enum tone_id)(1 + rng_below(r, TONE_COUNT - 1)), -(int)rng_below(r, 46));
	tone_mix(&tone, s->samples, SOUND_SAMPLES);
	for (int i = 0; i < SOUND_SAMPLES; i++)
		s->mix[i] = s->samples[i];
}

static void tones(struct sound *s, struct rng *r)
{
	double dbm0 = rng_between(r, -45, 0);

	if (rng_below(r, 3) == 0) {
		network_tone(s, r);
		return;
	}
	for (uint32_t at = 0; at < SOUND_SAMPLES;) {
		uint32_t n = 400 + rng_below(r, 8000), count = 1 + rng_below(r, 2);
		n = n < SOUND_SAMPLES - at ? n : SOUND_SAMPLES - at;
		for (uint32_t i = 0; i < count; i++) {
			struct oscillator tone = {.phase = (uint32_t)rng_u64(r)};
			bool row = i == 0;
			oscillator_set(&tone,
				row ? rng_between(r, 600, 1100) : rng_between(r, 1000, 1800),
				dbm0 + rng_between(r, -10, 0));
			tones_sine(&tone, s->mix + at, n);
		}
		at += n;
	}
}

// Three notes of the equal-tempered scale with three overtones each, over and over.
static void chords(struct sound *s, struct rng *r)
{
	static const double scale[12] = {261.63, 277.18, 293.66, 311.13, 329.63, 349.23, 369.99,
		392, 415.30, 440, 466.16, 493.88};
	double dbm0 = rng_between(r, -45, -6);

	for (uint32_t at = 0; at < SOUND_SAMPLES;) {
		uint32_t n = 500 + rng_below(r, 6000);
		n = n < SOUND_SAMPLES - at ? n : SOUND_SAMPLES - at;
		for (int note = 0; note < 3; note++) {
			double hz = scale[rng_below(r, 12)] * (double)(1 << rng_below(r, 3));
			double down = 0;
			for (int over = 1; over <= 4 && hz * over < 3600; over++) {
				struct oscillator tone = {.phase = (uint32_t)rng_u64(r)};
				oscillator_set(&tone, hz * over, dbm0 - down);
				tones_sine(&tone, s->mix + at, n);
				down += rng_between(r, 3, 20);
			}
		}
		at += n;
	}
}

static void add(struct sound *s, enum sound_kind kind, struct rng *r)
{
	if (kind <= SOUND_ALL_FAULTS)
		digits(s, kind, r);
	else if (kind == SOUND_NOISE)
		tones_noise(s->mix, SOUND_SAMPLES, rng_between(r, -45, 0), r);
	else if (kind == SOUND_TONES)
		tones(s, r);
	else
		chords(s, r);
}

void sound_make(struct sound *s, enum sound_kind kind, struct rng *r)
{
	float gain = 1;

	memset(s->mix, 0, sizeof(s->mix));
	if (kind == SOUND_CLIPPED) {
		add(s, (enum sound_kind)rng_below(r, SOUND_CLIPPED), r);
		float highest = 1;
		for (int i = 0; i < SOUND_SAMPLES; i++)
			highest = s->mix[i] > highest ? s->mix[i] : highest;
		gain = tones_peak(3.14 + rng_between(r, 0, 18)) / highest;
	} else {
		add(s, kind, r);
	}
	tones_limit(s->samples, s->mix, SOUND_SAMPLES, gain);
}
