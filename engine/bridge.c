// Both ends of a bridge.
#include "engine/bridge.h"

#include <errno.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/bridge_msg.h"
#include "engine/dial.h"
#include "engine/encode.h"
#include "engine/playout.h"

#define RING_SLOTS_ALL	 8192 // shared out between a worker's peers
#define RING_SLOTS_LEAST 64
#define REPACK_GIVE_UP	 10		// packets of the right length in a row
#define FED_SILENT_NS	 (5 * NS_PER_S) // a feeder on another worker that is silent has died

static bool mine(const struct worker *w, gate_session s)
{
	return gate_session_worker(s) == w->id;
}

static uint32_t ring_slots(unsigned workers)
{
	uint32_t slots = RING_SLOTS_ALL / workers;

	return slots < RING_SLOTS_LEAST ? RING_SLOTS_LEAST : slots;
}

int bridge_rings_init(struct session_table *t, struct worker *w)
{
	for (unsigned i = 0; i < t->workers; i++) {
		if (i == w->id)
			continue;
		t->from_peer[i] =
			ring_new(RING_SPSC, ring_slots(t->workers), sizeof(struct bridge_msg));
		if (!t->from_peer[i])
			return -ENOMEM;
	}
	return 0;
}

void bridge_rings_fini(struct session_table *t)
{
	for (unsigned i = 0; i < t->workers; i++) {
		if (t->from_peer[i])
			ring_free(t->from_peer[i]);
	}
}

// --- the end that is fed ---

static void take_packet(
	struct worker *w, struct session *s, const struct bridge_head *h, const uint8_t *payload)
{
	struct encode_packet p = {
		.rtp = h->rtp, .payload = payload, .len = h->len, .codec = h->codec};

	if (s->fed_by != h->from || !(s->out_flags & OUT_SEND) || session_busy(s))
		return;
	if (h->kind == BRIDGE_PACKET)
		encode_relay(w, s, &p);
	else
		encode_bytes(w, s, h->codec, payload);
}

static void take_event(
	struct worker *w, struct session *s, const struct bridge_head *h, const uint8_t *payload)
{
	struct encode_packet p = {.rtp = h->rtp, .payload = payload, .len = h->len};

	if (s->fed_by != h->from || !(s->out_flags & OUT_SEND) || s->playing > 0)
		return;
	if (s->out_event_pt != 0) {
		encode_relay_event(w, s, &p);
	} else if (h->begun) { // the far end knows no events: it hears the tone
		const char digit[2] = {h->begun};
		if (dial_add(s, digit, 0, 0) == 0)
			session_clock(w->sessions, s);
	}
}

static void send_shape(struct worker *w, struct session *s);

static void take_join(struct worker *w, struct session *s, const struct bridge_head *h)
{
	bool dead = w->now_ns - s->fed_ns > FED_SILENT_NS && !mine(w, s->fed_by);

	if (h->kind == BRIDGE_STAY && s->fed_by != 0 && s->fed_by != h->from && !dead)
		return; // somebody else feeds it by now
	s->fed_by = h->from;
	s->fed_ns = w->now_ns;
	send_shape(w, s);
}

// --- the end that feeds ---

static void take_shape(struct session *s, const struct bridge_head *h)
{
	if (s->to.peer != h->from)
		return;
	s->to.codec = h->codec;
	s->to.bytes = h->bytes;
}

static void take(
	struct worker *w, struct session *s, const struct bridge_head *h, const uint8_t *payload)
{
	switch ((enum bridge_kind)h->kind) {
	case BRIDGE_PACKET:
	case BRIDGE_FRAME:
		take_packet(w, s, h, payload);
		return;
	case BRIDGE_EVENT:
		take_event(w, s, h, payload);
		return;
	case BRIDGE_JOIN:
	case BRIDGE_STAY:
		take_join(w, s, h);
		return;
	case BRIDGE_LEAVE:
		if (s->fed_by == h->from) {
			s->fed_by = 0;
			session_clock(w->sessions, s);
		}
		return;
	case BRIDGE_SHAPE:
		take_shape(s, h);
	}
}

// --- the way between them ---

static void say(struct worker *w, const struct bridge_head *h, const uint8_t *payload)
{
	if (mine(w, h->to)) {
		struct session *s = session_get(w->sessions, w, h->to);
		if (s)
			take(w, s, h, payload);
		return;
	}
	struct worker *other = worker_peer(w, gate_session_worker(h->to));
	if (!other)
		return;
	struct bridge_msg m;
	m.head = *h;
	if (h->len)
		memcpy(m.payload, payload, h->len);
	if (!ring_push(other->sessions->from_peer[w->id], &m))
		w->stats->tx_drops++;
}

