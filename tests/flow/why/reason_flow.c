// What agents, callers and queues say that they wait for, over the daemon's own floor and calls.
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "control/ops/why/why.h"
#include "control/queue/floor_why.h"
#include "engine/base/str.h"
#include "tests/flow/sim/parts.h"
#include "tests/flow/sim/sim.h"

static const char acme[] =
	"  country_code: '86'\n"
	"  trunks: {carrier: {peers: [10.9.0.0/24], targets: 'udp:10.9.0.77:5060',\n"
	"                     caller: '4001234567'}}\n"
	"  numbers: {'4001234567': any, '4001234568': german}\n"
	"  prompts: {music: m.wav}\n"
	"  pauses: {lunch: Lunch}\n"
	"  skills: [german]\n"
	"  flows:\n"
	"    any: {in: {queue: sales}}\n"
	"    german: {in: {queue: sales, skills: {german: 5}}}\n"
	"  queues:\n"
	"    sales: {agents: [alice, bob], music: music, wrap_up: 14s, short_call: 0s,\n"
	"            wait_max: 600s, ring_timeout: 20s, reject_pause: 5s,\n"
	"            rings: [{after: 30s, skills: {german: 2}, agents: [carol]}],\n"
	"            reserve: {agents: [dave], from: 10, to: 2}}\n"
	"  agents:\n"
	"    alice: {password: a, skills: {german: 3}, dials: [carrier], dials_to: ['*']}\n"
	"    bob: {password: b}\n"
	"    carol: {password: c, skills: {german: 9}}\n"
	"    dave: {password: d, skills: {german: 9}}\n"
	"    erin: {password: e}\n";

static void said(const struct why_said *s, void *arg)
{
	str_buf_add(arg, "%s: %s\n", s->why, s->text);
}

// Of whom, as the commands do it.
static const char *answer(struct why *w, const char *what, const char *name)
{
	static char text[8192];
	static struct str_buf b;
	struct floor *f = calls_floor(sim_calls());
	struct floor_agent_info a;
	struct floor_queue_info q;
	struct floor_why y = {0};
	struct call_info i;
	bool counts = false;
	str_buf_init(&b, text, sizeof(text));
	text[0] = '\0';
	*w = (struct why){sim_calls(), sim_timers(), said, &b};
	if (strcmp(what, "agent") == 0) {
		ck_assert(floor_agent_find(f, name, &a));
		why_agent(w, &a);
		for (struct floor_why_agent of = {.agent = a.id};
			a.state == AGENT_READY && floor_why_agent_page(f, &of);)
			if (of.done) {
				why_agent_queue(w, &a, &of);
				of = (struct floor_why_agent){.agent = a.id, .index = of.index + 1};
			}
	} else if (strcmp(what, "queue") == 0) {
		ck_assert_uint_eq(floor_queue_find(f, NULL, name, &q), 1);
		why_queue(w, &q);
		y.queue = q.id;
		counts = true;
	} else {
		ck_assert_int_eq(call_find(sim_calls(), name, &i), 0);
		counts = why_call(w, &i, &y);
		ck_assert_uint_eq(floor_queue_find(f, NULL, "sales", &q), 1);
	}
	while (counts && floor_why_page(f, &y))
		;
	if (counts)
		why_callers(w, &q, &y);
	return text;
}

// Times of the day are "HH:MM:SS", so that the lines stay what they are.
static void ck_says(const char *what, const char *name, const char *expected)
{
	struct why w;
	char text[8192];
	str_copy(text, sizeof(text), answer(&w, what, name));
	for (char *c = text; *c != '\0'; c++)
		if (c[0] >= '0' && c[0] <= '9' && c[1] && c[2] == ':' && c[5] == ':')
			memcpy(c, "HH:MM:SS", 8);
	ck_assert_msg(strcmp(text, expected) == 0, "%s %s:\n%s", what, name, text);
}

static void ck_call(const struct sim_caller *c, const char *expected)
{
	struct callid id = caller_id(c);
	char text[CALLID_TEXT_MAX];
	ck_says("call", callid_text(&id, text), expected);
}

static void begin(void)
{
	setenv("TZ", "UTC", 1);
	sim_begin(&(struct sim_setup){.yaml = acme, .lax_order = true});
	sim_run(1000);
}

