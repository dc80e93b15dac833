// Queues that agents serve by their team: who that is. Fills in the crews.
#include <stdlib.h>

#include "control/config/checks/checks.h"

struct crews {
	struct config_read *r;
	bool *taken;   // by agent: has its place in the queue
	bool *serving; // by team
};

static void take(const struct crews *s, struct config_agent *const *agents, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (agents[i] != NULL)
			s->taken[agents[i] - s->r->config->agents] = true;
}

static bool joins(const struct crews *s, const struct config_agent *a)
{
	const struct config *c = s->r->config;
	return a->team != NULL && s->serving[a->team - c->teams] && !s->taken[a - c->agents];
}

static void serve(const struct crews *s, const struct config_crew *crew, bool serves)
{
	for (unsigned i = 0; i < crew->team_count; i++)
		if (crew->teams[i] != NULL)
			s->serving[crew->teams[i] - s->r->config->teams] = serves;
}

static void fill(const struct crews *s, struct config_crew *crew)
{
	const struct config *c = s->r->config;
	unsigned count = 0;
	if (crew->team_count == 0)
		return;
	serve(s, crew, true);
	for (unsigned i = 0; i < c->agent_count; i++)
		count += joins(s, &c->agents[i]);
	crew->agents = config_read_take(s->r, (count + 1) * sizeof(*crew->agents));
	for (unsigned i = 0; i < c->agent_count && crew->agents != NULL; i++)
		if (joins(s, &c->agents[i]))
			crew->agents[crew->agent_count++] = &c->agents[i];
	take(s, crew->agents, crew->agent_count);
	serve(s, crew, false);
}

static void check_teams(const struct crews *s, const struct config_crew *crew)
{
	for (unsigned i = 0; i < crew->team_count; i++) {
		const struct config_team *t = crew->teams[i];
		unsigned count = 0;
		for (unsigned k = 0; k < i; k++)
			if (t != NULL && crew->teams[k] == t)
				config_read_problem(s->r, &crew->teams[i], NULL,
					"expected each team once, got '%s' again", t->name);
		for (unsigned k = 0; t != NULL && k < s->r->config->agent_count; k++)
			count += s->r->config->agents[k].team == t;
		if (t != NULL && count == 0)
			config_read_warn(
				s->r, &crew->teams[i], NULL, "nobody is of team '%s'", t->name);
	}
}

static bool has_teams(const struct config_queue *q)
{
	unsigned teams = q->crew.team_count + q->reserve.crew.team_count;
	for (unsigned i = 0; i < q->ring_count; i++)
		teams += q->rings[i].crew.team_count;
	return teams > 0;
}

// Who is named has the place where it is named, whatever its team serves.
static void queue_crews(const struct crews *s, struct config_queue *q)
{
	const struct config *c = s->r->config;
	if (!has_teams(q))
		return;
	for (unsigned i = 0; i < c->agent_count; i++)
		s->taken[i] = false;
	take(s, q->agents, q->agent_count);
	for (unsigned i = 0; i < q->ring_count; i++)
		take(s, q->rings[i].agents, q->rings[i].agent_count);
	take(s, q->reserve.agents, q->reserve.agent_count);
	fill(s, &q->crew);
	for (unsigned i = 0; i < q->ring_count; i++)
		fill(s, &q->rings[i].crew);
	fill(s, &q->reserve.crew);
	check_teams(s, &q->crew);
	for (unsigned i = 0; i < q->ring_count; i++)
		check_teams(s, &q->rings[i].crew);
	check_teams(s, &q->reserve.crew);
}

void config_check_crews(struct config_read *r)
{
	const struct config *c = r->config;
	struct crews s = {r, calloc(c->agent_count + 1, sizeof(*s.taken)),
		calloc(c->team_count + 1, sizeof(*s.serving))};
	r->memory |= s.taken == NULL || s.serving == NULL;
	for (unsigned i = 0; i < c->queue_count && !r->memory; i++)
		queue_crews(&s, &c->queues[i]);
	free(s.taken);
	free(s.serving);
}
