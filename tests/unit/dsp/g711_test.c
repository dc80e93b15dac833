// G.711 code by code against SpanDSP, alone and in runs of every length that a vector could cut.
#include "tests/unit/unit.h"

#include <string.h>

#include <spandsp.h>

#include "dsp/g711.h"

#define INPUTS 65536

static int16_t linear[INPUTS];
static uint8_t codes[INPUTS];

static void fill_linear(void)
{
	for (int i = 0; i < INPUTS; i++)
		linear[i] = (int16_t)(i - 32768);
}

static void encodes_as_spandsp(const struct g711_set *set)
{
	int ulaw = 0, alaw = 0;

	fill_linear();
	ck_assert_uint_eq(set->ulaw_encode(codes, linear, INPUTS), INPUTS);
	for (int i = 0; i < INPUTS; i++)
		ulaw += codes[i] != linear_to_ulaw(linear[i]);
	ck_assert_uint_eq(set->alaw_encode(codes, linear, INPUTS), INPUTS);
	for (int i = 0; i < INPUTS; i++)
		alaw += codes[i] != linear_to_alaw(linear[i]);
	ck_assert_int_eq(ulaw, 0);
	ck_assert_int_eq(alaw, 0);
}

static void decodes_as_spandsp(const struct g711_set *set)
{
	uint8_t all[256], law[256];
	int16_t ulaw[256], alaw[256];

	for (int i = 0; i < 256; i++)
		all[i] = (uint8_t)i;
	ck_assert_uint_eq(set->ulaw_decode(ulaw, all, 256), 256);
	ck_assert_uint_eq(set->alaw_decode(alaw, all, 256), 256);
	for (int i = 0; i < 256; i++) {
		ck_assert_int_eq(ulaw[i], ulaw_to_linear((uint8_t)i));
		ck_assert_int_eq(alaw[i], alaw_to_linear((uint8_t)i));
	}
	set->ulaw_to_alaw(law, all, 256);
	for (int i = 0; i < 256; i++)
		ck_assert_uint_eq(law[i], ulaw_to_alaw((uint8_t)i));
	memcpy(law, all, sizeof(law));
	set->alaw_to_ulaw(law, law, 256); // in place
	for (int i = 0; i < 256; i++)
		ck_assert_uint_eq(law[i], alaw_to_ulaw((uint8_t)i));
}

START_TEST(every_instruction_set_is_as_spandsp)
{
	static const struct g711_set best = {"best", g711_ulaw_encode, g711_ulaw_decode,
		g711_alaw_encode, g711_alaw_decode, g711_ulaw_to_alaw, g711_alaw_to_ulaw};

	encodes_as_spandsp(&best);
	decodes_as_spandsp(&best);
	for (int kind = G711_PLAIN; kind < G711_KINDS; kind++) {
		const struct g711_set *set = g711_set_of((enum g711_kind)kind);

		if (!set)
			continue;
		encodes_as_spandsp(set);
		decodes_as_spandsp(set);
	}
	ck_assert_ptr_nonnull(g711_set_of(G711_PLAIN));
}
END_TEST

START_TEST(runs_of_any_length_touch_nothing_beyond)
{
	uint8_t out[200];
	int16_t back[200];

	fill_linear();
	for (uint32_t n = 0; n < 192; n++) {
		memset(out, 0x5a, sizeof(out));
		g711_alaw_encode(out, linear + 7 * n, n);
		for (uint32_t i = 0; i < n; i++)
			ck_assert_uint_eq(out[i], linear_to_alaw(linear[7 * n + i]));
		ck_assert_uint_eq(out[n], 0x5a);
		memset(back, 0x5a, sizeof(back));
		g711_ulaw_decode(back, out, n);
		for (uint32_t i = 0; i < n; i++)
			ck_assert_int_eq(back[i], ulaw_to_linear(out[i]));
		ck_assert_int_eq(back[n], 0x5a5a);
	}
}
END_TEST

START_TEST(silence_bytes_are_silence)
{
	const uint8_t ulaw = ULAW_SILENCE, alaw = ALAW_SILENCE;
	int16_t sample;

	g711_ulaw_decode(&sample, &ulaw, 1);
	ck_assert_int_eq(sample, 0);
	g711_alaw_decode(&sample, &alaw, 1);
	ck_assert_int_eq(sample, 8); // A-law has no zero: half its smallest step
}
END_TEST

UNIT_MAIN("g711", every_instruction_set_is_as_spandsp, runs_of_any_length_touch_nothing_beyond,
	silence_bytes_are_silence)
