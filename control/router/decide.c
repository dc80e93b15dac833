// The router's decisions: agents' states with their timers, and who is offered to whom.
#include "control/router/selection.h"
#include "control/router/policy.h"
#include "control/router/router_private.h"
#include "engine/base/check.h"

static uint64_t timer_for(const struct router *r, const struct agent *a)
{
	switch (a->state) {
	case AGENT_PAUSED:
		return a->pause_ms;
	case AGENT_OFFERED:
		return a->caller->line->queue->set.ring_ms + ROUTER_LEASE_OFFER_MS;
	case AGENT_TALKING:
		return ROUTER_LEASE_TALK_MS;
	case AGENT_WRAP_UP:
		return a->wrap_up_ms;
	case AGENT_BUSY:
		return a->busy_ms - r->now_ms;
	default:
		return 0;
	}
}

static void agent_timer(struct router *r, struct agent *a)
{
	uint64_t for_ms = timer_for(r, a);
	wheel_cancel(&r->wheel, &a->timer);
	a->ends_ms = for_ms ? r->now_ms + for_ms : 0;
	if (for_ms)
		wheel_start(&r->wheel, &a->timer, a->ends_ms);
}

// Whom the caller would rather have, if that one is ready and could be chosen.
static struct member *preferred(const struct router *r, const struct caller *c)
{
	struct agent *a =
		c->preferred && c->preferred <= r->agent_count ? r->agents[c->preferred - 1] : NULL;
	if (a == NULL || a->state != AGENT_READY || caller_refused_by(c, a->id))
		return NULL;
	struct member *m = agent_member(a, c->line->queue);
	return m && member_takes(m) && member_matches(m, c->line) ? m : NULL;
}

// Those behind the first three, where there are any, go before their offer.
static void tell_more(struct router *r, const struct caller *c, const struct selection *from)
{
	struct router_message m;
	router_message_init(&m, ROUTER_CANDIDATES, WHY_OFFERED);
	m.ticket = c->ticket;
	m.call = c->call;
	m.queue = c->line->queue->id;
	for (unsigned i = ROUTER_EXPLAINED; i < from->count; i++)
		m.candidates.more[m.candidates.count++] = from->candidates[i];
	router_answer(r, &m);
}

// A decision that explains itself: who could be chosen, with what, and what it was drawn from.
static void explain(struct router *r, const struct caller *c, const struct selection *from,
	struct router_decision *d)
{
	const struct line *l = c->line;
	const struct queue *q = l->queue;
	d->number = r->decisions;
	d->seed = hash_u64(r->seed + r->decisions);
	d->policy = q->set.policy;
	d->ready = from->ready;
	d->waiting = q->callers;
	d->waited_ms = r->now_ms > c->since_ms ? r->now_ms - c->since_ms : 0;
	d->ring_ms = q->set.ring_ms;
	d->skills = l->wants.count;
	d->ring = l->ring;
	d->refused = c->refusals;
	for (unsigned i = 0; i < from->count && i < ROUTER_EXPLAINED; i++)
		d->candidate[i] = from->candidates[i];
}

// One of those to whom a decision offers the caller.
static void hand(struct router *r, struct caller *c, struct member *m, struct router_message *out)
{
	struct agent *a = m->agent;
	dlist_push_back(&c->with, &a->beside);
	a->caller = c;
	a->call = c->call;
	r->offers += (uint32_t)(r->offers + 1) == 0 ? 2 : 1; // agent 0's number 0 is no offer
	a->offer = (uint64_t)a->id << 32 | (uint32_t)r->offers;
	a->wrap_up_ms = m->queue->set.wrap_up_ms;
	a->queue = m->queue->id;
	m->offered = r->offers;
	agent_happened(r, a, AGENT_EVENT_OFFER, WHY_OFFERED);
	out->ticket = c->ticket;
	out->call = c->call;
	out->queue = m->queue->id;
	out->agent = a->id;
	out->offer = a->offer;
	router_answer(r, out);
}

// Who is willing was seen among so many: else nobody might be rung, and the caller be lost.
_Static_assert(SELECTION_MAX + CALLER_REFUSED_MAX <= ROUTER_RING_ALL, "a willing one is listed");

// All who are ready, but not those who refused it while there are others.
static void hand_all(struct router *r, struct caller *c, const struct selection *from,
	struct router_message *out)
{
	const struct ready_entry *list[ROUTER_RING_ALL];
	struct member *all[ROUTER_RING_ALL];
	const struct line *l = c->line;
	unsigned n = 0, ready = ready_list(&l->queue->ready, l->slot, ROUTER_RING_ALL, list);
	for (unsigned i = 0; i < ready; i++)
		if (from->willing == 0 || !caller_refused_by(c, list[i]->agent))
			all[n++] = list[i]->member;
	for (unsigned i = 0; i < n; i++)
		hand(r, c, all[i], out);
}

