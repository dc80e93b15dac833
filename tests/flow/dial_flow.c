// Agents' phones that dial out.
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

// The same without any permission, trunk or carol.
static const char village[] =
	"  country_code: '86'\n"
	"  trunks: {other: {peers: [10.9.7.0/24]}}\n"
	"  numbers: {'4001234567': hotline}\n"
	"  prompts: {welcome: w.wav, music: m.wav}\n"
	"  flows: {hotline: {hello: {play: welcome, then: wait}, wait: {queue: sales}}}\n"
	"  queues: {sales: {agents: [alice, bob], music: music, short_call: 0s}}\n"
	"  agents: {alice: {password: a}, bob: {password: b}}\n";

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

static void told(const struct sim_caller *c, const char *story)
{
	ck_assert_str_eq(caller_story(c), story);
}

static void ck_record(const struct sim_caller *c, const char *member, const char *value)
{
	ck_assert_str_eq(caller_record(c, member), value);
}

static void agents_are(const char *text)
{
	ck_assert_str_eq(sim_agents(), text);
}

static const char *where(const struct sim_caller *c)
{
	struct callid id = caller_id(c);
	struct call_info info;
	char text[CALLID_TEXT_MAX];
	return call_find(sim_calls(), callid_text(&id, text), &info) == 0 ? info.where : "";
}

START_TEST(an_agent_calls_somebody)
{
	begin();
	struct sim_caller *c = dials("alice", "013900139000");
	ck_assert_str_eq(where(c), "ringing");
	ck_assert(caller_rings(c));
	ck_assert_uint_eq(caller_status(c), 0);
	ck_assert_str_eq(phone_sees(LI), "<+864001234567>");
	agents_are("alice:busy bob:signed-out carol:ready dave:ready");
	phone_pick_up(LI);
	sim_run(100);
	ck_assert_uint_eq(caller_status(c), 200);
	ck_assert_str_eq(where(c), "talking");
	ck_assert_str_eq(caller_hears(c), LI);
	ck_assert_str_eq(phone_hears(LI), "alice");
	sim_run(60000);
	caller_hangs_up(c);
	sim_run(1000);
	told(c, "started answered connected:alice ended:agent-hangup/agent/talking");
	ck_assert_str_eq(caller_segments(c), "/alice/agent-hangup");
	ck_record(c, "direction", "out");
	ck_record(c, "agent", "alice");
	ck_record(c, "trunk", "carrier");
	ck_record(c, "caller", "+864001234567");
	ck_record(c, "called", LI);
	ck_record(c, "called_sent", "013900139000");
	ck_record(c, "number", "4001234567");
	ck_record(c, "status", "200");
	agents_are("alice:ready bob:signed-out carol:ready dave:ready");
	sim_end();
}
END_TEST

START_TEST(who_was_called_hangs_up)
{
	begin();
	phone_answers(LI, 100);
	struct sim_caller *c = dials("alice", LI);
	sim_run(1000);
	phone_hang_up(LI);
	sim_run(1000);
	told(c, "started answered connected:alice ended:called-hangup/called/talking");
	ck_assert(!caller_alive(c));
	agents_are("alice:ready bob:signed-out carol:ready dave:ready");
	sim_end();
}
END_TEST

START_TEST(the_agent_thinks_better_of_it)
{
	begin();
	struct sim_caller *c = dials("alice", LI);
	caller_cancels(c);
	sim_run(1000);
	told(c, "started ended:agent-cancelled/agent/ringing");
	ck_record(c, "status", "487");
	ck_assert(!phone_busy(LI));
	// Before there are voices.
	c = caller_dials(&(struct caller_setup){.from = "alice", .agent = "alice", .to = LI});
	caller_cancels(c);
	sim_run(1000);
	told(c, "started ended:agent-cancelled/agent/opening");
	agents_are("alice:ready bob:signed-out carol:ready dave:ready");
	sim_end();
}
END_TEST

static void ck_unanswered(uint16_t status, uint16_t heard, const char *why)
{
	char story[64];
	begin();
	phone_rejects(LI, 100, status);
	struct sim_caller *c = dials("alice", LI);
	sim_run(1000);
	str_format(story, sizeof(story), "started ended:%s/called/ringing", why);
	told(c, story);
	ck_assert_uint_eq(caller_status(c), heard);
	agents_are("alice:ready bob:signed-out carol:ready dave:ready");
	sim_end();
}

