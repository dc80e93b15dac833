// One turn of a worker.
#include <string.h>

#include "engine/base/clock.h"
#include "engine/deliver.h"
#include "engine/session/session.h"
#include "engine/stats.h"
#include "engine/net/tx.h"
#include "engine/worker.h"

#define TICK_NS		(TICK_MS * NS_PER_MS)
#define ANNOUNCE_TICKS	3500 // sub-slots
#define SUBSLOT_LATE_NS NS_PER_MS

// Where the time since the last poll went: to its work, or, after a poll without any and apart
// from the nap that was meant, to the host that let us stand still.
static void poll_account(struct worker *w, uint64_t now_ns)
{
	uint64_t since_ns = now_ns - w->now_ns;
	struct gate_worker *s = w->stats;

	if (w->now_ns == 0)
		return;
	if (since_ns > w->napped_ns + STALL_NS) {
		w->stalled_ns += since_ns;
		w->stall_end_ns = now_ns;
	}
	// No turn's work is worth a tick.
	if (!w->idle && since_ns < TICK_NS) {
		w->busy_ns += since_ns;
		s->busy_ns += since_ns;
	} else if (since_ns > w->napped_ns + HOST_GAP_NS) {
		uint64_t gap_ns = since_ns - w->napped_ns;

		w->gap_end_ns = now_ns;
		s->host_gaps++;
		s->host_gap_ns += gap_ns;
		if (gap_ns > s->host_gap_max_ns)
			s->host_gap_max_ns = gap_ns;
	}
}

static unsigned poll_commands(struct worker *w)
{
	struct gate_msg m;
	unsigned n = 0;

	while (n < COMMANDS_BURST && gate_command(w->gate, w->id, &m)) {
		session_command(w, &m);
		if (m.head.kind == GATE_KEYS)
			explicit_bzero(&m, sizeof(m));
		n++;
	}
	return n;
}

static void poll_begin(struct worker *w)
{
	w->next_subslot_ns = w->now_ns;
	w->second_ns = w->now_ns;
	w->prompts = gate_prompts_enter(w->gate, w->id);
	if (w->id == 0)
		tx_announce(w);
}

// What happens once in a tick, at its first sub-slot.
static void poll_tick(struct worker *w)
{
	w->prompts = gate_prompts_enter(w->gate, w->id);
	if (w->now_ns >= w->second_ns + NS_PER_S) {
		w->second_ns += (w->now_ns - w->second_ns) / NS_PER_S * NS_PER_S;
		stats_second(w, w->ports);
		// Again while links may still be coming up (RFC 5227 section 2.3 says twice).
		if (w->id == 0 && w->tick < ANNOUNCE_TICKS)
			tx_announce(w);
	}
	stats_tick(w);
}

// How late the sub-slot is, without what the host let us stand still.
static void poll_late(const struct worker *w)
{
	uint64_t due_ns = w->next_subslot_ns;

	if (due_ns < w->gap_end_ns)
		due_ns = w->gap_end_ns;
	w->stats->late[late_class(w->now_ns - due_ns)]++;
}

static unsigned poll_subslot(struct worker *w)
{
	struct gate_worker *s = w->stats;
	uint64_t late_ns = w->now_ns - w->next_subslot_ns;

	if (w->now_ns < w->next_subslot_ns)
		return 0;
	poll_late(w);
	if (late_ns > TICKS_BEHIND_MAX * TICK_NS) {
		uint64_t ticks = late_ns / TICK_NS;

		w->tick += ticks * SUBSLOTS;
		w->next_subslot_ns += ticks * TICK_NS;
		s->ticks_skipped += ticks * SUBSLOTS;
	}
	if (late_ns > SUBSLOT_LATE_NS)
		s->ticks_late++;
	s->ticks++;
	if (w->tick % SUBSLOTS == 0)
		poll_tick(w);
	session_tick(w, w->tick % SUBSLOTS);
	tx_neigh_poll(w);
	w->tick++;
	w->next_subslot_ns += SUBSLOT_NS;
	return 1;
}

unsigned worker_poll(struct worker *w, uint64_t now_ns)
{
	unsigned work;

	poll_account(w, now_ns);
	w->now_ns = now_ns;
	w->now_ms = now_ns / NS_PER_MS;
	w->napped_ns = 0;
	if (w->next_subslot_ns == 0)
		poll_begin(w);
	work = deliver_poll(w);
	work += deliver_handed(w);
	work += poll_commands(w);
	work += session_poll_peers(w);
	work += worker_poll_taps(w);
	work += poll_subslot(w);
	tx_flush(w);
	if (w->emitted)
		gate_wake_control(w->gate);
	if (w->tapped)
		tap_wake(w->tap);
	w->emitted = w->tapped = false;
	w->idle = work == 0;
	return work;
}
