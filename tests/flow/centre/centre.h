// One whole centre: its configuration, its callers and agents, what they do and what goes wrong.
#pragma once

#include <stdint.h>

struct centre {
	uint64_t seed;
	unsigned calls;
	uint32_t features; // plan.h
};

unsigned centre_play(const struct centre *c); // how much was odd