START_TEST(agents_say_their_states)
{
	begin();
	ck_says("agent", "alice",
		"signed-out: alice is signed out since HH:MM:SS (1 s): until its phone "
		"registers\n");
	phone_register("alice");
	sim_run(1000);
	ck_says("agent", "alice",
		"ready: alice is ready since HH:MM:SS (1 s)\n"
		"nobody-waits: in sales nobody waits\n");
	ck_assert_int_eq(calls_agent_pause(sim_calls(), "alice", "lunch"), 0);
	sim_run(1000);
	ck_says("agent", "alice",
		"away: alice is away (Lunch) since HH:MM:SS (1 s): until it is set ready\n");
	ck_assert_int_eq(calls_agent_set(sim_calls(), "alice", true), 0);
	sim_run(1000);
	ck_says("agent", "erin",
		"signed-out: erin is signed out since HH:MM:SS (4 s): until its phone "
		"registers\n"
		"no-queue: erin serves no queue\n");
	sim_end();
}
END_TEST

// The ids of calls are as random as they should be; and each has its lease.
static void ck_state(const char *agent, const char *begins, const char *ends)
{
	struct why w;
	const char *text = answer(&w, "agent", agent);
	ck_assert_msg(str_starts(text, begins) && strstr(text, ends) != NULL &&
			strstr(text, "; if nothing more were heard of that, until ") != NULL,
		"%s", text);
}

START_TEST(agents_say_what_they_do)
{
	begin();
	phone_register("alice");
	phone_silent("alice");
	struct sim_caller *ann = dial("ann", "4001234567");
	sim_run(5000);
	ck_state("alice", "offered: alice's phone is called", " of ann, and rings until ");
	phone_pick_up("alice");
	sim_run(40000);
	ck_state("alice", "talking: alice talks", " of ann, until that ends");
	caller_hangs_up(ann);
	sim_run(1000);
	ck_says("agent", "alice",
		"wrap-up: alice is in after-call work until HH:MM:SS (13 s left), then it is "
		"ready\n");
	sim_run(14000);
	phone_rejects("alice", 100, 486);
	ann = dial("ann", "4001234567");
	sim_run(1000);
	ck_says("agent", "alice",
		"paused: alice did not take a call (busy) and is left alone until HH:MM:SS (4 s"
		" left), then it is ready\n");
	caller_hangs_up(ann);
	sim_run(10000);
	struct sim_caller *out = caller_dials(
		&(struct caller_setup){.from = "alice", .agent = "alice", .to = "+8613900139000"});
	sim_run(1000);
	ck_says("agent", "alice",
		"busy: alice has a call of its own since HH:MM:SS (1 s), until that ends; then "
		"it is ready; if nothing more were heard of that, until HH:MM:SS\n");
	caller_cancels(out);
	sim_end();
}
END_TEST

// Why it was left alone is not known any more after a restart.
START_TEST(a_pause_goes_on_after_a_restart)
{
	begin();
	struct floor *f = calls_floor(sim_calls());
	ck_assert_int_eq(floor_agent_restore(f, "alice", AGENT_PAUSED, true, 20000), 0);
	phone_register("alice");
	sim_run(1000);
	ck_says("agent", "alice",
		"paused: alice did not take a call and is left alone until HH:MM:SS (19 s left),"
		" then it is ready\n");
	sim_end();
}
END_TEST

// Dialled in after-call work or while it is left alone, a call goes on behind these.
START_TEST(a_call_of_its_own_comes_next)
{
	begin();
	phone_register("alice");
	phone_answers("alice", 100);
	struct sim_caller *ann = dial("ann", "4001234567");
	sim_run(5000);
	caller_hangs_up(ann);
	sim_run(1000);
	struct sim_caller *out = caller_dials(
		&(struct caller_setup){.from = "alice", .agent = "alice", .to = "+8613900139000"});
	sim_run(1000);
	ck_says("agent", "alice",
		"wrap-up: alice is in after-call work until HH:MM:SS (12 s left), then it is "
		"busy with a call of its own\n");
	sim_run(13000);
	ck_says("agent", "alice",
		"busy: alice has a call of its own since HH:MM:SS (1 s), until that ends; then "
		"it is ready; if nothing more were heard of that, until HH:MM:SS\n");
	caller_cancels(out);
	sim_end();
}
END_TEST

#define DESK(queue)                                                                   \
	"  trunks: {carrier: {peers: [10.9.0.0/24], targets: 'udp:10.9.0.77:5060',\n" \
	"                     caller: '1'}}\n"                                        \
	"  numbers: {'1': any}\n"                                                     \
	"  prompts: {beep: b.wav}\n"                                                  \
	"  flows: {any: {hi: {play: beep, then: in}, in: {queue: " queue "}}}\n"      \
	"  agents: {alice: {password: a, dials: [carrier], dials_to: ['*']}}\n"       \
	"  queues: {" queue ": {agents: [alice], answer_prompt: beep, wrap_up: 0s,\n" \
	"                      short_call: 0s, wait_max: 1h}}\n"

