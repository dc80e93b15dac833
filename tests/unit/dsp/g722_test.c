// G.722: bit for bit SpanDSP's, at 8 and 16 kHz, joined anywhere, and its silence.
#include "tests/unit/unit.h"

#include <string.h>

#include <spandsp.h>

#include "dsp/codec.h"
#include "dsp/g722.h"
#include "tests/unit/dsp/coded.h"

#define SECONDS 2

static _Alignas(16) uint8_t tx[1024], rx[1024];
static int16_t voice[SECONDS * 16000], heard[SECONDS * 16000 + 320];
static uint8_t bytes[SECONDS * 8000], want[SECONDS * 8000];

static void start(uint32_t rate_hz)
{
	struct codec_tx how = {.rate_hz = rate_hz};

	ck_assert_uint_le(g722_coder.tx_bytes(), sizeof(tx));
	ck_assert_uint_le(g722_coder.rx_bytes(), sizeof(rx));
	g722_coder.tx_init(tx, &how);
	g722_coder.rx_init(rx, rate_hz);
	coded_voice(voice, SECONDS * rate_hz, rate_hz);
}

START_TEST(frames_are_spandsps_stream)
{
	int16_t reference[SECONDS * 16000];
	g722_encode_state_t *e = g722_encode_init(NULL, 64000, 0);
	g722_decode_state_t *d = g722_decode_init(NULL, 64000, 0);

	start(16000);
	ck_assert_int_eq(g722_encode(e, want, voice, SECONDS * 16000), SECONDS * 8000);
	ck_assert_int_eq(g722_decode(d, reference, want, SECONDS * 8000), SECONDS * 16000);
	for (int i = 0; i < SECONDS * 50; i++) {
		ck_assert_uint_eq(
			g722_coder.encode(tx, bytes + i * 160, voice + i * 320, 320), 160);
		ck_assert_uint_eq(
			g722_coder.decode(rx, heard + i * 320, bytes + i * 160, 160), 320);
	}
	ck_assert_mem_eq(bytes, want, sizeof(want));
	ck_assert_mem_eq(heard, reference, sizeof(reference));
	g722_encode_free(e);
	g722_decode_free(d);
}
END_TEST

static double round_trip(uint32_t tx_hz, uint32_t rx_hz)
{
	struct codec_tx how = {.rate_hz = tx_hz};
	uint32_t delay, n;

	start(rx_hz);
	g722_coder.tx_init(tx, &how);
	coded_voice(voice, SECONDS * tx_hz, tx_hz);
	ck_assert_uint_eq(g722_coder.encode(tx, bytes, voice, SECONDS * tx_hz), SECONDS * 8000);
	n = g722_coder.decode(rx, heard, bytes, SECONDS * 8000);
	ck_assert_uint_eq(n, SECONDS * rx_hz);
	coded_voice(voice, n, rx_hz);
	return coded_likeness(heard, voice, n, 40, &delay);
}

START_TEST(a_voice_passes_at_every_rate)
{
	ck_assert(round_trip(16000, 16000) > 0.99);
	ck_assert(round_trip(8000, 8000) > 0.99);
	ck_assert(round_trip(16000, 8000) > 0.98);
	ck_assert(round_trip(8000, 16000) > 0.98);
}
END_TEST

// A decoder that comes in the middle hears the same within a moment.
START_TEST(a_stream_may_be_joined)
{
	int16_t late[8000];
	uint32_t delay;

	start(8000);
	g722_coder.encode(tx, bytes, voice, SECONDS * 8000);
	g722_coder.decode(rx, heard, bytes, SECONDS * 8000);
	g722_coder.rx_init(rx, 8000);
	g722_coder.decode(rx, late, bytes + 8000, 8000);
	ck_assert(coded_likeness(late + 1600, heard + 9600, 6400, 0, &delay) > 0.99);
}
END_TEST

START_TEST(silence_is_silence)
{
	for (uint32_t rate_hz = 8000; rate_hz <= 16000; rate_hz *= 2) {
		start(rate_hz);
		g722_coder.encode(tx, bytes, voice, rate_hz / 10);
		g722_coder.decode(rx, heard, bytes, 800);
		memset(bytes, G722_SILENCE, sizeof(bytes));
		uint32_t n = g722_coder.decode(rx, heard, bytes, 8000);
		for (uint32_t i = n / 2; i < n; i++)
			ck_assert_int_le(abs(heard[i]), 32); // a steady value: no sound
	}
}
END_TEST

UNIT_MAIN("g722", frames_are_spandsps_stream, a_voice_passes_at_every_rate, a_stream_may_be_joined,
	silence_is_silence)
