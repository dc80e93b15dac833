// Sequence numbers and timestamps of the stream sent.
#include "engine/rtp/rtp_out.h"

#include "engine/base/clock.h"

#define NS_PER_UNIT   125000 // of an 8 kHz timestamp, as are all that follow
#define SEQ_AHEAD_MAX 3000
#define PACKET_MS_MAX 60 // of our own
#define UNITS_PER_MS  8
#define TS_STALL_MAX  640 // 80 ms: ticks were skipped, not only late
#define EVENT_OFF_MAX 800 // 100 ms: an event that keeps its distance to the one before
#define FRAME	      160
#define AHEAD_MAX     (5 * FRAME) // more than that is made up for at once

static uint32_t clock_ts(const struct rtp_out *o, uint64_t now_ns)
{
	return o->zero_ts + (uint32_t)(now_ns / NS_PER_UNIT) * o->scale;
}

static uint32_t anchor_ts(const struct rtp_out *o, uint64_t now_ns)
{
	return o->started ? rtp_later(o->next_ts, clock_ts(o, now_ns)) : clock_ts(o, now_ns);
}

void rtp_out_init(struct rtp_out *o, uint64_t random)
{
	*o = (struct rtp_out){
		.ssrc = (uint32_t)random | 1,
		.scale = 1,
		.zero_ts = (uint32_t)(random >> 32),
		.next_seq = (uint16_t)(random >> 8) & 0x7fff, // SRTP's wish too: no early wrap
	};
}

void rtp_out_scale(struct rtp_out *o, uint32_t scale, uint64_t random)
{
	if (o->scale == scale)
		return;
	o->scale = (uint8_t)(scale & 0xf);
	o->feed = FEED_NONE;
	if (!o->started)
		return;
	o->ssrc = (uint32_t)random | 1;
	o->zero_ts = (uint32_t)(random >> 32);
	o->started = false;
	o->event_known = false;
}

static void sent(struct rtp_out *o, uint16_t seq, uint32_t end_ts)
{
	uint16_t ahead = seq + 1u - o->next_seq;

	if (ahead < 0x8000)
		o->next_seq = seq + 1u;
	o->next_ts = o->started ? rtp_later(o->next_ts, end_ts) : end_ts;
	o->started = true;
}

void rtp_out_renew(struct rtp_out *o, uint64_t random)
{
	uint32_t ssrc = (uint32_t)random | 1;

	o->ssrc = ssrc != o->ssrc ? ssrc : ssrc + 2;
}

static int32_t ahead_of_clock(const struct rtp_out *o, uint64_t now_ns)
{
	return o->started ? (int32_t)(o->next_ts - clock_ts(o, now_ns)) : 0;
}

bool rtp_out_ahead(const struct rtp_out *o, uint64_t now_ns)
{
	return ahead_of_clock(o, now_ns) > FRAME * o->scale;
}

// The last packet of the feed before reaches into the time of the next one's first, by up to its
// length. Where it reaches over all of that, as it does each second time that a feed comes and
// goes, the first packet is left out; else the stream would run away from its clock.
static bool gives_way(struct rtp_out *o, uint32_t units, uint64_t now_ns)
{
	int32_t ahead = ahead_of_clock(o, now_ns), frame = FRAME * o->scale;
	int32_t least = (int32_t)units > frame ? (int32_t)units : frame;

	if (ahead <= least || (o->gave_way && ahead <= AHEAD_MAX * o->scale)) {
		o->gave_way = false;
		return false;
	}
	o->gave_way = true;
	return true;
}

bool rtp_out_clock(struct rtp_out *o, uint32_t units, uint64_t now_ns, struct rtp_packet *out)
{
	if (o->feed != FEED_CLOCK && gives_way(o, units, now_ns))
		return false;
	bool turn = o->feed != FEED_CLOCK ||
		(int32_t)(clock_ts(o, now_ns) - o->next_ts) > TS_STALL_MAX * o->scale;

	out->ts = turn ? anchor_ts(o, now_ns) : o->next_ts;
	out->seq = o->next_seq;
	out->ssrc = o->ssrc;
	out->marker = turn;
	o->feed = FEED_CLOCK;
	sent(o, out->seq, out->ts + units);
	return true;
}

// Far numbers of a run that was not heard for long.
static bool is_far(const struct rtp_out *o, const struct rtp_packet *in)
{
	uint16_t seq = in->seq + o->seq_offset;
	uint16_t ahead = seq - o->next_seq, behind = o->next_seq - seq;

	return ahead > SEQ_AHEAD_MAX && behind > RTP_BEHIND_MAX;
}

