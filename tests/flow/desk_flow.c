// An agent's own call against what goes wrong around it: a kill, a lease that nobody renewed, an
// offer on its way. And who of those that it calls are recorded.
#include "tests/unit/unit.h"

#include <jansson.h>
#include <poll.h>
#include <string.h>

#include "control/call/call_private.h"
#include "control/eventlog/eventlog.h"
#include "control/rebuild/rebuild.h"
#include "engine/base/str.h"
#include "tests/flow/sim/parts.h"
#include "tests/flow/sim/sim.h"
#include "tests/unit/control/record/folder.h"

#define LI "+8613900139000"

static const char city[] =
	"  country_code: '86'\n"
	"  trunks:\n"
	"    carrier: {peers: [10.9.0.0/24], targets: 'udp:10.9.0.77:5060', caller: '4001234567'}\n"
	"  numbers: {'4001234567': {flow: hotline, record: no}, '4001234568': {flow: hotline, "
	"record: yes}}\n"
	"  prompts: {welcome: w.wav, music: m.wav}\n"
	"  flows:\n"
	"    hotline:\n"
	"      hello: {play: welcome, then: wait}\n"
	"      wait: {queue: sales}\n"
	"  queues: {sales: {agents: [alice], music: music, short_call: 0s}}\n"
	"  agents:\n"
	"    alice: {password: a, dials: carrier, dials_to: '0'}\n"
	"    bob: {password: b, dials: carrier, dials_to: '0', dials_record: yes}\n"
	"    carol: {password: c, dials: carrier, dials_to: '0', dials_as: '4001234568'}\n";

static void begin(struct sim_setup setup)
{
	setup.yaml = city;
	sim_begin(&setup);
	phone_register("alice");
	phone_register("bob");
	phone_register("carol");
	sim_run(100);
}

static struct sim_caller *dials_setup(const struct caller_setup *setup)
{
	struct sim_caller *c = caller_dials(setup);
	sim_run(500);
	return c;
}

static struct sim_caller *dials(const char *agent)
{
	return dials_setup(&(struct caller_setup){.from = agent, .agent = agent, .to = LI});
}

static void agents_are(const char *text)
{
	ck_assert_str_eq(sim_agents(), text);
}

static const char *const all_ready = "alice:ready bob:ready carol:ready";

// --- a kill ---

static void settle(void)
{
	struct pollfd p = {.fd = eventlog_fd(sim_log()), .events = POLLIN};
	struct eventlog_status s;

	eventlog_poll(sim_log());
	eventlog_status(sim_log(), &s);
	while (s.written < s.appended) {
		(void)poll(&p, 1, 5);
		eventlog_poll(sim_log());
		eventlog_status(sim_log(), &s);
	}
}

static void ck_member(const json_t *record, const char *member, const char *text)
{
	const char *is = json_string_value(json_object_get(record, member));

	ck_assert_msg(is != NULL && str_equal(is, text), "%s is %s, not %s", member, is, text);
}

// Killed now, the node finds the one call with this record; alice is as her phone is.
static void ck_killed(const char *folder, const char *where, bool answered)
{
	struct rebuild r;

	settle();
	ck_assert_int_eq(rebuild_load(folder, timers_wall_ns(sim_timers()), &r), 0);
	ck_assert_uint_eq(r.damaged, 0);
	ck_assert_uint_eq(r.call_count, 1);
	json_t *record = json_loads(r.calls[0].record, 0, NULL);
	ck_member(record, "where", where);
	ck_member(record, "direction", "out");
	ck_member(record, "agent", "alice");
	ck_member(record, "called", LI);
	ck_member(record, "why", "node-killed");
	ck_assert_int_eq(json_integer_value(json_object_get(record, "status")), answered ? 200 : 0);
	ck_assert(!r.calls[0].segment == !json_object_get(record, "connected"));
	json_decref(record);
	rebuild_free(&r);
}

static void ck_nobody_left(const char *folder)
{
	struct rebuild r;

	settle();
	ck_assert_int_eq(rebuild_load(folder, timers_wall_ns(sim_timers()), &r), 0);
	ck_assert_uint_eq(r.call_count, 0);
	rebuild_free(&r);
}

START_TEST(a_kill_finds_where_it_was)
{
	char folder[64];

	begin((struct sim_setup){.log_folder = folder_new(folder)});
	settle(); // what a new log begins with
	struct sim_caller *c = dials_setup(&(struct caller_setup){
		.from = "alice", .agent = "alice", .to = LI, .no_ack = true});
	ck_killed(folder, "opening", false);
	sim_run(500);
	phone_pick_up(LI);
	sim_run(100);
	ck_killed(folder, "answering", true);
	phone_hang_up(LI);
	sim_run(1000);
	ck_assert(!caller_alive(c));
	ck_nobody_left(folder);
	phone_answers(LI, 100);
	c = dials("alice");
	sim_run(500); // the log is late, and is not waited for
	ck_killed(folder, "talking", true);
	caller_holds(c, true);
	sim_run(100);
	ck_killed(folder, "held", true);
	caller_hangs_up(c);
	sim_run(1000);
	ck_nobody_left(folder);
	sim_end();
	folder_remove(folder);
}
END_TEST

