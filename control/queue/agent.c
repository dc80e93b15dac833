// An agent inside the router: one state, changed by one table.
#include "control/queue/agent.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/str.h"

enum move {
	NONE, // a surprise
	STAY,
	REST, // signed out, away or ready, as the agent's flags say
	OFFR,
	TALK,
	PAUS, // where it would be ready: a pause first
	WRAP, // where its phone is there: after-call work first
};

// clang-format off
static const uint8_t moves[AGENT_STATES][AGENT_EVENTS] = {
	//                   REGISTERED UNREG SET   OFFER CONNECT FAULT OVER  TIMER
	[AGENT_SIGNED_OUT] = {REST,     STAY, STAY, NONE, NONE,   NONE, NONE, NONE},
	[AGENT_AWAY]       = {STAY,     REST, REST, NONE, NONE,   NONE, NONE, NONE},
	[AGENT_READY]      = {STAY,     REST, REST, OFFR, NONE,   NONE, NONE, NONE},
	[AGENT_PAUSED]     = {STAY,     REST, REST, NONE, NONE,   NONE, NONE, REST},
	[AGENT_OFFERED]    = {STAY,     STAY, STAY, NONE, TALK,   PAUS, REST, PAUS},
	[AGENT_TALKING]    = {STAY,     STAY, STAY, NONE, STAY,   PAUS, WRAP, REST},
	[AGENT_WRAP_UP]    = {STAY,     REST, REST, NONE, NONE,   NONE, NONE, REST},
};
// clang-format on

static enum agent_state agent_rest(const struct agent *a)
{
	if (!a->registered || a->gone)
		return AGENT_SIGNED_OUT;
	return a->ready ? AGENT_READY : AGENT_AWAY;
}

enum agent_state agent_next(const struct agent *a, enum agent_event e)
{
	enum agent_state rest = agent_rest(a);
	switch ((enum move)moves[a->state][e]) {
	case NONE:
		return AGENT_STATES;
	case STAY:
		return a->state;
	case REST:
		return rest;
	case OFFR:
		return AGENT_OFFERED;
	case TALK:
		return AGENT_TALKING;
	case PAUS:
		return rest == AGENT_READY && a->pause_ms > 0 ? AGENT_PAUSED : rest;
	case WRAP:
		return rest != AGENT_SIGNED_OUT && a->wrap_up_ms > 0 ? AGENT_WRAP_UP : rest;
	}
	return AGENT_STATES;
}

struct agent *agent_new(uint32_t id)
{
	struct agent *a = calloc(1, sizeof(*a));
	if (a != NULL)
		a->id = id;
	return a;
}

void agent_free(struct agent *a)
{
	if (a == NULL)
		return;
	for (unsigned i = 0; i < a->member_count; i++)
		free(a->members[i]);
	free(a->members);
	free(a);
}

struct member *agent_member(const struct agent *a, const struct queue *q)
{
	for (unsigned i = 0; i < a->member_count; i++)
		if (a->members[i]->queue == q)
			return a->members[i];
	return NULL;
}

struct member *agent_member_add(struct agent *a, struct queue *q)
{
	struct member **list = realloc(a->members, (a->member_count + 1) * sizeof(*list));
	if (list == NULL)
		return NULL;
	a->members = list;
	struct member *m = calloc(1, sizeof(*m));
	if (m == NULL)
		return NULL;
	m->agent = a;
	m->queue = q;
	dlist_init(&m->ready);
	a->members[a->member_count++] = m;
	return m;
}

void agent_member_remove(struct agent *a, struct member *m)
{
	for (unsigned i = 0; i < a->member_count; i++) {
		if (a->members[i] != m)
			continue;
		a->members[i] = a->members[--a->member_count];
		free(m);
		return;
	}
}

static const char *const state_names[AGENT_STATES] = {
	[AGENT_SIGNED_OUT] = "signed-out",
	[AGENT_AWAY] = "away",
	[AGENT_READY] = "ready",
	[AGENT_PAUSED] = "paused",
	[AGENT_OFFERED] = "offered",
	[AGENT_TALKING] = "talking",
	[AGENT_WRAP_UP] = "wrap-up",
};

const char *agent_state_name(enum agent_state s)
{
	return s < AGENT_STATES ? state_names[s] : "unknown";
}

int agent_state_parse(const char *text, enum agent_state *out)
{
	for (unsigned i = 0; i < AGENT_STATES; i++) {
		if (!str_equal(text, state_names[i]))
			continue;
		*out = i;
		return 0;
	}
	return -EINVAL;
}

const char *router_why_name(enum router_why w)
{
	static const char *const names[WHYS] = {
		[WHY_NONE] = "none",
		[WHY_TALKED] = "talked",
		[WHY_CALLER_GONE] = "caller-gone",
		[WHY_BUSY] = "busy",
		[WHY_REJECTED] = "rejected",
		[WHY_NO_ANSWER] = "no-answer",
		[WHY_REDIRECTED] = "redirected",
		[WHY_UNREGISTERED] = "unregistered",
		[WHY_HUNG_UP] = "hung-up",
		[WHY_FAILED] = "failed",
		[WHY_LAPSED] = "lapsed",
		[WHY_REGISTERED] = "registered",
		[WHY_SET] = "set",
		[WHY_OFFERED] = "offered",
		[WHY_CONNECTED] = "connected",
		[WHY_TIME_OVER] = "time-over",
		[WHY_REMOVED] = "removed",
		[WHY_RESTORED] = "restored",
		[WHY_UNUSABLE] = "unusable-answer",
	};
	return w < WHYS ? names[w] : "unknown";
}
