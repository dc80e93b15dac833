// What a jitter buffer makes of a network, in simulated time: ten minutes of a talker with a clock
// of his own, over a way that delays, bunches, loses, doubles and overtakes.
#pragma once

#include <stdint.h>

struct network {
	const char *name;
	int drift_ppm;	    // of the talker's clock against ours
	uint32_t jitter_ms; // each packet is late by up to that
	uint32_t burst_ms;  // packets come together, this far apart
	uint32_t loss_permille, duplicate_permille;
	uint32_t overtaken_permille; // packets that come 50 ms later, behind newer ones
	uint32_t jump_s;	     // so often SSRC, numbers and timestamps begin anew
};

struct network_result {
	double lost_percent;		// of what arrived: not played, it came too late or was cut
	double extra_percent;		// of what was pulled: gaps beyond those of the way's losses
	double delay_ms, delay_most_ms; // from being spoken to being played
	uint32_t played_twice_ms;	// must be 0
};

void network_run(const struct network *n, struct network_result *out);
