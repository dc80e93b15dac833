// Both ends of a bridge.
#include "engine/bridge/bridge.h"

#include <errno.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/bridge/bridge_fed.h"
#include "engine/bridge/bridge_msg.h"
#include "engine/bridge/mixer.h"
#include "engine/digits/mute.h"
#include "engine/voice/notice.h"
#include "engine/voice/playout.h"

#define REPACK_GIVE_UP 10	      // packets of the right length in a row
#define FED_SILENT_NS  (5 * NS_PER_S) // a feeder on another worker that is silent has died

static bool mine(const struct worker *w, gate_session s)
{
	return gate_session_worker(s) == w->id;
}

// --- the end that is fed ---

static void send_shape(struct worker *w, struct session *s);

static void take_join(struct worker *w, struct session *s, const struct bridge_head *h)
{
	bool dead = worker_awake_ns(w) - s->fed_ns > FED_SILENT_NS && !mine(w, s->fed_by);

	if (h->kind == BRIDGE_STAY && s->fed_by != 0 && s->fed_by != h->from && !dead)
		return; // somebody else feeds it by now
	if (s->fed_by != h->from)
		rtp_out_refeed(&s->out);
	s->fed_by = h->from;
	s->fed_ns = worker_awake_ns(w);
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

// --- a mixing bridge in the place of a peer ---

static void push(struct worker *w, const struct bridge_msg *m);

// One of this worker is told by its command's DONE.
static void refuse(struct worker *w, const struct bridge_head *h, int error)
{
	struct bridge_msg m = {.head = {.kind = BRIDGE_REFUSED,
				       .to = h->from,
				       .from = h->to,
				       .error = (uint8_t)-error}};

	if (!mine(w, h->from))
		push(w, &m);
}

// Asks for its place again each second, and is told so until control takes it away.
static void take_refusal(struct worker *w, struct session *s, const struct bridge_head *h)
{
	struct gate_msg m = {.unmixed = {.mixer = h->from, .error = -h->error}};

	if (s->to.peer == h->from)
		notice_emit(w, s, GATE_UNMIXED, &m);
}

static void take_mixer_word(struct worker *w, const struct bridge_head *h)
{
	int error = mixer_take(w->sessions->mixers, h, worker_awake_ns(w));

	if (error)
		refuse(w, h, error);
}

// What is said beside sound.
static void take_word(struct worker *w, struct session *s, const struct bridge_head *h)
{
	switch ((enum bridge_kind)h->kind) {
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
		return;
	case BRIDGE_REFUSED:
		take_refusal(w, s, h);
		return;
	default:
		return;
	}
}

// --- the way between them: a call on one worker, by value through a ring to another ---

static void push(struct worker *w, const struct bridge_msg *m)
{
	struct worker *other = worker_peer(w, gate_session_worker(m->head.to));

	if (other && !ring_push(other->sessions->from_peer[w->id], m))
		w->stats->tx_drops++;
}

static void say(struct worker *w, const struct bridge_head *h)
{
	struct bridge_msg m;

	if (mine(w, h->to) && gate_is_mixer(h->to)) {
		take_mixer_word(w, h);
		return;
	}
	if (mine(w, h->to)) {
		struct session *s = session_get(w->sessions, w, h->to);
		if (s)
			take_word(w, s, h);
		return;
	}
	m.head = *h;
	push(w, &m);
}

static void push_packet(struct worker *w, const struct bridge_head *h, const struct rtp_packet *p)
{
	struct bridge_msg m;

	m.head = *h;
	m.head.marker = p->marker;
	m.head.run = p->run;
	m.head.len = (uint16_t)p->len;
	m.head.line = p->line;
	m.head.ts = p->ts;
	m.head.seq = p->seq;
	memcpy(m.payload, p->payload, p->len);
	push(w, &m);
}

static void push_samples(
	struct worker *w, gate_session to, gate_session from, const int16_t *samples)
{
	struct bridge_msg m;

	m.head = (struct bridge_head){.kind = BRIDGE_SAMPLES, .to = to, .from = from};
	memcpy(m.samples, samples, sizeof(m.samples));
	push(w, &m);
}

static void take_msg(struct worker *w, struct session *s, const struct bridge_msg *m)
{
	const struct bridge_head *h = &m->head;
	struct fed fed = {w, s, h->from};
	struct rtp_packet p = {
		.payload = m->payload,
		.len = h->len,
		.ts = h->ts,
		.line = h->line,
		.seq = h->seq,
		.marker = h->marker,
		.run = h->run,
	};

	switch ((enum bridge_kind)h->kind) {
	case BRIDGE_PACKET:
		fed_packet(&fed, &p, h->codec);
		return;
	case BRIDGE_LAW:
		fed_law(&fed, m->law, h->codec);
		return;
	case BRIDGE_OCTETS:
		fed_octets(&fed, &m->octets, h->codec);
		return;
	case BRIDGE_SAMPLES:
		fed_samples(&fed, m->samples);
		return;
	case BRIDGE_EVENT:
		fed_event(&fed, &p, h->begun);
		return;
	default:
		take_word(w, s, h);
	}
}

static void take_mixer_msg(struct worker *w, const struct bridge_msg *m)
{
	const struct bridge_head *h = &m->head;

	if (h->kind == BRIDGE_SAMPLES)
		mixer_put(w->sessions->mixers, h->to, h->from, m->samples);
	else
		take_mixer_word(w, h);
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
			if (gate_is_mixer(m.head.to))
				take_mixer_msg(w, &m);
			else if (s)
				take_msg(w, s, &m);
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
		say(w, &h);
}

static void send_kind(struct worker *w, struct session *s, enum bridge_kind kind)
{
	struct bridge_head h = {
		.kind = (uint8_t)kind,
		.to = s->to.peer,
		.from = s->handle,
		.gain_256 = s->to.gain_256,
		.says = s->to.says,
		.hears = s->to.hears,
	};

	say(w, &h);
}

int bridge_join(struct worker *w, struct session *s, gate_session peer)
{
	if (peer == 0 || gate_is_mixer(peer) || gate_session_worker(peer) >= w->config->workers)
		return -EINVAL;
	if (mine(w, peer) && !session_get(w->sessions, w, peer))
		return -ENOENT;
	if (s->to.peer != 0 && s->to.peer != peer)
		bridge_leave(w, s);
	s->to = (struct bridge_to){.peer = peer, .self = s->handle, .repack_in = 1};
	send_kind(w, s, BRIDGE_JOIN);
	return 0;
}

static void repack(struct worker *w, struct session *s, bool on)
{
	s->in_flags = (uint16_t)(on ? s->in_flags | IN_REPACK : s->in_flags & ~IN_REPACK);
	s->to.repack_in = REPACK_GIVE_UP;
	playout_update(w, s);
}

int bridge_mix(struct worker *w, struct session *s, const struct gate_mix *mix)
{
	gate_session mixer = mix->mixer;

	if (!gate_is_mixer(mixer) || !mixers_have(w->sessions->mixers, mixer) ||
		gate_session_worker(mixer) >= w->config->workers)
		return -EINVAL;
	if (s->to.peer != mixer)
		bridge_leave(w, s);
	s->to = (struct bridge_to){.peer = mixer,
		.self = s->handle,
		.gain_256 = mix->gain_256,
		.says = mix->says,
		.hears = mix->hears};
	send_kind(w, s, BRIDGE_JOIN);
	if (mine(w, mixer) && !mixer_has(w->sessions->mixers, mixer, s->handle)) {
		s->to = (struct bridge_to){0};
		return -ENOSPC; // with its next tick its ear is given up
	}
	s->fed_by = mixer;
	s->fed_ns = worker_awake_ns(w);
	repack(w, s, true);
	return 0;
}

static void take_mixed(
	struct worker *w, gate_session to, gate_session mixer, const int16_t samples[])
{
	struct session *s = session_get(w->sessions, w, to);

	if (!mine(w, to))
		push_samples(w, to, mixer, samples);
	else if (s)
		fed_samples(&(struct fed){w, s, mixer}, samples);
}

void bridge_mix_tick(struct worker *w, unsigned subslot)
{
	mixers_tick(w->sessions->mixers, w, subslot, take_mixed);
}

void bridge_leave(struct worker *w, struct session *s)
{
	if (s->to.peer == 0)
		return;
	send_kind(w, s, BRIDGE_LEAVE);
	if (gate_is_mixer(s->to.peer) && s->fed_by == s->to.peer) {
		s->fed_by = 0;
		session_clock(w->sessions, s);
	}
	s->to = (struct bridge_to){0};
}

void bridge_settle(struct worker *w, struct session *s)
{
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
	bool near = mine(w, s->fed_by) && !gate_is_mixer(s->fed_by);
	bool dead = near ? !session_get(w->sessions, w, s->fed_by)
			 : worker_awake_ns(w) - s->fed_ns > FED_SILENT_NS;
	if (dead) {
		s->fed_by = 0;
		session_clock(w->sessions, s);
	}
}

bool bridge_opaque(const struct session *s)
{
	return s->in_codec == s->to.codec;
}

// Whether a packet may go on as it came.
static bool relays(const struct session *s, uint32_t len)
{
	if (codec_has_state(s->in_codec) || codec_has_state(s->to.codec)) {
		if (!bridge_opaque(s))
			return false;
		if (s->in_codec == CODEC_OPUS)
			return true; // of any length: the packet says it itself
	}
	return len == s->to.bytes;
}

// The peer, where it is on this worker and there; then f is for its fed_ functions.
static bool peer_here(struct worker *w, const struct session *s, struct fed *f)
{
	*f = (struct fed){w, session_get(w->sessions, w, s->to.peer), s->to.self};
	return f->s != NULL;
}

static struct bridge_head head_of(const struct session *s, enum bridge_kind kind)
{
	return (struct bridge_head){
		.kind = (uint8_t)kind, .to = s->to.peer, .from = s->to.self, .codec = s->in_codec};
}

static void relay(struct worker *w, struct session *s, const struct rtp_packet *p)
{
	struct bridge_head h = head_of(s, BRIDGE_PACKET);
	struct fed fed;

	if (!mine(w, s->to.peer))
		push_packet(w, &h, p);
	else if (peer_here(w, s, &fed))
		fed_packet(&fed, p, s->in_codec);
}

// Opus decoded and coded anew is behind itself by most of what waits, and would be heard twice.
bool bridge_drains(const struct session *s, uint32_t len)
{
	return (s->in_flags & IN_REPACK) && s->to.codec != CODEC_NONE && s->to.repack_in == 1 &&
		s->in_codec != CODEC_OPUS && relays(s, len);
}

void bridge_sound(struct worker *w, struct session *s, const struct rtp_packet *p)
{
	if (s->to.codec == CODEC_NONE)
		return; // no peer, or none that knows its far end yet
	if (!relays(s, p->len)) {
		if (!(s->in_flags & IN_REPACK) || s->to.repack_in != REPACK_GIVE_UP)
			repack(w, s, true);
		return;
	}
	if (s->in_flags & IN_REPACK) {
		if (--s->to.repack_in > 0)
			return; // one packet of the right length proves nothing
		repack(w, s, false);
	}
	bool coded = (s->in_flags & (IN_CODED | IN_COLLECT)) == (IN_CODED | IN_COLLECT);
	if (!(s->in_flags & IN_MUTED) && !coded) {
		relay(w, s, p);
		return;
	}
	struct rtp_packet muted = *p;
	if (coded)
		mute_coded(w, s, &muted);
	else
		mute_packet(w, s, &muted);
	relay(w, s, &muted);
}

void bridge_law(struct worker *w, struct session *s, const struct law_frame *f)
{
	struct bridge_msg m;
	struct fed fed;

	if (gate_is_mixer(s->to.peer)) {
		int16_t samples[FRAME_SAMPLES];
		codec_get(f->law)->decode(samples, f->bytes, FRAME_BYTES);
		bridge_samples(w, s, samples);
	} else if (!mine(w, s->to.peer)) {
		m.head = head_of(s, BRIDGE_LAW);
		m.head.codec = f->law;
		memcpy(m.law, f->bytes, sizeof(m.law));
		push(w, &m);
	} else if (peer_here(w, s, &fed)) {
		fed_law(&fed, f->bytes, f->law);
	}
}

void bridge_octets(struct worker *w, struct session *s, const struct codec_octets *octets)
{
	struct bridge_msg m;
	struct fed fed;

	if (!mine(w, s->to.peer)) {
		m.head = head_of(s, BRIDGE_OCTETS);
		m.octets = *octets;
		push(w, &m);
	} else if (peer_here(w, s, &fed)) {
		fed_octets(&fed, octets, s->in_codec);
	}
}

void bridge_samples(struct worker *w, struct session *s, const int16_t samples[FRAME_SAMPLES])
{
	struct fed fed;

	if (!mine(w, s->to.peer))
		push_samples(w, s->to.peer, s->to.self, samples);
	else if (gate_is_mixer(s->to.peer))
		mixer_put(w->sessions->mixers, s->to.peer, s->to.self, samples);
	else if (peer_here(w, s, &fed))
		fed_samples(&fed, samples);
}

void bridge_event(struct worker *w, struct session *s, const struct rtp_packet *p, char begun)
{
	struct bridge_head h = head_of(s, BRIDGE_EVENT);
	uint8_t payload[EVENT_BYTES];
	struct rtp_packet on_clock = *p;
	struct fed fed;

	h.begun = begun;
	if (h.to == 0 || gate_is_mixer(h.to))
		return;
	// On its way it is on the peer's clock. Whatever a duration counts, a timestamp counts the
	// codec's clock, as the stream has but one.
	uint32_t clock = codec_clock_scale(s->to.codec);
	event_rescale(&on_clock, payload, session_event_scale(s), clock);
	on_clock.ts = event_rescale_ts(p->ts, codec_clock_scale(s->in_codec), clock);
	if (!mine(w, h.to))
		push_packet(w, &h, &on_clock);
	else if (peer_here(w, s, &fed))
		fed_event(&fed, &on_clock, begun);
}
