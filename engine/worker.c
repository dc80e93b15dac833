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

bool worker_taps_shared(const struct worker *w, uint32_t recording, unsigned side)
{
	return tap_is_shared(w->tap, recording, side);
}

unsigned worker_poll_taps(struct worker *w)
{
	struct tap_sent sent;
	unsigned n = 0;

	for (; n < RX_BURST && tap_sent(w->tap, w->id, &sent); n++)
		worker_tap(w, &sent.f);
	return n;
}

struct worker *worker_peer(struct worker *w, unsigned id)
{
	check(id < w->config->workers);
	return w->peers[id];
}
