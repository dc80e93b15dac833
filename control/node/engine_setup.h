// The engine's settings out of the configuration.
#pragma once

struct config;
struct engine_config;

// 0, or -EINVAL with one sentence (a port kind that the engine does not know).
int engine_setup(const struct config *config, struct engine_config *out, char error[512]);
