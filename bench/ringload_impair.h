// A bad network between the callers and the server: packets lost, doubled, swapped, late.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bench/ringload_profile.h"
#include "bench/ringload_socket.h"
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
// Takes the packet that lies in o's last place and is not counted yet, and decides: how often it
// goes out now (0, 1, 2); what shall be late is copied and sent by impair_advance.
unsigned impair_judge(
	struct impair *im, const struct socket_outbox *o, const struct addr *to, uint64_t now_ms);
void impair_advance(struct impair *im, struct socket_outbox *o, uint64_t now_ms);