START_TEST(nobody_answers_and_the_phone_is_told_why)
{
	ck_unanswered(486, 486, "busy");
	ck_unanswered(603, 603, "rejected");
	ck_unanswered(404, 404, "no-such-number");
	ck_unanswered(408, 480, "no-answer");
	ck_unanswered(407, 503, "trunk-password"); // no challenge for the phone
	ck_unanswered(502, 503, "trunk-failed");
}
END_TEST

static void ck_refused(const char *agent, const char *number, const char *why, uint16_t status)
{
	char story[64];
	struct sim_caller *c = dials(agent, number);
	str_format(story, sizeof(story), "refused:%s/%u", why, status);
	ck_assert_msg(
		str_equal(caller_story(c), story), "%s by %s: %s", number, agent, caller_story(c));
	ck_assert_uint_eq(caller_status(c), status);
	if (strncmp(why, "dial", 4) == 0) {
		ck_record(c, "direction", "out");
		ck_record(c, "agent", agent);
	}
}

static void ck_taken(const char *agent, const char *number, const char *called)
{
	struct sim_caller *c = dials(agent, number);
	ck_assert_str_eq(where(c), "ringing");
	caller_cancels(c);
	sim_run(500);
	ck_record(c, "called", called);
}

START_TEST(what_may_not_be_dialled_is_refused)
{
	begin();
	phone_register("bob");
	ck_refused("bob", LI, "no-such-number", 404);	 // as ever
	ck_refused("dave", LI, "dial-not-allowed", 403); // no beginning of numbers
	ck_refused("alice", "00442071234567", "dial-not-allowed", 403);
	ck_refused("alice", "+442071234567", "dial-not-allowed", 403);
	ck_refused("alice", "004420712345678901234", "dial-not-allowed", 403); // no number at all
	ck_refused("alice", "0900123456", "dial-not-allowed", 403);
	ck_refused("alice", "+86 900-123456", "dial-not-allowed", 403);
	ck_refused(
		"alice", "+86 0900-123456", "dial-not-allowed", 403); // the same, as some write it
	ck_refused("alice", "0086(0)900123456", "dial-not-allowed", 403);
	ck_refused("alice", "13100139000", "dial-not-allowed", 403);
	ck_refused("alice", "*21*0900123#", "dial-not-allowed", 403);
	ck_refused("alice", "li@elsewhere", "dial-not-allowed", 403);
	ck_refused("alice", "li", "dial-not-allowed", 403);
	ck_taken("alice", "013900139000", LI);
	ck_taken("alice", "+86 139-0013 9000", LI);
	ck_taken("alice", "13900139000", LI);
	ck_refused("carol", "0049301234567", "dial-not-allowed", 403);
	ck_taken("carol", "013900139000", LI);
	phone_unregister("alice");
	ck_refused("alice", LI, "dial-not-registered", 403);
	agents_are("alice:signed-out bob:ready carol:ready dave:ready");
	sim_end();
}
END_TEST

START_TEST(short_codes_are_dialled_as_they_stand)
{
	sim_begin(&(struct sim_setup){
		.yaml = "  country_code: '86'\n"
			"  short_numbers: 5\n"
			"  trunks: {carrier: {peers: [10.9.0.0/24], targets: "
			"'udp:10.9.0.77:5060'}}\n"
			"  numbers: {'4001234567': hotline}\n"
			"  prompts: {welcome: w.wav}\n"
			"  flows: {hotline: {hello: {play: welcome, then: bye}, bye: {hangup: "
			"welcome}}}\n"
			"  agents: {alice: {password: a, dials: carrier, dials_to: '110',\n"
			"                   dials_as: '4001234567'}}\n"});
	phone_register("alice");
	ck_taken("alice", "110", "110");
	ck_refused("alice", "120", "dial-not-allowed", 403);
	sim_end();
}
END_TEST

START_TEST(without_a_plan_numbers_are_what_they_say)
{
	sim_begin(&(struct sim_setup){
		.yaml = "  trunks: {carrier: {peers: [10.9.0.0/24], targets: "
			"'udp:10.9.0.77:5060'}}\n"
			"  numbers: {'500': hotline}\n"
			"  prompts: {welcome: w.wav}\n"
			"  flows: {hotline: {hello: {play: welcome, then: bye}, bye: {hangup: "
			"welcome}}}\n"
			"  agents: {alice: {password: a, dials: carrier, dials_to: ['0', '110'],\n"
			"                   dials_not: '00', dials_as: '500'}}\n"});
	phone_register("alice");
	ck_taken("alice", "0221-1234", "02211234");
	ck_taken("alice", "110", "110");
	ck_refused("alice", "0044", "dial-not-allowed", 403);
	ck_refused("alice", "0-044", "dial-not-allowed", 403);
	ck_refused("alice", "+44", "dial-not-allowed", 403);
	sim_end();
}
END_TEST

