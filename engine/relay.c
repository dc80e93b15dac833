// Packets of a bridge that go on as they came.
#include "engine/relay.h"

#include <string.h>

#include "engine/rx_parse.h"
#include "engine/tx.h"
#include "engine/wire.h"

#define NS_PER_UNIT 125000 // of an 8 kHz timestamp
#define IN_GOES	    (IN_REMOTE | IN_RECV | IN_LOCKED | IN_FOUND)
#define IN_STAYS    (IN_EAR | IN_TAPPED | IN_MASKED | IN_MUTED | IN_REPACK | IN_LOST)

// From the source that is locked, of the peer's codec and length, and for nobody else to hear.
static bool is_plain(const struct worker *w, const struct session *s, const struct rx_udp *u,
	const struct rtp_packet *p)
{
	return (s->in_flags & (IN_GOES | IN_STAYS)) == IN_GOES && p->pt == s->in_pt &&
		p->payload == u->data + RTP_HEADER_BYTES && u->len == RTP_HEADER_BYTES + p->len &&
		p->len == s->to.bytes && s->in_codec == s->to.codec && s->in_codec != CODEC_OPUS &&
		learn_same(&u->from, &s->locked) && !worker_is_waking(w);
}

// The peer sends what comes from here, and nothing else meanwhile.
static bool is_fed(const struct session *peer, const struct session *s)
{
	return peer->fed_by == s->to.self &&
		(peer->out_flags & (OUT_SEND | OUT_PACKED)) == OUT_SEND && !session_busy(peer);
}

// Of the payload and the two lengths, by the checksum that came with them. False: none came, or
// only that of the pseudo header, as between virtual machines.
static bool payload_sum(const struct rx_udp *u, uint64_t *out)
{
	const uint8_t *udp = u->data - WIRE_UDP, *frame = udp - u->hit->l4;
	uint64_t sum = wire_sum_pseudo(rx_ips(frame, u->hit), u->hit->ip6, PROTOCOL_UDP);
	uint16_t stored, len = (uint16_t)(u->len + WIRE_UDP);

	memcpy(&stored, udp + 6, 2);
	if (stored == 0)
		return false;
	if (u->map && u->map->partial_checksums && stored == wire_fold(wire_sum16(sum, len)))
		return false;
	sum = wire_sum(wire_sum(sum, udp, 4), udp + 6, 2);
	*out = wire_sum_rest(wire_sum(sum, u->data, RTP_HEADER_BYTES));
	return true;
}

static void send(struct worker *w, struct session *peer, struct rx_udp *u, struct rtp_packet *p,
	uint64_t sum)
{
	struct tx_forward f = {
		.mbuf = u->mbuf, .payload = u->data, .len = RTP_HEADER_BYTES + p->len};

	f.sum = wire_carry(sum, rtp_write_header(u->data, p));
	tx_forward(w, &peer->path, &f);
	u->mbuf = NULL;
	peer->out.packets++;
	peer->out.bytes += p->len;
	peer->out_flags |= OUT_SOUNDED;
}

// Its checksum is not looked at: nothing is learnt from a packet whose source, type, number,
// time and length are those that it must have, and an error in its sound travels on, with a
// checksum that the far end will find to be wrong.
bool relay_forward(
	struct worker *w, struct session *s, struct rx_udp *u, const struct rtp_packet *p)
{
	struct rtp_packet out = {.len = p->len};
	struct session *peer;
	uint64_t sum;

	if (!u->mbuf || !is_plain(w, s, u, p) || !rtp_rx_is_next(&s->rx, p))
		return false;
	peer = session_get(w->sessions, w, s->to.peer);
	if (!peer || !is_fed(peer, s) || !tx_may_forward(w, &peer->path, u->mbuf) ||
		!payload_sum(u, &sum) ||
		!rtp_out_relay_next(&peer->out, p, p->len, w->now_ns, &out))
		return false;
	rtp_rx_next(&s->rx, p);
	rtp_rx_jitter(&s->rx, p->ts, (uint32_t)(w->now_ns / NS_PER_UNIT));
	s->rx_ms = session_ms(w);
	s->rx_packets++;
	s->rx_bytes += p->len;
	out.pt = peer->out_pt;
	send(w, peer, u, &out, sum);
	return true;
}
