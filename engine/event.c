// telephone-event, received and written.
#include "engine/event.h"

#include <errno.h>
#include <string.h>

#include "engine/rtp.h"

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

// Whether a packet of another timestamp goes on with the press that is open.
static bool goes_on(
	const struct event_rx *r, const struct event_packet *e, uint32_t ts, uint32_t now_ms)
{
	uint32_t ahead = ts - r->ts;

	if (!r->open || e->code != r->code)
		return false;
	if (ahead == 0xffff || (ahead == r->duration && r->duration >= 0xfe00))
		return true; // the next segment of a long press
	// A timestamp that moves with the clock, packet by packet, while the duration grows too.
	return e->duration > r->duration &&
		ahead <= (r->wide ? 48 : 8) * (now_ms - r->seen_ms + 20) &&
		now_ms - r->seen_ms <= 100;
}

static enum event_change begin(
	struct event_rx *r, const struct event_packet *e, uint32_t ts, uint32_t now_ms)
{
	*r = (struct event_rx){
		.ts = ts,
		.begun_ts = ts,
		.seen_ms = now_ms,
		.duration = e->duration,
		.code = e->code,
		.known = true,
		.open = !e->end,
		.wide = r->wide,
	};
	return e->end ? EVENT_BEGUN_AND_ENDED : EVENT_BEGUN;
}

enum event_change event_rx_take(
	struct event_rx *r, const struct event_packet *e, uint32_t ts, bool marker, uint32_t now_ms)
{
	if (!r->known)
		return begin(r, e, ts, now_ms);
	if (ts != r->ts) {
		if ((int32_t)(ts - r->ts) < 0)
			return EVENT_OLD;
		if (marker || !goes_on(r, e, ts, now_ms))
			return begin(r, e, ts, now_ms);
		r->ts = ts;
		r->duration = 0;
	} else if (!r->open || e->code != r->code) {
		return EVENT_OLD; // the end, sent again, or a packet that it overtook
	}
	if (e->duration > r->duration)
		r->duration = e->duration;
	r->seen_ms = now_ms;
	r->open = !e->end;
	return e->end ? EVENT_ENDED : EVENT_SAME;
}

bool event_rx_expire(struct event_rx *r, uint32_t now_ms)
{
	if (!r->open || now_ms - r->seen_ms < EVENT_SILENT_MS)
		return false;
	r->open = false;
	return true;
}

void event_rx_reset(struct event_rx *r)
{
	*r = (struct event_rx){.wide = r->wide};
}
