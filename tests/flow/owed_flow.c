// Each notice of the engine in turn is lost, said twice or comes late, over whole calls: menu, two
// queues, answer prompt, hold, conversation. Every call ends or goes on by itself, and no
// voice, ticket or session is left.
#include "tests/unit/unit.h"

#include <stdio.h>

#include "engine/gate.h"
#include "tests/flow/sim/gate.h"

static void must_go_on(const struct call_info *i, void *arg)
{
	if (i->state != CALL_TALKING && i->state != CALL_ENDED)
		sim_violation("%s stands in %s", i->caller, i->where);
}

// Nobody presses anything more: flows come to their ends by themselves.
static void calls_run(void)
{
	struct sim_caller *c[4];
	phone_register("alice");
	phone_register("carol");
	phone_answers("alice", 300);
	phone_answers("carol", 300);
	c[0] = dial("ann", "400");
	c[1] = dial("ben", "400");
	c[2] = dial("cem", "400");
	sim_run(1200);
	caller_presses(c[0], "1");
	caller_presses(c[1], "3");
	sim_run(3000);
	caller_holds(c[0], true);
	sim_run(3000);
	caller_holds(c[0], false);
	sim_run(3000);
	phone_hang_up("alice");
	caller_hangs_up(c[1]);
	sim_run(1000);
	c[3] = dial("dan", "500");
	sim_run(15000);
	phone_hang_up("alice");
	sim_run(90000);
	call_each(sim_calls(), must_go_on, NULL);
	for (unsigned i = 0; i < 4; i++) {
		if (caller_alive(c[i]))
			caller_hangs_up(c[i]);
	}
	sim_run(100000); // whatever is still owed is given up
}

// How many notices of this kind there were.
static unsigned play(uint16_t kind, uint16_t command, unsigned n, enum sim_fault how)
{
	sim_begin(&(struct sim_setup){.faults = n > 0, .lapses = n > 0, .log_in_memory = true});
	sim_gate_fault(kind, command, n, how);
	calls_run();
	unsigned matched = sim_gate_matched();
	if (n == 0 && sim_gate_surprises() > 0)
		sim_violation("%llu surprises", (unsigned long long)sim_gate_surprises());
	sim_end();
	return matched;
}

static void play_all(const char *name, uint16_t kind, uint16_t command)
{
	static const char *const how[SIM_FAULTS] = {"lost", "twice", "late"};
	unsigned count = play(kind, command, 0, SIM_LOST);
	ck_assert_uint_gt(count, 0);
	for (unsigned f = 0; f < SIM_FAULTS; f++) {
		for (unsigned n = 1; n <= count; n++)
			play(kind, command, n, (enum sim_fault)f);
		printf("%-12s %-6s %3u runs, every call ended or went on\n", name, how[f], count);
	}
}

START_TEST(prompts_ends)
{
	play_all("PLAYED", GATE_PLAYED, 0);
}
END_TEST

START_TEST(digits)
{
	play_all("DIGIT", GATE_DIGIT, 0);
}
END_TEST

START_TEST(sessions_ends)
{
	play_all("CLOSED", GATE_CLOSED, 0);
	play_all("DONE close", GATE_DONE, GATE_CLOSE);
}
END_TEST

START_TEST(openings)
{
	play_all("DONE open", GATE_DONE, GATE_OPEN);
}
END_TEST

START_TEST(other_answers)
{
	play_all("DONE remote", GATE_DONE, GATE_REMOTE);
	play_all("DONE play", GATE_DONE, GATE_PLAY);
	play_all("DONE stop", GATE_DONE, GATE_STOP);
	play_all("DONE collect", GATE_DONE, GATE_COLLECT);
	play_all("DONE bridge", GATE_DONE, GATE_BRIDGE);
	play_all("DONE unbridge", GATE_DONE, GATE_UNBRIDGE);
}
END_TEST

// The workers stand still in the middle of it all, for a while or for longer than anyone waits.
START_TEST(workers_stand_still)
{
	for (unsigned at_ms = 0; at_ms < 8000; at_ms += 250) {
		for (unsigned for_ms = 1000; for_ms <= 64000; for_ms *= 8) {
			sim_begin(&(struct sim_setup){
				.faults = true, .lapses = true, .log_in_memory = true});
			phone_register("carol");
			phone_answers("carol", 300);
			struct sim_caller *c = dial("ann", "400");
			sim_run(at_ms < 1200 ? at_ms : 1200);
			sim_gate_stand_still(at_ms < 1200);
			caller_presses(c, "3");
			sim_run(at_ms < 1200 ? for_ms : at_ms - 1200);
			sim_gate_stand_still(at_ms >= 1200);
			sim_run(for_ms);
			sim_gate_stand_still(false);
			sim_run(60000);
			call_each(sim_calls(), must_go_on, NULL);
			if (caller_alive(c))
				caller_hangs_up(c);
			sim_run(100000);
			sim_end();
		}
	}
}
END_TEST

UNIT_MAIN("owed", prompts_ends, digits, sessions_ends, openings, other_answers, workers_stand_still)
