// A centre, played: deeds of callers, agents, phones and operators at random, by its seed.
#include "tests/flow/centre/centre.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/rng.h"
#include "engine/base/str.h"
#include "tests/flow/centre/judge.h"
#include "tests/flow/centre/mail.h"
#include "tests/flow/centre/own.h"
#include "tests/flow/centre/plan.h"
#include "tests/flow/sim/log.h"
#include "tests/flow/sim/sim.h"

#define ROUNDS 2000 // until all are served, of 2.7 s
#define SHAPES 4    // one world in so many has its events held to their schemas
#define TALKS  4    // rounds: no conversation is a short one, behind the longest after-call work

static struct world {
	struct rng rng;
	const struct centre *of;
	struct plan plan;
	struct sim_caller *callers[PLAN_CALLS];
	unsigned dialled;
	char yaml[PLAN_TEXT], folder[2][64]; // of the event log: in force, and its copy
	char agent[8];
} world;

static unsigned below(unsigned limit)
{
	return rng_below(&world.rng, limit);
}

static bool has(enum plan_feature f)
{
	return plan_has(world.of->features, f);
}

static const char *agent(unsigned n)
{
	str_format(world.agent, sizeof(world.agent), "a%u", n);
	return world.agent;
}

static const char *any_agent(void)
{
	return agent(below(world.plan.agents));
}

static struct sim_caller *any_caller(void)
{
	unsigned newest = world.dialled < 40 ? world.dialled : 40;
	return world.dialled ? world.callers[world.dialled - 1 - below(newest)] : NULL;
}

static void caller_deed(void)
{
	struct sim_caller *c = any_caller();
	unsigned what = below(6);
	if (c == NULL || !caller_alive(c))
		return;
	if (what < 2 && has(PLAN_CALLERS))
		caller_hangs_up(c);
	else if (what == 2 && has(PLAN_CALLERS))
		caller_cancels(c);
	else if (what == 3 && has(PLAN_HOLD))
		caller_holds(c, below(2));
	else if (what == 4 && has(PLAN_VANISH) && below(8) == 0)
		caller_rtp_lost(c);
}

static void script_deed(const char *a)
{
	switch (has(PLAN_PHONES) ? below(9) : 8) {
	case 0:
		phone_rejects(a, below(2) ? 0 : below(2000), below(2) ? 486 : 603);
		break;
	case 1:
		phone_silent(a);
		break;
	case 2:
		phone_redirects(a);
		break;
	case 3:
		phone_unusable(a);
		break;
	case 4:
		phone_answers(a, below(9000)); // or too late
		break;
	default:
		phone_answers(a, below(3) ? below(1500) : 100); // two at the same moment
	}
}

static void phone_deed(void)
{
	const char *a = any_agent();
	unsigned what = below(12);
	if (what < 3)
		script_deed(a);
	else if (what < 6)
		phone_hang_up(a);
	else if (what == 6 && has(PLAN_VANISH))
		phone_unregister(a);
	else if (what < 9)
		phone_register(a);
	else if (what == 9 && has(PLAN_HOLD))
		phone_hold(a, below(2));
	else if (what == 10 && has(PLAN_VANISH) && below(8) == 0)
		phone_rtp_lost(a);
	else
		phone_pick_up(a);
}

static void agent_deed(void)
{
	const char *a = any_agent();
	if (!has(PLAN_PAUSES) || below(3) > 0)
		(void)calls_agent_set(sim_calls(), a, true);
	else if (below(2))
		(void)calls_agent_set(sim_calls(), a, false);
	else
		(void)calls_agent_pause(sim_calls(), a, "lunch");
}

// What has been written of the event log is all that is left.
static void kill_node(void)
{
	char command[256], before[64];
	sim_log_settle();
	(void)str_format(command, sizeof(command), "rm -rf %s && cp -r %s %s", world.folder[1],
		world.folder[0], world.folder[1]);
	ck_assert_int_eq(system(command), 0);
	judge_killed();
	sim_restart(world.folder[1]);
	memcpy(before, world.folder[0], sizeof(before));
	memcpy(world.folder[0], world.folder[1], sizeof(before));
	memcpy(world.folder[1], before, sizeof(before));
}

static void own_deed(void)
{
	unsigned a = below(world.plan.agents);
	if (!has(PLAN_OWN))
		return;
	if (below(2))
		own_dials(a, &world.rng);
	else
		own_ends(a, &world.rng);
}

static void operator_deed(void)
{
	unsigned what = below(3);
	if (what == 0 && has(PLAN_KILL) && below(3) == 0) {
		kill_node();
	} else if (what > 0 && has(PLAN_RELOAD)) {
		judge_before_reload();
		plan_redraw(&world.plan, &world.rng, world.of->features);
		plan_text(&world.plan, world.yaml, sizeof(world.yaml));
		judge_reloads();
		sim_reload(world.yaml);
	}
}

