// Calls that we begin: somebody outside is called through a trunk, and led to a flow or a queue.
#include "tests/unit/unit.h"

#include <string.h>

#include "control/config/config.h"
#include "engine/base/str.h"
#include "tests/flow/sim/log.h"
#include "tests/flow/sim/sim.h"
#include "tests/unit/control/record/folder.h"

#define LI "+8613900139000"

static const char city[] =
	"  country_code: '86'\n"
	"  trunks:\n"
	"    carrier: {peers: [10.9.0.0/24], targets: 'udp:10.9.0.77:5060', caller: '4001234567'}\n"
	"    silent: {peers: [10.9.1.0/24], targets: 'udp:10.9.1.77:5060'}\n"
	"    deaf: {peers: [10.9.2.0/24]}\n"
	"  numbers: {'4001234567': {flow: hotline, record: no}, '4001234568': hotline,\n"
	"            '*': hotline}\n"
	"  prompts: {welcome: w.wav, music: m.wav}\n"
	"  flows:\n"
	"    hotline:\n"
	"      hello: {play: welcome, then: wait}\n"
	"      wait: {queue: sales}\n"
	"  queues: {sales: {agents: [alice], music: music, wait_max: 20s, short_call: 0s}}\n"
	"  agents: {alice: {password: a}}\n";

static struct call_originate asked(enum call_connect connect, const char *name)
{
	return (struct call_originate){
		.trunk = "carrier", .to = "13900139000", .connect = connect, .name = name};
}

static struct callid last;

static void originate(enum call_connect connect, const char *name)
{
	struct call_originate q = asked(connect, name);
	sim_begin(&(struct sim_setup){.yaml = city});
	ck_assert_ptr_null(call_originate(sim_calls(), &q, &last));
	sim_run(500);
}

static void ck_record(const char *member, const char *value)
{
	ck_assert_str_eq(sim_story_record("", member), value);
}

static void told(const char *story)
{
	ck_assert_str_eq(sim_story_text(""), story);
}

static const char *where(void)
{
	struct call_info info;
	char text[CALLID_TEXT_MAX];
	return call_find(sim_calls(), callid_text(&last, text), &info) == 0 ? info.where : "";
}

START_TEST(who_answers_hears_the_flow)
{
	originate(CALL_CONNECT_FLOW, "hotline");
	ck_assert_str_eq(where(), "ringing");
	ck_assert_str_eq(phone_sees(LI), "<+864001234567>");
	phone_pick_up(LI);
	sim_run(100);
	ck_assert_str_eq(where(), "flow");
	ck_assert_str_eq(phone_hears(LI), "welcome");
	phone_hang_up(LI);
	sim_run(1000);
	told("started answered step:hello ended:called-hangup/called/flow");
	ck_record("direction", "out");
	ck_record("trunk", "carrier");
	ck_record("caller", "+864001234567");
	ck_record("called", LI);
	ck_record("number", "4001234567");
	ck_record("flow", "hotline");
	ck_record("by", "called");
	ck_record("status", "200");
	sim_end();
}
END_TEST

START_TEST(who_answers_waits_for_an_agent)
{
	originate(CALL_CONNECT_QUEUE, "sales");
	phone_pick_up(LI);
	sim_run(100);
	ck_assert_str_eq(phone_hears(LI), "music");
	phone_answers("alice", 100);
	phone_register("alice");
	sim_run(1000);
	ck_assert_str_eq(phone_sees("alice"), "<" LI ">");
	ck_assert_str_eq(phone_hears(LI), "alice");
	ck_assert_str_eq(phone_hears("alice"), LI);
	phone_hang_up("alice");
	sim_run(1000);
	told("started answered queued:sales offered:alice dequeued:connected connected:alice "
	     "ended:agent-hangup/agent/talking");
	ck_record("agent", "alice");
	sim_end();
}
END_TEST

START_TEST(nobody_takes_who_answered)
{
	originate(CALL_CONNECT_QUEUE, "sales");
	phone_pick_up(LI);
	sim_run(21000);
	told("started answered queued:sales dequeued:timeout ended:flow-end/system/flow");
	sim_end();
}
END_TEST

static void ck_unanswered(uint16_t status, const char *why)
{
	struct call_originate q = asked(CALL_CONNECT_FLOW, "hotline");
	char story[64];
	sim_begin(&(struct sim_setup){.yaml = city});
	phone_rejects(LI, 100, status);
	ck_assert_ptr_null(call_originate(sim_calls(), &q, &last));
	sim_run(2000);
	str_format(story, sizeof(story), "started ended:%s/called/ringing", why);
	told(story);
	sim_end();
}

START_TEST(why_nobody_answered_is_told)
{
	ck_unanswered(486, "busy");
	ck_unanswered(603, "rejected");
	ck_unanswered(480, "no-answer");
	ck_unanswered(404, "no-such-number");
	ck_unanswered(407, "trunk-password");
	ck_unanswered(502, "trunk-failed");
}
END_TEST

