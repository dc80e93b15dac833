// Goes where a variable says.
#include <string.h>

#include "control/config/fields.h"
#include "control/config/read.h"
#include "control/ivr/run.h"
#include "control/ivr/steps.h"
#include "engine/base/str.h"

static const struct config_field fields[] = {
	{"branch", CONFIG_NAME, AT(config_step, vary.name), "variable to look at", NULL},
	{"is", CONFIG_STRING, AT(config_step, vary.text),
		"text that it is compared with, also that of one that is not set: none", ""},
	{"begins", CONFIG_BOOL, AT(config_step, vary.begins), "it need only begin so", "no"},
	{"then", CONFIG_REF_STEP, AT(config_step, next), "step where it is so; none: hang up", ""},
	{"else", CONFIG_REF_STEP, AT(config_step, vary.otherwise),
		"step where it is not; none: hang up", ""},
	END,
};

static uint16_t decide(struct ivr *i)
{
	const struct config_vary *v = &i->step->vary;
	const char *text = ivr_vars_get(&i->vars, v->name);
	bool so = v->begins ? str_starts(text, v->text) : str_equal(text, v->text);
	return so ? i->step->next : v->otherwise;
}

const struct config_step_kind step_branch = {
	.schema = {"a branch step", "Goes where a variable says.", fields},
	.circle = CIRCLE_OF_ANY,
	.decide = decide,
	.reads = true,
};
