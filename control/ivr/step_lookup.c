// Asks the history who dealt with this caller last, and notes that in a variable.
#include "control/config/fields.h"
#include "control/ivr/run.h"
#include "control/ivr/steps.h"

static const struct config_field fields[] = {
	{"lookup", CONFIG_WORD, AT(config_step, vary.from),
		"what to look up, of this caller's last call to the tenant that was answered by "
		"an agent",
		NULL, NAMES("last_agent", "last_queue")},
	{"into", CONFIG_NAME, AT(config_step, vary.name),
		"variable that takes it; empty where there is none", NULL},
	{"timeout", CONFIG_MILLISECONDS, AT(config_step, vary.timeout_ms),
		"wait for the answer; then on as if there were none", "2s", 100, 30000},
	{"then", CONFIG_REF_STEP, AT(config_step, next), "step after it; none: hang up", ""},
	END,
};

static void enter(struct ivr *i)
{
	ivr_await(i, i->step->vary.timeout_ms);
}

static void answered(struct ivr *i, const char *text)
{
	ivr_set(i, i->step->vary.name, text, false);
	ivr_go(i, i->step->next);
}

static void unanswered(struct ivr *i)
{
	answered(i, "");
}

const struct config_step_kind step_lookup = {
	.schema = {"a lookup step", "Notes what is known of the caller in a variable.", fields},
	.circle = CIRCLE_OF_ANY,
	.enter = enter,
	.answered = answered,
	.guard = unanswered,
	.sets = true,
};
