// Walks a flow for one caller: plays, asks, hands over to a queue or ends.
#include "control/ivr/run.h"

#include <string.h>

#include "control/media/media.h"
#include "engine/base/log.h"

LOG_TOPIC("ivr");

enum ivr_event { IVR_EVENT_PLAYED, IVR_EVENT_DIGIT, IVR_EVENT_TIMER, IVR_EVENTS };

#define NO_PROMPT UINT32_MAX

static void ivr_event(struct ivr *i, enum ivr_event e, char digit);

static void timer_fired(void *arg)
{
	ivr_event(arg, IVR_EVENT_TIMER, 0);
}

static void play(struct ivr *i, uint32_t prompt, unsigned flags)
{
	uint32_t id = i->config->prompts[prompt].id;
	i->play_ms = (flags & MEDIA_APPEND ? i->play_ms : 0) + media_prompt_ms(id);
	i->handlers->play(id, flags, i->arg);
}

// Until PLAYED comes, and no longer than it can take.
static void listens(struct ivr *i, enum ivr_state state)
{
	i->state = state;
	timer_start(i->timers, &i->timer, i->play_ms + MEDIA_PLAYED_LATE_MS, timer_fired, i);
}

static void finish(struct ivr *i, const char *why)
{
	ivr_stop(i);
	i->handlers->end(why, i->arg);
}

// --- menus ---

// Index into on_digit, or -1.
static int digit_index(char digit)
{
	static const char order[] = "0123456789*#ABCD";
	const char *at = digit ? strchr(order, digit) : NULL;
	return at ? (int)(at - order) : -1;
}

static void menu_entry(struct ivr *i)
{
	i->state = IVR_ENTRY;
	timer_start(i->timers, &i->timer, i->step->menu.timeout_ms, timer_fired, i);
}

static void menu_ask(struct ivr *i, bool invalid)
{
	const struct config_menu *m = &i->step->menu;
	unsigned barge = m->barge ? MEDIA_BARGE : 0, append = 0;
	if (invalid && m->invalid_prompt != NO_PROMPT) {
		play(i, m->invalid_prompt, barge);
		append = MEDIA_APPEND;
	}
	if (m->prompt != NO_PROMPT)
		play(i, m->prompt, barge | append);
	if (m->prompt != NO_PROMPT || append)
		listens(i, IVR_PROMPT);
	else
		menu_entry(i);
}

static void menu_again(struct ivr *i, bool invalid)
{
	const struct config_menu *m = &i->step->menu;
	if (++i->tries >= m->tries)
		ivr_go(i, invalid ? m->on_invalid : m->on_timeout);
	else
		menu_ask(i, invalid);
}

static void menu_take(struct ivr *i, char digit)
{
	int index = digit_index(digit);
	uint16_t next = index < 0 ? STEP_NONE : i->step->menu.on_digit[index];
	timer_cancel(&i->timer);
	if (next != STEP_NONE) {
		ivr_go(i, next);
		return;
	}
	i->ahead_count = 0;
	menu_again(i, true);
}

static bool ahead_take(struct ivr *i, char *digit)
{
	if (i->ahead_count == 0)
		return false;
	*digit = i->ahead[0];
	memmove(i->ahead, i->ahead + 1, --i->ahead_count);
	return true;
}

// --- entering a step: one function per kind ---

static void enter_play(struct ivr *i)
{
	if (i->step->barge && i->ahead_count > 0) { // the caller knows the way
		ivr_go(i, i->step->next);
		return;
	}
	play(i, i->step->prompt, i->step->barge ? MEDIA_BARGE : 0);
	listens(i, IVR_PLAYING);
}

static void enter_menu(struct ivr *i)
{
	char digit;
	i->tries = 0;
	if (i->step->menu.barge && ahead_take(i, &digit))
		menu_take(i, digit);
	else
		menu_ask(i, false);
}

static void enter_queue(struct ivr *i)
{
	i->ahead_count = 0;
	i->handlers->queue(i->step, i->arg);
}

static void enter_conference(struct ivr *i)
{
	i->ahead_count = 0;
	i->handlers->conference(i->step, i->arg);
}

