// Who of the ready members is offered a caller.
#include "control/router/selection.h"

#include "control/router/policy.h"
#include "control/router/queue.h"

static void keep(struct selection *to, unsigned at, const struct ready_entry *e, uint32_t score)
{
	to->count += to->count < SELECTION_MAX;
	for (unsigned i = to->count - 1; i > at; i--)
		to->candidates[i] = to->candidates[i - 1];
	to->candidates[at] = (struct router_candidate){e->agent, score};
	if (at > 0)
		return;
	to->chosen = e->member;
	to->key = e->key;
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

// They lie far apart; what a score is made from is asked for of all of them at once.
static void fetch_skills(const struct ready_entry *const *list, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		__builtin_prefetch(&list[i]->of->skills);
}

// As they stand: nobody has refused the caller.
static void keep_all(const struct ready_entry *const *list, unsigned n, const struct line *l,
	uint64_t now_ms, struct selection *out)
{
	const struct policy *p = policy_get(l->queue->set.policy);
	out->count = out->willing = n;
	out->chosen = list[0]->member;
	out->key = list[0]->key;
	for (unsigned i = 0; i < n; i++)
		out->candidates[i] =
			(struct router_candidate){list[i]->agent, p->score(list[i], l, now_ms)};
}

static void keep_sorted(const struct ready_entry *const *list, unsigned n, const struct caller *c,
	uint64_t now_ms, struct selection *out)
{
	const struct line *l = c->line;
	const struct policy *p = policy_get(l->queue->set.policy);
	out->count = out->willing = 0;
	for (unsigned i = 0; i < n; i++) {
		bool willing = !caller_refused_by(c, list[i]->agent);
		uint32_t score = p->score(list[i], l, now_ms);
		unsigned place = place_of(out, willing, p->most > 0, score);
		if (place >= SELECTION_MAX)
			continue;
		keep(out, place, list[i], score);
		out->willing += willing && out->willing < SELECTION_MAX;
	}
}

void select_ready(const struct caller *c, uint64_t now_ms, struct selection *out)
{
	const struct line *l = c->line;
	struct queue *q = l->queue;
	const struct policy *p = policy_get(q->set.policy);
	const struct ready_entry *list[POLICY_MOST];
	unsigned most = p->most ? p->most : SELECTION_MAX + c->refusals;
	unsigned n = ready_list(&q->ready, l->slot, most, list);
	if (p->most > 0)
		fetch_skills(list, n);
	else
		agent_prefetch(list[0]->of);
	out->ready = queue_ready_for(l);
	if (p->most == 0 && c->refusals == 0)
		keep_all(list, n, l, now_ms, out);
	else
		keep_sorted(list, n, c, now_ms, out);
	__builtin_prefetch(out->chosen);
	q->clock = out->key;
}

void select_alone(struct member *m, const struct line *l, uint64_t now_ms, struct selection *out)
{
	const struct policy *p = policy_get(l->queue->set.policy);
	struct ready_entry e = {p->key(m, 0), m, m->agent, m->agent->id};
	*out = (struct selection){.ready = 1, .willing = 1};
	keep(out, 0, &e, p->score(&e, l, now_ms));
}
