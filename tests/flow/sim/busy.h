// The tenant of worlds in which calls come by the hundred.
#pragma once

#include <stddef.h>

#define SIM_BUSY_AGENTS_COUNT 8

// Sections for sim_setup.yaml: pause is wrap-up and what follows a refusal, more ", name: password"
// of more agents.
void sim_busy(char *yaml, size_t size, const char *pause, const char *more);
extern const char *const SIM_BUSY_AGENTS[SIM_BUSY_AGENTS_COUNT];
