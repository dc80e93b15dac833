// A flow as a graph: what can be reached, and circles in which nobody is waited for.
#include "control/ivr/flow.h"

#include <errno.h>
#include <stdlib.h>

// Where a caller stays, or goes on at once when it is full.
static bool is_place(enum config_step_kind kind)
{
	return kind == STEP_QUEUE || kind == STEP_CONFERENCE;
}

static unsigned add(uint16_t out[FLOW_SUCCESSORS_MAX], unsigned count, uint16_t step)
{
	if (step != STEP_NONE)
		out[count++] = step;
	return count;
}

unsigned flow_successors(const struct config_step *step, uint16_t out[FLOW_SUCCESSORS_MAX])
{
	unsigned count = 0;
	if (step->kind == STEP_PLAY || is_place(step->kind))
		return add(out, 0, step->next);
	if (step->kind != STEP_MENU)
		return 0;
	for (unsigned i = 0; i < 16; i++)
		count = add(out, count, step->menu.on_digit[i]);
	count = add(out, count, step->menu.on_timeout);
	return add(out, count, step->menu.on_invalid);
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

// Plays and places have one successor each: follow it, as long as it is of the same kind, for as
// many steps as there are; who comes back to the first is in a circle.
static bool circles(const struct config_flow *flow, unsigned first)
{
	bool place = is_place(flow->steps[first].kind);
	unsigned at = first;
	if (flow->steps[first].kind != STEP_PLAY && !place)
		return false;
	for (unsigned i = 0; i < flow->step_count; i++) {
		at = flow->steps[at].next;
		if (at == first)
			return true;
		if (at == STEP_NONE)
			return false;
		enum config_step_kind kind = flow->steps[at].kind;
		if (place ? !is_place(kind) : kind != STEP_PLAY)
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
				flow->steps[i].kind == STEP_PLAY ? FLOW_ENDLESS_PLAY
								 : FLOW_ENDLESS_QUEUE,
				arg);
	}
	free(reached);
	free(work);
	return 0;
}
