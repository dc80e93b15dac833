// Calls by the thousand through the daemon's SIP, calls, flows and queues in one thread and in
// simulated time, over a network that loses, doubles, delays and reorders, is cut and refuses; with
// callers and phones that answer late, never or twice, change their minds, vanish and come back,
// and people outside who are called through trunks, one of which asks for a password.
//
//	wire_storm --calls 100000 --seed 1 --loss 10 --double 10
//
// A world holds some two hundred calls and is played by its own seed, so that one that fails is
// played again alone, the same to the last message; what to type for it is printed.
#include "tests/unit/unit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/rng.h"
#include "engine/base/str.h"
#include "tests/flow/sim/busy.h"
#include "tests/flow/sim/log.h"
#include "tests/flow/sim/sim.h"
#include "tests/flow/wire/options.h"
#include "tests/flow/wire/world.h"

#define CALLS	   200 // of a world
#define AGENTS	   8
#define LOGS	   4
#define SLOW	   10
#define SLOW_CALLS 60
#define LAST_MS	   150000 // the longest that anything may go on

static struct world {
	struct rng rng;
	const struct storm_options *of;
	struct sim_caller *callers[CALLS];
	unsigned dialled, calls;
	struct out {
		char number[16];
		struct callid id;
	} out[CALLS]; // that we began
	unsigned outs;
	char yaml[4096], yaml_more[4096];
	bool cut[AGENTS], callers_cut;
	char folder[2][64]; // of the event log: in force, and its copy
	bool logs, slow;    // slow: calls outlive their session timers
	bool vanished[AGENTS];
} world;

static const char short_sessions[] =
	"sip: {listen: [udp:10.9.0.1:5060], session_expires: 90s, min_se: 90s}\n"
	"engine:\n"
	"  ports: {p: {host: 10.9.0.1/24}}\n"
	"  media: {m: {port: p, address: 10.9.0.2/24}}\n";

static unsigned below(unsigned limit)
{
	return rng_below(&world.rng, limit);
}

static struct sim_caller *any_caller(void)
{
	unsigned newest = world.dialled < 30 ? world.dialled : 30;

	return world.dialled ? world.callers[world.dialled - 1 - below(newest)] : NULL;
}

static void caller_deed(void)
{
	struct sim_caller *c = any_caller();
	const char digit[2] = {"12349#"[below(6)], '\0'};
	unsigned what = below(14);

	if (!c || !caller_alive(c))
		return;
	switch (what) {
	case 0:
	case 1:
		caller_hangs_up(c);
		break;
	case 2:
		caller_cancels(c);
		break;
	case 3:
		caller_holds(c, below(2));
		break;
	case 4:
		if (below(8) == 0)
			caller_rtp_lost(c);
		break;
	case 5:
		caller_sends_info(c, digit[0]);
		break;
	case 6:
		if (!world.of->gentle && below(4) == 0)
			wire_caller_vanishes(c);
		break;
	case 7:
		wire_caller_haunted(c, below(2));
		break;
	default:
		caller_presses(c, digit);
	}
}

// The node is killed: what has been written of its event log is all that is left.
static void kill_node(void)
{
	char command[256], before[64];

	if (!world.logs)
		return;
	sim_log_settle();
	(void)str_format(command, sizeof(command), "rm -rf %s && cp -r %s %s", world.folder[1],
		world.folder[0], world.folder[1]);
	ck_assert_int_eq(system(command), 0);
	wire_kill(world.folder[1]);
	memcpy(before, world.folder[0], sizeof(before));
	memcpy(world.folder[0], world.folder[1], sizeof(before));
	memcpy(world.folder[1], before, sizeof(before));
}

// A phone's or a line's fault, or its end.
static void break_something(void)
{
	unsigned n = below(AGENTS), what = below(9);

	if (world.of->gentle)
		return;
	if (what < 2) {
		world.cut[n] = !world.cut[n];
		wire_phone_cut(SIM_BUSY_AGENTS[n], world.cut[n]);
	} else if (what == 2) {
		world.callers_cut = !world.callers_cut && below(2);
		wire_callers_cut(world.callers_cut);
	} else if (what == 3) {
		world.vanished[n] = true;
		wire_phone_vanishes(SIM_BUSY_AGENTS[n]);
	} else if (what == 8) {
		kill_node();
	} else {
		world.vanished[n] = false;
		wire_phone_reboots(SIM_BUSY_AGENTS[n]);
	}
}

