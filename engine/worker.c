// What a worker's stages may call: notices to control, frames to the recorder, its peers.
#include "engine/worker.h"

#include "engine/base/check.h"

void worker_emit(struct worker *w, const struct gate_msg *m)
{
	if (!gate_emit(w->gate, w->id, m))
		w->stats->notices_lost++;
	w->emitted = true;
}

void worker_tap(struct worker *w, const struct tap_frame *f)
{
	bool put = tap_push(w->tap, w->id, f);

	if (!put && f->kind == TAP_SOUND) {
		w->stats->tap_lost++;
		tap_lose(w->tap, f);
	}
	w->tapped |= !put || f->kind == TAP_END; // the recorder has a note
}

struct worker *worker_peer(struct worker *w, unsigned id)
{
	check(id < w->config->workers);
	return w->peers[id];
}
