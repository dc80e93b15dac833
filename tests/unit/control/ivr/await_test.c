// Flows that wait for others: each state ends by itself, whatever does not come; what was asked is
// answered never, late, twice, refused, or for a question of before.
#include <errno.h>
#include <string.h>

#include "control/base/timer.h"
#include "control/ivr/run.h"
#include "control/ivr/steps.h"
#include "control/media/media.h"
#include "engine/base/log.h"
#include "engine/base/rng.h"
#include "engine/base/str.h"
#include "tests/unit/unit.h"

static uint64_t now_ms;
static uint64_t surprises;

static uint64_t clock_ms(void *arg)
{
	return now_ms;
}

static uint64_t clock_ns(void *arg)
{
	return now_ms * 1000000;
}

// A call that does nothing, and the history that it asks.
struct call {
	struct ivr ivr;
	struct timers timers;
	bool elsewhere; // another owner has it
	bool ended;
	unsigned steps, lates, asked;
	int refuses; // ask: -errno
	uint32_t tickets[64];
	char noted[256];
};

static uint32_t on_play(uint32_t prompt, unsigned flags, void *arg)
{
	return 1000;
}

static void on_step(const struct config_step *step, void *arg)
{
	((struct call *)arg)->steps++;
}

static void on_place(const struct config_step *step, void *arg)
{
}

static void on_end(const char *why, void *arg)
{
	((struct call *)arg)->ended = true;
}

static bool on_holds(void *arg)
{
	return false;
}

static bool on_owns(void *arg)
{
	return !((const struct call *)arg)->elsewhere;
}

static void on_late(const char *wait, void *arg)
{
	((struct call *)arg)->lates++;
}

static int on_ask(const struct config_step *step, uint32_t ticket, void *arg)
{
	struct call *c = arg;

	if (c->refuses)
		return c->refuses;
	ck_assert_uint_lt(c->asked, 64);
	c->tickets[c->asked++] = ticket;
	return 0;
}

static const char *on_fact(const char *name, void *arg)
{
	return str_equal(name, "caller") ? "+49301234" : "400";
}

static void on_set(const char *name, const char *text, void *arg)
{
	struct call *c = arg;
	size_t len = strlen(c->noted);

	str_format(c->noted + len, sizeof(c->noted) - len, "%s=%s ", name, text);
}

static const struct ivr_handlers handlers = {on_play, on_step, on_place, on_place, on_end, on_holds,
	on_owns, on_late, on_ask, on_fact, on_set};

static struct config_prompt prompts[1];
static const struct config config = {.prompts = prompts, .prompt_count = 1};

static void begin(struct call *c, const struct config_flow *flow)
{
	static const struct timers_clock clock = {clock_ms, clock_ns};

	*c = (struct call){0};
	log_set_level(NULL, LOG_ERROR);
	surprises = 0;
	timers_init(&c->timers, &clock);
	c->ivr = (struct ivr){.timers = &c->timers,
		.config = &config,
		.flow = flow,
		.handlers = &handlers,
		.arg = c,
		.surprises = &surprises};
	ivr_go(&c->ivr, 0);
}

static void pass(struct call *c, uint64_t ms)
{
	for (uint64_t end = now_ms + ms; now_ms < end; now_ms += 50)
		timers_run(&c->timers, now_ms);
	timers_run(&c->timers, now_ms);
}

static struct config_step of_kind(const struct config_step_kind *kind)
{
	struct config_step s = {.kind = kind,
		.next = 1,
		.vary = {.name = "v", .otherwise = 1, .timeout_ms = 2000},
		.menu = {.tries = 2,
			.timeout_ms = 3000,
			.on_timeout = 1,
			.on_invalid = 1,
			.invalid_prompt = IVR_NO_PROMPT}};

	for (unsigned i = 0; i < 16; i++)
		s.menu.on_digit[i] = 1;
	return s;
}

static const struct config_step goodbye = {
	.kind = &step_hangup, .prompt = IVR_NO_PROMPT, .next = STEP_NONE};

// A queue that took the caller has its own ends; where it did not, the flow goes on.
START_TEST(each_kind_of_step_ends_by_itself)
{
	for (unsigned k = 0; ivr_steps[k] != NULL; k++) {
		struct config_step steps[] = {of_kind(ivr_steps[k]), goodbye};
		const struct config_flow flow = {.steps = steps, .step_count = 2};
		struct call c;

		begin(&c, &flow);
		ck_assert_msg(c.ended || c.ivr.timer.fn != NULL, "%s: no timer runs",
			ivr_steps[k]->schema.title);
		pass(&c, 60000);
		ck_assert_msg(c.ended, "%s does not end", ivr_steps[k]->schema.title);
		ivr_free(&c.ivr);
	}
}
END_TEST

