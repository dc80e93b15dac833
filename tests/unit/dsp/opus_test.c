// Opus: what libopus decodes of ours, what we decode of libopus, loss, redundancy, silence.
#include "tests/unit/unit.h"

#include <string.h>

#include <opus/opus.h>

#include "dsp/codec.h"
#include "dsp/opus.h"
#include "tests/unit/dsp/coded.h"

#define SECONDS 3
#define FRAMES	(SECONDS * 50)

static _Alignas(64) uint8_t tx[65536], rx[65536];
static int16_t voice[SECONDS * 48000], heard[SECONDS * 48000];
static uint8_t packet[FRAMES * 2][CODEC_PAYLOAD_MAX];
static uint32_t len[FRAMES * 2];

static void start(const struct codec_tx *how, uint32_t rx_hz)
{
	ck_assert_uint_le(opus_coder.tx_bytes(), sizeof(tx));
	ck_assert_uint_le(opus_coder.rx_bytes(), sizeof(rx));
	opus_coder.tx_init(tx, how);
	opus_coder.rx_init(rx, rx_hz);
	coded_voice(voice, SECONDS * how->rate_hz, how->rate_hz);
}

static void encode_all(uint32_t per_frame)
{
	for (int i = 0; i < FRAMES; i++) {
		len[i] = opus_coder.encode(
			tx, packet[i], voice + (uint32_t)i * per_frame, per_frame);
		ck_assert_uint_gt(len[i], 0);
		ck_assert_uint_eq(opus_payload_ms(packet[i], len[i]), 20);
	}
}

START_TEST(libopus_hears_what_we_send)
{
	for (uint32_t hz = 8000; hz <= 16000; hz *= 2) {
		OpusDecoder *d = opus_decoder_create((int)hz, 1, NULL);
		struct codec_tx how = {.rate_hz = hz};
		uint32_t delay;

		start(&how, hz);
		encode_all(hz / 50);
		for (int i = 0; i < FRAMES; i++)
			ck_assert_int_eq(opus_decode(d, packet[i], (int)len[i],
						 heard + (uint32_t)i * hz / 50, (int)hz / 50, 0),
				hz / 50);
		ck_assert(coded_likeness(heard, voice, SECONDS * hz, hz / 50, &delay) > 0.95);
		opus_decoder_destroy(d);
	}
}
END_TEST

// A far end's 48 kHz stereo, in every length of packet, heard at 8 and 16 kHz.
START_TEST(we_hear_what_libopus_sends)
{
	static int16_t stereo[48000 / 1000 * 60 * 2];
	static const int lengths_ms[] = {10, 20, 40, 60};
	uint8_t payload[1500];
	uint32_t delay;

	for (unsigned k = 0; k < 8; k++) {
		int ms = lengths_ms[k / 2], hz = k & 1 ? 16000 : 8000, err;
		OpusEncoder *e = opus_encoder_create(48000, 2, OPUS_APPLICATION_AUDIO, &err);
		uint32_t n = 0;
		opus_encoder_ctl(e, OPUS_SET_BITRATE(32000));
		start(&(struct codec_tx){.rate_hz = 8000}, (uint32_t)hz);
		coded_voice(voice, SECONDS * 48000, 48000);
		for (int at = 0; at + 48 * ms <= SECONDS * 48000; at += 48 * ms) {
			for (int i = 0; i < 48 * ms; i++)
				stereo[2 * i] = stereo[2 * i + 1] = voice[at + i];
			int bytes = opus_encode(e, stereo, 48 * ms, payload, sizeof(payload));
			ck_assert_int_gt(bytes, 0);
			ck_assert_uint_eq(opus_payload_ms(payload, (uint32_t)bytes), ms);
			ck_assert_uint_eq(
				opus_coder.decode(rx, heard + n, payload, (uint32_t)bytes),
				ms * hz / 1000);
			n += (uint32_t)(ms * hz / 1000);
		}
		coded_voice(voice, n, (uint32_t)hz);
		ck_assert(coded_likeness(heard, voice, n, (uint32_t)hz / 50, &delay) > 0.95);
		opus_encoder_destroy(e);
	}
}
END_TEST

// Every tenth packet lost: how alike is what is heard then?
static double with_loss(bool redundant)
{
	struct codec_tx how = {.rate_hz = 8000, .loss_percent = redundant ? 20 : 0};
	uint32_t delay;

	start(&how, 8000);
	encode_all(160);
	for (int i = 0; i < FRAMES; i++) {
		int16_t *to = heard + i * 160;
		struct opus_next next = {packet[i + 1], len[i + 1]};
		if (i % 10 != 5)
			ck_assert_uint_eq(opus_coder.decode(rx, to, packet[i], len[i]), 160);
		else if (redundant)
			opus_rx_before(rx, to, 160, &next);
		else
			opus_rx_lost(rx, to, 160);
	}
	return coded_likeness(heard, voice, SECONDS * 8000, 160, &delay);
}

START_TEST(redundancy_brings_back_what_was_lost)
{
	double made_up = with_loss(false), told = with_loss(true);

	ck_assert_msg(told > 0.93, "with redundancy %f", told);
	ck_assert_msg(told > made_up + 0.01, "with redundancy %f, without %f", told, made_up);
}
END_TEST

START_TEST(silence_is_not_sent_where_the_far_end_wants_that)
{
	struct codec_tx how = {.rate_hz = 8000, .dtx = true};
	int sent = 0;

	start(&how, 8000);
	memset(voice, 0, sizeof(voice));
	for (int i = 0; i < FRAMES; i++)
		sent += opus_coder.encode(tx, packet[i], voice, 160) > OPUS_DTX_BYTES;
	ck_assert_int_lt(sent, FRAMES / 4);
	for (int i = 0; i < FRAMES; i++) { // comfort noise is no more than that
		opus_rx_lost(rx, heard, 160);
		for (int k = 0; k < 160; k++)
			ck_assert_int_le(abs(heard[k]), 64);
	}
}
END_TEST

// What the store of prompts counts on.
START_TEST(packets_of_a_constant_rate_are_equally_long)
{
	struct codec_tx how = {.rate_hz = 8000, .complexity = 10, .constant = true};

	start(&how, 8000);
	encode_all(160);
	for (int i = 0; i < FRAMES; i++)
		ck_assert_uint_eq(len[i], OPUS_STORED_BYTES);
}
END_TEST

START_TEST(garbage_is_no_packet)
{
	uint8_t junk[64];
	uint32_t seed = 7;

	start(&(struct codec_tx){.rate_hz = 8000}, 8000);
	ck_assert_uint_eq(opus_payload_ms(junk, 0), 0);
	ck_assert_uint_eq(opus_coder.decode(rx, heard, junk, 0), 0);
	for (int i = 0; i < 20000; i++) {
		for (unsigned k = 0; k < sizeof(junk); k++)
			junk[k] = (uint8_t)((seed = seed * 1664525 + 1013904223) >> 24);
		uint32_t n = opus_coder.decode(rx, heard, junk, seed >> 26);
		ck_assert_uint_le(n, 60 * 8);
		opus_rx_before(rx, heard, 160, &(struct opus_next){junk, 1 + (seed >> 27)});
	}
}
END_TEST

UNIT_MAIN("opus", libopus_hears_what_we_send, we_hear_what_libopus_sends,
	redundancy_brings_back_what_was_lost, silence_is_not_sent_where_the_far_end_wants_that,
	packets_of_a_constant_rate_are_equally_long, garbage_is_no_packet)
