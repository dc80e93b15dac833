// Agents' own calls: as the news tell them, beside the states of who made them.
#include "tests/flow/centre/own.h"

#include <string.h>

#include "control/eventlog/eventlog.h"
#include "engine/base/rng.h"
#include "engine/base/str.h"
#include "tests/flow/centre/plan.h"
#include "tests/flow/sim/sim.h"

#define SETTLED_MS 1000

static struct {
	unsigned agents;
	struct own_call {
		struct sim_caller *phone;
		bool there;	   // as the news tell
		uint64_t since_ms; // there, or not
	} call[PLAN_AGENTS];
} own;

void own_begin(unsigned agents)
{
	memset(&own, 0, sizeof(own));
	own.agents = agents;
}

static bool alive(unsigned agent)
{
	return own.call[agent].phone != NULL && caller_alive(own.call[agent].phone);
}

static const char *number_of(unsigned agent, char out[16])
{
	str_format(out, 16, "09%02u", agent);
	return out;
}

static void script(const char *number, struct rng *rng)
{
	unsigned what = rng_below(rng, 4);
	if (what == 0)
		phone_silent(number);
	else if (what == 1)
		phone_rejects(number, rng_below(rng, 2000), 486);
	else
		phone_answers(number, rng_below(rng, 3000));
}

void own_dials(unsigned agent, struct rng *rng)
{
	char name[16], number[16];
	if (alive(agent))
		return;
	str_format(name, sizeof(name), "a%u", agent);
	script(number_of(agent, number), rng);
	own.call[agent].phone =
		caller_dials(&(struct caller_setup){.from = name, .agent = name, .to = number});
}

void own_ends(unsigned agent, struct rng *rng)
{
	char number[16];
	unsigned what = rng_below(rng, 3);
	if (!alive(agent))
		return;
	if (what == 0)
		caller_cancels(own.call[agent].phone);
	else if (what == 1)
		caller_hangs_up(own.call[agent].phone);
	else
		phone_hang_up(number_of(agent, number));
}

void own_hangs_up(unsigned agent)
{
	if (!alive(agent))
		return;
	caller_cancels(own.call[agent].phone);
	caller_hangs_up(own.call[agent].phone);
}

static void is_there(unsigned agent, bool there)
{
	own.call[agent].there = there;
	own.call[agent].since_ms = sim_now_ms();
}

void own_news(unsigned agent, const struct event *e)
{
	if (agent >= own.agents)
		sim_violation("an own call of nobody: %s", e->body);
	else if (e->type == EVENT_CALL_STARTED && own.call[agent].there)
		sim_violation("a%u has two calls of its own", agent);
	else if (e->type == EVENT_CALL_STARTED || e->type == EVENT_CALL_ENDED)
		is_there(agent, e->type == EVENT_CALL_STARTED);
	else if (e->type == EVENT_CALL_QUEUED || e->type == EVENT_CALL_OFFERED)
		sim_violation("%s of a%u's own call", event_type_name(e->type), agent);
}

bool own_settled(unsigned agent, uint64_t ms)
{
	return own.call[agent].there && sim_now_ms() - own.call[agent].since_ms > ms;
}

void own_look(unsigned agent, enum agent_state state, uint64_t since_ms)
{
	const struct own_call *c = &own.call[agent];
	if (sim_now_ms() - c->since_ms < SETTLED_MS || sim_now_ms() - since_ms < SETTLED_MS)
		return;
	if (c->there && state == AGENT_READY)
		sim_violation("a%u has a call of its own, and is ready", agent);
	if (!c->there && state == AGENT_BUSY)
		sim_violation("a%u is busy, and has no call of its own", agent);
}

void own_killed(void)
{
	for (unsigned a = 0; a < own.agents; a++)
		is_there(a, false);
}