static void script_deed(const char *a, unsigned what)
{
	switch (what) {
	case 0:
		phone_rejects(a, below(2000), (const uint16_t[]){486, 603, 503, 404}[below(4)]);
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
	default:
		phone_answers(a, below(4) ? below(3000) : below(9000)); // or too late
	}
}

static void phone_deed(void)
{
	const char *a = SIM_BUSY_AGENTS[below(AGENTS)];

	switch (below(16)) {
	case 0:
		phone_unregister(a);
		break;
	case 1:
	case 2:
		phone_register(a);
		break;
	case 3:
	case 4:
	case 5:
	case 6:
	case 7:
		script_deed(a, below(8));
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
	case 14:
		if (below(4) == 0)
			break_something();
		break;
	default:
		phone_pick_up(a);
	}
}

static uint64_t world_outs; // over all worlds

// Somebody outside is called, and led to a flow or a queue.
static void originate_any(void)
{
	struct out *o = &world.out[world.outs];
	struct call_originate q = {.trunk = below(2) ? "carrier" : "locked", .to = o->number};

	if (world.outs == CALLS)
		return;
	(void)str_format(o->number, sizeof(o->number), "0138%04u", world.outs);
	q.connect = below(2) ? CALL_CONNECT_FLOW : CALL_CONNECT_QUEUE;
	q.name = below(2) ? "first" : "second"; // of either
	script_deed(o->number, below(9));
	const char *why = call_originate(sim_calls(), &q, &o->id);
	if (why)
		sim_violation("%s is not called: %s", o->number, why);
	world.outs++;
	world_outs++;
}

static void out_deed(void)
{
	unsigned newest = world.outs < 8 ? world.outs : 8;
	const struct out *o = newest ? &world.out[world.outs - 1 - below(newest)] : NULL;

	switch (o ? below(9) : 0) {
	case 0:
	case 1:
		originate_any();
		break;
	case 2:
		phone_pick_up(o->number);
		break;
	case 3:
		phone_hang_up(o->number);
		break;
	case 4:
		(void)call_hangup(sim_calls(), &o->id, "operator");
		break;
	case 5:
		if (!world.of->gentle && below(4) == 0)
			wire_phone_vanishes(o->number);
		break;
	case 6:
		script_deed(o->number, below(8));
		break;
	default:
		phone_hold(o->number, below(2));
	}
}

static void dial_any(void)
{
	static const char *const numbers[] = {"1", "2", "3", "1", "2", "9"};
	char from[16];

	if (world.dialled == world.calls)
		return;
	(void)str_format(from, sizeof(from), "c%u", world.dialled);
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
	else if (what < 52)
		caller_deed();
	else if (what < 65)
		out_deed();
	else if (what < 98)
		phone_deed();
	else
		sim_reload(below(2) ? world.yaml : world.yaml_more);
	if (below(3) == 0)
		return; // several at the same instant
	sim_run((below(10) ? below(300) : below(3000)) * (world.slow ? 25 : 1));
}

static void mend_all(void)
{
	for (unsigned i = 0; i < AGENTS; i++) {
		if (world.cut[i])
			wire_phone_cut(SIM_BUSY_AGENTS[i], false);
		if (world.vanished[i])
			wire_phone_reboots(SIM_BUSY_AGENTS[i]);
	}
	if (world.callers_cut)
		wire_callers_cut(false);
}

// Some have dialled, and nobody has heard them yet.
static bool any_left(void)
{
	for (unsigned i = 0; i < world.dialled; i++)
		if (caller_alive(world.callers[i]))
			return true;
	return calls_count(sim_calls()) > 0;
}

// Everybody is there, ready and answers: whoever waits must be served, on the same network.
static void serve_all(void)
{
	mend_all();
	for (unsigned i = 0; i < AGENTS; i++) {
		phone_register(SIM_BUSY_AGENTS[i]);
		phone_answers(SIM_BUSY_AGENTS[i], 50);
		calls_agent_set(sim_calls(), SIM_BUSY_AGENTS[i], true);
	}
	for (unsigned round = 0; round < 400 && any_left(); round++) {
		for (unsigned i = 0; i < AGENTS; i++) {
			phone_register(SIM_BUSY_AGENTS[i]);
			phone_hang_up(SIM_BUSY_AGENTS[i]);
		}
		sim_run(2700); // no conversation is a short one
	}
	if (calls_count(sim_calls()) > 0)
		sim_violation(
			"%u calls are not served: %s", calls_count(sim_calls()), sim_agents());
}