bool rtp_out_relay(struct rtp_out *o, const struct rtp_packet *in, uint32_t units, uint64_t now_ns,
	struct rtp_packet *out)
{
	bool turn = o->feed != FEED_RELAY || o->relay_line != in->line;

	if (turn)
		o->ts_offset = anchor_ts(o, now_ns) - in->ts;
	if (turn || o->relay_run != in->run || is_far(o, in)) {
		o->seq_offset = o->next_seq - in->seq;
		o->floor_seq = o->next_seq;
		o->feed = FEED_RELAY;
		o->relay_line = in->line;
		o->relay_run = in->run;
	}
	out->seq = in->seq + o->seq_offset;
	out->ts = in->ts + o->ts_offset;
	out->ssrc = o->ssrc;
	out->marker = turn || in->marker;
	uint16_t above = out->seq - o->floor_seq;
	if (above >= 0x8000)
		return false;
	rtp_out_lift_floor(o, out->seq);
	if (turn || (int32_t)(in->ts - o->relay_ts) > 0) {
		o->relay_ts = in->ts;
		o->relay_ms = (uint32_t)(now_ns / NS_PER_MS);
	}
	sent(o, out->seq, out->ts + units);
	return true;
}

// An event that has no place among the packets relayed: numbers go on with it. Distances between
// timestamps are kept where they fit, so that the segments of a long press stay one press.
static void event_beside(
	struct rtp_out *o, const struct rtp_packet *in, uint32_t ts, struct rtp_packet *out)
{
	uint32_t kept = o->event_out_ts + (in->ts - o->event_in_ts);
	int32_t off = (int32_t)(kept - ts), most = EVENT_OFF_MAX * o->scale;

	out->ts = o->event_known && off <= most && off >= -most ? kept : ts;
	out->seq = o->next_seq;
	out->ssrc = o->ssrc;
	sent(o, out->seq, o->next_ts);
	if (o->feed != FEED_RELAY)
		return;
	o->seq_offset++;
	o->floor_seq = o->next_seq;
}

bool rtp_out_relay_event(
	struct rtp_out *o, const struct rtp_packet *in, uint64_t now_ns, struct rtp_packet *out)
{
	bool same = o->event_known && o->event_in_ts == in->ts;

	if (o->feed == FEED_CLOCK) { // beside sound of our own clock
		event_beside(o, in, o->next_ts, out);
	} else if (o->feed == FEED_RELAY && in->line != o->relay_line) { // beside the peer's
		event_beside(o, in, anchor_ts(o, now_ns), out);
	} else if (!rtp_out_relay(o, in, 0, now_ns, out)) {
		return false;
	}
	out->marker = in->marker || !same;
	if (same)
		out->ts = o->event_out_ts;
	o->event_in_ts = in->ts;
	o->event_out_ts = out->ts;
	o->event_known = true;
	return true;
}

uint32_t rtp_out_event_begin(struct rtp_out *o, uint64_t now_ns)
{
	return anchor_ts(o, now_ns);
}

void rtp_out_event(struct rtp_out *o, uint32_t begin_ts, uint32_t units, struct rtp_packet *out)
{
	out->seq = o->next_seq;
	out->ts = begin_ts;
	out->ssrc = o->ssrc;
	sent(o, out->seq, begin_ts + units);
	if (o->feed == FEED_RELAY)
		o->feed = FEED_NONE;
}

void rtp_out_skip(struct rtp_out *o, uint32_t units)
{
	if (o->feed != FEED_RELAY)
		o->next_ts += units;
	o->feed = FEED_NONE;
}

void rtp_out_pause(struct rtp_out *o)
{
	o->feed = FEED_NONE;
}

void rtp_out_refeed(struct rtp_out *o)
{
	if (o->feed == FEED_RELAY)
		o->feed = FEED_NONE;
}

uint32_t rtp_out_ts(const struct rtp_out *o, uint64_t now_ns)
{
	uint32_t clock = clock_ts(o, now_ns),
		 passed_ms = (uint32_t)(now_ns / NS_PER_MS) - o->relay_ms;

	if (o->feed == FEED_RELAY)
		return o->relay_ts + o->ts_offset + passed_ms * UNITS_PER_MS * o->scale;
	// A packet has gone whose sound is still to come.
	if (o->feed == FEED_CLOCK && o->next_ts - clock <= PACKET_MS_MAX * UNITS_PER_MS * o->scale)
		return clock;
	return anchor_ts(o, now_ns);
}
