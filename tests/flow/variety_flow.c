// Random configurations, each optional key absent half the time, and random deeds of callers,
// agents and supervisors in them. sim/judge.c judges what everybody hears at every moment.
//
//     SIM_SEED=17 variety_flow    one seed alone
//     SIM_SEEDS=1000 variety_flow many
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/rng.h"
#include "engine/base/str.h"
#include "tests/flow/sim/sim.h"

#define CALLS  60
#define AGENTS 5
#define PLACES 4  // queues, and conferences
#define SEEDS  30 // by default

static struct {
	struct rng rng;
	struct sim_caller *callers[CALLS];
	unsigned dialled;
	char yaml[7000];
	struct str_buf out;
} world;

static unsigned below(unsigned limit)
{
	return rng_below(&world.rng, limit);
}

// --- the configuration ---

// Half the time: a key that a thing may have.
static void maybe(const char *key, const char *value)
{
	if (below(2))
		str_buf_add(&world.out, ", %s: %s", key, value);
}

static const char *sound(void)
{
	static const char *const names[] = {"s0", "s1", "s2"};
	return names[below(3)];
}

// A place of any kind, and whereto those go who find no room there or waited too long.
static void add_step(unsigned at)
{
	static const char *const kinds[] = {"queue", "queue", "conference"};
	const char *kind = kinds[below(3)];
	str_buf_add(&world.out, "      s%u: {%s: %c%u", at, kind, kind[0], below(PLACES));
	if (at < 3)
		maybe("then", below(2) ? "say" : at == 0 ? "s1" : at == 1 ? "s2" : "s3");
	if (kind[0] == 'c')
		maybe("muted", below(2) ? "yes" : "no");
	str_buf_add(&world.out, "}\n");
}

static void add_flow(unsigned n)
{
	str_buf_add(&world.out, "    f%u:\n", n);
	str_buf_add(&world.out,
		"      ask: {menu: %s, digits: {1: s0, 2: s1, 3: s2, 4: s3, 5: say}, timeout: 1s, "
		"on_timeout: s%u",
		sound(), below(4));
	maybe("barge", below(2) ? "yes" : "no");
	maybe("invalid_prompt", sound());
	maybe("masked", "yes");
	str_buf_add(&world.out, "}\n");
	for (unsigned i = 0; i < 4; i++)
		add_step(i);
	str_buf_add(&world.out, "      say: {play: %s, then: s3", sound());
	maybe("barge", "yes");
	str_buf_add(&world.out, "}\n");
}

static void add_queue(unsigned n)
{
	str_buf_add(&world.out, "    q%u: {agents: [a%u, a%u]", n, n, (n + 1) % 4);
	maybe("music", sound());
	maybe("ringback", below(2) ? "cn" : "e180");
	maybe("answer_prompt", sound());
	maybe("ring_timeout", "3s");
	maybe("wait_max", "5s");
	maybe("size_max", "1");
	maybe("wrap_up", "0s");
	maybe("reject_pause", "1s");
	maybe("short_call", below(2) ? "0s" : "5s");
	str_buf_add(&world.out, "}\n");
}

static void add_conference(unsigned n)
{
	str_buf_add(&world.out, "    c%u: {parties_max: %u", n, 2 + below(3));
	maybe("music", sound());
	maybe("join_prompt", sound());
	maybe("leave_prompt", sound());
	str_buf_add(&world.out, "}\n");
}

static void configure(void)
{
	str_buf_init(&world.out, world.yaml, sizeof(world.yaml));
	str_buf_add(&world.out,
		"  trunks: {carrier: {peers: [10.9.0.0/24]}}\n"
		"  numbers: {'0': f0, '1': f1, '2': f2}\n"
		"  prompts: {s0: 0.wav, s1: 1.wav, s2: 2.wav}\n  flows:\n");
	for (unsigned i = 0; i < 3; i++)
		add_flow(i);
	str_buf_add(&world.out, "  queues:\n");
	for (unsigned i = 0; i < PLACES; i++)
		add_queue(i);
	str_buf_add(&world.out, "  conferences:\n");
	for (unsigned i = 0; i < PLACES; i++)
		add_conference(i);
	str_buf_add(&world.out, "  agents: {a0: x, a1: x, a2: x, a3: x, a4: x}\n");
	ck_assert(!world.out.cut);
}

