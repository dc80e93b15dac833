// What arrives at a session: source, header, sequence, then relay, tap and ear.
#include "dsp/opus.h"
#include "engine/bridge/bridge.h"
#include "engine/bridge/relay.h"
#include "engine/digits/collect.h"
#include "engine/net/rx_parse.h"
#include "engine/net/wire.h"
#include "engine/rtp/judge.h"
#include "engine/session/event.h"
#include "engine/session/session.h"
#include "engine/voice/notice.h"
#include "engine/voice/playout.h"
#include "engine/voice/report.h"
#include "engine/voice/session_state.h"
#include "engine/voice/source.h"
#include "engine/voice/tap_side.h"

#define PT_NOISE    13
#define NS_PER_UNIT 125000 // of an 8 kHz timestamp
#define STALE_UNITS (STALL_NS / NS_PER_UNIT)

static void tell_found(struct worker *w, struct session *s)
{
	struct gate_msg m = {0};

	m.rtp.silent_ms = session_ms(w) - s->rx_ms;
	s->in_flags = (uint16_t)((s->in_flags | IN_FOUND) & ~IN_LOST);
	notice_emit(w, s, GATE_RTP_FOUND, &m);
}

// Whatever comes from the far end is a sign of life: reports, comfort noise, what keeps a NAT open
// (RFC 3550 section 6.3.5, RFC 6263), and sound that nobody listens to.
static void is_alive(struct worker *w, struct session *s)
{
	struct gate_msg m = {0};

	if (s->in_flags & IN_LOST) {
		m.rtp.silent_ms = session_ms(w) - s->rx_ms;
		s->in_flags &= (uint16_t)~IN_LOST;
		notice_emit(w, s, GATE_RTP_FOUND, &m);
	}
	s->rx_ms = session_ms(w);
}

static uint32_t arrival(const struct worker *w, const struct session *s)
{
	return (uint32_t)(w->now_ns / NS_PER_UNIT) * codec_clock_scale(s->in_codec);
}

// Timestamp units that a packet's sound lasts.
static uint32_t units_of(const struct session *s, const struct rtp_packet *p)
{
	if (s->in_codec == CODEC_OPUS)
		return opus_payload_ms(p->payload, p->len) * OPUS_CLOCK_PER_MS;
	return p->len;
}

// For all that follows: what the packet is to its stream.
static int judge_packet(
	struct worker *w, struct session *s, struct rtp_packet *p, enum judge_kind kind)
{
	struct judge_arrival a = {
		.came = arrival(w, s),
		.units = kind == JUDGE_SOUND ? units_of(s, p) : 0,
		.per_ms = 8 * codec_clock_scale(s->in_codec),
		.kind = kind,
	};
	uint32_t line = s->rx.line;
	uint8_t run = s->rx.run;
	enum judge_order order = JUDGE_NEXT;

	// As nearly all are; what comes next in its time needs no judge.
	if (kind == JUDGE_SOUND && a.per_ms == 8 && judge_is_next(&s->rx, p, a.came))
		judge_next(&s->rx, p, a.units, a.came);
	else
		order = judge(&s->rx, p, &a);

	if (order == JUDGE_SOURCE && p->ssrc == s->out.ssrc)
		report_collision(w, s);
	if (JUDGE_DROPPED(order))
		return order == JUDGE_DUPLICATE ? DROP_RTP_DUPLICATE : DROP_RTP_JUMP;
	if (s->rx.line != line || s->rx.run != run)
		event_rx_restart(&s->event, p->ssrc);
	p->line = s->rx.line;
	p->run = s->rx.run;
	p->old = order == JUDGE_OLD;
	return SESSION_DELIVERED;
}

// After a stall: sound that should have been passed on before it ended.
static bool is_stale(const struct worker *w, const struct session *s, const struct rtp_packet *p)
{
	uint32_t scale = codec_clock_scale(s->in_codec);

	return worker_is_waking(w) &&
		rtp_rx_behind(&s->rx, p->ts, arrival(w, s)) > (int32_t)(STALE_UNITS * scale);
}

static int take_sound(struct worker *w, struct session *s, const struct rtp_packet *p)
{
	bool masked = s->in_flags & IN_MASKED; // then all goes through the ear
	bool tapped = (s->in_flags & (IN_TAPPED | IN_CODED)) == IN_TAPPED && !masked;
	bool relayed = s->to.peer != 0 && !masked && !p->old, kept = relayed || tapped;

	rtp_rx_jitter(&s->rx, p->ts, arrival(w, s));
	if (tapped)
		tap_side_sound(w, s, p);
	if (relayed && bridge_drains(s, p->len))
		session_drain(w, s);
	if (relayed)
		bridge_sound(w, s, p);
	if (!(s->in_flags & IN_EAR))
		return SESSION_DELIVERED;
	enum jitter_put put = playout_put(w, s, p);
	if ((s->in_flags & IN_TAPPED) && !tapped && put == JITTER_OK)
		tap_side_heard(w, s, p->line, playout_ts(w, s, p));
	if (put != JITTER_LATE)
		return SESSION_DELIVERED;
	s->rx_late++;
	return kept ? SESSION_DELIVERED : DROP_RTP_LATE;
}

