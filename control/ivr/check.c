// What must hold of the flows of a configuration, and what its reference says of them.
#include "control/ivr/check.h"

#include "control/config/read.h"
#include "control/config/step.h"
#include "control/ivr/flow.h"
#include "engine/base/str.h"

struct flow_report {
	struct config_read *r;
	const struct config_flow *flow;
};

static const char *circle_of(enum flow_fault fault)
{
	return fault == FLOW_ENDLESS_PLAY     ? "prompts"
		: fault == FLOW_ENDLESS_QUEUE ? "queues and conferences"
					      : "steps that take no time";
}

static void say_fault(unsigned step, enum flow_fault fault, uint16_t to, void *arg)
{
	const struct flow_report *report = arg;
	const char *name = report->flow->steps[step].name;
	const void *slot = &report->flow->steps[step].name;
	if (fault == FLOW_UNREACHED) {
		config_read_problem(report->r, slot, NULL,
			"expected a step that another one leads to, got '%s', which none does",
			name);
		return;
	}
	// Each step of it is told at its own place, with where it goes on.
	char on[CONFIG_NAME_MAX + 64] = "";
	const struct config_slot *place =
		config_places_find(&report->r->places, &report->flow->steps[to].name);
	if (to != step && place != NULL)
		str_format(on, sizeof(on), ": on to '%s' in line %u", report->flow->steps[to].name,
			place->mark.line);
	config_read_problem(report->r, slot, NULL,
		"expected a way that waits for the caller or ends, got '%s' in a circle of %s "
		"alone%s",
		name, circle_of(fault), on);
}

static void check_flow(struct config_read *r, struct config_flow *flow)
{
	for (unsigned i = 0; i < flow->step_count; i++) {
		const struct config_step_kind *kind = flow->steps[i].kind;
		if (kind != NULL && kind->check != NULL)
			kind->check(r, flow, i);
	}
	struct flow_report report = {r, flow};
	if (!flow->faulty && flow_check(flow, say_fault, &report))
		r->memory = true;
}

void ivr_check(struct config_read *r)
{
	for (unsigned i = 0; i < r->config->flow_count; i++)
		check_flow(r, &r->config->flows[i]);
}

void ivr_reference(FILE *out)
{
	fputs("\nA flow is a map of named steps; a call begins at the first one. Each step has one "
	      "of "
	      "the\n"
	      "kinds below, told by its first key. `hangup` alone may be written as a word.\n"
	      "\n"
	      "```yaml\n"
	      "hotline:\n"
	      "  greeting: {play: welcome}\n"
	      "  choice: {menu: choices, digits: {1: sales, 2: bye}, on_timeout: sales}\n"
	      "  sales: {queue: sales, then: bye}\n"
	      "  bye: hangup\n"
	      "```\n"
	      "\n"
	      "Flows are checked whole: every step must be reached from the first one, and no way "
	      "may\n"
	      "lead in a circle of prompts alone or of queues and conferences alone.\n",
		out);
}
