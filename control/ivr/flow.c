// A flow as a graph: what can be reached, and circles in which nobody is waited for.
#include "control/ivr/flow.h"

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

// Who goes on by itself has one successor: follow it, as long as it is of the same kind of circle,
// for as many steps as there are; who comes back to the first is in one.
static bool circles(const struct config_flow *flow, unsigned first)
{
	enum config_circle circle = flow->steps[first].kind->circle;
	unsigned at = first;
	if (circle == CIRCLE_FINE)
		return false;
	for (unsigned i = 0; i < flow->step_count; i++) {
		at = flow->steps[at].next;
		if (at == first)
			return true;
		if (at == STEP_NONE || flow->steps[at].kind->circle != circle)
			return false;
	}
	return false;
}

int flow_check(const struct config_flow *flow, flow_fault_h *h, void *arg)
{
	if (flow->step_count == 0)
		return 0;
	bool *reached = calloc(flow->step_count, sizeof(*reached));
	uint16_t *work = calloc(flow->step_count, sizeof(*work));
	if (reached == NULL || work == NULL) {
		free(reached);
		free(work);
		return -ENOMEM;
	}
	reach(flow, reached, work);
	for (unsigned i = 0; i < flow->step_count; i++) {
		if (!reached[i])
			h(i, FLOW_UNREACHED, arg);
		if (circles(flow, i))
			h(i,
				flow->steps[i].kind->circle == CIRCLE_OF_PROMPTS
					? FLOW_ENDLESS_PLAY
					: FLOW_ENDLESS_QUEUE,
				arg);
	}
	free(reached);
	free(work);
	return 0;
}