// Of no negotiated type, from the far end: a sign of life, and a number that is not missing.
// Comfort noise (RFC 3389) is for whoever plays it; what we play has its own.
static int take_aside(struct worker *w, struct session *s, struct rtp_packet *p)
{
	is_alive(w, s);
	if (!s->rx.running || p->ssrc != s->rx.ssrc ||
		judge_packet(w, s, p, JUDGE_BESIDE) != SESSION_DELIVERED || p->pt != PT_NOISE)
		return DROP_RTP_TYPE;
	s->rx_packets++;
	s->rx_bytes += p->len;
	return SESSION_DELIVERED;
}

// Sound of a byte a sample is taken of up to 200 ms. Packets of more than 60 are never relayed as
// they are, since no far end is sent such.
static uint32_t longest(const struct session *s, uint8_t pt)
{
	bool sound = source_payload(s, pt) == PAYLOAD_SOUND && s->in_codec != CODEC_OPUS;

	return sound ? RTP_PAYLOAD_MAX : CODEC_PAYLOAD_MAX;
}

static int take_rtp(struct worker *w, struct session *s, const struct rx_udp *u)
{
	struct rtp_packet p;
	struct event_packet e;

	if (rtp_parse(u->data, u->len, &p))
		return DROP_RTP_HEADER;
	if ((s->in_flags & (IN_REMOTE | IN_RECV)) != (IN_REMOTE | IN_RECV)) {
		if ((s->in_flags & IN_REMOTE) && source_is_far_end(s, &u->from))
			is_alive(w, s);
		return DROP_RTP_HELD;
	}
	if (p.len == 0 || p.len > longest(s, p.pt)) {
		if (source_is_far_end(s, &u->from))
			is_alive(w, s);
		return DROP_RTP_SIZE;
	}
	int drop = source_check(w, s, &u->from, &p);
	if (drop == DROP_RTP_TYPE)
		return take_aside(w, s, &p);
	if (drop != SESSION_DELIVERED)
		return drop;
	bool event = source_payload(s, p.pt) == PAYLOAD_EVENT;
	if (event && event_parse(p.payload, p.len, &e))
		return DROP_EVENT_HEADER;
	if (event && session_event_apart(s, &p)) {
		session_event_aside(s, &p);
		if (p.ssrc == s->out.ssrc)
			report_collision(w, s);
	} else {
		drop = judge_packet(w, s, &p, event ? JUDGE_BESIDE : JUDGE_SOUND);
	}
	if (drop != SESSION_DELIVERED)
		return drop;
	if ((s->in_flags & (IN_FOUND | IN_LOST)) != IN_FOUND)
		tell_found(w, s);
	s->rx_ms = session_ms(w);
	s->rx_packets++;
	s->rx_bytes += p.len;
	if (!event)
		return is_stale(w, s, &p) ? DROP_RTP_STALE : take_sound(w, s, &p);
	session_event(w, s, &p, &e);
	return SESSION_DELIVERED;
}

// A report tells of times, which a stall has made wrong.
static int take_rtcp(struct worker *w, struct session *s, const struct rx_udp *u)
{
	if (worker_is_waking(w))
		return DROP_RTP_STALE;
	int drop = report_receive(w, s, u);
	if (drop == SESSION_DELIVERED)
		is_alive(w, s);
	return drop;
}

// What is made use of here has to have come without an error.
static int receive(struct worker *w, struct session *s, struct rx_udp *u)
{
	if (u->hit) {
		const uint8_t *frame = u->data - WIRE_UDP - u->hit->l4;

		if (u->map && !rx_checksum_good(u->map, frame, u->hit))
			return DROP_UDP_HEADER;
		rx_sender(frame, u->hit, &u->from);
	}
	return u->rtcp_port || rtp_is_rtcp(u->data, u->len) ? take_rtcp(w, s, u)
							    : take_rtp(w, s, u);
}

int session_receive(struct worker *w, struct session *s, struct rx_udp *u)
{
	int drop;

	if (relay_forward(w, s, u))
		return SESSION_DELIVERED;
	drop = receive(w, s, u);
	if (drop != SESSION_DELIVERED)
		s->rx_dropped++;
	return drop;
}

unsigned session_poll_peers(struct worker *w)
{
	return bridge_poll(w);
}
