// Calls from the first INVITE to the record, and hang-ups from any side at every moment.
#include "tests/unit/unit.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "control/eventlog/eventlog.h"
#include "engine/base/str.h"
#include "tests/flow/sim/sim.h"

#define TO_MENU	 "started answered step:greeting step:choice"
#define TO_QUEUE TO_MENU " digit:1 step:sales queued:sales"

static void begin(void)
{
	sim_begin(&(struct sim_setup){0});
}

static struct sim_caller *dial_into_queue(const char *from)
{
	struct sim_caller *c = dial(from, "400");
	sim_run(1100); // greeting
	caller_presses(c, "1");
	return c;
}

START_TEST(answered_and_hung_up_by_the_agent)
{
	begin();
	phone_register("alice");
	phone_answers("alice", 2000);
	struct sim_caller *c = dial("ann", "400");
	sim_run(500);
	ck_assert_uint_eq(caller_status(c), 200);
	ck_assert_str_eq(caller_hears(c), "welcome");
	sim_run(600);
	ck_assert_str_eq(caller_hears(c), "choice");
	caller_presses(c, "1");
	ck_assert_str_eq(caller_hears(c), "music");
	sim_run(2500);
	ck_assert_str_eq(caller_hears(c), "alice");
	ck_assert_str_eq(phone_hears("alice"), "ann");
	ck_assert_str_eq(sim_agents(), "alice:talking bob:signed-out carol:signed-out");
	sim_run(30000);
	phone_hang_up("alice");
	sim_run(100);
	ck_assert(!caller_alive(c));
	ck_assert_str_eq(sim_agents(), "alice:wrap-up bob:signed-out carol:signed-out");
	ck_story(c,
		TO_QUEUE " offered:alice dequeued:connected connected:alice "
			 "ended:agent-hangup/agent/talking");
	ck_assert_str_eq(caller_record(c, "agent"), "alice");
	ck_assert_str_eq(caller_record(c, "flow"), "hotline");
	ck_assert_str_eq(caller_record(c, "number"), "400");
	ck_assert_str_eq(caller_record(c, "digits"), "1");
	ck_assert_str_eq(caller_record(c, "trunk"), "carrier");
	ck_assert_str_eq(caller_record(c, "waited_ms"), "2006");
	ck_assert_str_eq(caller_record(c, "talked_ms"), "30594");
	ck_assert_str_eq(caller_record(c, "status"), "200");
	sim_run(5000);
	ck_assert_str_eq(sim_agents(), "alice:ready bob:signed-out carol:signed-out");
	sim_end();
}
END_TEST

START_TEST(hung_up_by_the_caller)
{
	begin();
	phone_register("alice");
	phone_answers("alice", 1000);
	struct sim_caller *c = dial_into_queue("ann");
	sim_run(3000);
	caller_hangs_up(c);
	sim_run(100);
	ck_assert(!phone_busy("alice"));
	ck_story(c,
		TO_QUEUE " offered:alice dequeued:connected connected:alice "
			 "ended:caller-hangup/caller/talking");
	sim_end();
}
END_TEST

START_TEST(cancelled_before_the_answer)
{
	begin();
	struct sim_caller *c = dial("ann", "400");
	caller_cancels(c);
	ck_story(c, "started ended:caller-cancelled/caller/opening");
	ck_assert_str_eq(caller_record(c, "status"), "487");
	ck_assert_str_eq(caller_record(c, "answered"), "0");
	c = dial("ann", "400");
	sim_run(5); // 200 sent, ACK on its way
	caller_cancels(c);
	ck_story(c, "started answered step:greeting ended:caller-hangup/caller/flow");
	sim_end();
}
END_TEST

START_TEST(abandoned_in_menu_and_queue)
{
	begin();
	struct sim_caller *menu = dial("ann", "400"), *queue = dial_into_queue("ben");
	sim_run(200);
	caller_hangs_up(menu);
	caller_hangs_up(queue);
	ck_story(menu, TO_MENU " ended:caller-hangup/caller/menu");
	ck_story(queue, TO_QUEUE " dequeued:abandoned ended:caller-hangup/caller/queue");
	struct floor_queue_info q;
	ck_assert(floor_queue_find(calls_floor(sim_calls()), "acme", "sales", &q));
	ck_assert_uint_eq(q.abandoned, 1);
	ck_assert_uint_eq(q.waiting, 0);
	sim_end();
}
END_TEST

START_TEST(abandoned_while_the_phone_rings)
{
	begin();
	phone_register("alice");
	struct sim_caller *c = dial_into_queue("ann");
	sim_run(3000);
	ck_assert(phone_busy("alice"));
	caller_hangs_up(c);
	ck_assert_str_eq(sim_agents(), "alice:offered bob:signed-out carol:signed-out");
	sim_run(10);
	ck_assert(!phone_busy("alice"));
	ck_assert_str_eq(sim_agents(), "alice:ready bob:signed-out carol:signed-out");
	ck_story(c,
		TO_QUEUE " offered:alice dequeued:abandoned over:alice/caller-gone "
			 "ended:caller-hangup/caller/ringing");
	sim_end();
}
END_TEST