static bool nothing_else(struct eventlog *log, struct eventlog_place *place, void *arg)
{
	if (place->part < CALLS_SNAPSHOT_PARTS) {
		calls_snapshot(sim_calls(), log, place);
		return true;
	}
	return false;
}

// Its beginning lies in a segment that is not read any more.
START_TEST(a_kill_behind_a_snapshot)
{
	char folder[64];

	begin((struct sim_setup){.log_folder = folder_new(folder)});
	eventlog_configure(
		sim_log(), &(struct eventlog_options){.segment_bytes = EVENTLOG_SEGMENT_MIN});
	eventlog_set_snapshot(sim_log(), nothing_else, NULL);
	struct sim_caller *c = dials_setup(&(struct caller_setup){
		.from = "alice", .agent = "alice", .to = LI, .no_ack = true});
	for (unsigned i = 0; i < 40; i++) { // until a segment is full
		phone_silent("+8613900139001");
		struct sim_caller *other = dials_setup(&(struct caller_setup){
			.from = "bob", .agent = "bob", .to = "+8613900139001"});
		caller_cancels(other);
		sim_run(500);
		settle();
	}
	ck_killed(folder, "ringing", false);
	phone_pick_up(LI);
	sim_run(100);
	ck_killed(folder, "answering", true);
	phone_hang_up(LI);
	sim_run(60000);
	ck_assert(!caller_alive(c));
	ck_nobody_left(folder);
	sim_end();
	folder_remove(folder);
}
END_TEST

START_TEST(nobody_is_busy_after_a_kill)
{
	enum agent_state state;

	begin((struct sim_setup){0});
	phone_unregister("alice");
	sim_run(100);
	ck_assert_int_eq(agent_state_parse("busy", &state), 0);
	ck_assert_int_eq(floor_agent_restore(calls_floor(sim_calls()), "alice", state, true, 0), 0);
	phone_register("alice");
	sim_run(100);
	agents_are(all_ready);
	sim_end();
}
END_TEST

// --- the lease ---

static struct call *call_of(const struct sim_caller *c)
{
	struct callid id = caller_id(c);

	return call_by_id(sim_calls(), &id);
}

START_TEST(a_lease_that_nobody_renews)
{
	begin((struct sim_setup){.lapses = true});
	phone_answers(LI, 100);
	struct sim_caller *c = dials("alice");
	struct call_desk *d = call_desk(call_of(c));
	sim_run(300000); // it is renewed
	agents_are("alice:busy bob:ready carol:ready");
	timer_cancel(&d->renew);
	sim_run(59000 - ROUTER_LEASE_TALK_MS / 3);
	agents_are("alice:busy bob:ready carol:ready");
	sim_run(ROUTER_LEASE_TALK_MS);
	agents_are(all_ready);
	ck_assert_str_eq(caller_hears(c), LI); // its call goes on
	floor_own_call_renew(calls_floor(sim_calls()), &d->held);
	sim_run(100);
	agents_are("alice:busy bob:ready carol:ready");
	caller_hangs_up(c);
	sim_run(1000);
	agents_are(all_ready);
	ck_story(c, "started answered connected:alice ended:agent-hangup/agent/talking");
	sim_end();
}
END_TEST

// --- an offer on its way ---

// The router, on its own thread, has answered when the phone dials, and nobody has heard of it.
START_TEST(an_offer_on_its_way_is_declined)
{
	begin((struct sim_setup){.router_thread = true, .lax_order = true});
	ck_assert_int_eq(calls_agent_set(sim_calls(), "alice", false), 0);
	struct sim_caller *ann = dial("ann", "4001234567");
	sim_run(4000);
	ck_assert_str_eq(caller_hears(ann), "music");
	ck_assert_int_eq(calls_agent_set(sim_calls(), "alice", true), 0);
	(void)poll(NULL, 0, 5);
	struct sim_caller *c = dials("alice");
	ck_assert_uint_eq(phone_invites("alice"), 0);
	agents_are("alice:busy bob:ready carol:ready");
	sim_run(30000);
	ck_assert_uint_eq(phone_invites("alice"), 0);
	ck_assert_str_eq(caller_hears(ann), "music");
	phone_answers("alice", 100);
	caller_cancels(c);
	sim_run(30000);
	ck_assert_str_eq(caller_hears(ann), "alice"); // has kept its place
	caller_hangs_up(ann);
	sim_run(1000);
	sim_end();
}
END_TEST

// --- recorded ---

static void ck_recorded(const char *agent, bool recorded)
{
	struct sim_caller *c = dials(agent);
	sim_run(1000);
	caller_hangs_up(c);
	sim_run(1000);
	ck_assert_int_eq(*caller_record(c, "recording") != '\0', recorded);
}

START_TEST(an_agents_calls_are_recorded)
{
	begin((struct sim_setup){.record = true});
	phone_answers(LI, 100);
	ck_recorded("alice", false);
	ck_recorded("bob", true);   // its own key
	ck_recorded("carol", true); // that of the number which she calls from
	ck_assert(sim_recordings_wait(2));
	sim_end();
}
END_TEST

UNIT_MAIN("desk", a_kill_finds_where_it_was, a_kill_behind_a_snapshot, nobody_is_busy_after_a_kill,
	a_lease_that_nobody_renews, an_offer_on_its_way_is_declined, an_agents_calls_are_recorded)
