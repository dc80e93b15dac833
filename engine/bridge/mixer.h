// Mixing bridges: some parties, each of which hears the others. Plain logic of
// frames; who feeds them and who gets what comes out is bridge.c's matter.
//
// A party says something into groups and hears groups, both as bits: it hears every other party
// that says something into a group that it hears. So one bridge serves a conference (all say and
// hear group 1) and a supervisor who listens, whispers or barges in, by a change of bits alone.
//
// Each tick takes one frame of 20 ms from every party. Parties of other workers and of other
// sub-slots come at other moments and waver: up to MIX_DEPTH frames wait, a party without one is
// silent in this tick, and the oldest goes when a further one comes. Order of arithmetic: gain per
// party, saturating; the sum exact in 32 bits; its own sound taken off; saturated once.
//
// A bridge is there as long as it has parties. Its handle is control's choice (gate_mixer); a later
// generation of the same slot takes the place of an earlier one.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "engine/gate.h"

#define MIX_DEPTH     3
#define MIX_SILENT_NS 5000000000ull // a party of another worker that says no word has died

struct mixers;
struct worker;

int mixers_new(const struct mix_sizes *sizes, struct mixers **out); // 0 or -ENOMEM
void mixers_free(struct mixers *ms);				    // NULL allowed
size_t mixers_bytes(const struct mix_sizes *sizes);
// Whether there is such a slot, here and on each worker.
bool mixers_have(const struct mixers *ms, gate_session mixer);

struct mix_word { // a party as it joins, stays, or is altered
	gate_session mixer, who;
	uint64_t awake_ns; // see worker_awake_ns
	uint16_t gain_256;
	uint8_t says, hears;
};

// 0; -ENOSPC: no place for a further party; -ESTALE: the slot is a later bridge's.
int mixer_join(struct mixers *ms, const struct mix_word *word);
struct bridge_head;
// JOIN, STAY or LEAVE of a party: 0 or as mixer_join.
int mixer_take(struct mixers *ms, const struct bridge_head *h, uint64_t awake_ns);
void mixer_leave(struct mixers *ms, gate_session mixer, gate_session who);
bool mixer_has(const struct mixers *ms, gate_session mixer, gate_session who);
// 20 ms of a party's sound; ignored where it is none.
void mixer_put(struct mixers *ms, gate_session mixer, gate_session who, const int16_t samples[]);

typedef void mixer_out_fn(
	struct worker *w, gate_session to, gate_session mixer, const int16_t samples[]);
// The bridges of a sub-slot: every party gets 20 ms. Parties of other workers that have died go.
void mixers_tick(struct mixers *ms, struct worker *w, unsigned subslot, mixer_out_fn *out);
