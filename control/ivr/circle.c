// Circles of a flow: its strongly connected components (Tarjan, 1972) over the steps that wait for
// no caller. The way down is kept in memory of its own, as long as the flow, not on the stack.
#include "control/ivr/circle.h"

#include <errno.h>
#include <stdlib.h>

#include "control/config/step.h"

static unsigned add(uint16_t out[FLOW_SUCCESSORS_MAX], unsigned count, uint16_t step)
{
	if (step != STEP_NONE)
		out[count++] = step;
	return count;
}

unsigned flow_successors(const struct config_step *step, uint16_t out[FLOW_SUCCESSORS_MAX])
{
	unsigned count = 0;
	for (const struct config_field *f = step->kind->schema.fields; f->key != NULL; f++) {
		const uint16_t *to = (const void *)((const char *)step + f->offset);
		unsigned most = f->type == CONFIG_REF_STEP ? 1 : f->type == CONFIG_DIGITS ? 16 : 0;
		for (unsigned i = 0; i < most && count < FLOW_SUCCESSORS_MAX; i++)
			count = add(out, count, to[i]);
	}
	return count;
}

struct way_on {
	uint16_t step;
	uint16_t edge; // the next of its successors to be followed
};

struct search {
	const struct config_flow *flow;
	unsigned kinds;	 // that are looked at, a bit each of enum config_circle
	uint32_t *order; // in which a step was come to, from 1; 0: not yet
	uint32_t *low;	 // the first of those that lead back to it
	uint16_t *open;	 // steps whose circle is not known yet
	struct way_on *way;
	unsigned come, open_count, depth;
	uint16_t *circle; // out: the first step of its circle, or STEP_NONE
};

static bool looks(const struct search *s, uint16_t step)
{
	return s->kinds & 1u << s->flow->steps[step].kind->circle;
}

static void enter(struct search *s, uint16_t step)
{
	s->order[step] = s->low[step] = ++s->come;
	s->open[s->open_count++] = step;
	s->way[s->depth++] = (struct way_on){.step = step};
}

static void lower(struct search *s, uint16_t step, uint32_t to)
{
	if (to < s->low[step])
		s->low[step] = to;
}

static bool leads_to_itself(const struct search *s, uint16_t step)
{
	uint16_t next[FLOW_SUCCESSORS_MAX];
	unsigned count = flow_successors(&s->flow->steps[step], next);

	while (count > 0 && next[count - 1] != step)
		count--;
	return count > 0;
}

// Nothing that comes later leads back to the step: what lies open down to it is one component. One
// step alone is a circle if it leads to itself.
static void close_component(struct search *s, uint16_t step)
{
	unsigned from = s->open_count;
	uint16_t first = step;

	do
		if (s->open[--from] < first)
			first = s->open[from];
	while (s->open[from] != step);
	bool circle = s->open_count - from > 1 || leads_to_itself(s, step);
	for (unsigned i = from; i < s->open_count; i++) {
		s->circle[s->open[i]] = circle ? first : STEP_NONE;
		s->order[s->open[i]] = UINT32_MAX; // closed
	}
	s->open_count = from;
}

static void walk(struct search *s, uint16_t from)
{
	uint16_t next[FLOW_SUCCESSORS_MAX];

	enter(s, from);
	while (s->depth > 0) {
		struct way_on *f = &s->way[s->depth - 1];
		unsigned count = flow_successors(&s->flow->steps[f->step], next);

		if (f->edge < count) {
			uint16_t to = next[f->edge++];

			if (!looks(s, to))
				continue;
			if (s->order[to] == 0)
				enter(s, to);
			else if (s->order[to] != UINT32_MAX)
				lower(s, f->step, s->order[to]);
			continue;
		}
		uint16_t step = f->step;
		s->depth--;
		if (s->low[step] == s->order[step])
			close_component(s, step);
		else
			lower(s, s->way[s->depth - 1].step, s->low[step]);
	}
}

int flow_circles(const struct config_flow *flow, unsigned kinds, uint16_t *circle)
{
	size_t n = flow->step_count;
	struct search s = {
		.flow = flow,
		.kinds = kinds,
		.order = calloc(n, sizeof(*s.order)),
		.low = calloc(n, sizeof(*s.low)),
		.open = calloc(n, sizeof(*s.open)),
		.way = calloc(n, sizeof(*s.way)),
		.circle = circle,
	};
	int rc = s.order && s.low && s.open && s.way ? 0 : -ENOMEM;

	for (size_t i = 0; i < n && rc == 0; i++) {
		if (!looks(&s, (uint16_t)i))
			circle[i] = STEP_NONE;
		else if (s.order[i] == 0)
			walk(&s, (uint16_t)i);
	}
	free(s.order);
	free(s.low);
	free(s.open);
	free(s.way);
	return rc;
}
