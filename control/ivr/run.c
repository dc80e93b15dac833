// Walks a flow for one caller: from step to step, and what comes to what a step waits for.
#include "control/ivr/run.h"

#include <string.h>

#include "control/config/step.h"
#include "control/media/media.h"
#include "engine/base/log.h"
#include "engine/base/utf8.h"

LOG_TOPIC("ivr");

void ivr_ignore(struct ivr *i, char digit)
{
}

// Not, or no longer, the call's owner.
static const struct ivr_wait idle = {"idle", ivr_ignore, ivr_ignore, NULL};

static void surprise(struct ivr *i, const char *event)
{
	(*i->surprises)++;
	log_debug("surprise: state=%s event=%s step=%s", i->wait ? i->wait->name : idle.name, event,
		i->step ? i->step->name : "");
}

static void timer_fired(void *arg)
{
	struct ivr *i = arg;
	if (i->wait == NULL || i->wait->over == NULL)
		surprise(i, "timer");
	else
		i->wait->over(i, 0);
}

void ivr_digit(struct ivr *i, char digit)
{
	(i->wait ? i->wait : &idle)->digit(i, digit);
}

void ivr_played(struct ivr *i)
{
	(i->wait ? i->wait : &idle)->played(i, 0);
}

// --- what steps are made of ---

void ivr_play(struct ivr *i, uint32_t prompt, unsigned flags)
{
	uint32_t before_ms = flags & MEDIA_APPEND ? i->play_ms : 0;
	i->play_ms = before_ms + i->handlers->play(i->config->prompts[prompt].id, flags, i->arg);
}

void ivr_waits(struct ivr *i, const struct ivr_wait *wait, uint32_t ms)
{
	i->wait = wait;
	timer_start(i->timers, &i->timer, ms, timer_fired, i);
}

void ivr_waits_no_more(struct ivr *i)
{
	timer_cancel(&i->timer);
}

void ivr_listens(struct ivr *i, const struct ivr_wait *wait)
{
	ivr_waits(i, wait, i->play_ms + MEDIA_PLAYED_LATE_MS);
}

void ivr_next(struct ivr *i, char digit)
{
	ivr_go(i, i->step->next);
}

void ivr_keep(struct ivr *i, char digit)
{
	if (i->ahead_count < IVR_AHEAD_MAX)
		i->ahead[i->ahead_count++] = digit;
}

// PLAYED does not come: on without it, and without what may still play. While the caller holds
// prompts stand still.
void ivr_late(struct ivr *i, char digit)
{
	if (i->handlers->holds(i->arg)) {
		ivr_listens(i, i->wait);
		return;
	}
	(*i->surprises)++;
	i->handlers->late(i->wait->name, i->arg);
	ivr_played(i);
}

// --- waiting for others ---

static void guard_over(struct ivr *i, char digit)
{
	i->awaits = false;
	if (!i->handlers->owns(i->arg)) { // whose own ends count from here on
		ivr_stop(i);
		return;
	}
	(*i->surprises)++;
	i->handlers->late(i->wait->name, i->arg);
	i->step->kind->guard(i);
}

// A question that is not even taken is as good as one that nobody answers, and no surprise.
static void refused_over(struct ivr *i, char digit)
{
	i->awaits = false;
	i->step->kind->guard(i);
}

static const struct ivr_wait awaiting = {"awaiting", ivr_ignore, ivr_keep, guard_over},
			     refused = {"refused", ivr_ignore, ivr_keep, refused_over},
			     handed = {"handed over", ivr_ignore, ivr_ignore, guard_over};

void ivr_await(struct ivr *i, uint32_t ms)
{
	i->awaits = true;
	ivr_waits(i, &awaiting, ms);
	if (i->handlers->ask(i->step, ++i->ticket, i->arg) != 0)
		ivr_waits(i, &refused, 0); // not within: others may be asked as quickly
}

void ivr_hands_over(struct ivr *i)
{
	ivr_waits(i, &handed, i->step->kind->guard_ms);
}

bool ivr_answered(struct ivr *i, uint32_t ticket, const char *text)
{
	if (!i->awaits || ticket != i->ticket || i->wait != &awaiting)
		return false;
	char readable[VARIABLE_TEXT_MAX];
	utf8_clean(readable, sizeof(readable), text, strlen(text));
	ivr_stop(i);
	i->step->kind->answered(i, readable);
	return true;
}

void ivr_set(struct ivr *i, const char *name, const char *text, bool secret)
{
	int err = ivr_vars_set(&i->vars, name, text, strlen(text));
	if (err)
		log_error("variable not set: variable=%s step=%s why=%s", name, i->step->name,
			strerror(-err));
	else
		i->handlers->set(name, secret ? "x" : ivr_vars_get(&i->vars, name), i->arg);
}

void ivr_finish(struct ivr *i, const char *why)
{
	ivr_stop(i);
	i->handlers->end(why, i->arg);
}

// --- the walk ---

void ivr_go(struct ivr *i, uint16_t step)
{
	ivr_stop(i);
	while (step < i->flow->step_count) {
		i->step = &i->flow->steps[step];
		i->handlers->step(i->step, i->arg);
		if (i->step->kind->decide == NULL) {
			i->step->kind->enter(i);
			return;
		}
		step = i->step->kind->decide(i);
	}
	ivr_finish(i, "flow-end"); // STEP_NONE
}

void ivr_resumed(struct ivr *i)
{
	if (i->wait != NULL && i->wait->over == ivr_late)
		ivr_listens(i, i->wait);
}

void ivr_stop(struct ivr *i)
{
	timer_cancel(&i->timer);
	i->awaits = false;
	i->wait = &idle;
}

void ivr_free(struct ivr *i)
{
	timer_cancel(&i->timer);
	ivr_vars_free(&i->vars);
}