// --- deeds ---

static struct sim_caller *any_caller(void)
{
	unsigned newest = world.dialled < 12 ? world.dialled : 12;
	return world.dialled ? world.callers[world.dialled - 1 - below(newest)] : NULL;
}

static const char *any_agent(void)
{
	static const char *const names[AGENTS] = {"a0", "a1", "a2", "a3", "a4"};
	return names[below(AGENTS)];
}

static void supervise(const struct sim_caller *c)
{
	static const enum monitor_mode modes[] = {
		MONITOR_OFF, MONITOR_LISTEN, MONITOR_WHISPER, MONITOR_BARGE};
	struct callid id = caller_id(c);
	struct call_info info;
	char text[CALLID_TEXT_MAX];
	bool steps =
		call_find(sim_calls(), callid_text(&id, text), &info) == 0 && info.monitor_agent[0];
	if (steps || !phone_busy("a4")) // its last leg may still be on its way out
		(void)call_monitor(sim_calls(), &id, "a4", modes[below(4)]);
}

static void conference_deed(const struct sim_caller *c)
{
	struct callid id = caller_id(c);
	if (below(2))
		(void)conference_mute(sim_calls(), &id, below(2));
	else
		(void)conference_gain(sim_calls(), &id, (int)below(20) - 10);
}

static void caller_deed(void)
{
	struct sim_caller *c = any_caller();
	const char digit[2] = {"123459"[below(6)], '\0'};
	if (c == NULL || !caller_alive(c))
		return;
	switch (below(10)) {
	case 0:
		caller_hangs_up(c);
		break;
	case 1:
	case 2:
		caller_holds(c, below(2));
		break;
	case 3:
	case 4:
		supervise(c);
		break;
	case 5:
		conference_deed(c);
		break;
	case 6:
		if (below(10) == 0 && caller_hears(c)[0]) // else it may not be up yet
			caller_media_fails(c, "mix");
		break;
	default:
		caller_presses(c, digit);
	}
}

static void phone_deed(void)
{
	const char *a = any_agent();
	switch (below(10)) {
	case 0:
		phone_unregister(a);
		break;
	case 1:
	case 2:
		phone_register(a);
		break;
	case 3:
		phone_rejects(a, below(500), 486);
		break;
	case 4:
	case 5:
		phone_answers(a, below(1000));
		break;
	case 6:
		phone_hang_up(a);
		break;
	case 7:
	case 8:
		phone_hold(a, below(2));
		break;
	default:
		(void)calls_agent_set(sim_calls(), a, below(3) > 0);
	}
}

static void dial_any(void)
{
	char from[16], to[2] = {(char)('0' + below(3)), '\0'};
	str_format(from, sizeof(from), "c%u", world.dialled);
	world.callers[world.dialled++] = dial(from, to);
}

static void play(uint64_t seed)
{
	memset(&world, 0, sizeof(world));
	rng_seed(&world.rng, seed);
	configure();
	sim_begin(&(struct sim_setup){.yaml = world.yaml, .seed = seed, .lax_order = true});
	while (world.dialled < CALLS) {
		unsigned what = below(10);
		if (what < 2)
			dial_any();
		else if (what < 6)
			caller_deed();
		else
			phone_deed();
		if (below(4))
			sim_run(below(8) ? below(300) : below(4000));
	}
	sim_stop();
	sim_end();
}

static uint64_t env_u64(const char *name, uint64_t otherwise)
{
	uint64_t value;
	return getenv(name) && str_u64(getenv(name), &value) == 0 ? value : otherwise;
}

START_TEST(what_is_heard_in_any_configuration)
{
	if (getenv("SIM_SEED")) {
		play(env_u64("SIM_SEED", 1));
		return;
	}
	for (uint64_t seed = 1; seed <= env_u64("SIM_SEEDS", SEEDS); seed++)
		play(seed);
}
END_TEST

UNIT_MAIN("variety", what_is_heard_in_any_configuration)