static void enter_hangup(struct ivr *i)
{
	if (i->step->prompt == NO_PROMPT) {
		finish(i, "flow-end");
		return;
	}
	play(i, i->step->prompt, 0);
	listens(i, IVR_LAST);
}

static void (*const enter[])(struct ivr *i) = {
	[STEP_PLAY] = enter_play,
	[STEP_MENU] = enter_menu,
	[STEP_QUEUE] = enter_queue,
	[STEP_CONFERENCE] = enter_conference,
	[STEP_HANGUP] = enter_hangup,
};

void ivr_go(struct ivr *i, uint16_t step)
{
	timer_cancel(&i->timer);
	i->state = IVR_IDLE;
	if (step >= i->flow->step_count) { // STEP_NONE
		finish(i, "flow-end");
		return;
	}
	i->step = &i->flow->steps[step];
	i->handlers->step(i->step, i->arg);
	enter[i->step->kind](i);
}

// --- events ---

static void ignore(struct ivr *i, char digit)
{
}

static void keep(struct ivr *i, char digit)
{
	if (i->ahead_count < IVR_AHEAD_MAX)
		i->ahead[i->ahead_count++] = digit;
}

static void next_step(struct ivr *i, char digit)
{
	ivr_go(i, i->step->next);
}

static void prompt_over(struct ivr *i, char digit)
{
	if (ahead_take(i, &digit))
		menu_take(i, digit);
	else
		menu_entry(i);
}

static void prompt_digit(struct ivr *i, char digit)
{
	if (i->step->menu.barge)
		menu_take(i, digit); // the engine stopped the prompt by itself
	else
		keep(i, digit);
}

static void entry_over(struct ivr *i, char digit)
{
	menu_again(i, false);
}

static void last_over(struct ivr *i, char digit)
{
	finish(i, "flow-end");
}

// PLAYED does not come: on without it, and without what may still play. While the caller holds
// prompts stand still.
static void late(struct ivr *i, char digit)
{
	if (i->handlers->holds(i->arg)) {
		listens(i, i->state);
		return;
	}
	(*i->surprises)++;
	i->handlers->late(i->state, i->arg);
	ivr_event(i, IVR_EVENT_PLAYED, 0);
}

// clang-format off
static void (*const table[IVR_STATES][IVR_EVENTS])(struct ivr *i, char digit) = {
	//                PLAYED       DIGIT         TIMER
	[IVR_IDLE]    = {ignore,      ignore,       NULL},
	[IVR_PLAYING] = {next_step,   keep,         late},
	[IVR_PROMPT]  = {prompt_over, prompt_digit, late},
	[IVR_ENTRY]   = {ignore,      menu_take,    entry_over}, // PLAYED: of a barge
	[IVR_LAST]    = {last_over,   ignore,       late},
};
// clang-format on

static void ivr_event(struct ivr *i, enum ivr_event e, char digit)
{
	if (table[i->state][e] == NULL) {
		(*i->surprises)++;
		log_debug("surprise: state=%d event=%d step=%s", i->state, e,
			i->step ? i->step->name : "");
		return;
	}
	table[i->state][e](i, digit);
}

void ivr_digit(struct ivr *i, char digit)
{
	ivr_event(i, IVR_EVENT_DIGIT, digit);
}

void ivr_played(struct ivr *i)
{
	ivr_event(i, IVR_EVENT_PLAYED, 0);
}

void ivr_resumed(struct ivr *i)
{
	if (i->state == IVR_PLAYING || i->state == IVR_PROMPT || i->state == IVR_LAST)
		listens(i, i->state);
}

const char *ivr_state_name(enum ivr_state state)
{
	static const char *const names[IVR_STATES] = {
		[IVR_IDLE] = "idle",
		[IVR_PLAYING] = "playing",
		[IVR_PROMPT] = "prompt",
		[IVR_ENTRY] = "entry",
		[IVR_LAST] = "last",
	};
	return names[state];
}

void ivr_stop(struct ivr *i)
{
	timer_cancel(&i->timer);
	i->state = IVR_IDLE;
}

unsigned ivr_refusal(const struct config_flow *flow)
{
	const struct config_step *first = &flow->steps[0];
	if (flow->step_count == 0 || first->kind != STEP_HANGUP || first->prompt != NO_PROMPT)
		return 0;
	return first->sip_status;
}
