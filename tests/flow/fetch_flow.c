// The operator has somebody called for an agent, whose phone is called first.
#include "tests/unit/unit.h"

#include <string.h>

#include "control/config/config.h"
#include "engine/base/str.h"
#include "tests/flow/sim/sim.h"

#define LI "+8613900139000"

static const char city[] =
	"  country_code: '86'\n"
	"  trunks:\n"
	"    carrier: {peers: [10.9.0.0/24], targets: 'udp:10.9.0.77:5060', caller: '4001234567'}\n"
	"    spare: {peers: [10.9.1.0/24], targets: 'udp:10.9.1.77:5060', caller: '4001234567'}\n"
	"  numbers: {'4001234567': {flow: hotline, record: no}, '4001234568': hotline}\n"
	"  prompts: {welcome: w.wav, music: m.wav}\n"
	"  flows:\n"
	"    hotline:\n"
	"      hello: {play: welcome, then: wait}\n"
	"      wait: {queue: sales}\n"
	"  queues: {sales: {agents: [alice, bob], music: music, short_call: 0s}}\n"
	"  agents:\n"
	"    alice: {password: a, dials: [carrier, spare], dials_to: ['0', '110'],\n"
	"            dials_not: ['0900', '+86131']}\n"
	"    bob: {password: b}\n"
	"    carol: {password: c, dials: [spare], dials_to: ['*'], dials_not: ['00'],\n"
	"            dials_as: '4001234568', dials_max: 1}\n"
	"    dave: {password: d, dials: [carrier]}\n";

static void begin(void)
{
	sim_begin(&(struct sim_setup){.yaml = city});
	phone_register("alice");
	phone_register("carol");
	phone_register("dave");
}

static struct sim_caller *dials(const char *agent, const char *number)
{
	struct sim_caller *c =
		caller_dials(&(struct caller_setup){.from = agent, .agent = agent, .to = number});
	sim_run(500);
	return c;
}

static void agents_are(const char *text)
{
	ck_assert_str_eq(sim_agents(), text);
}

static struct callid last;

static const char *click(const char *agent)
{
	struct call_originate q = {.trunk = "carrier",
		.to = "13900139000",
		.connect = CALL_CONNECT_AGENT,
		.name = agent};
	return call_originate(sim_calls(), &q, &last);
}

static const char *last_where(void)
{
	struct call_info info;
	char text[CALLID_TEXT_MAX];
	return call_find(sim_calls(), callid_text(&last, text), &info) == 0 ? info.where : "";
}

static void last_told(const char *story)
{
	ck_assert_str_eq(sim_story_text(""), story);
}

START_TEST(the_agents_phone_is_called_first)
{
	begin();
	phone_register("bob");
	ck_assert_ptr_null(click("bob")); // what it may dial itself is not asked
	sim_run(500);
	ck_assert_str_eq(last_where(), "fetching");
	ck_assert_str_eq(phone_sees("bob"), "<" LI ">");
	agents_are("alice:ready bob:busy carol:ready dave:ready");
	ck_assert_uint_eq(phone_invites(LI), 0);
	phone_pick_up("bob");
	sim_run(500);
	ck_assert_str_eq(last_where(), "ringing");
	ck_assert_str_eq(phone_hears("bob"), "e180-ringback");
	phone_hold("bob", true);
	sim_run(100);
	phone_hold("bob", false);
	sim_run(100);
	phone_pick_up(LI);
	sim_run(100);
	ck_assert_str_eq(phone_hears("bob"), LI);
	ck_assert_str_eq(phone_hears(LI), "bob");
	phone_hang_up("bob");
	sim_run(1000);
	last_told("started held:agent resumed:agent answered connected:bob "
		  "ended:agent-hangup/agent/talking");
	agents_are("alice:ready bob:ready carol:ready dave:ready");
	sim_end();
}
END_TEST

static void ck_not_fetched(uint16_t status, const char *why)
{
	char story[64];
	begin();
	phone_rejects("alice", 100, status);
	ck_assert_ptr_null(click("alice"));
	sim_run(1000);
	str_format(story, sizeof(story), "started ended:%s/agent/fetching", why);
	last_told(story);
	ck_assert_uint_eq(phone_invites(LI), 0);
	agents_are("alice:ready bob:signed-out carol:ready dave:ready");
	sim_end();
}

START_TEST(the_agent_does_not_take_it)
{
	ck_not_fetched(486, "agent-busy");
	ck_not_fetched(480, "agent-no-answer");
	ck_not_fetched(603, "agent-rejected");
	begin();
	phone_redirects("alice");
	ck_assert_ptr_null(click("alice"));
	sim_run(1000);
	last_told("started ended:agent-rejected/agent/fetching");
	sim_end();
}
END_TEST

