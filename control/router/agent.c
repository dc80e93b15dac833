// An agent inside the router: one state, changed by one table.
#include "control/router/agent.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/machine.h"
#include "engine/base/str.h"

// --- where it goes ---

typedef enum agent_state agent_fn(const struct agent *a);

// As the agent's flags say.
static enum agent_state rest(const struct agent *a)
{
	if (!a->registered || a->gone)
		return AGENT_SIGNED_OUT;
	if (a->busy_ms > 0)
		return AGENT_BUSY;
	return a->ready ? AGENT_READY : AGENT_AWAY;
}

// Where it would be ready: a pause first.
static enum agent_state pause(const struct agent *a)
{
	return rest(a) == AGENT_READY && a->pause_ms > 0 ? AGENT_PAUSED : rest(a);
}

// Where its phone is there: after-call work first.
static enum agent_state wrap_up(const struct agent *a)
{
	return rest(a) != AGENT_SIGNED_OUT && a->wrap_up_ms > 0 ? AGENT_WRAP_UP : rest(a);
}

static enum agent_state resume(const struct agent *a)
{
	return a->restored_state;
}

struct agent_cell {
	struct machine_cell cell;
	agent_fn *act;
};

#define RESTS                                                                              \
	(MACHINE_OR(AGENT_SIGNED_OUT) | MACHINE_OR(AGENT_AWAY) | MACHINE_OR(AGENT_READY) | \
		MACHINE_OR(AGENT_BUSY))
#define REST	 CHOOSES(RESTS, rest)
#define SIGN_OUT PASSES(AGENT_SIGNED_OUT)
#define PAUSE	 CHOOSES(RESTS | MACHINE_OR(AGENT_PAUSED), pause)
#define WRAP_UP	 CHOOSES(RESTS | MACHINE_OR(AGENT_WRAP_UP), wrap_up)
#define RESUME	 CHOOSES(MACHINE_OR(AGENT_PAUSED) | MACHINE_OR(AGENT_WRAP_UP), resume)

// An offer is made where the agent is ready, and is over by a number that its agent alone holds.
// clang-format off
static const struct agent_cell table[AGENT_STATES][AGENT_EVENTS] = {
	[AGENT_SIGNED_OUT] = {
		[AGENT_EVENT_REGISTERED] = REST, [AGENT_EVENT_UNREGISTERED] = STAYS,
		[AGENT_EVENT_SET] = STAYS, [AGENT_EVENT_RESTORED] = RESUME,
		[AGENT_EVENT_BUSY] = STAYS,
	},
	[AGENT_AWAY] = {
		[AGENT_EVENT_REGISTERED] = STAYS, [AGENT_EVENT_UNREGISTERED] = SIGN_OUT,
		[AGENT_EVENT_SET] = REST, [AGENT_EVENT_BUSY] = REST,
	},
	[AGENT_READY] = {
		[AGENT_EVENT_REGISTERED] = STAYS, [AGENT_EVENT_UNREGISTERED] = SIGN_OUT,
		[AGENT_EVENT_SET] = REST, [AGENT_EVENT_OFFER] = PASSES(AGENT_OFFERED),
		[AGENT_EVENT_BUSY] = REST,
	},
	[AGENT_PAUSED] = {
		[AGENT_EVENT_REGISTERED] = STAYS, [AGENT_EVENT_UNREGISTERED] = SIGN_OUT,
		[AGENT_EVENT_SET] = REST, [AGENT_EVENT_TIMER] = REST,
		[AGENT_EVENT_BUSY] = STAYS,
	},
	[AGENT_OFFERED] = {
		[AGENT_EVENT_REGISTERED] = STAYS, [AGENT_EVENT_UNREGISTERED] = STAYS,
		[AGENT_EVENT_SET] = STAYS, [AGENT_EVENT_CONNECT] = PASSES(AGENT_TALKING),
		[AGENT_EVENT_FAULT] = PAUSE, [AGENT_EVENT_OVER] = REST,
		[AGENT_EVENT_TIMER] = PAUSE, [AGENT_EVENT_BUSY] = STAYS,
	},
	[AGENT_TALKING] = {
		[AGENT_EVENT_REGISTERED] = STAYS, [AGENT_EVENT_UNREGISTERED] = STAYS,
		[AGENT_EVENT_SET] = STAYS, [AGENT_EVENT_CONNECT] = STAYS,
		[AGENT_EVENT_FAULT] = PAUSE, [AGENT_EVENT_OVER] = WRAP_UP,
		[AGENT_EVENT_TIMER] = REST, [AGENT_EVENT_BUSY] = STAYS,
	},
	[AGENT_WRAP_UP] = {
		[AGENT_EVENT_REGISTERED] = STAYS, [AGENT_EVENT_UNREGISTERED] = SIGN_OUT,
		[AGENT_EVENT_SET] = REST, [AGENT_EVENT_TIMER] = REST,
		[AGENT_EVENT_BUSY] = STAYS,
	},
	[AGENT_BUSY] = {
		[AGENT_EVENT_REGISTERED] = STAYS, [AGENT_EVENT_UNREGISTERED] = SIGN_OUT,
		[AGENT_EVENT_SET] = REST, [AGENT_EVENT_TIMER] = REST,
		[AGENT_EVENT_BUSY] = REST,
	},
};
// clang-format on