static void offer(struct router *r, struct caller *c, const struct selection *from)
{
	const struct policy *p = policy_get(c->line->queue->set.policy);
	struct member *wanted = preferred(r, c);
	struct router_message out;
	router_message_init(&out, ROUTER_OFFER, wanted ? WHY_PREFERRED : WHY_OFFERED);
	r->decisions++;
	agent_prefetch(from->chosen->agent); // it leaves the ready of all its queues
	explain(r, c, from, &out.decision);
	if (from->count > ROUTER_EXPLAINED)
		tell_more(r, c, from);
	queue_take(c);
	router_count(&r->decided);
	if (p->all && wanted == NULL && from->chosen->in != NULL)
		hand_all(r, c, from, &out);
	else
		hand(r, c, wanted ? wanted : from->chosen, &out);
}

void line_match(struct router *r, struct line *l)
{
	struct selection from;
	struct caller *first;
	while (queue_ready_for(l) > 0 && (first = line_head(l)) != NULL) {
		select_ready(first, r->now_ms, &from);
		offer(r, first, &from);
	}
}

void member_stand(struct router *r, struct member *m)
{
	const struct policy *p = policy_get(m->queue->set.policy);
	if (m->in != NULL)
		queue_unready(m);
	if (member_takes(m))
		queue_ready(m, p->key(m, router_draw(r)));
}

// Whoever has an equal key now stands as the members do.
void queue_stand_again(struct router *r, struct queue *q)
{
	for (uint32_t i = 0; i < q->member_count; i++)
		if (q->members[i]->in != NULL)
			queue_unready(q->members[i]);
	for (uint32_t i = 0; i < q->member_count; i++)
		if (q->members[i]->agent->state == AGENT_READY)
			member_stand(r, q->members[i]);
}

static void agent_stand_ready(struct router *r, struct agent *a)
{
	for (unsigned i = 0; i < a->member_count; i++)
		if (a->members[i]->in == NULL)
			member_stand(r, a->members[i]);
}

struct pick {
	struct member *member;
	struct queue_head first; // its caller NULL: none
	uint64_t known; // who stands behind it was not looked at, where the first has refused
};

static void pick(struct pick *best, struct member *m, struct queue_head h)
{
	if (h.caller != NULL && (best->first.caller == NULL || h.place < best->first.place))
		*best = (struct pick){m, h, UINT64_MAX};
}

static struct queue_head first_of(const struct member *m)
{
	return member_takes(m) ? queue_first_for(m) : (struct queue_head){0};
}

// Instead of one that it has refused another one, where there is any. Behind more refused ones than
// are looked at may stand one that goes before those of other queues: then the first one has the
// agent, refused or not.
static struct pick first_willing(const struct agent *a, struct pick head)
{
	struct pick willing = {0};
	uint64_t known = UINT64_MAX;
	for (unsigned i = 0; i < a->member_count; i++) {
		struct member *m = a->members[i];
		struct queue_head h = first_of(m);
		if (h.caller != NULL && caller_refused_by(h.caller, a->id)) {
			h.caller = queue_first_unrefused(m, &known);
			h.place = h.caller ? caller_place(h.caller) : 0;
		}
		pick(&willing, m, h);
	}
	head.known = known;
	return willing.first.caller && willing.first.place < known ? willing : head;
}

// Of all its queues, the caller of the highest priority that joined first, of those that the agent
// matches.
static struct pick first_of_all(const struct agent *a)
{
	struct pick head = {0};
	for (unsigned i = 0; i < a->member_count; i++)
		pick(&head, a->members[i], first_of(a->members[i]));
	if (head.first.caller != NULL && caller_refused_by(head.first.caller, a->id))
		return first_willing(a, head);
	return head;
}

// Who waits for it alone has not refused it, and stands in none of its lines. It goes before one
// who has, unless others were not looked at whose place may be better.
static void pick_held(const struct agent *a, struct pick *best)
{
	struct member *by = NULL;
	struct caller *held = agent_held(a, &by), *first = best->first.caller;
	if (held == NULL)
		return;
	struct queue_head h = {caller_place(held), held};
	if (first != NULL && caller_refused_by(first, a->id) && h.place < best->known)
		*best = (struct pick){by, h, UINT64_MAX};
	else
		pick(best, by, h);
}

// False: nobody waits for it. True: the first caller was offered, to it or to one that goes before.
static bool match_first(struct router *r, struct agent *a)
{
	struct selection from;
	for (unsigned i = 0; i < a->member_count; i++) // far apart: all at once
		queue_prefetch(a->members[i]->queue);
	for (unsigned i = 0; i < a->member_count; i++)
		queue_prefetch_heads(a->members[i]);
	struct pick best = first_of_all(a);
	if (a->holds)
		pick_held(a, &best);
	struct caller *first = best.first.caller;
	if (first == NULL) {
		agent_stand_ready(r, a);
		return false;
	}
	if (queue_ready_for(first->line) > 0) { // itself, or others beside it
		agent_stand_ready(r, a);
		select_ready(first, r->now_ms, &from);
		offer(r, first, &from);
	} else {
		select_alone(best.member, first->line, r->now_ms, &from);
		offer(r, first, &from);
	}
	return true;
}

