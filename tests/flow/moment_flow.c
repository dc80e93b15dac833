// What may come at any moment, at each: in the menu, in a queue, in a conversation, in a conference
// and while the call is answered. And the router's word, when the call has gone on meanwhile.
#include "tests/unit/unit.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "control/call/call_private.h"
#include "control/eventlog/eventlog.h"
#include "tests/flow/sim/sim.h"
#include "tests/unit/control/record/folder.h"

#define HEAD                                                       \
	"  trunks: {carrier: {peers: [10.9.0.0/24]}}\n"            \
	"  numbers: {'1': hotline}\n"                              \
	"  prompts: {choice: c.wav, sorry: s.wav, music: m.wav}\n" \
	"  conferences: {board: {}}\n"                             \
	"  agents: {alice: {password: a}, carol: {password: c}, sue: {password: s}}\n"

// From either queue it goes on to a prompt, or to the conference.
static const char yaml[] =
	HEAD "  flows:\n"
	     "    hotline:\n"
	     "      ask: {menu: choice, digits: {1: sales, 2: room, 3: small, 4: secret, 5: "
	     "sales_room,\n"
	     "            6: small_room}, timeout: 300s, on_timeout: bye}\n"
	     "      sales: {queue: sales, then: sorry}\n"
	     "      sales_room: {queue: sales, then: room}\n"
	     "      small: {queue: small, then: sorry}\n"
	     "      small_room: {queue: small, then: room}\n"
	     "      room: {conference: board}\n"
	     "      secret: {menu: choice, masked: yes, digits: {1: sales}, timeout: 300s,\n"
	     "               on_timeout: bye}\n"
	     "      sorry: {play: sorry, then: ask}\n"
	     "      bye: {hangup}\n"
	     "  queues:\n"
	     "    sales: {agents: [alice], music: music, ring_timeout: 10s, wrap_up: 0s}\n"
	     "    small: {agents: [carol], size_max: 1}\n";

static const char same_queue[] =
	HEAD "  flows:\n"
	     "    hotline:\n"
	     "      first: {queue: sales, then: second}\n"
	     "      second: {queue: sales, then: bye}\n"
	     "      bye: {hangup}\n"
	     "  queues: {sales: {agents: [alice], music: music, wait_max: 5s}}\n";

static const char no_queues[] = HEAD "  flows: {hotline: {bye: {hangup}}}\n";

enum place { MENU, QUEUE, TALK, ROOM, PLACES };

static const char *const heard[PLACES] = {"", "music", "alice", ""};

static struct sim_caller *in_menu(const char *from)
{
	struct sim_caller *c = dial(from, "1");
	sim_run(2000); // the menu's prompt is over
	ck_assert_uint_eq(caller_status(c), 200);
	return c;
}

static struct sim_caller *caller_at(enum place p)
{
	struct sim_caller *c = in_menu("ann");
	if (p == TALK) {
		phone_register("alice");
		phone_answers("alice", 50);
	}
	if (p != MENU)
		caller_presses(c, p == ROOM ? "2" : "1");
	sim_run(500);
	ck_assert_str_eq(caller_hears(c), heard[p]);
	return c;
}

// Answered, and its ACK is still on the way.
static struct sim_caller *answered(void)
{
	struct sim_caller *c = dial("ann", "1");
	sim_run(5);
	ck_assert_uint_eq(caller_status(c), 200);
	ck_story(c, "started answered");
	return c;
}

static struct call *call_of(const struct sim_caller *c)
{
	struct callid id = caller_id(c);
	return call_by_id(sim_calls(), &id);
}

static void hang_up_by_us(const struct sim_caller *c)
{
	struct callid id = caller_id(c);
	ck_assert_int_eq(call_hangup(sim_calls(), &id, "operator"), 0);
}

static void finish(struct sim_caller *c)
{
	if (caller_alive(c))
		caller_hangs_up(c);
	sim_run(1000);
	sim_end();
}

static void ck_tells(const struct sim_caller *c, const char *what)
{
	ck_assert_msg(strstr(caller_story(c), what) != NULL, "no %s in: %s", what, caller_story(c));
}

// --- the engine ---

START_TEST(a_voice_that_fails_ends_the_call)
{
	for (enum place p = MENU; p < PLACES; p++) {
		sim_begin(&(struct sim_setup){.yaml = yaml});
		struct sim_caller *c = caller_at(p);
		caller_media_fails(c, "bridge");
		sim_run(100);
		ck_assert(!caller_alive(c));
		ck_tells(c, "ended:media-failed/system/");
		finish(c);
	}
	sim_begin(&(struct sim_setup){.yaml = yaml});
	struct sim_caller *c = answered();
	caller_media_fails(c, "remote");
	sim_run(100);
	ck_story(c, "started answered ended:media-failed/system/answering");
	finish(c);
}
END_TEST