START_TEST(our_own_number_stays_what_it_is)
{
	begin();
	struct sim_caller *c = dials("alice", "4001234567");
	ck_assert_str_eq(caller_hears(c), "welcome");
	ck_assert_str_eq(where(c), "flow");
	caller_hangs_up(c);
	sim_run(500);
	ck_record(c, "direction", "in");
	sim_end();
}
END_TEST

START_TEST(the_next_trunk_is_taken_where_the_first_is_full)
{
	begin();
	sim_trunk_full("carrier");
	struct sim_caller *c = dials("alice", LI);
	ck_assert_str_eq(where(c), "ringing");
	caller_cancels(c);
	sim_run(500);
	ck_record(c, "trunk", "spare");
	sim_trunk_full("spare");
	c = dials("carol", LI);
	told(c, "started ended:trunk-full/system/calling");
	ck_assert_uint_eq(caller_status(c), 503);
	agents_are("alice:ready bob:signed-out carol:ready dave:ready");
	sim_end();
}
END_TEST

START_TEST(no_more_calls_at_once_than_allowed)
{
	begin();
	phone_answers(LI, 100);
	struct sim_caller *c = dials("carol", LI);
	ck_assert_str_eq(phone_sees(LI), "<+864001234568>");
	ck_refused("carol", "+8613900139001", "dial-full", 486);
	caller_hangs_up(c);
	sim_run(500);
	ck_taken("carol", "+8613900139001", "+8613900139001");
	sim_end();
}
END_TEST

START_TEST(an_offer_under_way_ends_and_the_caller_keeps_its_place)
{
	begin();
	phone_register("bob");
	struct sim_caller *ann = dial("ann", "4001234567");
	sim_run(4000);
	ck_assert(phone_busy("alice"));
	struct sim_caller *c = dials("alice", LI);
	ck_assert(!phone_busy("alice"));
	ck_assert(phone_busy("bob")); // it goes on with the next
	ck_assert_uint_eq(phone_invites("alice"), 1);
	sim_run(60000); // bob does not answer, and alice is offered nobody
	ck_assert_uint_eq(phone_invites("alice"), 1);
	ck_assert_uint_eq(strncmp(sim_agents(), "alice:busy ", 11), 0);
	caller_cancels(c);
	phone_answers("alice", 100);
	sim_run(30000);
	ck_assert_uint_eq(phone_invites("alice"), 2);
	ck_assert_str_eq(caller_hears(ann), "alice");
	caller_hangs_up(ann);
	sim_run(1000);
	sim_end();
}
END_TEST

START_TEST(held_resumed_and_lost)
{
	begin();
	phone_answers(LI, 100);
	struct sim_caller *c = dials("alice", LI);
	caller_holds(c, true);
	sim_run(100);
	ck_assert_str_eq(where(c), "held");
	ck_assert_str_eq(phone_hears(LI), "");
	caller_holds(c, false);
	phone_hold(LI, true);
	sim_run(100);
	phone_hold(LI, false);
	sim_run(100);
	ck_assert_str_eq(caller_hears(c), LI);
	sim_run(60000);
	caller_rtp_lost(c);
	sim_run(1000);
	told(c,
		"started answered connected:alice held:agent resumed:agent held:caller "
		"resumed:caller media-lost:agent ended:agent-rtp-lost/agent/talking");
	c = dials("alice", LI);
	phone_rtp_lost(LI);
	sim_run(1000);
	told(c,
		"started answered connected:alice media-lost:caller "
		"ended:caller-rtp-lost/caller/talking");
	sim_end();
}
END_TEST

START_TEST(a_reload_takes_the_permission_and_the_trunk)
{
	begin();
	phone_answers(LI, 100);
	struct sim_caller *c = dials("alice", LI);
	sim_reload(village);
	sim_run(1000);
	ck_assert_str_eq(caller_hears(c), LI); // what is under way goes on
	ck_refused("alice", LI, "no-such-number", 404);
	agents_are("alice:busy bob:signed-out");
	caller_hangs_up(c);
	sim_run(1000);
	told(c, "started answered connected:alice ended:agent-hangup/agent/talking");
	agents_are("alice:ready bob:signed-out");
	sim_end();
}
END_TEST

