// A worker: one pinned thread that owns its sessions from open to close. It polls its port
// queues, takes commands, runs the sub-slots of the tick that are due, and sends. It never
// allocates, locks, logs or calls the kernel outside the port driver, except for the one
// eventfd write that wakes control or the recorder.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/bounds.h"
#include "engine/config.h"
#include "engine/gate.h"
#include "engine/path.h"
#include "engine/tap.h"

struct session_table; // engine/voice/session_state.h
struct neigh;	      // engine/net/neigh.h
struct tx;	      // engine/net/tx.h
struct rx;	      // engine/net/rx.h
struct hand;	      // engine/net/hand.h
struct port;	      // engine/port/port.h

struct worker {
	// constant after start
	unsigned id;
	struct worker *const *peers; // all workers, by id
	const struct engine_config *config;
	struct gate *gate;
	struct tap *tap;
	struct port *ports;
	// the worker's own
	struct gate_worker *stats; // published through the gate once a tick
	struct rx *rx;
	struct hand *hand; // rings to and from the other workers
	struct session_table *sessions;
	struct neigh *neigh; // ARP and ND of its media addresses
	struct tx *tx;
	const struct gate_prompts *prompts; // in force in this tick
	uint64_t now_ns, now_ms;	    // monotonic, given once a poll
	uint64_t tick; // sub-slots since start, those that a stall skipped among them
	uint64_t next_subslot_ns;
	uint64_t stalled_ns;   // sum of the stalls
	uint64_t stall_end_ns; // of the last one
	uint64_t gap_end_ns;   // of the last host gap
	uint64_t napped_ns;    // that the caller meant to sleep since the last poll
	bool idle;	       // the last poll did no work
	uint64_t busy_ns;      // of the second that began at second_ns
	uint64_t second_ns;
	bool emitted, tapped; // something to wake control or the recorder for
};

// One turn (poll.c). Late sub-slots are made up for while the worker is no more than
// TICKS_BEHIND_MAX ticks behind; after a longer stall whole ticks are skipped, never replayed:
// w->tick then jumps by a multiple of SUBSLOTS. Receives, takes commands, runs the
// sub-slot that is due, sends. Returns how many packets, commands and sub-slots it had work with
// (0: idle). now_ns is the caller's, so that tests drive time.
unsigned worker_poll(struct worker *w, uint64_t now_ns);
void worker_emit(struct worker *w, const struct gate_msg *m); // counts what does not fit
void worker_tap(struct worker *w, const struct tap_frame *f); // counts what finds no room
// Whether several sessions are recorded into this side, so that nothing on it may be moved.
bool worker_taps_shared(const struct worker *w, uint32_t recording, unsigned side);
unsigned worker_poll_taps(struct worker *w); // what other workers sent to be laid: how many frames

// The worker that another worker's session belongs to, for payloads between workers.
struct worker *worker_peer(struct worker *w, unsigned id);

// Time that has passed for those who wait for something: without the stalls, in which nobody
// could hear it come.
static inline uint64_t worker_awake_ns(const struct worker *w)
{
	return w->now_ns - w->stalled_ns;
}

// What comes in may have waited for the end of a stall.
static inline bool worker_is_waking(const struct worker *w)
{
	return w->now_ns - w->stall_end_ns < STALL_QUEUE_NS;
}

static inline void worker_drop(struct worker *w, enum path_drop reason)
{
	w->stats->drops[reason]++;
}