START_TEST(abandoned_at_the_instant_of_the_answer)
{
	begin();
	phone_register("alice");
	struct sim_caller *c = dial_into_queue("ann");
	sim_run(3000);
	caller_hangs_up(c);
	phone_pick_up("alice"); // crosses our CANCEL
	sim_run(10);
	ck_assert(!phone_busy("alice"));
	ck_assert_str_eq(sim_agents(), "alice:ready bob:signed-out carol:signed-out");
	c = dial_into_queue("ben");
	sim_run(3000);
	phone_pick_up("alice");
	caller_hangs_up(c);
	sim_run(10);
	ck_assert(!phone_busy("alice"));
	ck_assert_str_eq(sim_agents(), "alice:wrap-up bob:signed-out carol:signed-out");
	ck_story(c,
		TO_QUEUE " offered:alice dequeued:connected connected:alice "
			 "ended:caller-hangup/caller/talking");
	sim_end();
}
END_TEST

START_TEST(both_hang_up_at_once)
{
	begin();
	phone_register("alice");
	phone_answers("alice", 100);
	struct sim_caller *c = dial_into_queue("ann");
	sim_run(1000);
	caller_hangs_up(c);
	phone_hang_up("alice");
	c = dial("ben", "500");
	sim_run(8000);
	phone_hang_up("alice");
	caller_hangs_up(c);
	ck_story(c,
		"started answered step:sales queued:sales offered:alice dequeued:connected "
		"connected:alice ended:agent-hangup/agent/talking");
	sim_end();
}
END_TEST

START_TEST(no_rtp_ends_the_call)
{
	begin();
	phone_register("alice");
	phone_answers("alice", 100);
	struct sim_caller *c = dial_into_queue("ann");
	sim_run(1000);
	caller_rtp_lost(c);
	sim_run(100);
	ck_assert(!caller_alive(c) && !phone_busy("alice"));
	ck_story(c,
		TO_QUEUE " offered:alice dequeued:connected connected:alice "
			 "media-lost:caller ended:caller-rtp-lost/caller/talking");
	c = dial("ben", "500");
	sim_run(6000);
	phone_rtp_lost("alice");
	sim_run(100);
	ck_assert(!caller_alive(c) && !phone_busy("alice"));
	ck_assert_str_eq(caller_record(c, "why"), "agent-rtp-lost");
	c = dial("cem", "500");
	sim_run(100);
	caller_rtp_lost(c);
	ck_assert_str_eq(caller_record(c, "where"), "queue");
	sim_end();
}
END_TEST

START_TEST(what_the_engine_refuses)
{
	begin();
	struct sim_caller *c = dial("ann", "400");
	sim_run(100);
	caller_media_fails(c, "play"); // a prompt that cannot be played is over
	ck_story(c, TO_MENU);
	caller_media_fails(c, "record"); // ends no call
	ck_assert(caller_alive(c));
	caller_media_fails(c, "remote");
	sim_run(100);
	ck_assert(!caller_alive(c));
	ck_story(c, TO_MENU " ended:media-failed/system/menu");
	sim_end();
}
END_TEST

START_TEST(refused_calls_have_records_too)
{
	begin();
	struct sim_caller *c = dial("ann", "999");
	sim_run(10);
	ck_assert_uint_eq(caller_status(c), 404);
	ck_story(c, "refused:no-such-number/404");
	c = dial("ann", "600");
	sim_run(10);
	ck_assert_uint_eq(caller_status(c), 480);
	ck_story(c, "refused:flow-refused/480");
	struct sim_caller *some[20];
	for (unsigned i = 0; i < 20; i++)
		some[i] = dial("ann", "400");
	c = dial("ben", "400");
	sim_run(10);
	ck_assert_uint_eq(caller_status(c), 503);
	ck_story(c, "refused:trunk-full/503");
	caller_cancels(some[0]);
	c = dial("ben", "400");
	ck_assert_str_eq(caller_story(c), "started");
	for (unsigned i = 1; i < 20; i++)
		caller_cancels(some[i]);
	caller_cancels(c);
	sim_end();
}
END_TEST

