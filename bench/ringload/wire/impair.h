// A bad network between the callers and the server: packets lost, doubled, swapped, late.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bench/ringload/wire/port.h"
#include "bench/ringload/profile/profile.h"
#include "engine/base/rng.h"

struct impair_packet;

struct impair {
	const struct profile *profile;
	struct rng *rng;
	struct impair_packet *due[512]; // by millisecond
	uint64_t next_ms;
	uint64_t dropped, doubled, swapped;
	bool active;
};

void impair_init(struct impair *im, const struct profile *p, struct rng *rng, uint64_t now_ms);
void impair_fini(struct impair *im);
// Decides how often a packet goes out now (0, 1, 2); what shall be late is copied and sent by
// impair_advance.
unsigned impair_judge(struct impair *im, const struct media_path *path,
	const struct media_packet *packet, uint64_t now_ms);
void impair_advance(struct impair *im, struct media_port *port, uint64_t now_ms);
