// The gate's digits are SpanDSP's, in the same frame: over seeded sound of every kind, on every
// instruction set that the CPU has; and a gate that is too tight is caught.
#include <math.h>
#include <string.h>

#include "dsp/dtmf_gate.h"
#include "dsp/g711.h"
#include "engine/base/rng.h"
#include "tests/unit/unit.h"

#define FRAMES 400 // of a case: 8 s

static double uniform(struct rng *r, double from, double to)
{
	return from + (to - from) * (double)(rng_u64(r) >> 11) / 9007199254740992.0;
}

struct source { // one case: digits with their faults, over noise or a tone
	double row, column, row_level, column_level, noise, tone_hz, tone_level;
	int on, off, at;
	bool clip;
	double phase[3];
};

static double peak(double dbm0)
{
	return 32124 * pow(10, (dbm0 - 3.17) / 20);
}

static void source_next_digit(struct source *s, struct rng *r, const double levels[2])
{
	static const double rows[4] = {697, 770, 852, 941}, columns[4] = {1209, 1336, 1477, 1633};
	double level = uniform(r, levels[0], levels[1]), twist = uniform(r, -10, 6);

	s->row = rows[rng_below(r, 4)] * (1 + uniform(r, -0.035, 0.035));
	s->column = columns[rng_below(r, 4)] * (1 + uniform(r, -0.035, 0.035));
	s->row_level = peak(level - (twist > 0 ? twist : 0));
	s->column_level = peak(level + (twist < 0 ? twist : 0));
	s->on = (int)uniform(r, 20, 120) * 8;
	s->off = (int)uniform(r, 10, 200) * 8;
	s->at = 0;
}

static int16_t source_sample(struct source *s, struct rng *r, const double levels[2])
{
	double x = s->noise * uniform(r, -1, 1);

	if (s->at >= s->on + s->off)
		source_next_digit(s, r, levels);
	if (s->at++ < s->on)
		x += s->row_level * sin(s->phase[0]) + s->column_level * sin(s->phase[1]);
	x += s->tone_level * sin(s->phase[2]);
	s->phase[0] += 2 * M_PI * s->row / 8000;
	s->phase[1] += 2 * M_PI * s->column / 8000;
	s->phase[2] += 2 * M_PI * s->tone_hz / 8000;
	if (s->clip)
		x *= 3;
	return (int16_t)fmax(-32124, fmin(32124, x));
}

struct pair { // the same channel with and without a gate
	struct dtmf_gate *gated;
	struct dtmf_rx *plain;
	void *memory; // of the gate
};

// Frames in which they differ.
static unsigned differences(struct pair *p, uint64_t seed, enum codec_id law, unsigned *digits)
{
	struct rng r;
	struct source s = {0};
	unsigned differ = 0;

	rng_seed(&r, seed);
	double levels[2] = {uniform(&r, -45, 0), 0};
	levels[1] = levels[0] + uniform(&r, 0, 6);
	s.noise = rng_below(&r, 3) ? peak(levels[0] - uniform(&r, 5, 40)) : 0;
	s.tone_hz = uniform(&r, 300, 3000);
	s.tone_level = rng_below(&r, 3) == 0 ? peak(levels[0] - uniform(&r, 10, 30)) : 0;
	s.clip = rng_below(&r, 8) == 0;
	dtmf_rx_reset(p->plain);
	p->gated = dtmf_gate_start(p->memory, law);
	for (int f = 0; f < FRAMES; f++) {
		int16_t sound[FRAME_SAMPLES];
		uint8_t bytes[FRAME_SAMPLES];
		struct dtmf_edge a[DTMF_EDGES_MAX], b[DTMF_EDGES_MAX];
		uint32_t n = f % 7 ? FRAME_SAMPLES : 8 * (1 + rng_below(&r, 20));

		for (uint32_t i = 0; i < n; i++)
			sound[i] = source_sample(&s, &r, levels);
		codec_get(law)->encode(bytes, sound, n);
		codec_get(law)->decode(sound, bytes, n);
		uint32_t got = dtmf_gate_frame(p->gated, bytes, n, a);
		uint32_t want = dtmf_rx_frame(p->plain, sound, n, b);
		bool same = got == want;
		for (uint32_t i = 0; same && i < got; i++)
			same = a[i].digit == b[i].digit && a[i].begin == b[i].begin &&
				a[i].level_dbm0 == b[i].level_dbm0;
		differ += !same;
		*digits += want;
	}
	return differ;
}

static unsigned cases_differ(uint64_t seeds, unsigned *digits)
{
	static _Alignas(64) uint8_t memory[2][2048];
	struct pair p;
	unsigned differ = 0;

	ck_assert_uint_le(dtmf_gate_size(), sizeof(memory[0]));
	p.memory = memory[0];
	p.plain = dtmf_rx_start(memory[1]);
	for (uint64_t seed = 1; seed <= seeds; seed++)
		differ += differences(&p, seed, seed & 1 ? CODEC_PCMU : CODEC_PCMA, digits);
	return differ;
}

static void check_kind(enum dtmf_gate_kind kind)
{
	unsigned digits = 0;

	if (dtmf_gate_setup(kind, 3) != kind)
		return; // this CPU has it not
	ck_assert_uint_eq(cases_differ(300, &digits), 0);
	ck_assert_uint_gt(digits, 5000);
}

START_TEST(without_a_gate_it_is_the_receiver)
{
	check_kind(DTMF_GATE_NONE);
}
END_TEST

START_TEST(avx2_differs_nowhere)
{
	check_kind(DTMF_GATE_AVX2);
}
END_TEST

START_TEST(avx512_differs_nowhere)
{
	check_kind(DTMF_GATE_AVX512);
}
END_TEST

START_TEST(a_gate_five_percent_too_tight_is_caught)
{
	unsigned digits = 0;

	if (dtmf_gate_setup(DTMF_GATE_AVX512, -5) != DTMF_GATE_NONE)
		ck_assert_uint_gt(cases_differ(300, &digits), 0);
}
END_TEST

START_TEST(silence_never_reaches_the_receiver)
{
	static _Alignas(64) uint8_t memory[2048];
	struct dtmf_edge edges[DTMF_EDGES_MAX];
	struct dtmf_gate *gate;
	uint8_t silence[FRAME_BYTES];

	memset(silence, ULAW_SILENCE, sizeof(silence));
	dtmf_gate_setup(DTMF_GATE_AVX512, 3);
	gate = dtmf_gate_start(memory, CODEC_PCMU);
	for (int i = 0; i < 100; i++)
		ck_assert_uint_eq(dtmf_gate_frame(gate, silence, FRAME_BYTES, edges), 0);
	ck_assert(!dtmf_gate_live(gate));
}
END_TEST

UNIT_MAIN("dtmf_gate", without_a_gate_it_is_the_receiver, avx2_differs_nowhere,
	avx512_differs_nowhere, a_gate_five_percent_too_tight_is_caught,
	silence_never_reaches_the_receiver)
