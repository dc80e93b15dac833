// A build without libopus: no payload is one of Opus.
#include "dsp/opus.h"

#include <string.h>

const struct codec_coder opus_coder = {0};

uint32_t opus_payload_ms(const uint8_t *payload, uint32_t len)
{
	(void)payload;
	(void)len;
	return 0;
}

void opus_rx_lost(void *rx, int16_t *samples, uint32_t n)
{
	(void)rx;
	memset(samples, 0, n * sizeof(*samples));
}

void opus_rx_before(void *rx, int16_t *samples, uint32_t n, const struct opus_next *next)
{
	(void)next;
	opus_rx_lost(rx, samples, n);
}