START_TEST(the_agent_has_taken_it_and_nobody_else_does)
{
	begin();
	phone_answers("alice", 100);
	phone_rejects(LI, 100, 486);
	ck_assert_ptr_null(click("alice"));
	sim_run(1000);
	last_told("started ended:busy/called/ringing");
	ck_assert(!phone_busy("alice"));
	phone_silent(LI);
	ck_assert_ptr_null(click("alice"));
	sim_run(1000);
	phone_hang_up("alice");
	sim_run(1000);
	last_told("started ended:agent-hangup/agent/ringing");
	ck_assert(!phone_busy(LI));
	ck_assert_ptr_null(click("alice"));
	sim_run(1000);
	phone_rtp_lost("alice");
	sim_run(1000);
	last_told("started media-lost:agent ended:agent-rtp-lost/agent/ringing");
	sim_trunk_full("carrier");
	ck_assert_ptr_null(click("alice"));
	sim_run(1000);
	last_told("started ended:trunk-full/system/calling");
	agents_are("alice:ready bob:signed-out carol:ready dave:ready");
	sim_end();
}
END_TEST

START_TEST(called_off_while_the_agents_phone_rings)
{
	begin();
	ck_assert_ptr_null(click("alice"));
	sim_run(500);
	ck_assert_int_eq(call_hangup(sim_calls(), &last, "operator"), 0);
	sim_run(1000);
	last_told("started ended:operator/operator/fetching");
	ck_assert_ptr_null(click("alice"));
	sim_run(500);
	sim_voices_fail("open");
	sim_run(1000);
	last_told("started ended:media-failed/system/fetching");
	ck_assert_ptr_null(click("alice"));
	phone_unregister("alice");
	sim_run(1000);
	last_told("started ended:agent-unreachable/system/fetching");
	ck_assert(!phone_busy("alice"));
	sim_end();
}
END_TEST

static void ck_said(const char *agent, const char *why)
{
	const char *said = click(agent);
	ck_assert_msg(said != NULL && str_equal(said, why), "%s", said);
}

START_TEST(whom_nobody_can_be_connected_to_is_named)
{
	begin();
	ck_said("nobody", "no such agent of the trunk's tenant");
	ck_said("bob", "the agent's phone is not registered");
	struct sim_caller *c = dials("alice", LI);
	ck_said("alice", "the agent is on another call");
	caller_cancels(c);
	struct sim_caller *ann = dial("ann", "4001234567");
	sim_run(4000);
	ck_said("alice", "the agent is on another call"); // which is offered to her
	caller_hangs_up(ann);
	sim_run(1000);
	sim_media_full(true);
	ck_said("alice", "no voice is free");
	sim_media_full(false);
	agents_are("alice:ready bob:signed-out carol:ready dave:ready");
	sim_end();
}
END_TEST

START_TEST(an_operator_ends_what_was_dialled)
{
	begin();
	phone_answers(LI, 100);
	struct sim_caller *c = dials("alice", LI);
	struct callid id = caller_id(c);
	ck_assert_int_eq(call_hangup(sim_calls(), &id, "operator"), 0);
	sim_run(1000);
	ck_story(c, "started answered connected:alice ended:operator/operator/talking");
	phone_silent(LI);
	c = dials("alice", LI);
	id = caller_id(c);
	ck_assert_int_eq(call_hangup(sim_calls(), &id, "operator"), 0);
	sim_run(1000);
	ck_assert_uint_eq(caller_status(c), 503);
	c = dials("alice", LI);
	sim_stop();
	sim_run(1000);
	ck_story(c, "started ended:node-stopped/system/ringing");
	sim_end();
}
END_TEST

START_TEST(its_voice_fails)
{
	begin();
	ck_assert_ptr_null(click("alice"));
	sim_run(500);
	sim_voice_fails(phone_voice("alice"), "remote");
	sim_run(1000);
	last_told("started ended:media-failed/system/fetching");
	phone_answers("alice", 100);
	ck_assert_ptr_null(click("alice"));
	sim_run(1000);
	sim_voice_fails(phone_voice("alice"), "play"); // hears no ringing, and waits all the same
	sim_run(100);
	ck_assert_str_eq(last_where(), "ringing");
	sim_voice_fails(phone_voice("alice"), "remote");
	sim_run(1000);
	last_told("started ended:media-failed/system/ringing");
	agents_are("alice:ready bob:signed-out carol:ready dave:ready");
	sim_end();
}
END_TEST

UNIT_MAIN("fetch", its_voice_fails, an_operator_ends_what_was_dialled,
	the_agents_phone_is_called_first, the_agent_does_not_take_it,
	the_agent_has_taken_it_and_nobody_else_does, called_off_while_the_agents_phone_rings,
	whom_nobody_can_be_connected_to_is_named)
