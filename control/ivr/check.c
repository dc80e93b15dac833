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

static const char *sets(const struct config_step *s)
{
	return s->kind == NULL ? "" : s->kind->sets ? s->vary.name : s->menu.store;
}

static bool is_set(const struct config_flow *flow, unsigned before, const char *name)
{
	for (unsigned i = 0; i < before; i++)
		if (str_equal(sets(&flow->steps[i]), name))
			return true;
	return false;
}

// Few are noted, and none is asked for that nobody notes.
static void check_variables(struct config_read *r, const struct config_flow *flow)
{
	unsigned count = 0;
	for (unsigned i = 0; i < flow->step_count; i++) {
		const struct config_step *s = &flow->steps[i];
		const char *name = sets(s);
		if (name[0] != '\0' && !is_set(flow, i, name) && ++count == VARIABLES_MAX + 1)
			config_read_problem(r, s->kind->sets ? s->vary.name : s->menu.store, NULL,
				"expected at most %u variables in a flow, got '%s' as one more",
				VARIABLES_MAX, name);
		if (s->kind != NULL && s->kind->reads && s->vary.name[0] != '\0' &&
			!is_set(flow, flow->step_count, s->vary.name))
			config_read_problem(r, s->vary.name, NULL,
				"expected a variable that a step of this flow sets, got '%s'",
				s->vary.name);
	}
}

static void check_flow(struct config_read *r, struct config_flow *flow)
{
	for (unsigned i = 0; i < flow->step_count; i++) {
		const struct config_step_kind *kind = flow->steps[i].kind;
		if (kind != NULL && kind->check != NULL)
			kind->check(r, flow, i);
	}
	if (!flow->faulty)
		check_variables(r, flow);
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
	      "lead in a circle of prompts alone or of queues and conferences alone; steps that "
	      "take no\n"
	      "time, `set`, `branch` and `lookup`, make no difference to that.\n",
		out);
	fprintf(out,
		"\nA flow may note things of its call in variables, %u at most, whose names have "
		"up "
		"to %u\n"
		"bytes and whose texts up to %u; longer ones are cut between two characters, and "
		"what is no\n"
		"UTF-8 is made readable. A `menu` notes its digit, a `set` step a text or a number "
		"of "
		"the call,\n"
		"a `lookup` what is known of the caller; a `branch` goes by them. They end with "
		"the "
		"call; the\n"
		"event log keeps what was set (`call-variable`; of masked digits an x).\n",
		VARIABLES_MAX, VARIABLE_NAME_MAX - 1, VARIABLE_TEXT_MAX - 1);
}
