// How the UDP ports of a media address are split between workers: each owns a contiguous range
// of port pairs, all of the same size but for one. rx finds the owner of a packet with it, the
// session table the pairs that it may give out.
#pragma once

#include <stdint.h>

#include "engine/config.h"

static inline uint32_t split_pairs(const struct engine_media *m) // RTP and RTCP are one pair
{
	return ((uint32_t)m->rtp_max - m->rtp_min + 1) / 2;
}

// What finds an owner without a division: a worker's share of a pair, in units of 2^-32, rounded
// up. Exact: pairs are fewer than 2^15, so the error stays below 2^-17 of a worker, and no share is
// nearer to the next whole one than 2^-15.
struct split {
	uint64_t share;
	uint16_t rtp_min;
};

static inline struct split split_of(const struct engine_media *m, unsigned workers)
{
	uint64_t pairs = split_pairs(m);

	return (struct split){(((uint64_t)workers << 32) + pairs - 1) / pairs, m->rtp_min};
}

// port lies in rtp_min … rtp_max.
static inline unsigned split_owner(const struct split *s, uint16_t port)
{
	return (unsigned)((uint32_t)(port - s->rtp_min) / 2 * s->share >> 32);
}

// A worker owns the pairs from split_first(worker) up to before split_first(worker + 1); pair i
// is the ports rtp_min + 2i and rtp_min + 2i + 1.
static inline uint32_t split_first(const struct engine_media *m, unsigned workers, unsigned worker)
{
	return (worker * split_pairs(m) + workers - 1) / workers;
}
