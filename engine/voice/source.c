// Learning and following the far end's address.
#include "engine/voice/source.h"

#include "engine/net/rx_udp.h"
#include "engine/voice/notice.h"

#define FIT_SEQ	    100	 // sequence numbers ahead that a far end may have lost while it moved
#define FIT_MS	    5	 // and for each so many milliseconds that it was silent, one more
#define FIT_SEQ_MAX 2900 // what judge.h takes for a gap

static void lock(struct session *s, const struct addr *from)
{
	s->locked = *from;
	s->in_flags |= IN_LOCKED;
}

// Whether it goes on with what the source sent that fell silent.
static bool fits(const struct session *s, const struct rtp_packet *p, uint32_t silent_ms)
{
	uint16_t ahead = p->seq - s->rx.max_seq;
	uint32_t most = FIT_SEQ + silent_ms / FIT_MS;

	return s->rx.running && p->ssrc == s->rx.ssrc && ahead > 0 &&
		ahead <= (most < FIT_SEQ_MAX ? most : FIT_SEQ_MAX);
}

// Of a stranger: is it the far end, whose NAT gave it another address?
static int follow(struct worker *w, struct session *s, const struct learn_packet *from,
	const struct rtp_packet *p)
{
	uint32_t silent_ms = session_ms(w) - s->rx_ms;
	struct gate_msg m = {0};

	if (silent_ms < LEARN_SILENT_MS || !fits(s, p, silent_ms) ||
		!learn_move(&s->source, from, session_ms(w)))
		return DROP_RTP_STRANGER;
	lock(s, from->source);
	tx_path_set(&s->path, s->media, s->port, from->source);
	learn_rtcp_move(&s->report.source);
	s->rx_moves++;
	m.rtp.silent_ms = silent_ms;
	m.rtp.from = *from->source;
	notice_emit(w, s, GATE_RTP_MOVED, &m);
	return SESSION_DELIVERED;
}

// Of a source that is not, or not yet, the one that is locked.
static int learn_source(struct worker *w, struct session *s, const struct learn_packet *from,
	const struct rtp_packet *p)
{
	bool moved;

	if (!learn_take(&s->source, from, session_ms(w), &moved))
		return follow(w, s, from, p);
	if (moved)
		tx_path_set(&s->path, s->media, s->port, from->source);
	if (s->source.state == LEARN_LOCKED)
		lock(s, from->source);
	return SESSION_DELIVERED;
}

int source_check(
	struct worker *w, struct session *s, const struct addr *from, const struct rtp_packet *p)
{
	struct learn_packet packet = {from, p->ssrc, p->seq};

	// What is not of a negotiated type teaches nothing, so its source is only compared.
	if (source_payload(s, p->pt) == PAYLOAD_NONE)
		return source_is_far_end(s, from) ? DROP_RTP_TYPE : DROP_RTP_STRANGER;
	if (!(s->in_flags & IN_LOCKED))
		return learn_source(w, s, &packet, p);
	return learn_same(from, &s->locked) ? SESSION_DELIVERED : follow(w, s, &packet, p);
}