// A caller who is dialled in the conversation's last second: of that call it is held since then.
START_TEST(an_agent_is_prompted_and_goes_on_to_a_call_of_its_own)
{
	setenv("TZ", "UTC", 1);
	sim_begin(&(struct sim_setup){.yaml = DESK("sales"), .lax_order = true});
	phone_register("alice");
	phone_answers("alice", 100);
	struct sim_caller *ann = dial("ann", "1");
	sim_run(1600);
	ck_state("alice", "offered: alice's phone is called",
		" of ann, was answered, and plays the answer prompt until ");
	sim_run(60000);
	struct sim_caller *out = caller_dials(
		&(struct caller_setup){.from = "alice", .agent = "alice", .to = "0900"});
	sim_run(100);
	ck_state("alice", "talking: alice talks", " of ann, until that ends");
	caller_hangs_up(ann);
	sim_run(100);
	ck_says("agent", "alice",
		"busy: alice has a call of its own since HH:MM:SS (0 s), until that ends; then it "
		"is ready; if nothing more were heard of that, until HH:MM:SS\n");
	caller_cancels(out);
	sim_end();
}
END_TEST

START_TEST(a_queue_that_is_removed_keeps_nobody)
{
	struct call_info i;
	struct call_why y;
	struct floor_why_wait wait;
	struct floor_why of = {0};
	sim_begin(&(struct sim_setup){.yaml = DESK("sales"), .lax_order = true});
	struct callid id = caller_id(dial("ann", "1"));
	char text[CALLID_TEXT_MAX];
	sim_run(100);
	sim_reload(DESK("other"));
	sim_run(1100); // it came to it behind the prompt
	ck_assert_int_eq(call_find(sim_calls(), callid_text(&id, text), &i), 0);
	ck_assert(call_why(sim_calls(), i.key, &y, &wait, &of));
	ck_assert_uint_gt(y.leaves_ms, sim_now_ms());
	ck_assert_uint_le(y.leaves_ms, sim_now_ms() + 1000);
	sim_end();
}
END_TEST

START_TEST(callers_say_what_they_wait_for)
{
	begin();
	struct sim_caller *ann = dial("ann", "4001234568");
	sim_run(5000);
	ck_call(ann,
		"waits: ann waits in sales since HH:MM:SS (4 s), place 1 of 1; the queue keeps "
		"it until HH:MM:SS (9 min 55 s left)\n"
		"lacks: what it asks for: no agent who is signed in has it\n"
		"next-ring: at HH:MM:SS (in 25 s) it comes to ring 1, which asks for no more "
		"than german 2, in which 1 more agent helps\n"
		"agents: 1 caller in sales asks for german 5, ann waits 4 s; of 4 agents 0 "
		"could take it; 2 lack what is asked for; 1 helps in a later ring; 1 is of the "
		"reserve, which is not called: 1 of 10 wait\n");
	phone_register("alice");
	phone_register("bob");
	phone_register("dave");
	sim_run(1000);
	ck_call(ann,
		"waits: ann waits in sales since HH:MM:SS (5 s), place 1 of 1; the queue keeps "
		"it until HH:MM:SS (9 min 54 s left)\n"
		"next-ring: at HH:MM:SS (in 24 s) it comes to ring 1, which asks for no more "
		"than german 2, in which 1 more agent helps\n"
		"agents: 1 caller in sales asks for german 5, ann waits 5 s; of 4 agents 0 "
		"could take it; 2 lack what is asked for; 1 helps in a later ring; 1 is of the "
		"reserve, which is not called: 1 of 10 wait\n");
	ck_says("agent", "alice",
		"ready: alice is ready since HH:MM:SS (1 s)\n"
		"skills: in sales 1 waits: 1 of them asks for skills that alice lacks\n");
	ck_says("agent", "bob",
		"ready: bob is ready since HH:MM:SS (1 s)\n"
		"skills: in sales 1 waits: 1 of them asks for skills that bob lacks\n");
	ck_says("agent", "dave",
		"ready: dave is ready since HH:MM:SS (1 s)\n"
		"reserve: in sales dave is of the reserve, which is not called: 1 of 10 wait\n");
	phone_register("carol");
	sim_run(1000);
	ck_says("agent", "carol",
		"ready: carol is ready since HH:MM:SS (1 s)\n"
		"ring: in sales 1 waits: 1 of them has not come to ring 1, in which carol "
		"helps\n");
	caller_hangs_up(ann);
	sim_end();
}
END_TEST

