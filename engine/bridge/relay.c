// Packets of a bridge that go on as they came.
#include "engine/bridge/relay.h"

#include <string.h>

#include "engine/net/rx_parse.h"
#include "engine/net/rx_udp.h"
#include "engine/net/tx.h"
#include "engine/net/wire.h"
#include "engine/rtp/judge.h"
#include "engine/rtp/rtp_next.h"

#define NS_PER_UNIT 125000 // of an 8 kHz timestamp
#define IN_GOES	    (IN_REMOTE | IN_RECV | IN_LOCKED | IN_FOUND)
#define IN_STAYS    (IN_EAR | IN_TAPPED | IN_MASKED | IN_MUTED | IN_REPACK | IN_LOST)

// To be passed on and for nobody else to hear, as long as the peer wants it.
static bool is_plain(const struct worker *w, const struct session *s, const struct rx_udp *u)
{
	return (s->in_flags & (IN_GOES | IN_STAYS)) == IN_GOES && u->frame && !u->rtcp_port &&
		u->len == RTP_HEADER_BYTES + s->to.bytes && s->in_codec == s->to.codec &&
		s->in_codec != CODEC_OPUS && !worker_is_waking(w);
}

// As rx_sender and learn_same would say.
static bool is_locked(const struct session *s, const uint8_t *udp, const struct rx_hit *hit)
{
	const uint8_t *ips = rx_ips(udp - hit->l4, hit);

	if (s->locked.port != wire_get16(udp))
		return false;
	if (hit->ip6)
		return s->locked.family == ADDR_IP6 && memcmp(s->locked.ip, ips, 16) == 0;
	return s->locked.family == ADDR_IP4 && memcmp(s->locked.ip, ips, 4) == 0;
}

// The peer sends what comes from here, and nothing else meanwhile.
static bool is_fed(const struct session *peer, const struct session *s)
{
	return peer->fed_by == s->to.self &&
		(peer->out_flags & (OUT_SEND | OUT_PACKED)) == OUT_SEND && !session_busy(peer);
}

// Of the payload and the two lengths, by the checksum that came with them. False: none came, or
// only that of the pseudo header, as between virtual machines.
static inline bool payload_sum(const struct rx_udp *u, uint64_t *out)
{
	const uint8_t *udp = u->data - WIRE_UDP, *frame = udp - u->hit->l4;
	uint64_t sum = wire_sum_pseudo(rx_ips(frame, u->hit), u->hit->ip6, PROTOCOL_UDP);
	uint16_t stored, len = (uint16_t)(u->len + WIRE_UDP);

	memcpy(&stored, udp + 6, 2);
	if (stored == 0)
		return false;
	if (u->map && rx_checksum_partial(u->map, stored, wire_sum16(sum, len)))
		return false;
	sum = wire_sum(wire_sum(sum, udp, 4), udp + 6, 2);
	*out = wire_sum_rest(wire_sum(sum, u->data, RTP_HEADER_BYTES));
	return true;
}

static void send(struct worker *w, struct session *peer, struct rx_udp *u,
	const struct rtp_packet *p, uint64_t sum)
{
	struct tx_forward f = {.frame = u->frame, .payload = u->data, .len = u->len};

	f.sum = wire_carry(sum, rtp_write_header(u->data, p));
	tx_forward(w, &peer->path, &f);
	u->frame = NULL;
	peer->out.packets++;
	peer->out.bytes += p->len;
	peer->out_flags |= OUT_SOUNDED;
}

// Its checksum is not looked at: nothing is learnt from a packet whose source, type, number,
// time and length are those that it must have, and an error in its sound travels on, with a
// checksum that the far end will find to be wrong.
bool relay_forward(struct worker *w, struct session *s, struct rx_udp *u)
{
	uint32_t now_ms = (uint32_t)w->now_ms, came = (uint32_t)(w->now_ns / NS_PER_UNIT);
	struct session *peer;
	struct rtp_packet p;
	uint64_t sum;

	if (!is_plain(w, s, u) || !is_locked(s, u->data - WIRE_UDP, u->hit) ||
		!rtp_parse_plain(u->data, u->len, &p) || p.pt != s->in_pt ||
		!judge_is_next(&s->rx, &p, came))
		return false;
	p.line = s->rx.line;
	p.run = s->rx.run;
	peer = session_get(w->sessions, w, s->to.peer);
	if (!peer || !is_fed(peer, s) || !rtp_out_is_next(&peer->out, &p, p.len) ||
		!payload_sum(u, &sum) || !tx_may_forward(w, &peer->path))
		return false;
	judge_next(&s->rx, &p, p.len, came);
	rtp_rx_jitter(&s->rx, p.ts, came);
	s->rx_ms = session_ms(w);
	s->rx_packets++;
	s->rx_bytes += p.len;
	rtp_out_relay_next(&peer->out, &p, p.len, now_ms, &p);
	p.pt = peer->out_pt;
	send(w, peer, u, &p, sum);
	return true;
}
