// Sides of recordings: who lays what is said on one. All voices that are recorded into a side at a
// time have the same worker for it, that of the first of them.
#include "control/media/state.h"

static uint64_t hash_of(uint32_t recording, enum media_side side)
{
	return hash_u64((uint64_t)recording << 1 | side);
}

static const struct media_voice *voice_on(
	const struct media *m, uint32_t recording, enum media_side side)
{
	struct hash_node *n = hash_first(&m->sides, hash_of(recording, side));
	for (; n != NULL; n = hash_next(n)) {
		const struct media_voice *v = container_of(n, struct media_voice, tape.node);
		if (v->tape.recording == recording && v->tape.side == side)
			return v;
	}
	return NULL;
}

void media_side_leave(struct media_voice *v)
{
	if (!v->tape.on)
		return;
	hash_remove(&v->media->sides, &v->tape.node);
	v->tape.on = false;
}

unsigned media_side_join(struct media_voice *v, uint32_t recording, enum media_side side)
{
	media_side_leave(v);
	const struct media_voice *other = voice_on(v->media, recording, side);
	v->tape.recording = recording;
	v->tape.side = side;
	v->tape.writer = other ? other->tape.writer : v->line.worker;
	v->tape.on = true;
	hash_insert(&v->media->sides, &v->tape.node, hash_of(recording, side));
	return v->tape.writer;
}
