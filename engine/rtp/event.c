// telephone-event, received and written.
#include "engine/rtp/event.h"

#include <errno.h>
#include <string.h>

#include "engine/rtp/rtp.h"

static const char digits[EVENT_CODES + 1] = "0123456789*#ABCD";

int event_parse(const uint8_t *payload, uint32_t len, struct event_packet *out)
{
	if (len < EVENT_BYTES)
		return -EINVAL;
	*out = (struct event_packet){
		.code = payload[0],
		.end = payload[1] >> 7,
		.volume = payload[1] & 0x3f,
		.duration = (uint16_t)(payload[2] << 8 | payload[3]),
	};
	return 0;
}

void event_write(uint8_t out[EVENT_BYTES], const struct event_packet *e)
{
	out[0] = e->code;
	out[1] = (uint8_t)(e->end << 7 | (e->volume & 0x3f));
	out[2] = e->duration >> 8;
	out[3] = (uint8_t)e->duration;
}

char event_digit(uint8_t code)
{
	return code < EVENT_CODES ? digits[code] : 0;
}

int event_code(char digit)
{
	const char *at = digit ? strchr(digits, digit) : NULL;

	return at ? (int)(at - digits) : -EINVAL;
}

void event_rescale(struct rtp_packet *p, uint8_t payload[EVENT_BYTES], uint32_t from, uint32_t to)
{
	struct event_packet e;

	if (from == to || event_parse(p->payload, p->len, &e))
		return;
	uint32_t duration = e.duration * to / from;
	e.duration = (uint16_t)(duration < UINT16_MAX ? duration : UINT16_MAX);
	event_write(payload, &e);
	p->payload = payload;
	p->len = EVENT_BYTES;
}

uint32_t event_rescale_ts(uint32_t ts, uint32_t from, uint32_t to)
{
	return to > from ? ts * (to / from) : ts / (from / to);
}
