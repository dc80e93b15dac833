// G.722 by SpanDSP.
#include "dsp/g722.h"

#include <spandsp.h>
#include <spandsp/expose.h>

#include "dsp/guard.h"

#define BITS_PER_S 64000

static size_t tx_bytes(void)
{
	return sizeof(g722_encode_state_t);
}

static size_t rx_bytes(void)
{
	return sizeof(g722_decode_state_t);
}

static int option(uint32_t rate_hz)
{
	return rate_hz == 8000 ? G722_SAMPLE_RATE_8000 : 0;
}

static void tx_init(void *tx, const struct codec_tx *how)
{
	g722_encode_init(guard_both(tx, tx_bytes()), BITS_PER_S, option(how->rate_hz));
	guard_end();
}

static void rx_init(void *rx, uint32_t rate_hz)
{
	g722_decode_init(guard_both(rx, rx_bytes()), BITS_PER_S, option(rate_hz));
	guard_end();
}

static uint32_t encode(void *tx, uint8_t *payload, const int16_t *samples, uint32_t n)
{
	g722_encode_state_t *s = tx;
	uint32_t whole = s->eight_k ? n : n & ~1u; // at 16 kHz it takes samples by twos
	int len =
		g722_encode(guard_both(s, tx_bytes()), guard_both(payload, s->eight_k ? n : n / 2),
			guard_in(samples, whole * sizeof(*samples)), (int)whole);
	guard_end();
	return (uint32_t)len;
}

static uint32_t decode(void *rx, int16_t *samples, const uint8_t *payload, uint32_t len)
{
	g722_decode_state_t *s = rx;
	int n = g722_decode(guard_both(s, rx_bytes()),
		guard_both(samples, len * sizeof(*samples) * (s->eight_k ? 1 : 2)),
		guard_in(payload, len), (int)len);
	guard_end();
	return (uint32_t)n;
}

const struct codec_coder g722_coder = {tx_bytes, rx_bytes, tx_init, rx_init, encode, decode};