START_TEST(offers_that_cannot_be_met)
{
	begin();
	struct sim_caller *bad =
		caller_dials(&(struct caller_setup){.from = "a", .bad_offer = true});
	struct sim_caller *mute = caller_dials(&(struct caller_setup){.from = "b", .no_ack = true});
	struct sim_caller *late =
		caller_dials(&(struct caller_setup){.from = "c", .late_offer = true});
	sim_run(100);
	ck_assert_uint_eq(caller_status(bad), 488);
	ck_story(bad, "started ended:offer-not-met/system/answering");
	ck_assert_str_eq(caller_hears(late), "welcome");
	sim_run(33000);
	ck_story(mute, "started answered ended:caller-silent/system/answering");
	sim_end();
}
END_TEST

// The record says what the caller saw: our 200, also where no conversation came of it.
START_TEST(the_record_says_what_went_out)
{
	static const struct {
		struct caller_setup setup;
		const char *why;
		bool answered;
	} t[] = {
		{{.from = "a", .bad_offer = true}, "offer-not-met", false},
		{{.from = "b", .no_ack = true}, "caller-silent", true},
		{{.from = "c", .bad_answer = true}, "offer-not-met", true},
		{{.from = "d", .to = "600"}, "flow-refused", false},
		{{.from = "e", .to = "999"}, "no-such-number", false},
	};
	struct calls_counts counts;
	char status[8];
	begin();
	for (unsigned i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct sim_caller *c = caller_dials(&t[i].setup);
		sim_run(40000);
		str_format(status, sizeof(status), "%u", caller_status(c));
		ck_assert_str_eq(caller_record(c, "why"), t[i].why);
		ck_assert_str_eq(caller_record(c, "status"), status);
		ck_assert_int_eq(!str_equal(caller_record(c, "answered"), "0"), t[i].answered);
	}
	calls_counts(sim_calls(), &counts);
	ck_assert_uint_eq(counts.answered, 2); // as many as the log says
	sim_end();
}
END_TEST

START_TEST(an_operator_hangs_up)
{
	begin();
	struct sim_caller *c = dial_into_queue("ann");
	struct call_info info;
	ck_assert_int_eq(call_find(sim_calls(), "", &info), 0);
	ck_assert_str_eq(info.where, "queue");
	ck_assert_uint_eq(info.position, 1);
	ck_assert_int_eq(call_hangup(sim_calls(), &info.id, "test"), 0);
	ck_assert_int_eq(call_hangup(sim_calls(), &info.id, "test"), -ENOENT);
	sim_run(100);
	ck_assert(!caller_alive(c));
	ck_story(c, TO_QUEUE " dequeued:test ended:test/operator/queue");
	sim_end();
}
END_TEST

START_TEST(an_agent_may_call_too)
{
	begin();
	phone_register("alice");
	struct sim_caller *c =
		caller_dials(&(struct caller_setup){.from = "alice", .agent = "alice"});
	sim_run(100);
	ck_assert_str_eq(caller_hears(c), "welcome");
	caller_hangs_up(c);
	ck_assert_str_eq(caller_record(c, "trunk"), "");
	sim_end();
}
END_TEST

START_TEST(the_answer_waits_for_the_log)
{
	char folder[] = "/tmp/ringhall_flow_log_XXXXXX", command[64];
	struct calls_counts counts;
	ck_assert_ptr_nonnull(mkdtemp(folder));
	sim_begin(&(struct sim_setup){.log_folder = folder});
	struct sim_caller *c = dial("ann", "400");
	sim_run(400);
	ck_assert_uint_eq(caller_status(c), 0);
	struct pollfd p = {.fd = eventlog_fd(sim_log()), .events = POLLIN};
	for (unsigned i = 0; i < 100 && caller_status(c) == 0; i++) {
		poll(&p, 1, 50);
		eventlog_poll(sim_log());
	}
	ck_assert_uint_eq(caller_status(c), 200);
	calls_counts(sim_calls(), &counts);
	ck_assert_uint_eq(counts.answered_unwritten, 0);
	struct sim_caller *d = dial("ben", "400"); // and now nobody hears of the disk
	sim_run(499);
	ck_assert_uint_eq(caller_status(d), 0);
	sim_run(10);
	ck_assert_uint_eq(caller_status(d), 200);
	calls_counts(sim_calls(), &counts);
	ck_assert_uint_eq(counts.answered_unwritten, 1);
	sim_run(100);
	caller_hangs_up(c);
	caller_hangs_up(d);
	sim_end();
	str_format(command, sizeof(command), "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}
END_TEST

UNIT_MAIN("call", answered_and_hung_up_by_the_agent, hung_up_by_the_caller,
	cancelled_before_the_answer, abandoned_in_menu_and_queue, abandoned_while_the_phone_rings,
	abandoned_at_the_instant_of_the_answer, both_hang_up_at_once, no_rtp_ends_the_call,
	what_the_engine_refuses, refused_calls_have_records_too, offers_that_cannot_be_met,
	the_record_says_what_went_out, an_operator_hangs_up, an_agent_may_call_too,
	the_answer_waits_for_the_log)
