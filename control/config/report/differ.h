// What a reload changed: things of the configuration (tenants, trunks, numbers, flows, prompts,
// queues, conferences, agents), by tenant and name, and sections.
#pragma once

struct config;

struct config_difference {
	unsigned added, removed, changed; // things; a section counts as one
};

// Any thread. Where memory is short it counts what it can.
void config_differ(
	const struct config *was, const struct config *now, struct config_difference *out);