START_TEST(an_answer_of_no_use_ends_it)
{
	struct call_originate q = asked(CALL_CONNECT_FLOW, "hotline");
	sim_begin(&(struct sim_setup){.yaml = city});
	phone_unusable(LI);
	ck_assert_ptr_null(call_originate(sim_calls(), &q, &last));
	sim_run(2000);
	told("started ended:offer-not-met/called/ringing");
	phone_redirects(LI);
	ck_assert_ptr_null(call_originate(sim_calls(), &q, &last));
	sim_run(2000);
	told("started ended:redirected/called/ringing");
	sim_end();
}
END_TEST

START_TEST(an_operator_calls_it_off)
{
	originate(CALL_CONNECT_FLOW, "hotline");
	ck_assert_int_eq(call_hangup(sim_calls(), &last, "operator"), 0);
	sim_run(1000);
	told("started ended:operator/operator/ringing");
	ck_assert(!phone_busy(LI));
	sim_end();
}
END_TEST

START_TEST(its_voice_fails)
{
	originate(CALL_CONNECT_FLOW, "hotline");
	sim_voices_fail("open");
	sim_run(1000);
	told("started ended:media-failed/system/ringing");
	sim_end();
}
END_TEST

START_TEST(the_node_stops_while_it_rings)
{
	originate(CALL_CONNECT_FLOW, "hotline");
	sim_stop();
	sim_run(1000);
	told("started ended:node-stopped/system/ringing");
	sim_end();
}
END_TEST

// It is called when our patience with the log is over; that it is written at last changes nothing.
START_TEST(a_log_that_is_late)
{
	struct call_originate q = asked(CALL_CONNECT_FLOW, "hotline");
	char folder[64];
	sim_begin(&(struct sim_setup){.yaml = city, .log_folder = folder_new(folder)});
	ck_assert_ptr_null(call_originate(sim_calls(), &q, &last));
	sim_run(400);
	ck_assert_str_eq(where(), "opening");
	ck_assert(!phone_busy(LI));
	sim_run(200);
	ck_assert_str_eq(where(), "ringing");
	sim_log_settle();
	sim_run(100);
	ck_assert_str_eq(where(), "ringing");
	phone_pick_up(LI);
	sim_run(100);
	ck_assert_str_eq(phone_hears(LI), "welcome");
	phone_hang_up(LI);
	sim_run(1000);
	told("started answered step:hello ended:called-hangup/called/flow");
	sim_end();
	folder_remove(folder);
}
END_TEST

static void ck_refused(const struct call_originate *q, const char *why)
{
	const char *said = call_originate(sim_calls(), q, &last);
	ck_assert_msg(said != NULL && str_equal(said, why), "%s", said);
}

static void empty(void *arg)
{
}

START_TEST(what_may_not_be_called_is_named)
{
	struct call_originate q = asked(CALL_CONNECT_FLOW, "hotline");
	sim_begin(&(struct sim_setup){.yaml = city});
	q.trunk = "nobody";
	ck_refused(&q, "no such trunk");
	q.trunk = "deaf";
	ck_refused(&q, "the trunk has no targets");
	q.trunk = "silent";
	ck_refused(&q, "no caller is said, and the trunk has none");
	q.from = "+8613900139000";
	ck_refused(&q, "the caller is none of the tenant's numbers"); // but for "*"
	q.from = "4001234568@elsewhere";
	ck_refused(&q, "the caller is none of the tenant's numbers");
	q.from = "04001234568";
	q.to = "sip:1@2";
	ck_refused(&q, "not a telephone number");
	q.to = "13900139000";
	q.name = "nothing";
	ck_refused(&q, "no such flow");
	q.connect = CALL_CONNECT_QUEUE;
	ck_refused(&q, "no such queue");
	q.name = "sales";
	q.tenant = "other";
	ck_refused(&q, "no such trunk");
	q.tenant = "acme";
	sim_media_full(true);
	ck_refused(&q, "no voice is free");
	sim_media_full(false);
	calls_drain(sim_calls(), empty, NULL);
	ck_refused(&q, "the node drains");
	calls_drain(sim_calls(), NULL, NULL);
	ck_assert_ptr_null(call_originate(sim_calls(), &q, &last));
	sim_run(500);
	ck_assert_str_eq(phone_sees(LI), "<+864001234568>");
	sim_run(1000);
	ck_assert_int_eq(call_hangup(sim_calls(), &last, "operator"), 0);
	sim_run(1000);
	sim_end();
}
END_TEST

UNIT_MAIN("originate", who_answers_hears_the_flow, who_answers_waits_for_an_agent,
	nobody_takes_who_answered, why_nobody_answered_is_told, an_answer_of_no_use_ends_it,
	an_operator_calls_it_off, its_voice_fails, the_node_stops_while_it_rings,
	a_log_that_is_late, what_may_not_be_called_is_named)
