// Who of the ready members is offered the next caller of a line.
#include "control/queue/selection.h"

#include "control/queue/policy.h"
#include "control/queue/queue.h"

static void keep(struct selection *to, unsigned at, const struct ready_entry *e, uint32_t score)
{
	to->count += to->count < SELECTION_MAX;
	for (unsigned i = to->count - 1; i > at; i--)
		to->candidates[i] = to->candidates[i - 1];
	to->candidates[at] = (struct router_candidate){e->agent, score};
	if (at == 0)
		to->chosen = e->member;
}

// The highest score first, of equal ones who stands first among the ready.
static void select_highest(
	const struct line *l, const struct policy *p, uint64_t now_ms, struct selection *out)
{
	const struct ready *r = &l->queue->ready;
	const struct ready_entry *e;
	struct ready_at at = {0};
	for (unsigned n = 0; n < p->most && (e = ready_from(r, l->slot, &at)); n++, at.index++) {
		uint32_t score = p->score(e, l, now_ms);
		unsigned place = out->count;
		while (place > 0 && out->candidates[place - 1].score < score)
			place--;
		if (place < SELECTION_MAX)
			keep(out, place, e, score);
	}
}

static void select_first(
	const struct line *l, const struct policy *p, uint64_t now_ms, struct selection *out)
{
	const struct ready *r = &l->queue->ready;
	const struct ready_entry *e;
	struct ready_at at = {0};
	for (; out->count < SELECTION_MAX && (e = ready_from(r, l->slot, &at)); at.index++) {
		if (out->count == 0)
			l->queue->clock = e->key;
		keep(out, out->count, e, p->score(e, l, now_ms));
	}
}

void select_ready(const struct line *l, uint64_t now_ms, struct selection *out)
{
	const struct policy *p = policy_get(l->queue->set.policy);
	out->count = 0;
	out->ready = queue_ready_for(l);
	if (p->most > 0)
		select_highest(l, p, now_ms, out);
	else
		select_first(l, p, now_ms, out);
}

void select_alone(struct member *m, const struct line *l, uint64_t now_ms, struct selection *out)
{
	const struct policy *p = policy_get(l->queue->set.policy);
	struct ready_entry e = {p->key(m, 0), m, m->agent->id};
	out->count = 0;
	out->ready = 1;
	keep(out, 0, &e, p->score(&e, l, now_ms));
}
