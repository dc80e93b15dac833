// Mixing bridges over the gate: which slots of which worker are in use.
#include <errno.h>
#include <stdlib.h>

#include "control/base/media_private.h"

struct media_mixer {
	gate_session handle;
};

static struct {
	bool used;
	uint32_t generation; // of the latest bridge in it
} slots[WORKERS_MAX][MIXERS_MAX];

int media_mixer_new(const struct media_voice *near, struct media_mixer **out)
{
	unsigned worker = media_voice_worker(near);
	struct media_mixer *m = calloc(1, sizeof(*m));
	if (m == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < MIXERS_MAX; i++) {
		if (slots[worker][i].used)
			continue;
		slots[worker][i].used = true;
		m->handle = gate_mixer(worker, ++slots[worker][i].generation, i);
		*out = m;
		return 0;
	}
	free(m);
	return -ENOBUFS;
}

void media_mixer_free(struct media_mixer *m)
{
	slots[gate_session_worker(m->handle)][gate_mixer_slot(m->handle)].used = false;
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
