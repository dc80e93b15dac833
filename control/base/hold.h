// How long somebody has been on hold: times are ns, of one clock that is the caller's. Any thread,
// one at a time.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct hold {		   // zeroed: never
	uint64_t since_ns; // 0: not now
	uint64_t ns;	   // before that
};

static inline void hold_set(struct hold *h, bool on, uint64_t now_ns)
{
	if (!on && h->since_ns && now_ns > h->since_ns)
		h->ns += now_ns - h->since_ns;
	if (!on)
		h->since_ns = 0;
	else if (!h->since_ns)
		h->since_ns = now_ns;
}

// From now on it is counted anew; who is on hold stays so.
static inline void hold_restart(struct hold *h, uint64_t now_ns)
{
	h->ns = 0;
	if (h->since_ns)
		h->since_ns = now_ns;
}

static inline uint64_t hold_ns(const struct hold *h, uint64_t now_ns)
{
	return h->ns + (h->since_ns && now_ns > h->since_ns ? now_ns - h->since_ns : 0);
}