START_TEST(callers_come_to_rings)
{
	begin();
	struct sim_caller *ann = dial("ann", "4001234568");
	sim_run(5000);
	phone_register("alice");
	phone_register("bob");
	phone_register("carol");
	phone_register("dave");
	sim_run(2000);
	phone_rejects("alice", 100, 603);
	phone_silent("carol");
	sim_run(25000); // it comes to its ring, alice refuses, carol's phone rings
	ck_call(ann,
		"waits: ann waits in sales since HH:MM:SS (31 s), place 1 of 1; the queue keeps"
		" it until HH:MM:SS (9 min 28 s left)\n"
		"rings: carol's phone is called for it\n"
		"refused: alice did not take it: others who can are asked first\n"
		"agents: 1 caller in sales asks for german 2 in ring 1, ann waits 31 s; of 4 "
		"agents 2 could take it: carol is called for a caller, alice is left alone "
		"after a call not taken until HH:MM:SS; 1 lacks what is asked for; 1 is of the "
		"reserve, which is not called: 1 of 10 wait\n");
	ck_says("queue", "sales",
		"waiting: in sales 1 waits, the longest 31 s; of 4 agents 2 ready, 0 in "
		"conversation\n"
		"reserve: the reserve of sales is not called before 10 wait (now 1)\n"
		"agents: 1 caller in sales asks for german 2 in ring 1, ann waits 31 s; of 4 "
		"agents 2 could take it: carol is called for a caller, alice is left alone "
		"after a call not taken until HH:MM:SS; 1 lacks what is asked for; 1 is of the "
		"reserve, which is not called: 1 of 10 wait\n");
	phone_pick_up("carol");
	sim_run(1000);
	ck_call(ann,
		"talking: ann waits in no queue: it is talking with carol, until one of them "
		"hangs up\n");
	ck_says("queue", "sales",
		"nobody-waits: in sales nobody waits; of 4 agents 2 ready, 1 in conversation\n"
		"reserve: the reserve of sales is not called before 10 wait (now 0)\n");
	caller_hangs_up(ann);
	sim_end();
}
END_TEST

// A phone that has been let go, and does not say that it has heard so, is called for nobody.
START_TEST(a_call_that_is_taken_back_rings_no_more)
{
	setenv("TZ", "UTC", 1);
	sim_begin(&(struct sim_setup){.yaml = acme, .lapses = true, .lax_order = true});
	phone_register("alice");
	phone_stuck("alice");
	struct sim_caller *ann = dial("ann", "4001234567");
	sim_run(10000);
	struct why w;
	struct callid id = caller_id(ann);
	char text[CALLID_TEXT_MAX];
	ck_assert_ptr_nonnull(strstr(answer(&w, "call", callid_text(&id, text)),
		"\nrings: alice's phone is called for it\n"));
	sim_run(12000);
	const char *says = answer(&w, "call", callid_text(&id, text));
	ck_assert_msg(strstr(says, "rings:") == NULL, "%s", says);
	says = answer(&w, "agent", "alice");
	ck_assert_msg(strstr(says, "rings") == NULL, "%s", says);
	caller_hangs_up(ann);
	sim_run(60000);
	sim_end();
}
END_TEST

START_TEST(a_queue_tells_its_callers_apart)
{
	struct sim_caller *c[12];
	begin();
	phone_register("bob");
	phone_answers("bob", 100);
	for (unsigned i = 0; i < 3; i++)
		c[i] = dial("ann", "4001234567");
	for (unsigned i = 3; i < 6; i++)
		c[i] = dial("ben", "4001234568");
	sim_run(10000);
	ck_says("queue", "sales",
		"waiting: in sales 5 wait, the longest 9 s; of 4 agents 0 ready, 1 in "
		"conversation\n"
		"reserve: the reserve of sales is not called before 10 wait (now 5)\n"
		"agents: 2 callers in sales ask for no skill, of whom the first, ann waits 9 s;"
		" of 4 agents 2 could take one: bob talks, alice is signed out; 1 helps in a "
		"later ring; 1 is of the reserve, which is not called: 5 of 10 wait\n"
		"agents: 3 callers in sales ask for german 5, of whom the first, ben waits 9 s;"
		" of 4 agents 0 could take one; 2 lack what is asked for; 1 helps in a later "
		"ring; 1 is of the reserve, which is not called: 5 of 10 wait\n");
	for (unsigned i = 0; i < 6; i++)
		caller_hangs_up(c[i]);
	sim_end();
}
END_TEST

UNIT_MAIN("reason", agents_say_their_states, agents_say_what_they_do,
	a_pause_goes_on_after_a_restart, a_call_of_its_own_comes_next,
	an_agent_is_prompted_and_goes_on_to_a_call_of_its_own, a_queue_that_is_removed_keeps_nobody,
	callers_say_what_they_wait_for, callers_come_to_rings,
	a_call_that_is_taken_back_rings_no_more, a_queue_tells_its_callers_apart)