START_TEST(sound_that_is_lost_ends_the_call)
{
	for (enum place p = MENU; p < PLACES; p++) {
		sim_begin(&(struct sim_setup){.yaml = yaml});
		struct sim_caller *c = caller_at(p);
		caller_rtp_lost(c);
		sim_run(100);
		ck_assert(!caller_alive(c));
		ck_tells(c, "ended:caller-rtp-lost/caller/");
		finish(c);
	}
}
END_TEST

START_TEST(sound_that_comes_again_changes_nothing)
{
	for (enum place p = MENU; p < PLACES; p++) {
		sim_begin(&(struct sim_setup){.yaml = yaml});
		struct sim_caller *c = caller_at(p);
		caller_rtp_found(c);
		sim_run(100);
		ck_assert(caller_alive(c));
		ck_assert_str_eq(caller_hears(c), heard[p]);
		finish(c);
	}
}
END_TEST

START_TEST(a_mask_that_the_engine_has_not)
{
	for (enum place p = MENU; p < PLACES; p++) {
		sim_begin(&(struct sim_setup){.yaml = yaml});
		struct sim_caller *c = caller_at(p);
		struct callid id = caller_id(c);
		sim_media_mask_full(true);
		if (p == MENU)
			caller_presses(c, "4");
		else
			ck_assert_int_eq(call_mask(sim_calls(), &id, true), 0);
		sim_run(100);
		ck_assert(!caller_masked(c));
		ck_tells(c, " unmasked:system");
		finish(c);
	}
}
END_TEST

START_TEST(no_place_for_the_agent_beside_a_supervisor)
{
	sim_begin(&(struct sim_setup){.yaml = yaml});
	struct sim_caller *c = caller_at(TALK);
	struct callid id = caller_id(c);
	phone_register("sue");
	phone_answers("sue", 50);
	ck_assert_int_eq(call_monitor(sim_calls(), &id, "sue", MONITOR_LISTEN), 0);
	sim_run(500);
	ck_assert_str_eq(phone_hears("sue"), "ann+alice");
	phone_media_fails("alice", "mix");
	sim_run(100);
	ck_assert_str_eq(phone_hears("sue"), "");
	ck_assert_str_eq(phone_hears("alice"), "ann");
	ck_tells(c, " unmonitored:bridges-full");
	finish(c);
}
END_TEST

// --- the event log ---

static void log_comes(void)
{
	struct pollfd p = {.fd = eventlog_fd(sim_log()), .events = POLLIN};
	struct eventlog_status s;

	eventlog_status(sim_log(), &s);
	while (s.written < s.appended) {
		ck_assert_int_eq(poll(&p, 1, 10000), 1);
		eventlog_poll(sim_log());
		eventlog_status(sim_log(), &s);
	}
}

// Nobody waits for it longer than 500 ms; that it is written at last changes nothing.
START_TEST(a_log_that_is_late)
{
	for (unsigned p = MENU; p <= PLACES; p++) {
		char folder[64];
		sim_begin(&(struct sim_setup){.yaml = yaml, .log_folder = folder_new(folder)});
		struct sim_caller *c;
		if (p < PLACES) {
			c = caller_at(p);
		} else {
			c = dial("ann", "1");
			sim_run(505);
			ck_story(c, "started answered");
		}
		log_comes();
		sim_run(100);
		ck_assert(caller_alive(c));
		ck_assert_str_eq(caller_hears(c), p < PLACES ? heard[p] : "choice");
		finish(c);
		folder_remove(folder);
	}
}
END_TEST

// --- the operator ---

START_TEST(hung_up_while_it_is_answered)
{
	sim_begin(&(struct sim_setup){.yaml = yaml});
	struct sim_caller *c = answered();
	hang_up_by_us(c);
	sim_run(100);
	ck_story(c, "started answered ended:operator/operator/answering");
	finish(c);
}
END_TEST

// --- the router's word comes when the call has gone on ---

START_TEST(refused_or_offered_when_it_has_ended)
{
	sim_begin(&(struct sim_setup){.yaml = yaml});
	struct sim_caller *first = in_menu("ben"), *c = in_menu("ann"), *d = in_menu("dan");
	caller_presses(first, "3");
	caller_presses(d, "1");
	caller_sends_info(c, '3'); // that queue is full
	hang_up_by_us(c);
	phone_register("alice"); // for dan
	hang_up_by_us(d);
	sim_run(1000);
	ck_tells(c, " queued:small dequeued:operator ended:operator/operator/queue");
	ck_tells(d, " queued:sales dequeued:operator ended:operator/operator/queue");
	ck_assert_uint_eq(phone_invites("alice"), 0);
	ck_assert_str_eq(sim_agents(), "alice:ready carol:signed-out sue:signed-out");
	finish(first);
}
END_TEST

// The router, on its own thread, had refused it just before.
START_TEST(refused_in_the_turn_of_its_end)
{
	sim_begin(&(struct sim_setup){.yaml = yaml});
	struct sim_caller *c = in_menu("ann");
	caller_presses(c, "1");
	sim_run(100);
	struct router_message m = {.kind = ROUTER_DONE, .call = call_of(c)->key, .error = -ENOSPC};
	hang_up_by_us(c);
	call_on_router(&m, sim_calls());
	sim_run(100);
	ck_tells(c, " queued:sales dequeued:operator ended:operator/operator/queue");
	ck_assert(!caller_alive(c));
	finish(c);
}
END_TEST

