// Tells the stories of a busy tenant's calls, by seed: built over the fast far end and over real
// SIP, of which each must tell the same (stories.py). What is done, and when, hangs on the seed
// alone.
//
//	stories_wire FIRST COUNT
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "control/eventlog/eventlog.h"
#include "engine/base/rng.h"
#include "engine/base/str.h"
#include "tests/flow/sim/busy.h"
#include "tests/flow/sim/sim.h"

#define CALLS  100
#define OUTS   8 // the fast form knows no limit of a trunk
#define AGENTS SIM_BUSY_AGENTS_COUNT

static struct {
	struct rng rng;
	struct sim_caller *callers[CALLS];
	unsigned dialled, outs;
	struct out {
		char number[16], text[512];
		struct callid id;
	} out[OUTS]; // that we began
	char yaml[4096];
	uint64_t first, count;
} world = {.first = 1, .count = 5};

static unsigned below(unsigned limit)
{
	return rng_below(&world.rng, limit);
}

static void caller_deed(unsigned who, unsigned what, unsigned digit)
{
	unsigned newest = world.dialled < 20 ? world.dialled : 20;
	const char pressed[2] = {"12349#"[digit], '\0'};

	if (world.dialled == 0)
		return;
	struct sim_caller *c = world.callers[world.dialled - 1 - who % newest];
	switch (what) {
	case 0:
		caller_hangs_up(c);
		break;
	case 1:
		caller_cancels(c);
		break;
	case 2:
	case 3:
		caller_holds(c, what == 2);
		break;
	case 4:
		caller_sends_info(c, pressed[0]);
		break;
	case 5:
		if (digit == 0)
			caller_rtp_lost(c);
		break;
	default:
		caller_presses(c, pressed);
	}
}

static void phone_deed(const char *a, unsigned what, unsigned ms)
{
	switch (what) {
	case 0:
		phone_unregister(a);
		break;
	case 1:
	case 2:
		phone_register(a);
		break;
	case 3:
		phone_rejects(a, ms, ms % 2 ? 486 : 603);
		break;
	case 4:
		phone_silent(a);
		break;
	case 5:
		phone_redirects(a);
		break;
	case 6:
		phone_unusable(a);
		break;
	case 7:
		phone_hang_up(a);
		break;
	case 8:
	case 9:
		phone_hold(a, what == 8);
		break;
	case 10:
		(void)calls_agent_set(sim_calls(), a, ms % 3 > 0);
		break;
	case 11:
		phone_pick_up(a);
		break;
	default:
		phone_answers(a, ms);
	}
}

static void dial_any(unsigned number, unsigned oddity)
{
	static const char *const numbers[] = {"1", "2", "3", "1", "2", "9"};
	char from[16];

	if (world.dialled == CALLS)
		return;
	(void)str_format(from, sizeof(from), "c%u", world.dialled);
	struct caller_setup setup = {.from = from, .to = numbers[number]};
	setup.late_offer = oddity % 8 == 0;
	setup.no_ack = oddity == 1;
	setup.bad_answer = oddity == 3;
	world.callers[world.dialled++] = oddity == 2
		? caller_is_refused(&setup, "offer-not-met", 488)
		: caller_dials(&setup);
}

// Their events, one word each, and how they ended.
static void on_event(const struct event *e, void *arg)
{
	for (unsigned i = 0; i < world.outs; i++) {
		struct out *o = &world.out[i];
		size_t len = strlen(o->text);
		const char *why = strstr(e->body, "\"why\":\"");
		int why_len = why ? (int)strcspn(why + 7, "\"") : 0;
		if (callid_equal(&o->id, &e->call))
			(void)str_format(o->text + len, sizeof(o->text) - len, " %s:%.*s",
				event_type_name(e->type), why_len, why ? why + 7 : "");
	}
}

static void originate_any(unsigned who)
{
	static const char *const names[] = {"menu", "first", "second", "third"};
	bool flow = who % 2;
	struct out *o = &world.out[world.outs];
	struct call_originate q = {.trunk = "carrier",
		.to = o->number,
		.connect = flow ? CALL_CONNECT_FLOW : CALL_CONNECT_QUEUE,
		.name = names[flow ? who % 3 : 1 + who % 3]};

	if (world.outs == OUTS)
		return;
	(void)str_format(o->number, sizeof(o->number), "0138%u", world.outs);
	o->text[0] = '\0';
	phone_silent(o->number);
	ck_assert_ptr_null(call_originate(sim_calls(), &q, &o->id));
	world.outs++;
}

static void out_deed(unsigned who, unsigned what)
{
	unsigned newest = world.outs < 5 ? world.outs : 5;

	if (what < 4 || newest == 0) {
		originate_any(who);
		return;
	}
	const struct out *o = &world.out[world.outs - 1 - who % newest];
	if (what == 4)
		phone_hang_up(o->number);
	else if (what == 5)
		(void)call_hangup(sim_calls(), &o->id, "operator");
	else if (what < 8)
		phone_hold(o->number, what == 6);
	else
		phone_pick_up(o->number);
}

static void play(uint64_t seed)
{
	world.dialled = world.outs = 0;
	rng_seed(&world.rng, seed);
	sim_busy(world.yaml, sizeof(world.yaml), "1s", "");
	sim_begin(&(struct sim_setup){.yaml = world.yaml, .seed = seed, .log_in_memory = true});
	sim_also_tells(on_event, NULL);
	for (unsigned i = 0; i < AGENTS; i++)
		phone_register(SIM_BUSY_AGENTS[i]);
	while (world.dialled < CALLS) {
		unsigned kind = below(100), who = below(1000), what = below(16), more = below(40);
		unsigned ms = below(3000), pause_ms = 1 + below(500);
		if (kind < 25)
			dial_any(who % 6, more);
		else if (kind < 60)
			caller_deed(who, what, more % 6);
		else if (kind >= 92)
			out_deed(who, what);
		else
			phone_deed(SIM_BUSY_AGENTS[who % AGENTS], what, ms);
		sim_run(pause_ms);
	}
	sim_stop();
	for (unsigned i = 0; i < CALLS; i++)
		printf("%llu %u %s\n", (unsigned long long)seed, i, caller_story(world.callers[i]));
	for (unsigned i = 0; i < world.outs; i++)
		printf("%llu %s%s\n", (unsigned long long)seed, world.out[i].number,
			world.out[i].text);
	sim_end();
}

START_TEST(tell)
{
	for (uint64_t i = 0; i < world.count; i++)
		play(world.first + i);
}
END_TEST

int main(int argc, char **argv)
{
	const TTest *const tests[] = {tell};

	if (argc > 2 && (str_u64(argv[1], &world.first) || str_u64(argv[2], &world.count)))
		return 2;
	return unit_run("stories", tests, 1);
}