unsigned bridge_poll(struct worker *w)
{
	struct session_table *t = w->sessions;
	struct bridge_msg m;
	unsigned n = 0;

	for (unsigned i = 0; i < t->workers; i++) {
		struct ring *r = t->from_peer[i];
		if (!r)
			continue;
		for (unsigned k = 0; k < RX_BURST && ring_pop(r, &m); k++, n++) {
			struct session *s = session_get(t, w, m.head.to);
			if (s)
				take(w, s, &m.head, m.payload);
		}
	}
	return n;
}

static void send_shape(struct worker *w, struct session *s)
{
	struct bridge_head h = {
		.kind = BRIDGE_SHAPE,
		.to = s->fed_by,
		.from = s->handle,
		.codec = s->out_codec,
		.bytes = s->packet_bytes,
	};

	if (s->fed_by != 0)
		say(w, &h, NULL);
}

static void send_kind(struct worker *w, struct session *s, enum bridge_kind kind)
{
	struct bridge_head h = {.kind = (uint8_t)kind, .to = s->to.peer, .from = s->handle};

	say(w, &h, NULL);
}

int bridge_join(struct worker *w, struct session *s, gate_session peer)
{
	if (peer == 0 || gate_session_worker(peer) >= w->config->workers)
		return -EINVAL;
	if (mine(w, peer) && !session_get(w->sessions, w, peer))
		return -ENOENT;
	if (s->to.peer != 0 && s->to.peer != peer)
		bridge_leave(w, s);
	s->to = (struct bridge_to){.peer = peer};
	send_kind(w, s, BRIDGE_JOIN);
	return 0;
}

static void repack(struct worker *w, struct session *s, bool on)
{
	s->in_flags = (uint16_t)(on ? s->in_flags | IN_REPACK : s->in_flags & ~IN_REPACK);
	s->to.repack_in = REPACK_GIVE_UP;
	playout_update(w, s);
}

void bridge_leave(struct worker *w, struct session *s)
{
	if (s->to.peer == 0)
		return;
	send_kind(w, s, BRIDGE_LEAVE);
	s->to = (struct bridge_to){0};
	repack(w, s, false);
}

void bridge_reshape(struct worker *w, struct session *s)
{
	send_shape(w, s);
}

void bridge_refresh(struct worker *w, struct session *s)
{
	if (s->to.peer != 0 && !mine(w, s->to.peer))
		send_kind(w, s, BRIDGE_STAY);
	if (s->fed_by == 0)
		return;
	bool dead = mine(w, s->fed_by) ? !session_get(w->sessions, w, s->fed_by)
				       : w->now_ns - s->fed_ns > FED_SILENT_NS;
	if (dead) {
		s->fed_by = 0;
		session_clock(w->sessions, s);
	}
}

void bridge_sound(struct worker *w, struct session *s, const struct rtp_packet *p)
{
	if (s->to.codec == CODEC_NONE)
		return; // no peer, or none that knows its far end yet
	if (p->len != s->to.bytes) {
		if (!(s->in_flags & IN_REPACK) || s->to.repack_in != REPACK_GIVE_UP)
			repack(w, s, true);
		return;
	}
	if (s->in_flags & IN_REPACK) {
		if (--s->to.repack_in > 0)
			return; // one packet of the right length proves nothing
		repack(w, s, false);
	}
	struct bridge_head h = {
		.kind = BRIDGE_PACKET,
		.to = s->to.peer,
		.from = s->handle,
		.codec = s->in_codec,
		.len = (uint16_t)p->len,
		.rtp = {.ssrc = p->ssrc,
			.ts = p->ts,
			.seq = p->seq,
			.marker = p->marker,
			.units = p->len},
	};
	say(w, &h, p->payload);
}

void bridge_frame(struct worker *w, struct session *s, const uint8_t frame[FRAME_BYTES])
{
	struct bridge_head h = {
		.kind = BRIDGE_FRAME,
		.to = s->to.peer,
		.from = s->handle,
		.codec = s->in_codec,
		.len = FRAME_BYTES,
	};

	say(w, &h, frame);
}

void bridge_event(struct worker *w, struct session *s, const struct rtp_packet *p, char begun)
{
	struct bridge_head h = {
		.kind = BRIDGE_EVENT,
		.to = s->to.peer,
		.from = s->handle,
		.begun = begun,
		.len = EVENT_BYTES,
		.rtp = {.ssrc = p->ssrc, .ts = p->ts, .seq = p->seq, .marker = p->marker},
	};

	if (s->to.peer != 0)
		say(w, &h, p->payload);
}
