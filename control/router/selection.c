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

// Those who stand first, as many as the policy looks at; nobody of them is touched.
static unsigned gather(const struct line *l, unsigned most, const struct ready_entry **out)
{
	struct ready_at at = {0};
	unsigned n = 0;
	for (; n < most && (out[n] = ready_from(&l->queue->ready, l->slot, &at)) != NULL; n++)
		at.index++;
	return n;
}

// They lie far apart; what a score is made from is asked for of all of them at once.
static void fetch_skills(const struct ready_entry *const *list, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		__builtin_prefetch(&list[i]->of->skills);
	for (unsigned i = 0; i < n; i++)
		__builtin_prefetch(list[i]->of->skills);
}

void select_ready(const struct caller *c, uint64_t now_ms, struct selection *out)
{
	const struct line *l = c->line;
	const struct policy *p = policy_get(l->queue->set.policy);
	const struct ready_entry *list[POLICY_MOST];
	unsigned n = gather(l, p->most ? p->most : SELECTION_MAX + c->refusals, list);
	if (p->most > 0)
		fetch_skills(list, n);
	else if (n > 0)
		agent_prefetch(list[0]->of);
	*out = (struct selection){.ready = queue_ready_for(l)};
	for (unsigned i = 0; i < n; i++) {
		bool willing = !caller_refused_by(c, list[i]->agent);
		uint32_t score = p->score(list[i], l, now_ms);
		unsigned place = place_of(out, willing, p->most > 0, score);
		if (place >= SELECTION_MAX)
			continue;
		keep(out, place, list[i], score);
		out->willing += willing && out->willing < SELECTION_MAX;
		if (place == 0 && p->most == 0)
			l->queue->clock = list[i]->key;
	}
	__builtin_prefetch(out->chosen);
}

void select_alone(struct member *m, const struct line *l, uint64_t now_ms, struct selection *out)
{
	const struct policy *p = policy_get(l->queue->set.policy);
	struct ready_entry e = {p->key(m, 0), m, m->agent, m->agent->id};
	*out = (struct selection){.ready = 1, .willing = 1};
	keep(out, 0, &e, p->score(&e, l, now_ms));
}
