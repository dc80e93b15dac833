// What must hold of how queues widen: rings one after the other, each agent in one place.
// And a warning of a ring that lowers nothing.
#include "control/queue/rings_check.h"

#include <stdlib.h>

#include "control/config/read.h"
#include "control/queue/hours.h"
#include "control/router/router.h"

_Static_assert(CONFIG_RINGS_MAX == ROUTER_RINGS, "what a key takes, the router does");

// --- each agent once, in all of a queue's lists ---

static int slot_order(const void *a, const void *b)
{
	struct config_agent ***x = (void *)a, ***y = (void *)b;
	if (**x != **y)
		return **x < **y ? -1 : 1;
	return (*x > *y) - (*x < *y);
}

struct taken_places {
	struct config_agent ***list;
	unsigned count;
};

static void places_add(struct taken_places *to, struct config_agent **list, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		to->list[to->count++] = &list[i];
}

static void check_once(struct config_read *r, const struct config_queue *q)
{
	unsigned all = q->agent_count + q->reserve.agent_count;
	for (unsigned i = 0; i < q->ring_count; i++)
		all += q->rings[i].agent_count;
	struct taken_places s = {.list = calloc(all + 1, sizeof(*s.list))};
	if (s.list == NULL) {
		r->memory = true;
		return;
	}
	places_add(&s, q->agents, q->agent_count);
	for (unsigned i = 0; i < q->ring_count; i++)
		places_add(&s, q->rings[i].agents, q->rings[i].agent_count);
	places_add(&s, q->reserve.agents, q->reserve.agent_count);
	qsort(s.list, s.count, sizeof(*s.list), slot_order);
	for (unsigned i = 1; i < s.count; i++)
		if (*s.list[i] == *s.list[i - 1] && *s.list[i] != NULL)
			config_read_problem(r, s.list[i], NULL,
				"expected each agent once, got '%s' again", (*s.list[i])->name);
	free(s.list);
}

// --- rings ---

// The highest level that a caller may still ask for in the ring before.
static unsigned asked(const struct config *c, const struct config_queue *q, unsigned ring,
	const struct config_skill *skill)
{
	unsigned most = config_level_of(&q->skills, skill);
	for (unsigned i = 0; i < c->flow_count; i++)
		for (unsigned k = 0; k < c->flows[i].step_count; k++) {
			const struct config_step *s = &c->flows[i].steps[k];
			unsigned level = s->queue == q ? config_level_of(&s->skills, skill) : 0;
			most = level > most ? level : most;
		}
	for (unsigned i = 0; i < ring; i++)
		for (unsigned k = 0; k < q->rings[i].skills.count; k++) {
			const struct config_level *l = &q->rings[i].skills.list[k];
			most = l->skill == skill && l->level < most ? l->level : most;
		}
	return most;
}

static void check_lowers(struct config_read *r, const struct config_queue *q, unsigned ring)
{
	const struct config_levels *levels = &q->rings[ring].skills;
	for (unsigned i = 0; i < levels->count; i++) {
		const struct config_level *l = &levels->list[i];
		unsigned before = l->skill ? asked(r->config, q, ring, l->skill) : UINT32_MAX;
		if (l->level < before)
			continue;
		if (before > 0)
			config_read_warn(r, &l->level, NULL,
				"a ring lowers levels: nobody asks for '%s' at more than %u then",
				l->skill->name, before);
		else
			config_read_warn(r, &l->level, NULL,
				"a ring lowers levels: nobody asks for '%s' then", l->skill->name);
	}
	if (levels->count > ROUTER_SKILLS_MAX)
		config_read_problem(r, &levels->count, NULL, "expected at most %u skills, got %u",
			ROUTER_SKILLS_MAX, levels->count);
}

static void check_rings(struct config_read *r, const struct config_queue *q)
{
	for (unsigned i = 0; i < q->ring_count; i++) {
		check_lowers(r, q, i);
		if (i > 0 && q->rings[i].after_s > 0 &&
			q->rings[i].after_s <= q->rings[i - 1].after_s)
			config_read_problem(r, &q->rings[i].after_s, NULL,
				"expected more than the ring before, %us, got %us",
				q->rings[i - 1].after_s, q->rings[i].after_s);
	}
}

static void check_hours(struct config_read *r, const struct config_reserve *s)
{
	struct hours h;
	for (unsigned i = 0; i < s->during_count; i++)
		if (!hours_parse(s->during[i].text, &h))
			config_read_problem(r, &s->during[i], NULL,
				"expected " HOURS_EXPECTED ", got '%s'", s->during[i].text);
	if (s->during_count > CONFIG_HOURS_MAX)
		config_read_problem(r, &s->during_count, NULL, "expected at most %u hours, got %u",
			CONFIG_HOURS_MAX, s->during_count);
}

static void check_reserve(struct config_read *r, const struct config_queue *q)
{
	const struct config_reserve *s = &q->reserve;
	bool agents = s->agent_count > 0 || s->crew.team_count > 0;
	const void *called = s->from ? (const void *)&s->from : &s->wait_s;
	bool none = s->from == 0 && s->wait_s == 0 && s->during_count == 0;
	check_hours(r, s);
	if (agents && none)
		config_read_problem(r, &s->from, NULL,
			"expected by what the reserve is called (from, wait or during), got "
			"nothing");
	else if (!agents && !none)
		config_read_problem(r, s->from || s->wait_s ? called : &s->during_count, NULL,
			"expected agents of the reserve beside it, got none");
	else if (s->to >= s->from && s->to > 0)
		config_read_problem(
			r, &s->to, NULL, "expected less than from, %u, got %u", s->from, s->to);
}

static void check_last_agent(struct config_read *r, const struct config_queue *q)
{
	if (q->last_agent_wait_s > 0 && q->last_agent_s == 0)
		config_read_problem(r, &q->last_agent_wait_s, NULL,
			"expected last_agent beside it, got nothing");
}

void rings_check(struct config_read *r)
{
	for (unsigned i = 0; i < r->config->queue_count; i++) {
		check_once(r, &r->config->queues[i]);
		check_rings(r, &r->config->queues[i]);
		check_reserve(r, &r->config->queues[i]);
		check_last_agent(r, &r->config->queues[i]);
	}
}
