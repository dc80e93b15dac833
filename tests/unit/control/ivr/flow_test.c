// Flows as graphs: what cannot be reached, and circles that nothing interrupts.
#include "control/ivr/flow.h"

#include <string.h>

#include "control/config/fields.h"
#include "control/ivr/steps.h"
#include "engine/base/rng.h"
#include "tests/unit/unit.h"

#define NONE STEP_NONE

static char found[64];

static void note(unsigned step, enum flow_fault fault, uint16_t to, void *arg)
{
	static const char letters[] = {'u', 'p', 'q', 'e'};
	size_t len = strlen(found);
	found[len] = (char)('0' + step);
	found[len + 1] = letters[fault];
	found[len + 2] = '\0';
}

static const char *faults(struct config_step *steps, unsigned count)
{
	const struct config_flow flow = {.steps = steps, .step_count = count};
	found[0] = '\0';
	ck_assert_int_eq(flow_check(&flow, note, NULL), 0);
	return found;
}

static struct config_step step(const struct config_step_kind *kind, uint16_t next)
{
	struct config_step s = {.kind = kind, .next = next};
	for (unsigned i = 0; i < 16; i++)
		s.menu.on_digit[i] = NONE;
	s.menu.on_digit[1] = kind == &step_menu ? next : NONE;
	s.menu.on_timeout = s.menu.on_invalid = NONE;
	return s;
}

START_TEST(sound_flows)
{
	struct config_step line[] = {
		step(&step_play, 1), step(&step_queue, 2), step(&step_hangup, NONE)};
	ck_assert_str_eq(faults(line, 3), "");
	// Menu and back, queue and apology and back: a caller or time is waited for.
	struct config_step menu[] = {step(&step_play, 1), step(&step_menu, 0)};
	ck_assert_str_eq(faults(menu, 2), "");
	struct config_step retry[] = {step(&step_queue, 1), step(&step_play, 0)};
	ck_assert_str_eq(faults(retry, 2), "");
}
END_TEST

START_TEST(unreached)
{
	struct config_step a[] = {
		step(&step_hangup, NONE), step(&step_play, 2), step(&step_hangup, NONE)};
	ck_assert_str_eq(faults(a, 3), "1u2u");
	struct config_step b[] = {step(&step_menu, NONE), step(&step_hangup, NONE),
		step(&step_hangup, NONE), step(&step_hangup, NONE)};
	b[0].menu.on_timeout = 1;
	b[0].menu.on_invalid = 2;
	b[0].menu.on_digit[15] = 3;
	ck_assert_str_eq(faults(b, 4), "");
}
END_TEST

START_TEST(endless)
{
	struct config_step prompts[] = {
		step(&step_menu, 1), step(&step_play, 2), step(&step_play, 3), step(&step_play, 2)};
	ck_assert_str_eq(faults(prompts, 4), "2p3p");
	struct config_step queues[] = {step(&step_queue, 1), step(&step_queue, 0)};
	ck_assert_str_eq(faults(queues, 2), "0q1q");
	struct config_step places[] = {step(&step_conference, 1), step(&step_queue, 0)};
	ck_assert_str_eq(faults(places, 2), "0q1q");
	struct config_step self[] = {step(&step_play, 0)};
	ck_assert_str_eq(faults(self, 1), "0p");
}
END_TEST

// A kind with two ways on, of a circle of its own choice.
static const struct config_field two_ways[] = {
	{"one", CONFIG_REF_STEP, AT(config_step, next), "", ""},
	{"other", CONFIG_REF_STEP, AT(config_step, menu.on_timeout), "", ""},
	END,
};
static const struct config_step_kind asks = {.schema = {.fields = two_ways}},
				     plays = {.schema = {.fields = two_ways},
					     .circle = CIRCLE_OF_PROMPTS},
				     queues = {.schema = {.fields = two_ways},
					     .circle = CIRCLE_OF_PLACES},
				     goes = {.schema = {.fields = two_ways},
					     .circle = CIRCLE_OF_ANY};

static struct config_step fork_step(
	const struct config_step_kind *kind, uint16_t one, uint16_t other)
{
	return (struct config_step){.kind = kind, .next = one, .menu.on_timeout = other};
}

// Where a step has several ways on, one of them is enough.
START_TEST(endless_by_one_of_several_ways)
{
	struct config_step eight[] = {fork_step(&plays, 1, 3), fork_step(&plays, 2, NONE),
		fork_step(&plays, 0, NONE), fork_step(&plays, 4, NONE), fork_step(&plays, 0, 5),
		step(&step_hangup, NONE)};
	ck_assert_str_eq(faults(eight, 6), "0p1p2p3p4p");
	struct config_step out[] = {
		fork_step(&asks, 1, 2), fork_step(&plays, 2, NONE), fork_step(&plays, 0, NONE)};
	ck_assert_str_eq(faults(out, 3), "");
}
END_TEST