START_TEST(a_caller_that_was_taken_over_is_left_alone)
{
	struct config_step steps[] = {of_kind(&step_queue), goodbye};
	const struct config_flow flow = {.steps = steps, .step_count = 2};
	struct call c;

	begin(&c, &flow);
	c.elsewhere = true;
	pass(&c, 100000);
	ck_assert(!c.ended);
	ck_assert_uint_eq(surprises, 0);
	begin(&c, &flow);
	pass(&c, 100000);
	ck_assert(c.ended);
	ck_assert_uint_eq(surprises, 1);
	ck_assert_uint_eq(c.lates, 1);
}
END_TEST

static struct config_step lookup_steps[3];

static const struct config_flow *lookups(void)
{
	static const struct config_flow flow = {.steps = lookup_steps, .step_count = 3};

	lookup_steps[0] = of_kind(&step_lookup);
	lookup_steps[1] = of_kind(&step_lookup);
	lookup_steps[1].next = 2;
	str_copy(lookup_steps[1].vary.name, VARIABLE_NAME_MAX, "w");
	lookup_steps[2] = goodbye;
	return &flow;
}

START_TEST(an_answer_goes_to_its_question)
{
	struct call c;

	begin(&c, lookups());
	ck_assert(ivr_answered(&c.ivr, c.tickets[0], "alice"));
	ck_assert(!ivr_answered(&c.ivr, c.tickets[0], "bob")); // twice: the next one is asked
	ck_assert_uint_eq(c.asked, 2);
	pass(&c, 1900);
	ck_assert(ivr_answered(&c.ivr, c.tickets[1], ""));
	ck_assert(c.ended);
	ck_assert(!ivr_answered(&c.ivr, c.tickets[1], "bob"));
	ck_assert_str_eq(c.noted, "v=alice w= ");
	ck_assert_uint_eq(surprises, 0);
	ivr_free(&c.ivr);
}
END_TEST

START_TEST(a_lost_answer_is_waited_for_as_long_as_the_step_says)
{
	struct call c;

	begin(&c, lookups());
	pass(&c, 1900);
	ck_assert_uint_eq(c.asked, 1);
	pass(&c, 200);
	ck_assert_uint_eq(c.asked, 2);
	ck_assert(!ivr_answered(&c.ivr, c.tickets[0], "alice")); // late
	ck_assert(!ivr_answered(&c.ivr, c.tickets[1] + 1, "alice"));
	ck_assert_str_eq(ivr_vars_get(&c.ivr.vars, "v"), "");
	ck_assert(ivr_answered(&c.ivr, c.tickets[1], "bob"));
	ck_assert_str_eq(c.noted, "v= w=bob ");
	ck_assert_uint_eq(surprises, 1);
	ivr_free(&c.ivr);
}
END_TEST

START_TEST(a_question_that_is_refused_holds_nobody_up)
{
	struct call c;

	begin(&c, lookups());
	ivr_stop(&c.ivr);
	c.refuses = -EBUSY;
	ivr_go(&c.ivr, 0);
	ck_assert(!c.ended); // not within
	pass(&c, 100);
	ck_assert(c.ended);
	ck_assert_uint_eq(surprises, 0);
	ivr_free(&c.ivr);
}
END_TEST

// Lost, doubled, delayed, refused by chance, over and over: it always comes to its end, and what is
// noted is an answer to its own question or nothing.
START_TEST(whatever_becomes_of_the_answers)
{
	struct rng rng;
	struct call c;
	char text[32];

	rng_seed(&rng, 7);
	for (unsigned run = 0; run < 3000; run++) {
		begin(&c, lookups());
		for (unsigned turn = 0; turn < 200 && !c.ended; turn++) {
			c.refuses = rng_below(&rng, 4) ? 0 : -EBUSY;
			if (c.asked > 0 && rng_below(&rng, 8) == 0) {
				uint32_t ticket = c.tickets[rng_below(&rng, c.asked)];
				bool open = c.ivr.awaits && ticket == c.ivr.ticket;
				str_format(text, sizeof(text), "of %u", ticket);
				ck_assert_int_eq(ivr_answered(&c.ivr, ticket, text), open);
			}
			pass(&c, 50);
		}
		ck_assert(c.ended);
		const char *v = ivr_vars_get(&c.ivr.vars, "v"), *w = ivr_vars_get(&c.ivr.vars, "w");
		ck_assert(*v == '\0' || str_equal(v, "of 1"));
		ck_assert(*w == '\0' || str_equal(w, "of 2"));
		ivr_free(&c.ivr);
	}
}
END_TEST

