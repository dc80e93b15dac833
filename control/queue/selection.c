// Who of the ready members is offered a caller.
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

// Behind all that go before it: those who are willing before those who refused the caller, then by
// score where that decides, and else as they stand.
static unsigned place_of(const struct selection *in, bool willing, bool by_score, uint32_t score)
{
	unsigned least = willing ? 0 : in->willing;
	unsigned at = willing ? in->willing : in->count;
	while (by_score && at > least && in->candidates[at - 1].score < score)
		at--;
	return at;
}

void select_ready(const struct caller *c, uint64_t now_ms, struct selection *out)
{
	const struct line *l = c->line;
	const struct ready *r = &l->queue->ready;
	const struct policy *p = policy_get(l->queue->set.policy);
	const struct ready_entry *e;
	struct ready_at at = {0};
	unsigned looks = p->most ? p->most : SELECTION_MAX + c->refusals;
	*out = (struct selection){.ready = queue_ready_for(l)};
	for (; looks > 0 && (e = ready_from(r, l->slot, &at)); looks--, at.index++) {
		bool willing = !caller_refused_by(c, e->agent);
		uint32_t score = p->score(e, l, now_ms);
		unsigned place = place_of(out, willing, p->most > 0, score);
		if (place >= SELECTION_MAX)
			continue;
		keep(out, place, e, score);
		out->willing += willing && out->willing < SELECTION_MAX;
		if (place == 0 && p->most == 0)
			l->queue->clock = e->key;
	}
}

void select_alone(struct member *m, const struct line *l, uint64_t now_ms, struct selection *out)
{
	const struct policy *p = policy_get(l->queue->set.policy);
	struct ready_entry e = {p->key(m, 0), m, m->agent->id};
	*out = (struct selection){.ready = 1, .willing = 1};
	keep(out, 0, &e, p->score(&e, l, now_ms));
}
