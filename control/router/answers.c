// What the router says: answers by a ring, in order, also those that found it full; and counts.
#include "control/router/router_private.h"
#include "engine/base/check.h"

void router_keep(struct router *r, const struct router_message *m)
{
	check(backlog_add(&r->overflow, m));
}

bool router_flush_kept(struct router *r)
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
