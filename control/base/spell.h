// A condition that others are told of when it begins and when it is over, and not with every swing
// between: it is over after calm_ms without it. One that comes back soon after its end has to stay
// away twice as long the next time, up to calm_max_ms, so that what swings slowly is not told at
// each swing either. Pure arithmetic; time goes in.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct spell {
	uint64_t calm_ms, calm_max_ms;
	uint64_t needs_ms; // how long it must stay away now
	uint64_t seen_ms;  // when it was there last
	uint64_t ended_ms;
	bool stands, ended; // ended: it did, once
};

void spell_init(struct spell *s, uint64_t calm_ms, uint64_t calm_max_ms);
// begins: what lets it begin; stays: what keeps it once it stands. True: it turned.
bool spell_take(struct spell *s, bool begins, bool stays, uint64_t now_ms);