START_TEST(variables_lead_the_way)
{
	struct config_step steps[] = {of_kind(&step_set), of_kind(&step_menu),
		of_kind(&step_branch), goodbye, of_kind(&step_play)};
	const struct config_flow flow = {.steps = steps, .step_count = 5};
	struct call c;

	str_copy(steps[0].vary.from, sizeof(steps[0].vary.from), "caller");
	str_copy(steps[1].menu.store, VARIABLE_NAME_MAX, "choice");
	steps[1].menu.masked = steps[1].menu.barge = true;
	for (unsigned i = 0; i < 16; i++)
		steps[1].menu.on_digit[i] = 2;
	str_copy(steps[2].vary.text, VARIABLE_TEXT_MAX, "+4930");
	steps[2].vary.begins = true;
	steps[2].next = 4;
	steps[2].vary.otherwise = 3;
	begin(&c, &flow);
	ivr_digit(&c.ivr, '7');
	ck_assert_ptr_eq(c.ivr.step, &steps[4]);
	ck_assert_str_eq(c.noted, "v=+49301234 choice=x "); // masked: for nobody who reads
	ck_assert_str_eq(ivr_vars_get(&c.ivr.vars, "choice"), "7");
	ivr_free(&c.ivr);
	steps[2].vary.begins = false;
	begin(&c, &flow);
	ivr_digit(&c.ivr, '7');
	ck_assert(c.ended);
	ivr_free(&c.ivr);
}
END_TEST

// A chain as long as a flow can be takes no stack.
START_TEST(a_long_way_at_once)
{
	static struct config_step steps[1000];
	const struct config_flow flow = {.steps = steps, .step_count = 1000};
	struct call c;

	for (unsigned i = 0; i < 999; i++) {
		steps[i] = of_kind(&step_branch);
		steps[i].next = (uint16_t)(i + 1);
		steps[i].vary.otherwise = (uint16_t)(i + 1);
	}
	steps[999] = goodbye;
	begin(&c, &flow);
	ck_assert(c.ended);
	ck_assert_uint_eq(c.steps, 1000);
}
END_TEST

START_TEST(bounds_of_variables)
{
	struct ivr_vars v = {0};
	char name[16], text[200], *at = text;

	for (unsigned i = 0; i < VARIABLES_MAX; i++) {
		str_format(name, sizeof(name), "v%u", i);
		ck_assert_int_eq(ivr_vars_set(&v, name, "a", 1), 0);
	}
	ck_assert_int_eq(ivr_vars_set(&v, "more", "a", 1), -ENOSPC);
	ck_assert_str_eq(ivr_vars_get(&v, "more"), "");
	for (unsigned i = 0; i < 60; i++) // of three octets each: cut between two
		memcpy(at, "\xe2\x82\xac", 4), at += 3;
	ck_assert_int_eq(ivr_vars_set(&v, "v0", text, strlen(text)), 0);
	ck_assert_uint_eq(strlen(ivr_vars_get(&v, "v0")), (VARIABLE_TEXT_MAX - 1) / 3 * 3);
	ck_assert_int_eq(ivr_vars_set(&v, "v1", "a\xff\x01\"b", 5), 0);
	ck_assert_str_eq(ivr_vars_get(&v, "v1"), "a\xef\xbf\xbd\"b"); // no UTF-8, no control
	ck_assert_uint_eq(v.count, VARIABLES_MAX);
	ivr_vars_free(&v);
	ck_assert_uint_eq(v.count, 0);
}
END_TEST

UNIT_MAIN("await", each_kind_of_step_ends_by_itself, a_caller_that_was_taken_over_is_left_alone,
	an_answer_goes_to_its_question, a_lost_answer_is_waited_for_as_long_as_the_step_says,
	a_question_that_is_refused_holds_nobody_up, whatever_becomes_of_the_answers,
	variables_lead_the_way, a_long_way_at_once, bounds_of_variables)
