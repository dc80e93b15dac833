// A table of states: what it does with an input, what tests note, and where a test ends.
#include "engine/base/machine.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/unit.h"

enum { SHUT, OPEN, STATES };
enum { PUSH, LOCK, FIRE, TICK, INPUTS };

typedef void door_fn(void);

static void creak(void)
{
}

static void jam(void)
{
}

struct door_cell {
	struct machine_cell cell;
	door_fn *act;
};

static const struct door_cell table[STATES][INPUTS] = {
	[SHUT] =
		{[PUSH] = GOES(OPEN, creak), [LOCK] = STAYS, [FIRE] = ENDS(jam), [TICK] = SURPRISE},
	[OPEN] = {[PUSH] = CHOOSES(MACHINE_OR(SHUT) | MACHINE_OR(OPEN), jam),
		[FIRE] = PASSES(SHUT),
		[TICK] = ACTS(creak)},
};
static const char *const states[] = {"shut", "open"},
			 *const inputs[] = {"push", "lock", "fire", "tick"};
static const struct machine door = MACHINE("door of a test", table, states, inputs);

START_TEST(the_next_state)
{
	ck_assert_uint_eq(door.state_count, STATES);
	ck_assert_uint_eq(door.input_count, INPUTS);
	ck_assert_uint_eq(machine_next(&table[SHUT][PUSH].cell, SHUT), OPEN);
	ck_assert_uint_eq(machine_next(&table[SHUT][LOCK].cell, SHUT), SHUT);
	ck_assert_uint_eq(machine_next(&table[OPEN][FIRE].cell, OPEN), SHUT);
	ck_assert_uint_eq(machine_next(&table[OPEN][TICK].cell, OPEN), OPEN);
	ck_assert_ptr_eq(table[SHUT][PUSH].act, creak);
	ck_assert_str_eq(machine_cell(&door, OPEN, PUSH)->action, "jam");
}
END_TEST

START_TEST(a_surprise_is_told)
{
	ck_assert(machine_reach(&door, SHUT, PUSH));
	ck_assert(machine_reach(&door, SHUT, LOCK));
	ck_assert(machine_reach(&door, SHUT, FIRE));
	ck_assert(!machine_reach(&door, SHUT, TICK));
	ck_assert(machine_reach(&door, OPEN, TICK));
	machine_choose(&door, &table[OPEN][PUSH].cell, SHUT);
	machine_choose(&door, &table[OPEN][PUSH].cell, OPEN);
}
END_TEST

// How a child ends that does this.
static int end_of(void (*what)(void))
{
	int status = 0;
	pid_t child = fork();
	if (child == 0) {
		if (freopen("/dev/null", "w", stderr) == NULL)
			_exit(1);
		what();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void reach_what_cannot_be(void)
{
	machine_reach(&door, OPEN, LOCK);
}

static void reach_no_state(void)
{
	machine_reach(&door, STATES, PUSH);
}

static void choose_another_state(void)
{
	machine_choose(&door, &table[SHUT][PUSH].cell, SHUT);
}

static void reach_what_can_be(void)
{
	machine_reach(&door, OPEN, FIRE);
}

START_TEST(a_test_ends_where_it_cannot_be)
{
	ck_assert_int_eq(end_of(reach_what_can_be), 0);
	ck_assert_int_eq(end_of(reach_what_cannot_be), SIGABRT);
	ck_assert_int_eq(end_of(reach_no_state), SIGABRT);
	ck_assert_int_eq(end_of(choose_another_state), SIGABRT);
}
END_TEST

UNIT_MAIN("machine", the_next_state, a_surprise_is_told, a_test_ends_where_it_cannot_be)