// The phone answers no CANCEL, and no BYE of ours ends its leg.
START_TEST(the_lease_of_an_agent_whose_caller_is_gone)
{
	sim_begin(&(struct sim_setup){.yaml = yaml, .lapses = true});
	phone_register("alice");
	phone_stuck("alice");
	struct sim_caller *c = in_menu("ann");
	caller_presses(c, "1");
	sim_run(9000);
	hang_up_by_us(c);
	sim_run(50000);
	ck_assert_str_eq(sim_agents(), "alice:offered carol:signed-out sue:signed-out");
	sim_run(15000);
	ck_assert_ptr_null(strstr(sim_agents(), "alice:offered"));
	sim_run(60000);
	finish(c);
}
END_TEST

// A reload takes the queue away in the very turn in which the router, on its own thread, answers.
static void crossed(const char *digit, const char *agent, const char *hears, const char *story)
{
	sim_begin(&(struct sim_setup){.yaml = yaml, .router_thread = true, .lax_order = true});
	struct sim_caller *first = in_menu("ben"), *c = in_menu("ann");
	if (agent == NULL)
		caller_presses(first, "3");
	caller_sends_info(c, *digit);
	if (agent != NULL)
		sim_run(100);
	if (agent != NULL)
		phone_register(agent);
	sim_reload(no_queues);
	sim_run(100);
	ck_assert_str_eq(caller_hears(c), hears);
	ck_tells(c, story);
	ck_assert_uint_eq(phone_invites("alice"), 0);
	caller_hangs_up(first);
	finish(c);
}

START_TEST(refused_or_offered_when_it_has_left_the_queue)
{
	crossed("3", NULL, "sorry", " queued:small dequeued:queue-removed step:sorry");
	crossed("6", NULL, "", " queued:small dequeued:queue-removed step:room joined:board");
	crossed("1", "alice", "sorry", " queued:sales dequeued:queue-removed step:sorry");
	crossed("5", "alice", "", " queued:sales dequeued:queue-removed step:room joined:board");
}
END_TEST

// Late by a turn of the loop; the offer is another's by now, or nobody's.
static void lapse(const struct sim_caller *c, uint64_t offer)
{
	struct router_message m = {.kind = ROUTER_LAPSED, .call = call_of(c)->key, .offer = offer};
	call_on_router(&m, sim_calls());
	sim_run(100);
}

START_TEST(a_lease_that_lapses_late)
{
	for (enum place p = MENU; p < PLACES; p++) {
		sim_begin(&(struct sim_setup){.yaml = yaml});
		struct sim_caller *c = caller_at(p);
		lapse(c, 4711);
		ck_assert(caller_alive(c));
		ck_assert_str_eq(caller_hears(c), heard[p]);
		finish(c);
	}
	sim_begin(&(struct sim_setup){.yaml = yaml}); // the conversation's own
	struct sim_caller *c = caller_at(TALK);
	lapse(c, offer_number(offer_of(party_of(&call_of(c)->parties, PARTY_AGENT))));
	ck_assert(!caller_alive(c));
	ck_tells(c, " ended:lease-lapsed/system/talking");
	ck_assert(!phone_busy("alice"));
	finish(c);
}
END_TEST

// On its way while the caller left the queue, and joined it anew by the next step.
START_TEST(an_offer_for_the_place_before)
{
	sim_begin(&(struct sim_setup){.yaml = same_queue});
	phone_register("alice");
	sim_run(100);
	ck_assert_int_eq(calls_agent_set(sim_calls(), "alice", false), 0);
	struct sim_caller *c = dial("ann", "1");
	sim_run(1000);
	const struct call *call = call_of(c);
	struct router_message m = {.kind = ROUTER_OFFER,
		.ticket = call->wait.ticket,
		.call = call->key,
		.offer = 4711,
		.decision.ring_ms = 10000};
	sim_run(5000);
	ck_tells(c, " queued:sales dequeued:timeout step:second queued:sales");
	call_on_router(&m, sim_calls());
	sim_run(1000);
	ck_assert_ptr_null(strstr(caller_story(c), "offered"));
	ck_assert_uint_eq(phone_invites("alice"), 0);
	ck_assert_str_eq(caller_hears(c), "music");
	finish(c);
}
END_TEST

UNIT_MAIN("moment", a_voice_that_fails_ends_the_call, sound_that_is_lost_ends_the_call,
	sound_that_comes_again_changes_nothing, a_mask_that_the_engine_has_not,
	no_place_for_the_agent_beside_a_supervisor, a_log_that_is_late,
	hung_up_while_it_is_answered, refused_or_offered_when_it_has_ended,
	refused_in_the_turn_of_its_end, the_lease_of_an_agent_whose_caller_is_gone,
	refused_or_offered_when_it_has_left_the_queue, a_lease_that_lapses_late,
	an_offer_for_the_place_before)
