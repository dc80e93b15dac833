// Mixing bridges over the gate: which slots and places of which worker are in use.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/media/state.h"
#include "engine/base/log.h"

LOG_TOPIC("media");

struct media_mixer {
	struct media *media;
	gate_session handle;
	unsigned places;
};

static const struct mix_sizes *sizes(const struct media *m)
{
	return &gate_shape(m->gate)->mix;
}

int media_mixers_start(struct media *m)
{
	for (unsigned i = 0; i < m->workers; i++) {
		m->mixers[i].slot = calloc(sizes(m)->mixers, sizeof(*m->mixers[i].slot));
		if (m->mixers[i].slot == NULL)
			return -ENOMEM;
	}
	return 0;
}

void media_mixers_end(struct media *m)
{
	for (unsigned i = 0; i < m->workers; i++)
		free(m->mixers[i].slot);
}

// A party that leaves from another worker may take its place along for a moment: then the engine
// refuses, and says so.
static int places_hold(struct media *media, unsigned worker, unsigned before, unsigned after)
{
	struct media_mixers *ms = &media->mixers[worker];
	unsigned max = sizes(media)->mixed;
	if (after > before && ms->places + after - before > max) {
		if (!ms->told)
			log_warn("no place is free in mixing bridges: worker=%u of each=%u "
				 "key=engine.mixed_parties",
				worker, max);
		ms->told = true;
		return -ENOBUFS;
	}
	ms->told = false;
	ms->places += after - before;
	return 0;
}

static int slot_take(struct media *media, unsigned worker, gate_session *out)
{
	struct media_mixers *ms = &media->mixers[worker];
	unsigned max = sizes(media)->mixers;
	if (ms->used == max) {
		if (!ms->told_slots)
			log_warn("no mixing bridge is free: worker=%u of each=%u key=engine.mixers",
				worker, max);
		ms->told_slots = true;
		return -ENOBUFS;
	}
	while (ms->slot[ms->next].used)
		ms->next = (ms->next + 1) % max;
	struct media_mixer_slot *slot = &ms->slot[ms->next];
	slot->used = true;
	ms->used++;
	*out = gate_mixer(worker, ++slot->generation, ms->next);
	return 0;
}

int media_mixer_new(const struct media_voice *near, unsigned places, struct media_mixer **out)
{
	struct media *media = near->media;
	unsigned worker = near->line.worker;
	struct media_mixer *m = calloc(1, sizeof(*m));
	if (m == NULL)
		return -ENOMEM;
	int err = places_hold(media, worker, 0, places);
	if (!err) {
		err = slot_take(media, worker, &m->handle);
		if (err)
			(void)places_hold(media, worker, places, 0);
	}
	if (err) {
		free(m);
		return err;
	}
	m->media = media;
	m->places = places;
	*out = m;
	return 0;
}

int media_mixer_hold(struct media_mixer *m, unsigned places)
{
	if (places > sizes(m->media)->parties)
		return -ENOSPC;
	int err = places_hold(m->media, gate_session_worker(m->handle), m->places, places);
	if (!err)
		m->places = places;
	return err;
}

void media_mixer_free(struct media_mixer *m)
{
	unsigned worker = gate_session_worker(m->handle);
	(void)places_hold(m->media, worker, m->places, 0);
	struct media_mixers *ms = &m->media->mixers[worker];
	ms->slot[gate_mixer_slot(m->handle)].used = false;
	ms->used--;
	ms->told_slots = false;
	free(m);
}

void media_mix(struct media_voice *v, struct media_mixer *m, const struct media_party *p)
{
	struct gate_msg msg = {.head.kind = GATE_MIX};
	msg.mix = (struct gate_mix){
		.mixer = m->handle, .gain_256 = p->gain_256, .says = p->says, .hears = p->hears};
	media_voice_command(v, &msg);
}

void media_unmix(struct media_voice *v, struct media_mixer *m)
{
	struct gate_msg msg = {.head.kind = GATE_UNBRIDGE, .bridge.peer = m->handle};
	media_voice_command(v, &msg);
}
