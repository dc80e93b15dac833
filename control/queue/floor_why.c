// Counting what callers and agents wait for.
#include "control/queue/floor_why.h"

#include <string.h>

#include "control/queue/floor_private.h"

#define CALLERS_MOST 1024 // looked at in a page
#define AGENTS_MOST  256

static bool same(const struct floor_why_class *c, const struct floor_wait *w)
{
	return c->ring == w->ring && c->wants.count == w->wants.count &&
		memcmp(c->wants.skill, w->wants.skill, sizeof(w->wants.skill)) == 0 &&
		memcmp(c->wants.level, w->wants.level, sizeof(w->wants.level)) == 0;
}

static void count_caller(struct floor_why *y, const struct floor_wait *w)
{
	unsigned i = 0;
	while (i < y->classes && !same(&y->class[i], w))
		i++;
	if (i == FLOOR_WHY_CLASSES) {
		y->others++;
		return;
	}
	if (i == y->classes)
		y->class[y->classes++] = (struct floor_why_class){
			.wants = w->wants, .ring = w->ring, .first = w->call};
	y->class[i].callers++;
}

static bool has_all(const struct floor_agent *a, const struct router_skills *wants)
{
	bool all = true;
	for (unsigned i = 0; i < wants->count && all; i++) {
		uint8_t has = 0;
		for (unsigned k = 0; k < a->level_count; k++)
			if (a->levels[k].skill == wants->skill[i])
				has = a->levels[k].level;
		all = has >= wants->level[i];
	}
	return all;
}

static void count_can(struct floor_why_state *s, const struct floor_agent *a)
{
	bool first = s->agents++ == 0;
	if (first || (a->ends_ms && (s->ends_ms == 0 || a->ends_ms < s->ends_ms))) {
		s->agent = a->id;
		s->ends_ms = a->ends_ms;
	}
}

static void count_agent(struct floor_why_class *c, const struct floor_queue *q, uint32_t index)
{
	const struct floor_agent *a = q->agents[index];
	const struct router_member *m = &q->told[index];
	if (!has_all(a, &c->wants))
		c->lacking++;
	else if (m->ring > c->ring)
		c->later++;
	else if (m->reserve && !q->reserve_by)
		c->reserved++;
	else
		count_can(&c->can[a->state], a);
}

static void each_caller(const struct floor_wait *w, void *arg)
{
	count_caller(arg, w);
}

bool floor_why_page(struct floor *f, struct floor_why *y)
{
	const struct floor_queue *q = f->queues[y->queue];
	if (!y->counted) {
		y->at.most = CALLERS_MOST;
		y->counted = !floor_waits_page(f, y->queue, &y->at, each_caller, y);
		if (y->counted)
			y->at = (struct floor_place){0};
		return true;
	}
	y->agents = q->agent_count;
	for (unsigned n = 0; n < AGENTS_MOST && y->at.next < q->agent_count; n++, y->at.next++)
		for (unsigned i = 0; i < y->classes; i++)
			count_agent(&y->class[i], q, (uint32_t)y -> at.next);
	return y->at.next < q->agent_count;
}

// --- an agent who is ready ---

struct fit {
	struct floor_why_agent *y;
	const struct floor_agent *a;
};

static void each_fit(const struct floor_wait *w, void *arg)
{
	struct fit *fit = arg;
	struct floor_why_agent *y = fit->y;
	if (!has_all(fit->a, &w->wants))
		y->lacks++;
	else if (y->ring > w->ring)
		y->later++;
	else
		y->fits++;
}

bool floor_why_agent_page(struct floor *f, struct floor_why_agent *y)
{
	const struct floor_agent *a = f->agents[y->agent];
	struct fit fit = {y, a};
	if (y->index >= a->queue_count)
		return false;
	const struct floor_queue *q = a->queues[y->index].queue;
	const struct router_member *m = &q->told[a->queues[y->index].index];
	y->queue = q->name;
	y->tenant = q->tenant;
	y->waiting = q->waiting;
	y->ring = m->ring;
	y->held = m->reserve && !q->reserve_by;
	y->from = q->set.reserve_from;
	y->at.most = CALLERS_MOST;
	y->done = y->held || !floor_waits_page(f, q->id, &y->at, each_fit, &fit);
	return true;
}

// --- a caller ---

bool floor_why_wait(const struct floor_wait *w, struct floor_why_wait *out, struct floor_why *of)
{
	const struct floor_queue *q = w->queue;
	if (q == NULL)
		return false;
	*of = (struct floor_why){.queue = q->id, .classes = 1, .counted = true};
	of->class[0] = (struct floor_why_class){
		.wants = w->wants, .ring = w->ring, .callers = 1, .first = w->call};
	*out = (struct floor_why_wait){
		.joined_ms = w->since_ms, .waiting = q->waiting, .refusals = w->refusals};
	if (w->ring < q->set.rings)
		out->next_ring_ms = w->since_ms + q->rings[w->ring].after_ms;
	memcpy(out->refused_by, w->refused_by, sizeof(out->refused_by));
	return true;
}
