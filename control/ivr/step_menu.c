// Asks, and goes where the caller's digit says.
#include <string.h>

#include "control/config/fields.h"
#include "control/ivr/run.h"
#include "control/ivr/steps.h"
#include "control/media/media.h"

static const struct config_field fields[] = {
	{"menu", CONFIG_REF_PROMPT, AT(config_step, menu.prompt), "prompt that offers the choice",
		NULL},
	{"digits", CONFIG_DIGITS, AT(config_step, menu.on_digit), "digit → step", NULL},
	{"timeout", CONFIG_MILLISECONDS, AT(config_step, menu.timeout_ms),
		"wait for a digit, from the prompt's end", "5s", 500, 600000},
	{"tries", CONFIG_INT, AT(config_step, menu.tries), "how often the choice is offered", "3",
		1, 20},
	{"barge", CONFIG_BOOL, AT(config_step, menu.barge), "a digit ends the prompt", "yes"},
	{"masked", CONFIG_BOOL, AT(config_step, menu.masked),
		"the digit is the flow's alone: records, log and traces keep an x of it", "no"},
	{"store", CONFIG_NAME, AT(config_step, menu.store), "variable that takes the digit", ""},
	{"invalid_prompt", CONFIG_REF_PROMPT, AT(config_step, menu.invalid_prompt),
		"prompt after a digit that is not offered", ""},
	{"on_timeout", CONFIG_REF_STEP, AT(config_step, menu.on_timeout),
		"step after the last try without a digit; none: hang up", ""},
	{"on_invalid", CONFIG_REF_STEP, AT(config_step, menu.on_invalid),
		"step after the last try with a wrong digit; none: hang up", ""},
	END,
};

static bool masks(const struct config_step *step)
{
	return step->menu.masked;
}

static void prompt_over(struct ivr *i, char digit);
static void prompt_digit(struct ivr *i, char digit);
static void take(struct ivr *i, char digit);
static void entry_over(struct ivr *i, char digit);

static const struct ivr_wait prompt = {"prompt", prompt_over, prompt_digit, ivr_late},
			     entry = {"entry", ivr_ignore, take, entry_over}; // PLAYED: of a barge

// Index into on_digit, or -1.
static int digit_index(char digit)
{
	static const char order[] = "0123456789*#ABCD";
	const char *at = digit ? strchr(order, digit) : NULL;
	return at ? (int)(at - order) : -1;
}

static void ask(struct ivr *i, bool invalid)
{
	const struct config_menu *m = &i->step->menu;
	unsigned barge = m->barge ? MEDIA_BARGE : 0, append = 0;
	if (invalid && m->invalid_prompt != IVR_NO_PROMPT) {
		ivr_play(i, m->invalid_prompt, barge);
		append = MEDIA_APPEND;
	}
	if (m->prompt != IVR_NO_PROMPT)
		ivr_play(i, m->prompt, barge | append);
	if (m->prompt != IVR_NO_PROMPT || append)
		ivr_listens(i, &prompt);
	else
		ivr_waits(i, &entry, m->timeout_ms);
}

static void again(struct ivr *i, bool invalid)
{
	const struct config_menu *m = &i->step->menu;
	if (++i->tries >= m->tries)
		ivr_go(i, invalid ? m->on_invalid : m->on_timeout);
	else
		ask(i, invalid);
}

static void take(struct ivr *i, char digit)
{
	int index = digit_index(digit);
	uint16_t next = index < 0 ? STEP_NONE : i->step->menu.on_digit[index];
	ivr_waits_no_more(i);
	if (next != STEP_NONE) {
		const struct config_menu *m = &i->step->menu;
		if (m->store[0] != '\0')
			ivr_set(i, m->store, (char[2]){digit}, m->masked);
		ivr_go(i, next);
		return;
	}
	i->ahead_count = 0;
	again(i, true);
}

static bool ahead_take(struct ivr *i, char *digit)
{
	if (i->ahead_count == 0)
		return false;
	*digit = i->ahead[0];
	memmove(i->ahead, i->ahead + 1, --i->ahead_count);
	return true;
}

static void prompt_over(struct ivr *i, char digit)
{
	if (ahead_take(i, &digit))
		take(i, digit);
	else
		ivr_waits(i, &entry, i->step->menu.timeout_ms);
}

static void prompt_digit(struct ivr *i, char digit)
{
	if (i->step->menu.barge)
		take(i, digit); // the engine stopped the prompt by itself
	else
		ivr_keep(i, digit);
}

static void entry_over(struct ivr *i, char digit)
{
	again(i, false);
}

static void enter(struct ivr *i)
{
	char digit;
	i->tries = 0;
	if (i->step->menu.barge && ahead_take(i, &digit))
		take(i, digit);
	else
		ask(i, false);
}

const struct config_step_kind step_menu = {
	.schema = {"a menu step", "Plays a prompt and goes where the caller's digit says.", fields},
	.where = "menu",
	.masks = masks,
	.enter = enter,
};
