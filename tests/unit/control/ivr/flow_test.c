// Flows as graphs: what cannot be reached, and circles that nothing interrupts.
#include "control/ivr/flow.h"

#include <string.h>

#include "control/ivr/steps.h"
#include "tests/unit/unit.h"

#define NONE STEP_NONE

static char found[64];

static void note(unsigned step, enum flow_fault fault, void *arg)
{
	static const char letters[] = {'u', 'p', 'q'};
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

UNIT_MAIN("flow", sound_flows, unreached, endless)
