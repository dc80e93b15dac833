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

// A party that leaves from another worker may take its place along for a moment: then the engine
// refuses, and says so.
static int places_hold(struct media *media, unsigned worker, unsigned before, unsigned after)
{
	unsigned max = gate_mix_parties(gate_shape(media->gate)->sessions);
	if (after > before && media->mixers[worker].places + after - before > max) {
		if (!media->mixers[worker].told)
			log_warn("no place is free in mixing bridges: worker=%u places=%u "
				 "(engine.sessions)",
				worker, max);
		media->mixers[worker].told = true;
		return -ENOBUFS;
	}
	media->mixers[worker].told = false;
	media->mixers[worker].places += after - before;
	return 0;
}

static int slot_take(struct media *media, unsigned worker, gate_session *out)
{
	for (uint32_t i = 0; i < MIXERS_MAX; i++) {
		if (media->mixers[worker].slot[i].used)
			continue;
		media->mixers[worker].slot[i].used = true;
		*out = gate_mixer(worker, ++media->mixers[worker].slot[i].generation, i);
		return 0;
	}
	return -ENOBUFS;
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
	if (places > MIX_PARTIES_MAX)
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
	m->media->mixers[worker].slot[gate_mixer_slot(m->handle)].used = false;
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
