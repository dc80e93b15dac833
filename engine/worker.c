// What a worker's stages may call: notices to control, frames to the recorder, its peers.
#include "engine/worker.h"

#include "engine/base/check.h"

void worker_emit(struct worker *w, const struct gate_msg *m)
{
	if (!gate_emit(w->gate, w->id, m))
		w->stats->notices_lost++;
	w->emitted = true;
}

void worker_tap(struct worker *w, const struct tap_frame *f, uint32_t *lost)
{
	if (!tap_push(w->tap, w->id, f)) {
		w->stats->tap_lost++;
		(*lost)++;
	}
	w->tapped = true;
}

struct worker *worker_peer(struct worker *w, unsigned id)
{
	check(id < w->config->workers);
	return w->peers[id];
}
