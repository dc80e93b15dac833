// Hands the caller over to a conference.
#include "control/config/fields.h"
#include "control/ivr/run.h"
#include "control/ivr/steps.h"

static const struct config_field fields[] = {
	{"conference", CONFIG_REF_CONFERENCE, AT(config_step, conference), "conference to be in",
		NULL},
	{"muted", CONFIG_BOOL, AT(config_step, muted), "the caller listens and is not heard", "no"},
	{"then", CONFIG_REF_STEP, AT(config_step, next),
		"step of a caller for whom there is no place; none: hang up", ""},
	END,
};

static void enter(struct ivr *i)
{
	i->ahead_count = 0;
	ivr_hands_over(i);
	i->handlers->conference(i->step, i->arg);
}

static void unclaimed(struct ivr *i)
{
	ivr_go(i, i->step->next);
}

const struct config_step_kind step_conference = {
	.schema = {"a conference step",
		"Is in a conference until the call ends; digits mean nothing there.", fields},
	.circle = CIRCLE_OF_PLACES,
	.enter = enter,
	.guard_ms = 30000,
	.guard = unclaimed,
};
