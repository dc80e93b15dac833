// Notes something of the call in a variable, and goes on.
#include <string.h>

#include "control/config/fields.h"
#include "control/config/read.h"
#include "control/ivr/run.h"
#include "control/ivr/steps.h"
#include "engine/base/str.h"

static const struct config_field fields[] = {
	{"set", CONFIG_NAME, AT(config_step, vary.name), "variable to set", NULL},
	{"to", CONFIG_STRING, AT(config_step, vary.text), "text that it takes", ""},
	{"from", CONFIG_WORD, AT(config_step, vary.from), "takes this number of the call instead",
		"", NAMES("caller", "called")},
	{"then", CONFIG_REF_STEP, AT(config_step, next), "step after it; none: hang up", ""},
	END,
};

static void check_source(struct config_read *r, struct config_flow *flow, unsigned index)
{
	const struct config_step *s = &flow->steps[index];
	if (s->vary.text[0] != '\0' && s->vary.from[0] != '\0')
		config_read_problem(r, &s->vary.from, NULL,
			"expected either a text or a number of the call, got both");
}

static uint16_t decide(struct ivr *i)
{
	const struct config_vary *v = &i->step->vary;
	const char *text = v->from[0] != '\0' ? i->handlers->fact(v->from, i->arg) : v->text;
	ivr_set(i, v->name, text, false);
	return i->step->next;
}

const struct config_step_kind step_set = {
	.schema = {"a set step", "Notes a text or a number of the call in a variable.", fields},
	.circle = CIRCLE_OF_ANY,
	.check = check_source,
	.decide = decide,
	.sets = true,
};
