// A flow as a graph: what can be reached, and circles in which nobody is waited for.
#include "control/ivr/flow.h"

#include <errno.h>
#include <stdlib.h>

#include "control/config/step.h"

// Marks what can be reached; work holds a step at most once.
static void reach(const struct config_flow *flow, bool *reached, uint16_t *work)
{
	unsigned waiting = 1;
	reached[0] = true;
	work[0] = 0;
	while (waiting > 0) {
		uint16_t next[FLOW_SUCCESSORS_MAX];
		unsigned count = flow_successors(&flow->steps[work[--waiting]], next);
		for (unsigned i = 0; i < count; i++) {
			if (reached[next[i]])
				continue;
			reached[next[i]] = true;
			work[waiting++] = next[i];
		}
	}
}

struct circles {
	const struct config_flow *flow;
	uint16_t *prompts, *places; // by step: the first of its circle, or STEP_NONE
	bool *slow; // by first step, of prompts alone: one of the circle's steps is a prompt
	flow_fault_h *h;
	void *arg;
};

#define KINDS_OF(circle) (1u << (circle) | 1u << CIRCLE_OF_ANY)

static int find_circles(struct circles *c)
{
	int rc = flow_circles(c->flow, KINDS_OF(CIRCLE_OF_PROMPTS), c->prompts);
	if (!rc)
		rc = flow_circles(c->flow, KINDS_OF(CIRCLE_OF_PLACES), c->places);
	for (unsigned i = 0; i < c->flow->step_count && !rc; i++)
		if (c->prompts[i] != STEP_NONE)
			c->slow[c->prompts[i]] |=
				c->flow->steps[i].kind->circle == CIRCLE_OF_PROMPTS;
	return rc;
}

// The first of its successors that is in the same circle.
static uint16_t on_in(const struct config_flow *flow, const uint16_t *circle, unsigned step)
{
	uint16_t next[FLOW_SUCCESSORS_MAX];
	unsigned count = flow_successors(&flow->steps[step], next);
	for (unsigned i = 0; i < count; i++)
		if (circle[next[i]] == circle[step])
			return next[i];
	return STEP_NONE;
}

static void say_circle(const struct circles *c, unsigned step)
{
	const uint16_t *of = c->prompts[step] != STEP_NONE ? c->prompts : c->places;
	enum flow_fault fault = of == c->places ? FLOW_ENDLESS_QUEUE
		: c->slow[c->prompts[step]]	? FLOW_ENDLESS_PLAY
						: FLOW_ENDLESS;
	if (of[step] != STEP_NONE)
		c->h(step, fault, on_in(c->flow, of, step), c->arg);
}

static void check_steps(const struct circles *c, bool *reached, uint16_t *work)
{
	reach(c->flow, reached, work);
	for (unsigned i = 0; i < c->flow->step_count; i++) {
		if (!reached[i])
			c->h(i, FLOW_UNREACHED, STEP_NONE, c->arg);
		say_circle(c, i);
	}
}

int flow_check(const struct config_flow *flow, flow_fault_h *h, void *arg)
{
	size_t n = flow->step_count;
	if (n == 0)
		return 0;
	struct circles c = {
		.flow = flow,
		.prompts = calloc(n, sizeof(*c.prompts)),
		.places = calloc(n, sizeof(*c.places)),
		.slow = calloc(n, sizeof(*c.slow)),
		.h = h,
		.arg = arg,
	};
	bool *reached = calloc(n, sizeof(*reached));
	uint16_t *work = calloc(n, sizeof(*work));
	int rc = c.prompts && c.places && c.slow && reached && work ? find_circles(&c) : -ENOMEM;
	if (!rc)
		check_steps(&c, reached, work);
	free(c.prompts);
	free(c.places);
	free(c.slow);
	free(reached);
	free(work);
	return rc;
}
