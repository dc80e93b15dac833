// Opus by libopus.
#include "dsp/opus.h"

#include <string.h>

#include <opus/opus.h>

#include "dsp/guard.h"

#define PACKET_MS_MAX 60

// The decoder's memory begins with this, so that a call needs no rate.
struct opus_rx {
	uint32_t rate_hz;
	_Alignas(16) unsigned char state[];
};

static size_t tx_bytes(void)
{
	return (size_t)opus_encoder_get_size(1);
}

static size_t state_bytes(void)
{
	return (size_t)opus_decoder_get_size(1);
}

static size_t rx_bytes(void)
{
	return sizeof(struct opus_rx) + state_bytes();
}

static OpusDecoder *decoder(struct opus_rx *r)
{
	return (OpusDecoder *)(void *)r->state;
}

static void tx_init(void *mem, const struct codec_tx *how)
{
	int rate_hz = how->rate_hz ? (int)how->rate_hz : 16000;
	OpusEncoder *tx = guard_both((OpusEncoder *)mem, tx_bytes());

	opus_encoder_init(tx, rate_hz, 1, OPUS_APPLICATION_VOIP);
	opus_encoder_ctl(
		tx, OPUS_SET_BITRATE(how->bits_per_s ? (int)how->bits_per_s : OPUS_BITS_PER_S));
	opus_encoder_ctl(
		tx, OPUS_SET_COMPLEXITY(how->complexity ? how->complexity : OPUS_COMPLEXITY));
	opus_encoder_ctl(tx, OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE));
	opus_encoder_ctl(tx, OPUS_SET_VBR(!how->constant));
	opus_encoder_ctl(tx, OPUS_SET_INBAND_FEC(how->loss_percent > 0));
	opus_encoder_ctl(tx, OPUS_SET_PACKET_LOSS_PERC(how->loss_percent));
	opus_encoder_ctl(tx, OPUS_SET_DTX(how->dtx));
	guard_end();
}

static void rx_init(void *rx, uint32_t rate_hz)
{
	struct opus_rx *r = rx;

	r->rate_hz = rate_hz;
	opus_decoder_init(guard_both(decoder(r), state_bytes()), (int)rate_hz, 1);
	guard_end();
}

static uint32_t encode(void *tx, uint8_t *payload, const int16_t *samples, uint32_t n)
{
	int len = opus_encode(guard_both((OpusEncoder *)tx, tx_bytes()),
		guard_in(samples, n * sizeof(*samples)), (int)n,
		guard_both(payload, CODEC_PAYLOAD_MAX), CODEC_PAYLOAD_MAX);

	guard_end();
	return len > 0 ? (uint32_t)len : 0;
}

// Up to `most` samples. fec: of the sound before that payload; no payload: made up.
static int decode_to(
	struct opus_rx *r, int16_t *samples, int most, const struct opus_next *in, int fec)
{
	int n = opus_decode(guard_both(decoder(r), state_bytes()), guard_in(in->payload, in->len),
		(int)in->len, guard_both(samples, (size_t)most * sizeof(*samples)), most, fec);

	guard_end();
	return n;
}

static uint32_t decode(void *rx, int16_t *samples, const uint8_t *payload, uint32_t len)
{
	struct opus_rx *r = rx;
	int most = (int)(r->rate_hz / 1000 * PACKET_MS_MAX);
	struct opus_next in = {payload, len};
	int n = len ? decode_to(r, samples, most, &in, 0) : 0;

	return n > 0 ? (uint32_t)n : 0;
}

const struct codec_coder opus_coder = {tx_bytes, rx_bytes, tx_init, rx_init, encode, decode};

uint32_t opus_payload_ms(const uint8_t *payload, uint32_t len)
{
	int n = len ? opus_packet_get_nb_samples(guard_in(payload, len), (int)len, 8000) : 0;

	guard_end();
	return n > 0 ? (uint32_t)n / 8 : 0;
}

void opus_rx_lost(void *rx, int16_t *samples, uint32_t n)
{
	static const struct opus_next none;

	if (decode_to(rx, samples, (int)n, &none, 0) < 0)
		memset(samples, 0, n * sizeof(*samples));
}

void opus_rx_before(void *rx, int16_t *samples, uint32_t n, const struct opus_next *next)
{
	if (decode_to(rx, samples, (int)n, next, 1) < 0)
		opus_rx_lost(rx, samples, n);
}
