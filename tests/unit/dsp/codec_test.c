// The table of codecs: each entry whole, each found by number, name and payload type.
#include "tests/unit/unit.h"

#include <string.h>

#include "dsp/codec.h"
#include "dsp/frame.h"
#include "tests/unit/dsp/sound.h"

START_TEST(every_codec_is_found_by_all_its_names)
{
	ck_assert_ptr_null(codec_get(CODEC_NONE));
	ck_assert_ptr_null(codec_get(CODEC_COUNT));
	for (int id = CODEC_NONE + 1; id < CODEC_COUNT; id++) {
		const struct codec *c = codec_get((enum codec_id)id);

		if (!c) // not in this build
			continue;
		ck_assert_int_eq((int)c->id, id);
		ck_assert_ptr_eq(codec_by_name(c->name), c);
		if (c->static_pt >= 0)
			ck_assert_ptr_eq(codec_by_static_pt((uint8_t)c->static_pt), c);
		if (c->bytes_per_ms)
			ck_assert_uint_le(60u * c->bytes_per_ms, CODEC_PAYLOAD_MAX);
		ck_assert_int_eq(codec_has_state(c->id), c->coder != NULL);
		ck_assert_int_eq(c->encode == NULL, c->coder != NULL);
		ck_assert_uint_eq(c->clock_hz, 8000 * codec_clock_scale(c->id));
	}
	ck_assert_ptr_eq(codec_by_name("pcma"), codec_get(CODEC_PCMA));
	ck_assert_ptr_eq(codec_by_static_pt(0), codec_get(CODEC_PCMU));
	ck_assert_ptr_null(codec_by_name("PCM"));
	ck_assert_ptr_null(codec_by_name(""));
	ck_assert_ptr_null(codec_by_static_pt(101));
	ck_assert_ptr_null(codec_by_static_pt(255));
}
END_TEST

START_TEST(every_codec_without_state_carries_a_tone_and_silence)
{
	for (int id = CODEC_NONE + 1; !codec_has_state((enum codec_id)id); id++) {
		const struct codec *c = codec_get((enum codec_id)id);
		uint8_t payload[CODEC_PAYLOAD_MAX];
		int16_t in[FRAME_SAMPLES] = {0}, out[FRAME_SAMPLES];
		double signal = 0, error = 0;

		sound_sine(in, FRAME_SAMPLES, 0, 1000, -10);
		ck_assert_uint_eq(c->encode(payload, in, FRAME_SAMPLES), FRAME_BYTES);
		ck_assert_uint_eq(c->decode(out, payload, FRAME_BYTES), FRAME_SAMPLES);
		for (int i = 0; i < FRAME_SAMPLES; i++) {
			signal += (double)in[i] * in[i];
			error += (double)(in[i] - out[i]) * (in[i] - out[i]);
		}
		// G.712 asks for 33 dB at this level.
		ck_assert(10 * log10(signal / error) > 33);
		memset(payload, c->silence, FRAME_BYTES);
		c->decode(out, payload, FRAME_BYTES);
		for (int i = 0; i < FRAME_SAMPLES; i++)
			ck_assert_int_le(abs(out[i]), 8);
	}
}
END_TEST

UNIT_MAIN("codec", every_codec_is_found_by_all_its_names,
	every_codec_without_state_carries_a_tone_and_silence)
