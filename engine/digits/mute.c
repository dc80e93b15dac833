// Relayed packets listened to, and silenced while a digit sounds.
#include "engine/digits/mute.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dsp/codec.h"
#include "dsp/dtmf_gate.h"
#include "dsp/opus.h"

#define MUTES_SHARE 128 // that part of all sessions may be muted at once
#define MUTES_LEAST 32	// but so many at least

struct mute {
	uint8_t codec;
	bool sounds; // a digit did at the end of the last packet
	_Alignas(16) uint8_t gate[];
};

static uint32_t mutes_count(uint32_t sessions)
{
	uint32_t count = sessions / MUTES_SHARE;

	return count < MUTES_LEAST ? MUTES_LEAST : count;
}

static size_t mute_bytes(void)
{
	return ((sizeof(struct mute) + dtmf_gate_size() + 63) & ~(size_t)63) + RED_ZONE;
}

size_t mutes_bytes(uint32_t sessions)
{
	return mutes_count(sessions) * mute_bytes();
}

int mutes_init(struct session_table *t, uint32_t sessions)
{
	size_t bytes = mutes_bytes(sessions);

	t->mute_bytes = mute_bytes();
	t->mute_mem = aligned_alloc(64, bytes);
	if (!t->mute_mem)
		return -ENOMEM;
	memset(t->mute_mem, 0, bytes); // no page fault in a worker
	return pool_init(&t->mutes, mutes_count(sessions));
}

void mutes_fini(struct session_table *t)
{
	pool_fini(&t->mutes);
	free(t->mute_mem);
}

static struct mute *mute_of(struct session_table *t, const struct session *s)
{
	return (struct mute *)(void *)(t->mute_mem + s->mute * t->mute_bytes);
}

static struct dtmf_gate *gate_of(struct mute *m)
{
	return (struct dtmf_gate *)(void *)m->gate;
}

void mute_free(struct session_table *t, struct session *s)
{
	if (s->mute == POOL_NONE)
		return;
	pool_give(&t->mutes, s->mute);
	s->mute = POOL_NONE;
	s->in_flags &= (uint16_t)~IN_MUTED;
}

void mute_settle(struct session_table *t, struct session *s)
{
	bool g711 = s->in_codec != CODEC_NONE && !codec_has_state(s->in_codec);
	bool collects = (s->in_flags & (IN_COLLECT | IN_MASKED)) == IN_COLLECT;
	bool want = collects && s->to.peer != 0 && g711;

	if ((s->in_flags & IN_MUTED) && (!want || mute_of(t, s)->codec != s->in_codec))
		mute_free(t, s);
	if (!want || (s->in_flags & IN_MUTED))
		return;
	s->mute = pool_take(&t->mutes);
	if (s->mute == POOL_NONE)
		return;
	struct mute *m = mute_of(t, s);
	m->codec = s->in_codec;
	m->sounds = false;
	(void)dtmf_gate_start(m->gate, s->in_codec);
	s->in_flags |= IN_MUTED;
}

void mute_packet(struct worker *w, struct session *s, struct rtp_packet *p)
{
	struct session_table *t = w->sessions;
	struct mute *m = mute_of(t, s);
	struct dtmf_edge edges[DTMF_EDGES_MAX];

	for (uint32_t at = 0; at < p->len; at += FRAME_BYTES) {
		uint32_t n = p->len - at < FRAME_BYTES ? p->len - at : FRAME_BYTES;
		(void)dtmf_gate_frame(gate_of(m), p->payload + at, n, edges);
	}
	bool sounds = dtmf_gate_digit(gate_of(m)) != 0;
	if (sounds || m->sounds) {
		memset(t->muted, codec_get(s->in_codec)->silence, p->len);
		p->payload = t->muted;
	}
	m->sounds = sounds;
}

void mute_coded(struct worker *w, struct session *s, struct rtp_packet *p)
{
	struct session_table *t = w->sessions;

	if (!(s->in_flags & IN_EAR) || !dtmf_gate_digit(session_gate(t, s)) || p->len == 0)
		return;
	if (s->in_codec == CODEC_OPUS) {
		t->muted[0] = p->payload[0] & OPUS_TOC_CONFIG; // one frame of that length, empty
		p->len = 1;
	} else {
		memset(t->muted, codec_get(s->in_codec)->silence, p->len);
	}
	p->payload = t->muted;
}

void mute_frame(struct worker *w, struct session *s, struct law_frame *f)
{
	if (dtmf_gate_digit(session_gate(w->sessions, s)))
		memset(f->bytes, codec_get(f->law)->silence, FRAME_BYTES);
}
