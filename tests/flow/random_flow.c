// Hundreds of calls with random deeds on all sides, by seed. The far end and the event log judge
// (sim/ua.c, sim/story.c): nobody is offered twice, called twice, overtaken, lost or forgotten.
//
//     SIM_SEED=17 random_flow     one seed alone
//     SIM_SEEDS=1000 random_flow  many
//
// Every tenth seed writes its event log in segments of 4 KiB and reads all of it back (sim/log.c).
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/hash.h"
#include "engine/base/rng.h"
#include "engine/base/str.h"
#include "tests/flow/sim/busy.h"
#include "tests/flow/sim/sim.h"

#define CALLS  200
#define AGENTS SIM_BUSY_AGENTS_COUNT
#define SEEDS  15 // by default
#define LOGS   10 // one in so many writes its event log to the disk, where it is judged

static struct {
	struct rng rng;
	struct sim_caller *callers[CALLS];
	unsigned dialled;
	char yaml[4096], yaml_more[4096];
} world;

static unsigned below(unsigned limit)
{
	return rng_below(&world.rng, limit);
}

static const char *any_agent(void)
{
	return SIM_BUSY_AGENTS[below(AGENTS)];
}

// One of the latest: most others are gone.
static struct sim_caller *any_caller(void)
{
	unsigned newest = world.dialled < 30 ? world.dialled : 30;
	return world.dialled ? world.callers[world.dialled - 1 - below(newest)] : NULL;
}

static void caller_deed(void)
{
	struct sim_caller *c = any_caller();
	const char digit[2] = {"12349#"[below(6)], '\0'};
	if (c == NULL || !caller_alive(c))
		return;
	switch (below(12)) {
	case 0:
		caller_hangs_up(c);
		break;
	case 1:
		caller_cancels(c);
		break;
	case 2:
		caller_holds(c, below(2));
		break;
	case 3:
		if (below(8) == 0)
			caller_rtp_lost(c);
		break;
	case 4:
		caller_sends_info(c, digit[0]);
		break;
	default:
		caller_presses(c, digit);
	}
}

static void phone_deed(void)
{
	const char *a = any_agent();
	switch (below(16)) {
	case 0:
		phone_unregister(a);
		break;
	case 1:
	case 2:
		phone_register(a);
		break;
	case 3:
		phone_rejects(a, below(2000), below(2) ? 486 : 603);
		break;
	case 4:
		phone_silent(a);
		break;
	case 5:
		phone_redirects(a);
		break;
	case 6:
	case 7:
		phone_answers(a, below(3000));
		break;
	case 8:
	case 9:
		phone_hang_up(a);
		break;
	case 10:
		phone_hold(a, below(2));
		break;
	case 11:
		if (below(8) == 0)
			phone_rtp_lost(a);
		break;
	case 12:
	case 13:
		calls_agent_set(sim_calls(), a, below(3) > 0);
		break;
	default:
		phone_pick_up(a);
	}
}

static void dial_any(void)
{
	static const char *const numbers[] = {"1", "2", "3", "1", "2", "9"};
	char from[16];
	if (world.dialled == CALLS)
		return;
	str_format(from, sizeof(from), "c%u", world.dialled);
	struct caller_setup setup = {.from = from, .to = numbers[below(6)]};
	setup.late_offer = below(8) == 0;
	setup.no_ack = below(40) == 0;
	setup.bad_offer = below(40) == 0;
	setup.bad_answer = below(40) == 0;
	world.callers[world.dialled++] = caller_dials(&setup);
}

static void deed(void)
{
	unsigned what = below(100);
	if (what < 25)
		dial_any();
	else if (what < 55)
		caller_deed();
	else if (what < 98)
		phone_deed();
	else
		sim_reload(below(2) ? world.yaml : world.yaml_more);
	if (below(3) == 0)
		return; // several at the same instant
	sim_run(below(10) ? below(300) : below(3000));
	sim_judge_idle();
}

// Everybody is ready and answers; nobody else hangs up: whoever waits must be served.
static void serve_all(void)
{
	char name[8];
	for (unsigned i = 0; i < AGENTS; i++) {
		str_format(name, sizeof(name), "a%u", i);
		phone_register(name);
		phone_answers(name, 50);
		calls_agent_set(sim_calls(), name, true);
	}
	for (unsigned round = 0; round < 400 && calls_count(sim_calls()) > 0; round++) {
		for (unsigned i = 0; i < AGENTS; i++) {
			str_format(name, sizeof(name), "a%u", i);
			phone_hang_up(name);
		}
		sim_run(2700); // no conversation is a short one
	}
	if (calls_count(sim_calls()) > 0)
		sim_violation(
			"%u calls are not served: %s", calls_count(sim_calls()), sim_agents());
}

static uint64_t play(uint64_t seed, bool thread)
{
	const char *pause = thread ? "0s" : "3s"; // its own thread knows no simulated time
	uint64_t sum = 0;
	memset(&world, 0, sizeof(world));
	rng_seed(&world.rng, seed);
	sim_busy(world.yaml, sizeof(world.yaml), pause, "");
	sim_busy(world.yaml_more, sizeof(world.yaml_more), pause, ", a8: x");
	sim_begin(&(struct sim_setup){.yaml = world.yaml,
		.seed = seed,
		.router_thread = thread,
		.lax_order = thread,
		.log_in_memory = seed % LOGS != 0});
	while (world.dialled < CALLS)
		deed();
	serve_all();
	for (unsigned i = 0; i < CALLS; i++)
		sum = hash_str(caller_story(world.callers[i]), sum);
	sim_end();
	return sum;
}

static uint64_t env_u64(const char *name, uint64_t otherwise)
{
	uint64_t value;
	return getenv(name) && str_u64(getenv(name), &value) == 0 ? value : otherwise;
}

// Worlds of one thread, of as many in all.
#ifdef __SANITIZE_THREAD__
#define ONE_THREAD 10 // they have nothing to show to the thread sanitizer
#else
#define ONE_THREAD 1
#endif

static void play_seeds(unsigned part, bool thread)
{
	if (getenv("SIM_SEED")) {
		play(env_u64("SIM_SEED", 1), thread);
		return;
	}
	for (uint64_t seed = 1; seed <= env_u64("SIM_SEEDS", SEEDS) / part; seed++)
		play(seed, thread);
}

START_TEST(router_on_the_loop)
{
	play_seeds(ONE_THREAD, false);
}
END_TEST

START_TEST(router_on_its_own_thread)
{
	play_seeds(4, true);
}
END_TEST

START_TEST(the_same_seed_is_the_same_story)
{
	ck_assert_uint_eq(play(4711, false), play(4711, false));
	ck_assert_uint_ne(play(4711, false), play(4712, false));
}
END_TEST

UNIT_MAIN("random", router_on_the_loop, router_on_its_own_thread, the_same_seed_is_the_same_story)