START_TEST(a_reload_between_two_steps)
{
	begin();
	struct sim_caller *c =
		caller_dials(&(struct caller_setup){.from = "carol", .agent = "carol", .to = LI});
	sim_reload(village); // no carol, no trunk
	sim_run(1000);
	caller_cancels(c);
	sim_run(1000);
	ck_assert(!caller_alive(c));
	sim_end();
}
END_TEST

START_TEST(the_phone_goes_while_it_talks)
{
	begin();
	phone_answers(LI, 100);
	struct sim_caller *c = dials("alice", LI);
	phone_unregister("alice");
	sim_run(90000); // its registration is not its call
	ck_assert_str_eq(caller_hears(c), LI);
	caller_hangs_up(c);
	sim_run(1000);
	told(c, "started answered connected:alice ended:agent-hangup/agent/talking");
	phone_register("alice");
	sim_run(100);
	agents_are("alice:ready bob:signed-out carol:ready dave:ready");
	sim_end();
}
END_TEST

START_TEST(its_answer_is_not_acknowledged)
{
	begin();
	phone_answers(LI, 100);
	struct sim_caller *c = caller_dials(&(struct caller_setup){
		.from = "alice", .agent = "alice", .to = LI, .no_ack = true});
	sim_run(1000);
	ck_assert_str_eq(where(c), "answering");
	phone_hold(LI, true);
	sim_run(100);
	phone_hold(LI, false);
	sim_run(60000);
	told(c, "started answered held:caller resumed:caller ended:agent-silent/system/answering");
	c = caller_dials(&(struct caller_setup){
		.from = "alice", .agent = "alice", .to = LI, .no_ack = true});
	sim_run(1000);
	phone_hang_up(LI);
	sim_run(60000);
	told(c, "started answered ended:called-hangup/called/answering");
	c = caller_dials(&(struct caller_setup){
		.from = "alice", .agent = "alice", .to = LI, .no_ack = true});
	sim_run(1000);
	phone_rtp_lost(LI);
	sim_run(60000);
	told(c, "started answered media-lost:caller ended:caller-rtp-lost/caller/answering");
	c = caller_dials(&(struct caller_setup){
		.from = "alice", .agent = "alice", .to = LI, .bad_offer = true});
	sim_run(1000);
	told(c, "started answered ended:offer-not-met/system/answering");
	agents_are("alice:ready bob:signed-out carol:ready dave:ready");
	sim_end();
}
END_TEST

START_TEST(voices_fail)
{
	begin();
	sim_media_full(true);
	ck_refused("alice", LI, "no-media", 503);
	sim_media_full(false);
	struct sim_caller *c =
		caller_dials(&(struct caller_setup){.from = "alice", .agent = "alice", .to = LI});
	sim_voices_fail("open");
	sim_run(1000);
	told(c, "started ended:no-media/system/opening");
	c = dials("alice", LI);
	sim_voices_fail("open");
	sim_run(1000);
	told(c, "started ended:media-failed/system/ringing");
	phone_answers(LI, 100);
	c = dials("alice", LI);
	caller_media_fails(c, "bridge");
	sim_run(1000);
	told(c, "started answered connected:alice ended:media-failed/system/talking");
	c = caller_dials(&(struct caller_setup){
		.from = "alice", .agent = "alice", .to = LI, .no_ack = true});
	sim_run(1000);
	caller_media_fails(c, "remote");
	sim_run(1000);
	told(c, "started answered ended:media-failed/system/answering");
	c = dials("alice", LI);
	caller_media_fails(c, "bridge");
	sim_run(1000);
	told(c, "started answered connected:alice ended:media-failed/system/talking");
	agents_are("alice:ready bob:signed-out carol:ready dave:ready");
	sim_end();
}
END_TEST

UNIT_MAIN("dial", an_agent_calls_somebody, who_was_called_hangs_up, the_agent_thinks_better_of_it,
	nobody_answers_and_the_phone_is_told_why, what_may_not_be_dialled_is_refused,
	short_codes_are_dialled_as_they_stand, without_a_plan_numbers_are_what_they_say,
	our_own_number_stays_what_it_is, the_next_trunk_is_taken_where_the_first_is_full,
	no_more_calls_at_once_than_allowed, an_offer_under_way_ends_and_the_caller_keeps_its_place,
	held_resumed_and_lost, a_reload_takes_the_permission_and_the_trunk,
	a_reload_between_two_steps, the_phone_goes_while_it_talks, its_answer_is_not_acknowledged,
	voices_fail)