static const char *const state_names[AGENT_STATES] = {
	[AGENT_SIGNED_OUT] = "signed-out",
	[AGENT_AWAY] = "away",
	[AGENT_READY] = "ready",
	[AGENT_PAUSED] = "paused",
	[AGENT_OFFERED] = "offered",
	[AGENT_TALKING] = "talking",
	[AGENT_WRAP_UP] = "wrap-up",
	[AGENT_BUSY] = "busy",
};

static const char *const event_names[AGENT_EVENTS] = {
	[AGENT_EVENT_REGISTERED] = "registered",
	[AGENT_EVENT_UNREGISTERED] = "unregistered",
	[AGENT_EVENT_SET] = "set",
	[AGENT_EVENT_OFFER] = "offer",
	[AGENT_EVENT_CONNECT] = "connect",
	[AGENT_EVENT_FAULT] = "fault",
	[AGENT_EVENT_OVER] = "over",
	[AGENT_EVENT_TIMER] = "timer",
	[AGENT_EVENT_RESTORED] = "restored",
	[AGENT_EVENT_BUSY] = "busy",
};

const struct machine agent_machine = MACHINE("agent", table, state_names, event_names);

enum agent_state agent_next(const struct agent *a, enum agent_event e)
{
	const struct agent_cell *c = &table[a->state][e];
	if (!machine_reach_cell(&agent_machine, &c->cell, a->state, e))
		return AGENT_STATES;
	if (c->act == NULL)
		return machine_next(&c->cell, a->state);
	enum agent_state to = c->act(a);
	machine_choose(&agent_machine, &c->cell, to);
	return to;
}

// --- life ---

void *cache_line_new(size_t size)
{
	size_t lines = (size + CACHE_LINE - 1) / CACHE_LINE;
	void *p = aligned_alloc(CACHE_LINE, lines * CACHE_LINE);
	if (p != NULL)
		memset(p, 0, lines * CACHE_LINE);
	return p;
}

struct agent *agent_new(uint32_t id)
{
	struct agent *a = cache_line_new(sizeof(*a));
	if (a == NULL)
		return NULL;
	a->id = id;
	a->members = a->few;
	a->skills = a->few_skills;
	return a;
}

void agent_free(struct agent *a)
{
	if (a == NULL)
		return;
	if (a->members != a->few)
		free(a->members);
	if (a->skills != a->few_skills)
		free(a->skills);
	free(a);
}

void agent_forget(struct agent *a)
{
	dlist_remove(&a->beside);
	a->caller = NULL;
}

static struct agent_skill *skill_of(const struct agent *a, uint16_t skill)
{
	for (unsigned i = 0; i < a->skill_count; i++)
		if (a->skills[i].skill == skill)
			return &a->skills[i];
	return NULL;
}

static int skills_reach(struct agent *a, unsigned count)
{
	struct agent_skill *old = a->skills == a->few_skills ? NULL : a->skills;
	if (count <= AGENT_FEW_SKILLS)
		return 0;
	struct agent_skill *list = realloc(old, count * sizeof(*list));
	if (list == NULL)
		return -ENOMEM;
	if (old == NULL)
		memcpy(list, a->few_skills, sizeof(a->few_skills));
	a->skills = list;
	return 0;
}

int agent_skill_set(struct agent *a, uint16_t skill, uint8_t level)
{
	struct agent_skill *s = skill_of(a, skill);
	if (s != NULL && level > 0) {
		s->level = level;
	} else if (s != NULL) {
		*s = a->skills[--a->skill_count];
	} else if (level > 0) {
		if (skills_reach(a, a->skill_count + 1))
			return -ENOMEM;
		a->skills[a->skill_count++] = (struct agent_skill){skill, level};
	}
	return 0;
}

uint8_t agent_level(const struct agent *a, uint16_t skill)
{
	const struct agent_skill *s = skill_of(a, skill);
	return s ? s->level : 0;
}

bool agent_matches(const struct agent *a, const struct router_skills *wants)
{
	for (unsigned i = 0; i < wants->count; i++)
		if (agent_level(a, wants->skill[i]) < wants->level[i])
			return false;
	return true;
}

struct member *agent_member(const struct agent *a, const struct queue *q)
{
	for (unsigned i = 0; i < a->member_count; i++)
		if (a->members[i]->queue == q)
			return a->members[i];
	return NULL;
}

// --- names ---

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
		[WHY_PREFERRED] = "preferred",
		[WHY_ELSEWHERE] = "elsewhere",
		[WHY_OWN_CALL] = "own-call",
	};
	return w < WHYS ? names[w] : "unknown";
}
