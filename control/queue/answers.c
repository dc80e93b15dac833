// What the router says: answers by a ring, in order, also those that found it full; and counts.
#include "control/queue/router_private.h"
#include "engine/base/check.h"

void router_answer(struct router *r, const struct router_message *m)
{
	if (r->overflow.count == 0 && ring_push(r->answers, m))
		return;
	check(backlog_add(&r->overflow, m));
}

bool router_flush(struct router *r)
{
	const struct router_message *m;
	bool any = false;
	while ((m = backlog_first(&r->overflow)) != NULL && ring_push(r->answers, m)) {
		backlog_drop(&r->overflow);
		any = true;
	}
	return any;
}

bool router_take(struct router *r, struct router_message *out)
{
	return ring_pop(r->answers, out);
}

struct ring_wake *router_answers_wake(struct router *r)
{
	return &r->answers_wake;
}

// --- counts ---

void router_count(_Atomic uint64_t *counter)
{
	atomic_fetch_add_explicit(counter, 1, memory_order_release);
}

void router_counts(const struct router *r, struct router_counts *out)
{
	*out = (struct router_counts){
		.messages = atomic_load_explicit(&r->messages, memory_order_acquire),
		.duplicates = atomic_load_explicit(&r->duplicates, memory_order_relaxed),
		.stale = atomic_load_explicit(&r->stale, memory_order_relaxed),
		.decisions = atomic_load_explicit(&r->decided, memory_order_relaxed),
		.lapsed = atomic_load_explicit(&r->lapsed, memory_order_relaxed),
		.surprises = atomic_load_explicit(&r->surprises, memory_order_relaxed),
	};
}