// While nothing happens nobody waits whom a ready agent matches: so this agent is the only one that
// is new to them, and need not stand among the ready for it. Where several become so at once, as
// when a reserve is called, its first caller may prefer another of them, and it has the next.
void agent_match(struct router *r, struct agent *a)
{
	while (a->state == AGENT_READY && match_first(r, a))
		;
}

void agent_releases(struct router *r, struct agent *a, const struct queue *q)
{
	struct tree_node *next;
	for (struct tree_node *n = tree_first(&a->held); n != NULL; n = next) {
		struct caller *c = container_of(n, struct caller, back);
		next = tree_next(n);
		if (q != NULL && c->line->queue != q)
			continue;
		caller_unhold(c);
		line_match(r, c->line);
	}
}

static void agent_leaves_ready(struct agent *a)
{
	for (unsigned i = 0; i < a->member_count; i++)
		if (a->members[i]->in != NULL)
			ready_prefetch(a->members[i]);
	for (unsigned i = 0; i < a->member_count; i++)
		if (a->members[i]->in != NULL)
			queue_unready(a->members[i]);
}

void agent_tell(struct router *r, const struct agent *a, enum agent_state from, enum router_why why)
{
	struct router_message m;
	router_message_init(&m, ROUTER_STATE, why);
	m.agent = a->id;
	m.call = a->call;
	m.queue = a->queue;
	m.offer = a->offer;
	m.change = (struct router_change){.from = from, .to = a->state, .ready = a->ready};
	if ((a->state == AGENT_PAUSED || a->state == AGENT_WRAP_UP) && a->ends_ms > r->now_ms)
		m.change.for_ms = a->ends_ms - r->now_ms;
	router_answer(r, &m);
}

void agent_become(struct router *r, struct agent *a, enum agent_state s, enum router_why why)
{
	enum agent_state from = a->state;
	if (from == AGENT_READY)
		agent_leaves_ready(a);
	else if (from == AGENT_TALKING)
		a->talked_ms += r->now_ms - a->talks_since_ms;
	a->talks += s == AGENT_TALKING;
	a->state = s;
	a->since_ms = a->talks_since_ms = r->now_ms;
	agent_timer(r, a);
	agent_tell(r, a, from, why);
	agent_match(r, a);
	if (a->holds && (s == AGENT_SIGNED_OUT || s == AGENT_AWAY))
		agent_releases(r, a, NULL);
}

void agent_happened(struct router *r, struct agent *a, enum agent_event e, enum router_why why)
{
	if (a->busy_ms <= r->now_ms)
		a->busy_ms = 0; // nobody has renewed it
	enum agent_state next = agent_next(a, e);
	if (next == AGENT_STATES)
		router_count(&r->surprises);
	else if (next != a->state)
		agent_become(r, a, next, why);
}

static uint32_t pause_after(const struct queue *q, enum router_why why)
{
	if (why == WHY_FAILED)
		return ROUTER_FAILED_PAUSE_MS;
	return why == WHY_SET ? 0 : q->set.reject_pause_ms; // who comes back may have it again
}

// Another agent is offered it rather than this one, while there is one.
static void refusal_note(struct caller *c, const struct agent *a)
{
	if (caller_refused_by(c, a->id))
		return;
	if (c->refusals == CALLER_REFUSED_MAX)
		memmove(c->refused_by, c->refused_by + 1, --c->refusals * sizeof(c->refused_by[0]));
	c->refused_by[c->refusals++] = a->id;
}

void offer_end(struct router *r, struct agent *a, enum agent_event e, enum router_why why)
{
	struct caller *c = a->caller;
	a->offer = 0;
	if (c != NULL) {
		agent_forget(a);
		// First the caller, then the agent: who waits longest is served first.
		a->pause_ms = pause_after(c->line->queue, why);
		if (why == WHY_REJECTED || why == WHY_NO_ANSWER || why == WHY_LAPSED)
			refusal_note(c, a);
	}
	if (c != NULL && caller_waits(c)) { // no other one rings for it
		queue_put_back(c);
		line_match(r, c->line);
	}
	agent_happened(r, a, e, why);
	if (a->offer == 0)
		a->call = 0;
}

void agent_expire(struct router *r, struct agent *a)
{
	if (a->state != AGENT_OFFERED && a->state != AGENT_TALKING) {
		agent_happened(r, a, AGENT_EVENT_TIMER,
			a->state == AGENT_BUSY ? WHY_LAPSED : WHY_TIME_OVER);
		return;
	}
	struct router_message m;
	router_message_init(&m, ROUTER_LAPSED, WHY_LAPSED);
	m.agent = a->id;
	m.offer = a->offer;
	m.call = a->call;
	router_count(&r->lapsed);
	router_answer(r, &m);
	offer_end(r, a, AGENT_EVENT_TIMER, WHY_LAPSED);
}
