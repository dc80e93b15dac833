// Opus by libopus.
#include "dsp/opus.h"

#include <string.h>

#include <opus/opus.h>

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

static size_t rx_bytes(void)
{
	return sizeof(struct opus_rx) + (size_t)opus_decoder_get_size(1);
}

static OpusDecoder *decoder(struct opus_rx *r)
{
	return (OpusDecoder *)(void *)r->state;
}

static void tx_init(void *tx, const struct codec_tx *how)
{
	int rate_hz = how->rate_hz ? (int)how->rate_hz : 16000;

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
}

static void rx_init(void *rx, uint32_t rate_hz)
{
	struct opus_rx *r = rx;

	r->rate_hz = rate_hz;
	opus_decoder_init(decoder(r), (int)rate_hz, 1);
}

static uint32_t encode(void *tx, uint8_t *payload, const int16_t *samples, uint32_t n)
{
	int len = opus_encode(tx, samples, (int)n, payload, CODEC_PAYLOAD_MAX);

	return len > 0 ? (uint32_t)len : 0;
}

static uint32_t decode(void *rx, int16_t *samples, const uint8_t *payload, uint32_t len)
{
	struct opus_rx *r = rx;
	int most = (int)(r->rate_hz / 1000 * PACKET_MS_MAX);
	int n = len ? opus_decode(decoder(r), payload, (int)len, samples, most, 0) : 0;

	return n > 0 ? (uint32_t)n : 0;
}

const struct codec_coder opus_coder = {tx_bytes, rx_bytes, tx_init, rx_init, encode, decode};

uint32_t opus_payload_ms(const uint8_t *payload, uint32_t len)
{
	int n = len ? opus_packet_get_nb_samples(payload, (int)len, 8000) : 0;

	return n > 0 ? (uint32_t)n / 8 : 0;
}

void opus_rx_lost(void *rx, int16_t *samples, uint32_t n)
{
	if (opus_decode(decoder(rx), NULL, 0, samples, (int)n, 0) < 0)
		memset(samples, 0, n * sizeof(*samples));
}

void opus_rx_before(void *rx, int16_t *samples, uint32_t n, const struct opus_next *next)
{
	if (opus_decode(decoder(rx), next->payload, (int)next->len, samples, (int)n, 1) < 0)
		opus_rx_lost(rx, samples, n);
}
