// Tokens in thousandths, so that a millisecond of any rate is a whole number of them.
#include "control/base/rate.h"

static void fill(struct rate *r, unsigned per_s, uint64_t full, uint64_t now_ms)
{
	if (!r->begun) {
		r->begun = true;
		r->thousandths = full;
		r->last_ms = now_ms;
	}
	// One thousandth a millisecond is the least: what passed fills it at the latest by then.
	uint64_t passed_ms = now_ms - r->last_ms < full ? now_ms - r->last_ms : full;
	r->last_ms = now_ms;
	r->thousandths += passed_ms * per_s;
	if (r->thousandths > full)
		r->thousandths = full;
}

static bool take(struct rate *r, unsigned per_s, uint64_t full, uint64_t now_ms)
{
	fill(r, per_s, full, now_ms);
	if (r->thousandths < 1000)
		return false;
	r->thousandths -= 1000;
	return true;
}

bool rate_take(struct rate *r, unsigned per_s, uint64_t now_ms)
{
	return take(r, per_s, per_s * 1000ull, now_ms);
}

bool rate_take_burst(struct rate *r, unsigned per_s, unsigned burst, uint64_t now_ms)
{
	return take(r, per_s, burst * 1000ull, now_ms);
}

bool rate_full(struct rate *r, unsigned per_s, unsigned burst, uint64_t now_ms)
{
	fill(r, per_s, burst * 1000ull, now_ms);
	return r->thousandths == burst * 1000ull;
}
