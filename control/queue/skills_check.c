// What must hold of skills: each is named once, a caller asks for few. And a warning where somebody
// asks for what no agent of the queue has.
#include "control/queue/skills_check.h"

#include <stdlib.h>
#include <string.h>

#include "control/config/read.h"
#include "control/router/router.h"

_Static_assert(CONFIG_LEVEL_MAX == ROUTER_LEVELS, "what a key takes, the router does");
_Static_assert(CONFIG_PRIORITY_MAX == ROUTER_PRIORITIES - 1, "what a key takes, the router does");

#define SKILLS_MAX 10000 // of all tenants: they have numbers of 16 bits, over all reloads

static int skill_order(const void *a, const void *b)
{
	const struct config_skill *const *x = a, *const *y = b;
	if ((*x)->tenant != (*y)->tenant)
		return (*x)->tenant < (*y)->tenant ? -1 : 1;
	int order = strcmp((*x)->name, (*y)->name);
	return order ? order : (*x > *y) - (*x < *y);
}

static void check_names(struct config_read *r)
{
	const struct config *c = r->config;
	const struct config_skill **sorted = calloc(c->skill_count + 1, sizeof(*sorted));
	if (sorted == NULL) {
		r->memory = true;
		return;
	}
	for (unsigned i = 0; i < c->skill_count; i++)
		sorted[i] = &c->skills[i];
	qsort(sorted, c->skill_count, sizeof(void *), skill_order);
	for (unsigned i = 1; i < c->skill_count; i++) {
		const struct config_skill *one = sorted[i - 1], *next = sorted[i];
		if (one->name[0] != '\0' && one->tenant == next->tenant &&
			strcmp(one->name, next->name) == 0)
			config_read_problem(r, next, NULL,
				"expected each skill once, got '%s' again", next->name);
	}
	free(sorted);
	if (c->skill_count > SKILLS_MAX)
		config_read_problem(r, &c->skills, NULL, "expected at most %u skills, got %u",
			SKILLS_MAX, c->skill_count);
}

// A level that is asked for, and where that is written.
struct asked_level {
	const struct config_skill *skill;
	const uint8_t *level;
};

struct asks {
	struct asked_level list[ROUTER_SKILLS_MAX];
	unsigned count; // may be more than there is room for
};

static void ask(struct asks *a, const struct config_level *l)
{
	for (unsigned i = 0; i < a->count && i < ROUTER_SKILLS_MAX; i++) {
		if (a->list[i].skill != l->skill)
			continue;
		a->list[i].level = &l->level;
		return;
	}
	if (a->count < ROUTER_SKILLS_MAX)
		a->list[a->count] = (struct asked_level){l->skill, &l->level};
	a->count++;
}

static void ask_all(struct asks *a, const struct config_levels *levels)
{
	for (unsigned i = 0; i < levels->count; i++)
		if (levels->list[i].skill != NULL) // it is told that there is none
			ask(a, &levels->list[i]);
}

static bool has_all(const struct config_agent *agent, const struct asks *a)
{
	for (unsigned i = 0; i < a->count; i++)
		if (config_level_of(&agent->skills, a->list[i].skill) < *a->list[i].level)
			return false;
	return true;
}

static void lower(struct asked_level *a, const struct config_levels *to)
{
	for (unsigned i = 0; i < to->count; i++)
		if (to->list[i].skill == a->skill && to->list[i].level < *a->level)
			a->level = &to->list[i].level;
}

static unsigned best_of(const struct config_queue *q, const struct config_skill *skill)
{
	struct config_member m;
	unsigned best = 0;
	for (unsigned i = 0; config_queue_member(q, i, &m); i++) {
		unsigned level = m.agent ? config_level_of(&m.agent->skills, skill) : 0;
		best = level > best ? level : best;
	}
	return best;
}

// Whether somebody of the queue can take a caller that asks for this, in any of its rings.
static bool reached(const struct config_queue *q, const struct asks *asked)
{
	struct asks a = *asked;
	struct config_member m;
	for (unsigned ring = 0; ring <= q->ring_count; ring++) {
		for (unsigned i = 0; ring > 0 && i < a.count; i++)
			lower(&a.list[i], &q->rings[ring - 1].skills);
		for (unsigned i = 0; config_queue_member(q, i, &m); i++)
			if (m.agent != NULL && m.ring <= ring && has_all(m.agent, &a))
				return true;
	}
	return false;
}

static bool stands_in(const struct config_levels *levels, const struct asked_level *a)
{
	for (unsigned i = 0; i < levels->count; i++)
		if (&levels->list[i].level == a->level)
			return true;
	return false;
}

static void warn_level(struct config_read *r, const struct config_queue *q,
	const struct asked_level *a, unsigned best)
{
	if (best > 0)
		config_read_warn(r, a->level, NULL,
			"nobody has '%s' at level %u in queue '%s', the most is %u", a->skill->name,
			*a->level, q->name, best);
	else
		config_read_warn(r, a->level, NULL, "nobody has '%s' in queue '%s'", a->skill->name,
			q->name);
}

// Callers that ask for this would wait until they give up. What the queue's own callers would is
// told where the queue asks for it.
static void warn_unreached(struct config_read *r, const struct config_queue *q,
	const struct asks *a, const struct config_levels *levels)
{
	bool each = true;
	if (reached(q, a))
		return;
	for (unsigned i = 0; i < a->count; i++) {
		unsigned best = best_of(q, a->list[i].skill);
		if (best >= *a->list[i].level)
			continue;
		each = false;
		if (stands_in(levels, &a->list[i]))
			warn_level(r, q, &a->list[i], best);
	}
	if (each)
		config_read_warn(r, &levels->count, NULL,
			"nobody has all of these skills at once in queue '%s'", q->name);
}

// levels: of the queue, or of a step beside those of the queue (of: NULL: none).
static void check_asked(struct config_read *r, const struct config_queue *q,
	const struct config_levels *of, const struct config_levels *levels)
{
	struct asks a = {.count = 0};
	if (levels->count == 0)
		return;
	if (of != NULL)
		ask_all(&a, of);
	ask_all(&a, levels);
	if (a.count > ROUTER_SKILLS_MAX)
		config_read_problem(r, &levels->count, NULL,
			"expected at most %u skills that a caller asks for%s, got %u",
			ROUTER_SKILLS_MAX, of ? ", with those of the queue" : "", a.count);
	else if (a.count > 0)
		warn_unreached(r, q, &a, levels);
}

void skills_check(struct config_read *r)
{
	const struct config *c = r->config;
	check_names(r);
	for (unsigned i = 0; i < c->queue_count; i++)
		check_asked(r, &c->queues[i], NULL, &c->queues[i].skills);
	for (unsigned i = 0; i < c->flow_count; i++)
		for (unsigned k = 0; k < c->flows[i].step_count; k++) {
			const struct config_step *s = &c->flows[i].steps[k];
			if (s->queue != NULL)
				check_asked(r, s->queue, &s->queue->skills, &s->skills);
		}
}