// Somebody who called before, and whose call is over.
static bool again_any(void)
{
	char from[16], to[8];
	unsigned n = world.dialled ? below(world.dialled) : 0;
	if (world.dialled == 0 || caller_alive(world.callers[n]))
		return false;
	str_format(from, sizeof(from), "c%u", n);
	str_format(to, sizeof(to), "%u", below(world.plan.flows));
	world.callers[n] = caller_dials(&(struct caller_setup){.from = from, .to = to});
	return true;
}

static void dial_any(void)
{
	char from[16], to[8];
	if (world.dialled == world.of->calls)
		return;
	if (has(PLAN_LAST) && below(3) == 0 && again_any())
		return;
	str_format(from, sizeof(from), "c%u", world.dialled);
	str_format(to, sizeof(to), "%u", below(world.plan.flows));
	struct caller_setup setup = {.from = from, .to = to};
	setup.late_offer = below(8) == 0;
	setup.no_ack = has(PLAN_CALLERS) && below(60) == 0;
	setup.bad_offer = has(PLAN_CALLERS) && below(60) == 0;
	setup.bad_answer = has(PLAN_CALLERS) && below(60) == 0;
	world.callers[world.dialled++] = caller_dials(&setup);
}

static void deed(void)
{
	unsigned what = below(100);
	if (what < 35)
		dial_any();
	else if (what < 52)
		caller_deed();
	else if (what < 90)
		phone_deed();
	else if (what < 95)
		agent_deed();
	else if (what < 98)
		own_deed();
	else
		operator_deed();
	if (below(3) == 0)
		return; // several at the same instant
	sim_run(below(10) ? below(300) : below(3000));
	sim_run(1);
	judge_look();
}

// Those who came last, where more wait than can be served in a while.
static void thin_out(void)
{
	unsigned most = 8 * world.plan.agents;
	for (unsigned i = 0; i < world.dialled; i++) {
		if (!caller_alive(world.callers[i]))
			continue;
		if (most > 0)
			most--;
		else
			caller_hangs_up(world.callers[i]);
	}
}

static void all_are_there(bool hang_up)
{
	for (unsigned i = 0; i < world.plan.agents; i++) {
		phone_register(agent(i));
		(void)calls_agent_set(sim_calls(), agent(i), true);
		if (hang_up)
			phone_hang_up(agent(i));
		own_hangs_up(i);
	}
	for (unsigned i = 0; i < world.dialled; i++)
		if (caller_alive(world.callers[i]) && judge_in_vain(i))
			caller_hangs_up(world.callers[i]);
}

// Everybody is there, ready and answers: whoever somebody can take is served.
static void serve_all(void)
{
	thin_out();
	for (unsigned i = 0; i < world.plan.agents; i++)
		phone_answers(agent(i), 50);
	for (unsigned round = 0; round < ROUNDS && calls_count(sim_calls()) > 0; round++) {
		all_are_there(round % TALKS == 0);
		sim_run(2700);
		judge_look();
	}
	if (calls_count(sim_calls()) > 0)
		sim_violation(
			"%u calls are not served: %s", calls_count(sim_calls()), sim_agents());
}

static void folders_make(void)
{
	if (!has(PLAN_KILL))
		return;
	sim_folder_make(world.folder[0], sizeof(world.folder[0]));
	(void)str_format(world.folder[1], sizeof(world.folder[1]), "%.40s.copy", world.folder[0]);
}

static void folders_remove(void)
{
	char command[256];
	if (!has(PLAN_KILL))
		return;
	(void)str_format(
		command, sizeof(command), "rm -rf %s %s", world.folder[0], world.folder[1]);
	ck_assert_int_eq(system(command), 0);
}

unsigned centre_play(const struct centre *c)
{
	memset(&world, 0, sizeof(world));
	world.of = c;
	rng_seed(&world.rng, c->seed);
	plan_draw(&world.plan, &world.rng, c->features);
	plan_text(&world.plan, world.yaml, sizeof(world.yaml));
	const struct mail_faults faults = {
		.full = has(PLAN_MAIL) ? 100 : 0, .twice = has(PLAN_MAIL) ? 100 : 0};
	mail_faults(&faults, c->seed);
	folders_make();
	sim_begin(&(struct sim_setup){.yaml = world.yaml,
		.seed = c->seed,
		.log_folder = has(PLAN_KILL) ? world.folder[0] : NULL,
		.log_in_memory = !has(PLAN_DISK),
		.rings_all = has(PLAN_RING_ALL),
		.lax_shapes = c->seed % SHAPES != 0,
		.lax_order = true}); // the judge's own
	own_begin(world.plan.agents);
	judge_begin(&world.plan, world.callers, has(PLAN_MAIL));
	for (unsigned i = 0; i < world.plan.agents; i++) {
		script_deed(agent(i));
		if (!has(PLAN_VANISH) || below(3))
			phone_register(agent(i));
	}
	while (world.dialled < c->calls)
		deed();
	serve_all();
	sim_run(40000);
	judge_end(has(PLAN_KILL));
	unsigned odd = sim_close();
	folders_remove();
	return odd;
}
