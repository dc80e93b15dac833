// G.722 by SpanDSP.
#include "dsp/g722.h"

#include <spandsp.h>
#include <spandsp/expose.h>

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
	g722_encode_init(tx, BITS_PER_S, option(how->rate_hz));
}

static void rx_init(void *rx, uint32_t rate_hz)
{
	g722_decode_init(rx, BITS_PER_S, option(rate_hz));
}

static uint32_t encode(void *tx, uint8_t *payload, const int16_t *samples, uint32_t n)
{
	return (uint32_t)g722_encode(tx, payload, samples, (int)n);
}

static uint32_t decode(void *rx, int16_t *samples, const uint8_t *payload, uint32_t len)
{
	return (uint32_t)g722_decode(rx, samples, payload, (int)len);
}

const struct codec_coder g722_coder = {tx_bytes, rx_bytes, tx_init, rx_init, encode, decode};
