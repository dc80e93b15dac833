// Presses of telephone-events received.
#include "engine/rtp/event_rx.h"

#define PER_MS	    8	 // units of 8 kHz
#define APART_MS    10	 // a key that was let go for less was not
#define PRESS_MS    50	 // two presses do not begin within
#define LATE_MS	    60	 // by which what came earlier may have been
#define PACKET_MS   50	 // the longest between two packets
#define AGAIN_MS    100	 // in which the end is sent again
#define CROSSING_MS 40	 // the same, where nothing else tells
#define MEMORY_MS   2000 // for longer nothing is under way

struct event_step {	// from the last packet to this one
	uint32_t ahead; // timestamps, in units of durations
	uint32_t raw;	// in their own
	uint32_t waited_ms;
	bool marker;
};

static uint32_t units(const struct event_rx *r, uint32_t ms)
{
	return ms * (r->wide_count ? 6 * PER_MS : PER_MS);
}

// Units of timestamps in one of durations.
static uint32_t ratio(const struct event_rx *r)
{
	return r->wide_clock && !r->wide_count ? 6 : 1;
}

// A full field but for one packet.
static bool is_full(const struct event_rx *r, uint32_t ahead)
{
	return ahead <= UINT16_MAX && ahead >= UINT16_MAX - units(r, PACKET_MS);
}

static bool next_segment(const struct event_rx *r, const struct event_step *t)
{
	return !r->ended && (is_full(r, t->ahead) || is_full(r, t->raw));
}

// The timestamp moved by as much as the duration grew.
static bool moves_along(const struct event_rx *r, const struct event_packet *e, uint32_t ahead)
{
	int32_t off = (int32_t)(ahead - (e->duration - (uint32_t)r->duration));

	return e->duration > r->duration && off <= (int32_t)units(r, APART_MS) &&
		off >= -(int32_t)units(r, APART_MS);
}

// Before the press can have ended. What a duration says is believed as far as time has passed.
static bool within(const struct event_rx *r, const struct event_step *t)
{
	return t->ahead < r->duration + units(r, APART_MS) &&
		t->ahead <= units(r, t->waited_ms + LATE_MS);
}

static bool is_same_later(
	const struct event_rx *r, const struct event_packet *e, const struct event_step *t)
{
	bool before_end = t->ahead <= units(r, PRESS_MS) || within(r, t);

	if (r->ended)
		return e->end && t->waited_ms <= AGAIN_MS && before_end;
	if (next_segment(r, t) || moves_along(r, e, t->ahead))
		return true;
	return r->open && !t->marker && before_end;
}

// Of a stream whose timestamps say nothing about the one before.
static bool is_same_elsewhere(
	const struct event_rx *r, const struct event_packet *e, uint32_t waited_ms)
{
	if (r->ended)
		return e->end && e->duration == r->duration && waited_ms <= CROSSING_MS;
	return e->duration > r->duration && e->duration >= units(r, waited_ms + APART_MS);
}

// Under one timestamp: senders whose timestamps stand still press another key, or the same again.
static bool begins_again(const struct event_rx *r, const struct event_packet *e,
	const struct event_step *t, int16_t seq)
{
	if (seq <= 0)
		return false;
	if (e->code != r->code)
		return true;
	return r->ended && !e->end && e->duration < r->duration &&
		(t->marker || t->waited_ms >= AGAIN_MS);
}

static struct event_step step_to(
	const struct event_rx *r, const struct rtp_packet *p, uint32_t now_ms)
{
	uint32_t raw = p->ts - r->ts;

	return (struct event_step){
		.raw = raw,
		.ahead = raw / ratio(r),
		.waited_ms = now_ms - r->seen_ms,
		.marker = p->marker,
	};
}

static enum event_change begin(struct event_rx *r, const struct event_packet *e,
	const struct rtp_packet *p, uint32_t now_ms)
{
	*r = (struct event_rx){
		.ts = p->ts,
		.ssrc = p->ssrc,
		.seen_ms = now_ms,
		.seq = p->seq,
		.duration = e->duration,
		.code = e->code,
		.wide_clock = r->wide_clock,
		.wide_count = r->wide_count,
		.known = true,
		.open = !e->end,
		.ended = e->end,
	};
	return e->end ? EVENT_BEGUN_AND_ENDED : EVENT_BEGUN;
}

static enum event_change go_on(struct event_rx *r, const struct event_packet *e, uint32_t now_ms)
{
	bool open = r->open;

	if (e->duration > r->duration)
		r->duration = e->duration;
	r->ended |= e->end;
	r->open = open && !e->end;
	r->seen_ms = now_ms;
	if (!open)
		return EVENT_AGAIN;
	return e->end ? EVENT_ENDED : EVENT_SAME;
}

// The press has another timestamp or stream from here on.
static enum event_change follow(struct event_rx *r, const struct event_packet *e,
	const struct rtp_packet *p, const struct event_step *t, uint32_t now_ms)
{
	bool segment = next_segment(r, t), alike = !r->anew && p->ssrc == r->ssrc;
	uint32_t moved = r->moved + t->ahead;

	r->moved = segment || !alike || moved > UINT16_MAX ? 0 : (uint16_t)moved;
	if (segment)
		r->duration = 0;
	r->ts = p->ts;
	r->ssrc = p->ssrc;
	r->seq = p->seq;
	r->anew = false;
	return go_on(r, e, now_ms);
}

enum event_change event_rx_take(struct event_rx *r, const struct event_packet *e,
	const struct rtp_packet *p, uint32_t now_ms)
{
	bool same, here = !r->anew && p->ssrc == r->ssrc, jumped;
	int16_t seq = (int16_t)(p->seq - r->seq);
	struct event_step t = step_to(r, p, now_ms);
	bool recent = t.waited_ms <= MEMORY_MS, before = (int32_t)t.raw < 0;

	if (!r->known)
		return begin(r, e, p, now_ms);
	if (r->anew)
		seq = 1;
	if (p->ssrc == r->ssrc && t.raw == 0) {
		if (begins_again(r, e, &t, seq))
			return begin(r, e, p, now_ms);
		r->seq = seq > 0 ? p->seq : r->seq;
		r->anew = false;
		return e->code == r->code ? go_on(r, e, now_ms) : EVENT_OLD;
	}
	if (recent && here && before && seq <= 0)
		return EVENT_OLD;
	jumped = before || t.ahead > r->duration + units(r, t.waited_ms + MEMORY_MS);
	same = here && !jumped ? is_same_later(r, e, &t) : is_same_elsewhere(r, e, t.waited_ms);
	if (same && recent && e->code == r->code)
		return follow(r, e, p, &t, now_ms);
	if (p->ssrc != r->ssrc && e->end && r->open && t.waited_ms <= LATE_MS)
		return EVENT_OLD; // of the source before this press's
	return begin(r, e, p, now_ms);
}

uint32_t event_rx_pass_ts(const struct event_rx *r)
{
	return r->ts - r->moved * ratio(r);
}

bool event_rx_expire(struct event_rx *r, uint32_t now_ms)
{
	if (!r->open || now_ms - r->seen_ms < EVENT_SILENT_MS)
		return false;
	r->open = false;
	return true;
}

void event_rx_restart(struct event_rx *r, uint32_t ssrc)
{
	r->anew |= r->ssrc == ssrc;
}