// What takes no time makes a circle of neither kind fine, and none of its own either.
START_TEST(endless_through_what_takes_no_time)
{
	struct config_step prompts[] = {fork_step(&goes, 1, NONE), fork_step(&plays, 0, NONE)};
	ck_assert_str_eq(faults(prompts, 2), "0p1p");
	struct config_step places[] = {fork_step(&goes, 1, NONE), fork_step(&queues, 0, NONE)};
	ck_assert_str_eq(faults(places, 2), "0q1q");
	struct config_step alone[] = {fork_step(&goes, 1, NONE), fork_step(&goes, 1, NONE)};
	ck_assert_str_eq(faults(alone, 2), "1e");
	struct config_step both[] = {
		fork_step(&goes, 1, 2), fork_step(&queues, 0, NONE), fork_step(&plays, 0, NONE)};
	ck_assert_str_eq(faults(both, 3), "0p1q2p");
	struct config_step fine[] = {
		fork_step(&goes, 1, NONE), fork_step(&queues, 2, NONE), fork_step(&plays, 0, NONE)};
	ck_assert_str_eq(faults(fine, 3), "");
}
END_TEST

#define MANY 10000

static unsigned counted;

static void count_fault(unsigned step, enum flow_fault fault, uint16_t to, void *arg)
{
	const struct config_step *steps = arg;
	ck_assert_int_eq(fault, FLOW_ENDLESS_PLAY);
	ck_assert(to == steps[step].next || to == steps[step].menu.on_timeout);
	counted++;
}

static unsigned count_faults(struct config_step *steps, unsigned count)
{
	const struct config_flow flow = {.steps = steps, .step_count = count};
	counted = 0;
	ck_assert_int_eq(flow_check(&flow, count_fault, steps), 0);
	return counted;
}

// As deep as a flow can be: the way is on no stack, and each way on is looked at once.
START_TEST(ten_thousand_steps)
{
	static struct config_step steps[MANY];
	for (unsigned i = 0; i < MANY; i++)
		steps[i] = fork_step(&plays, (uint16_t)((i + 1) % MANY), (uint16_t)(i / 2));
	ck_assert_uint_eq(count_faults(steps, MANY), MANY);
	for (unsigned i = 0; i < MANY; i++) // forwards alone, many ways to each step
		steps[i] = fork_step(&plays, i + 1 < MANY ? (uint16_t)(i + 1) : NONE,
			i + 7 < MANY ? (uint16_t)(i + 7) : NONE);
	ck_assert_uint_eq(count_faults(steps, MANY), 0);
	steps[MANY - 1].menu.on_timeout = MANY / 2;
	ck_assert_uint_eq(count_faults(steps, MANY), MANY / 2);
}
END_TEST

#define SMALL 9

// Who can come from a step to itself by such steps alone, found the long way.
static unsigned reference(const struct config_step *s)
{
	bool to[SMALL][SMALL] = {0};
	unsigned count = 0;
	for (unsigned i = 0; i < SMALL; i++) {
		uint16_t next[FLOW_SUCCESSORS_MAX];
		unsigned ways = s[i].kind == &plays ? flow_successors(&s[i], next) : 0;
		while (ways > 0)
			to[i][next[--ways]] = true;
	}
	for (unsigned k = 0; k < SMALL; k++)
		for (unsigned i = 0; i < SMALL; i++)
			for (unsigned j = 0; j < SMALL; j++)
				to[i][j] |= s[k].kind == &plays && to[i][k] && to[k][j];
	for (unsigned i = 0; i < SMALL; i++)
		count += to[i][i];
	return count;
}

static void count_circles(unsigned step, enum flow_fault fault, uint16_t to, void *arg)
{
	counted += fault == FLOW_ENDLESS_PLAY;
}

START_TEST(as_the_long_way_finds_them)
{
	struct rng rng;
	unsigned circles = 0;
	rng_seed(&rng, 11);
	for (unsigned run = 0; run < 20000; run++) {
		struct config_step steps[SMALL];
		for (unsigned i = 0; i < SMALL; i++) {
			unsigned one = rng_below(&rng, SMALL + 3),
				 other = rng_below(&rng, SMALL + 9);
			steps[i] = fork_step(rng_below(&rng, 4) ? &plays : &asks,
				one < SMALL ? (uint16_t)one : NONE,
				other < SMALL ? (uint16_t)other : NONE);
		}
		const struct config_flow flow = {.steps = steps, .step_count = SMALL};
		counted = 0;
		ck_assert_int_eq(flow_check(&flow, count_circles, NULL), 0);
		ck_assert_uint_eq(counted, reference(steps));
		circles += counted;
	}
	ck_assert_uint_gt(circles, 1000);
}
END_TEST

UNIT_MAIN("flow", sound_flows, unreached, endless, endless_by_one_of_several_ways,
	endless_through_what_takes_no_time, ten_thousand_steps, as_the_long_way_finds_them)
