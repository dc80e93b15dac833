// Memory fetched ahead of its use. With tens of thousands of sessions none of theirs is in a
// cache when its packet or its turn comes, and a miss costs more than all the work on a packet.
// So each burst and each sub-slot goes over its sessions in stages, each of which fetches what
// the one before it has brought the addresses of.
#include "engine/session/fetch.h"

#include "engine/gate.h"
#include "engine/session/session.h"
#include "engine/voice/tap_side.h"

#define LINE	  64
#define EAR_HEAD  offsetof(struct jitter, ring)
#define GATE_KEPT 256 // bytes of the DTMF gate while no digit sounds

static inline void fetch(const void *from, size_t bytes)
{
	for (size_t i = 0; i < bytes; i += LINE)
		__builtin_prefetch((const char *)from + i);
}

// Of a frame at a place of the jitter buffer's ring, which may go round.
static inline void fetch_ring(const struct jitter *j, int64_t at_ms)
{
	uint32_t at = (uint32_t)(at_ms % JITTER_MS) * JITTER_BYTES_PER_MS;

	for (uint32_t i = 0; i < FRAME_BYTES + LINE; i += LINE)
		__builtin_prefetch(&j->ring[at + i < sizeof(j->ring) ? at + i : 0]);
}

// --- for a packet ---

void session_prefetch(const struct session *s)
{
	fetch(&s->in_flags, 2 * LINE);
}

bool session_prefetch_next(struct worker *w, const struct session *s)
{
	struct session_table *t = w->sessions;
	uint32_t slot = (uint32_t)s->to.peer;
	bool heard = s->in_flags & (IN_EAR | IN_TAPPED);

	if (s->in_flags & IN_EAR)
		fetch(session_jitter(t, s), EAR_HEAD);
	if (s->in_flags & IN_TAPPED)
		fetch(&s->tap, sizeof(s->tap));
	if (s->to.peer == 0 || gate_session_worker(s->to.peer) != w->id || slot >= t->slots)
		return heard;
	fetch(&t->sessions[slot], LINE);
	fetch(&t->sessions[slot].path, LINE);
	return heard;
}

void session_prefetch_last(struct worker *w, const struct session *s)
{
	const struct jitter *j = session_jitter(w->sessions, s);

	if (s->in_flags & IN_EAR)
		fetch_ring(j, j->head_ms); // where the next packet in order goes
	if (s->in_flags & IN_TAPPED)
		tap_side_fetch(w, s);
}

// --- for a turn of the tick ---

void session_fetch_turn(const struct session_table *t, uint32_t slot)
{
	const struct session *s = &t->sessions[slot];

	fetch(s, 2 * LINE);
	fetch(&s->path, LINE);
	fetch(&s->in_flags, LINE);
	fetch(&s->play, LINE);
}

static void fetch_prompt(const struct worker *w, const struct session *s)
{
	const struct play *p = &s->play;
	const struct play_entry *e = &p->queue[p->head % PLAY_QUEUE_MAX];
	const uint8_t *payload;
	uint32_t bytes;

	if (s->playing == 0 || !p->begun || !w->prompts)
		return;
	payload = gate_prompt_payload(w->prompts, e->prompt, s->out_codec, &bytes);
	if (payload && p->at < bytes)
		fetch(payload + p->at, FRAME_BYTES);
}

void session_fetch_ear(struct worker *w, uint32_t slot)
{
	struct session_table *t = w->sessions;
	const struct session *s = &t->sessions[slot];

	fetch_prompt(w, s);
	if (!(s->in_flags & IN_EAR))
		return;
	fetch(session_jitter(t, s), EAR_HEAD);
	if (s->in_flags & IN_COLLECT)
		fetch(session_gate(t, s), GATE_KEPT);
}

void session_fetch_sound(struct session_table *t, uint32_t slot)
{
	const struct session *s = &t->sessions[slot];
	const struct jitter *j = session_jitter(t, s);

	if (s->in_flags & IN_EAR)
		fetch_ring(j, j->play_ms);
}