static void tell_stories(uint64_t seed)
{
	for (unsigned i = 0; i < world.dialled; i++)
		printf("%llu c%u %s\n", (unsigned long long)seed, i,
			caller_story(world.callers[i]));
}

// One world in so many has its event log on the disk, and may be killed.
static void folders_make(uint64_t seed)
{
	world.logs = seed % LOGS == 0 && !world.of->gentle;
	if (!world.logs)
		return;
	sim_folder_make(world.folder[0], sizeof(world.folder[0]));
	(void)str_format(world.folder[1], sizeof(world.folder[1]), "%.40s.copy", world.folder[0]);
}

static void folders_remove(void)
{
	char command[256];

	if (!world.logs)
		return;
	(void)str_format(
		command, sizeof(command), "rm -rf %s %s", world.folder[0], world.folder[1]);
	ck_assert_int_eq(system(command), 0);
}

static bool is_slow(uint64_t seed)
{
	return seed % SLOW == 3;
}

// How much was odd.
static unsigned play(const struct storm_options *o, uint64_t seed, unsigned calls)
{
	memset(&world, 0, sizeof(world));
	world.of = o;
	world.calls = calls;
	rng_seed(&world.rng, seed);
	sim_busy(world.yaml, sizeof(world.yaml), "1s", "");
	sim_busy(world.yaml_more, sizeof(world.yaml_more), "1s", ", a8: x");
	world.slow = is_slow(seed);
	wire_setup(&(struct wire_setup){.seed = seed, .faults = o->faults, .sessions = world.slow});
	folders_make(seed);
	sim_begin(&(struct sim_setup){.yaml = world.yaml,
		.head = world.slow ? short_sessions : NULL,
		.seed = seed,
		.log_in_memory = !world.logs,
		.log_folder = world.logs ? world.folder[0] : NULL,
		.lax_order = world.logs}); // who waits is forgotten
	while (world.dialled < calls)
		deed();
	serve_all();
	if (o->stories)
		tell_stories(seed);
	sim_run(LAST_MS);
	unsigned odd = sim_close();
	folders_remove();
	return odd;
}

static struct storm_options options = {.seed = 1,
	.calls = 1000,
	.faults = {.lost = 100,
		.doubled = 100,
		.late = 50,
		.late_ms = 3000,
		.refused = 5,
		.delay_ms = 20}};

static uint64_t playing;

// A table that meets what cannot be ends the process: which world it was in is told first.
static void aborted(int signal)
{
	storm_again(&options, playing, CALLS);
	fflush(stdout);
}

START_TEST(no_call_is_left_and_each_has_one_record)
{
	double begun_s = storm_cpu_s();
	unsigned failed = 0;

	(void)signal(SIGABRT, aborted);
	unsigned calls;
	for (uint64_t done = 0, seed = options.seed; done < options.calls; done += calls, seed++) {
		uint64_t left = options.calls - done;
		unsigned most = is_slow(seed) ? SLOW_CALLS : CALLS;
		calls = left < most ? (unsigned)left : most;
		playing = seed;
		if (play(&options, seed, calls) == 0)
			continue;
		failed++;
		storm_again(&options, seed, calls);
	}
	storm_report(storm_cpu_s() - begun_s, world_outs);
	ck_assert_uint_eq(failed, 0);
}
END_TEST

START_TEST(the_same_seed_is_the_same_trace)
{
	(void)play(&options, 4711, 50);
	uint64_t first = wire_counts()->trace;
	(void)play(&options, 4711, 50);
	ck_assert_uint_eq(wire_counts()->trace, first);
	(void)play(&options, 4712, 50);
	ck_assert_uint_ne(wire_counts()->trace, first);
}
END_TEST

int main(int argc, char **argv)
{
	const TTest *const tests[] = {
		no_call_is_left_and_each_has_one_record, the_same_seed_is_the_same_trace};

	storm_read(argc, argv, &options);
	return unit_run("storm", tests, argc > 1 ? 1 : 2);
}
