// Figures over restarts: what queues and agents have counted is in the log as soon as anybody could
// have been told, and another floor made of it goes on from there.
#include "tests/unit/unit.h"

#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "control/eventlog/eventlog.h"
#include "control/rebuild/rebuild.h"
#include "control/base/timer.h"
#include "control/media/media.h"
#include "engine/base/str.h"
#include "tests/flow/sim/sim.h"
#include "tests/flow/sim/parts.h"
#include "tests/unit/control/record/folder.h"

struct seen {
	char text[8192];
	struct str_buf b;
};

static void queue_seen(const struct floor_queue_info *q, void *arg)
{
	str_buf_add(&((struct seen *)arg)->b,
		"%s/%s joined=%llu offered=%llu answered=%llu abandoned=%llu timed_out=%llu "
		"refused=%llu level=%llu waited=%llu/%llu since=%llu\n",
		q->tenant, q->name, (unsigned long long)q->joined, (unsigned long long)q->offered,
		(unsigned long long)q->answered, (unsigned long long)q->abandoned,
		(unsigned long long)q->timed_out, (unsigned long long)q->refused,
		(unsigned long long)q->answered_in_level, (unsigned long long)q->waited_ms,
		(unsigned long long)q->waited_max_ms, (unsigned long long)q->since_wall_ns);
}

static void agent_seen(const struct floor_agent_info *a, void *arg)
{
	str_buf_add(&((struct seen *)arg)->b,
		"%s offered=%llu answered=%llu missed=%llu talked=%llu since=%llu\n", a->name,
		(unsigned long long)a->offered, (unsigned long long)a->answered,
		(unsigned long long)a->missed, (unsigned long long)a->talked_ms,
		(unsigned long long)a->since_wall_ns);
}

static void look(struct floor *f, struct seen *s)
{
	str_buf_init(&s->b, s->text, sizeof(s->text));
	floor_queues(f, queue_seen, s);
	floor_agents(f, agent_seen, s);
}

static void on_answer(const struct router_message *m, void *arg)
{
}

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

// A floor of the next process, made of the log as it is now.
static void look_after_a_kill(const char *folder, struct seen *s)
{
	struct eventlog_options in_memory = {.timers = sim_timers()};
	struct eventlog_report report;
	struct rebuild rebuild;
	struct eventlog *log;
	struct floor *f;

	settle();
	ck_assert_int_eq(rebuild_load(folder, timers_wall_ns(sim_timers()), &rebuild), 0);
	ck_assert_int_eq(eventlog_open(&in_memory, &log, &report), 0);
	struct floor_options options = {.timers = sim_timers(),
		.config = sim_config(),
		.log = log,
		.seed = 1,
		.answer = on_answer};
	ck_assert_int_eq(floor_start(&options, &f), 0);
	floor_figures_restore(f, &rebuild);
	look(f, s);
	floor_stop(f);
	eventlog_close(log);
	rebuild_free(&rebuild);
}

static void run(uint64_t ms)
{
	for (uint64_t at = 0; at < ms; at += 50) {
		sim_run(50);
		settle();
	}
}

static void some_calls(void)
{
	struct sim_caller *c;

	phone_register("alice");
	phone_answers("alice", 200);
	c = dial("ann", "500");
	run(5000);
	caller_hangs_up(c);
	run(8000);
	phone_rejects("alice", 100, 486);
	c = dial("ben", "500");
	run(3000);
	caller_hangs_up(c); // abandons
	run(500);
	c = dial("cem", "700"); // nobody serves the first queue, which has a limit
	run(500);
	struct sim_caller *d = dial("dan", "700"); // and one place
	run(5000);
	caller_hangs_up(c);
	caller_hangs_up(d);
	run(1000);
}

START_TEST(a_kill_takes_no_figure)
{
	static struct seen before, after;
	char folder[64];

	sim_begin(&(struct sim_setup){.log_folder = folder_new(folder)});
	some_calls();
	look(calls_floor(sim_calls()), &before);
	look_after_a_kill(folder, &after);
	ck_assert_str_eq(after.text, before.text);
	ck_assert_ptr_nonnull(strstr(before.text, "acme/sales joined=4"));
	ck_assert_ptr_nonnull(strstr(before.text, "refused=1"));
	ck_assert_ptr_nonnull(strstr(before.text, "timed_out=1"));
	ck_assert_ptr_nonnull(strstr(before.text, "missed=1"));
	sim_end();
	folder_remove(folder);
}
END_TEST

// In small segments, each of which begins anew with a snapshot.
START_TEST(nor_does_a_segment_that_turns)
{
	static struct seen before, after;
	struct eventlog_options small = {.segment_bytes = 4096};
	char folder[64];

	sim_begin(&(struct sim_setup){.log_folder = folder_new(folder)});
	eventlog_configure(sim_log(), &small);
	for (unsigned i = 0; i < 5; i++) {
		some_calls();
		look(calls_floor(sim_calls()), &before);
		look_after_a_kill(folder, &after);
		ck_assert_str_eq(after.text, before.text);
		run(30000);
	}
	sim_end();
	folder_remove(folder);
}
END_TEST

// The conversation that the kill cuts off counts as far as its record goes.
START_TEST(a_talk_that_is_cut_off_counts)
{
	static struct seen after;
	char folder[64], talked[64];

	sim_begin(&(struct sim_setup){.log_folder = folder_new(folder)});
	phone_register("alice");
	phone_answers("alice", 200);
	struct sim_caller *c = dial("ann", "500"), *d = dial("ben", "500");
	run(59000);
	for (unsigned i = 0; i < 10; i++) { // signs of life take the kernel some real time
		struct pollfd p = {.fd = eventlog_fd(sim_log()), .events = POLLIN};
		sim_run(100);
		(void)poll(&p, 1, 20);
		settle();
	}
	struct floor_agent_info a;
	ck_assert(floor_agent_find(calls_floor(sim_calls()), "alice", &a));
	look_after_a_kill(folder, &after);
	const char *line = strstr(after.text, "alice ");
	ck_assert_ptr_nonnull(line);
	unsigned long long ms = strtoull(strstr(line, "talked=") + 7, NULL, 10);
	ck_assert_uint_le(ms, a.talked_ms);
	ck_assert_uint_ge(ms + 200, a.talked_ms);
	str_format(talked, sizeof(talked), "joined=2 offered=1 answered=1");
	ck_assert_ptr_nonnull(strstr(after.text, talked));
	caller_hangs_up(c);
	caller_hangs_up(d);
	run(1000);
	sim_end();
	folder_remove(folder);
}
END_TEST

// What an agent talks in a call of its own is no figure of the queues' work, killed or not.
START_TEST(a_talk_of_its_own_does_not_count)
{
	static const char yaml[] = "  trunks: {out: {peers: 10.9.0.77, targets: "
				   "'udp:10.9.0.77:5060', caller: '500'}}\n"
				   "  numbers: {'500': f}\n"
				   "  prompts: {p: p.wav}\n"
				   "  flows: {f: {a: {hangup: p}}}\n"
				   "  agents: {alice: {password: a, dials: out, dials_to: '0'}}\n";
	static struct seen before, after;
	char folder[64];

	sim_begin(&(struct sim_setup){.yaml = yaml, .log_folder = folder_new(folder)});
	phone_register("alice");
	phone_answers("0221", 100);
	struct sim_caller *c = caller_dials(
		&(struct caller_setup){.from = "alice", .agent = "alice", .to = "0221"});
	run(60000);
	ck_assert_str_eq(caller_hears(c), "0221");
	look(calls_floor(sim_calls()), &before);
	look_after_a_kill(folder, &after);
	ck_assert_str_eq(after.text, before.text);
	ck_assert_ptr_nonnull(strstr(after.text, "talked=0"));
	caller_hangs_up(c);
	run(1000);
	sim_end();
	folder_remove(folder);
}
END_TEST

static void states_seen(const struct event *e, void *arg)
{
	json_t *body = e->type == EVENT_AGENT_STATE ? json_loads(e->body, 0, NULL) : NULL;
	const char *queue = json_string_value(json_object_get(body, "queue"));
	if (body != NULL && !e->snapshot)
		str_buf_add(arg, "%s%s%s ", json_string_value(json_object_get(body, "to")),
			queue ? ":" : "", queue ? queue : "");
	json_decref(body);
}

// From the offer to the end of after-call work a state is of the call's queue.
START_TEST(each_state_of_a_call_tells_its_queue)
{
	char seen[512] = "", folder[64];
	struct rebuild rebuild;
	struct str_buf b;
	str_buf_init(&b, seen, sizeof(seen));
	sim_begin(&(struct sim_setup){.log_folder = folder_new(folder)});
	phone_register("alice");
	phone_answers("alice", 200);
	run(100);
	eventlog_set_feed(sim_log(), states_seen, &b);
	struct sim_caller *c = dial("ann", "500");
	run(8000);
	caller_hangs_up(c);
	run(1000);
	ck_assert_str_eq(seen, "offered:sales talking:sales wrap-up:sales ");
	ck_assert_int_eq(rebuild_load(folder, timers_wall_ns(sim_timers()), &rebuild), 0);
	ck_assert_uint_eq(rebuild.agent_count, 1);
	ck_assert_str_eq(rebuild.agents[0].queue, "sales");
	rebuild_free(&rebuild);
	run(6000);
	ck_assert_str_eq(seen, "offered:sales talking:sales wrap-up:sales ready ");
	eventlog_set_feed(sim_log(), sim_story_event, NULL);
	sim_end();
	folder_remove(folder);
}
END_TEST

START_TEST(so_does_work_that_goes_on_after_a_restart)
{
	char seen[512] = "", folder[64];
	struct str_buf b;
	str_buf_init(&b, seen, sizeof(seen));
	sim_begin(&(struct sim_setup){.log_folder = folder_new(folder)});
	struct floor *f = calls_floor(sim_calls());
	eventlog_set_feed(sim_log(), states_seen, &b);
	ck_assert_int_eq(floor_agent_restore(f, "alice", AGENT_WRAP_UP, true, 3000), 0);
	ck_assert_int_eq(floor_agent_restore_queue(f, "alice", "sales"), 0);
	ck_assert_int_eq(floor_agent_restore_queue(f, "nobody", "sales"), -ENOENT);
	phone_register("alice");
	run(5000);
	ck_assert_str_eq(seen, "wrap-up:sales ready ");
	eventlog_set_feed(sim_log(), sim_story_event, NULL);
	sim_end();
	folder_remove(folder);
}
END_TEST

static void talk_seen(const struct event *e, void *arg)
{
	json_t *body = e->type == EVENT_CALL_SEGMENT ? json_loads(e->body, 0, NULL) : NULL;
	if (body != NULL && *json_string_value(json_object_get(body, "agent")) != '\0')
		json_object_update(arg, body);
	json_decref(body);
	sim_story_event(e, NULL); // who judges them has all
}

static json_int_t member(const json_t *body, const char *name)
{
	return json_integer_value(json_object_get(body, name));
}

static void ck_held(const json_t *body, json_int_t held_ms, json_int_t caller_held_ms)
{
	ck_assert_str_eq(json_string_value(json_object_get(body, "called")), "500");
	ck_assert_int_ge(member(body, "hold_ms"), held_ms - 200);
	ck_assert_int_le(member(body, "hold_ms"), held_ms + 200);
	ck_assert_int_ge(member(body, "caller_hold_ms"), caller_held_ms - 200);
	ck_assert_int_le(member(body, "caller_hold_ms"), caller_held_ms + 200);
}

// Were the node killed now: of the conversation that is on hold.
static void ck_held_at_a_kill(const char *folder, json_int_t held_ms, json_int_t caller_held_ms)
{
	struct rebuild rebuild;
	settle();
	ck_assert_int_eq(rebuild_load(folder, timers_wall_ns(sim_timers()), &rebuild), 0);
	ck_assert_ptr_nonnull(rebuild.calls[0].segment);
	json_t *body = json_loads(rebuild.calls[0].segment, 0, NULL);
	ck_held(body, held_ms, caller_held_ms);
	json_decref(body);
	json_t *record = json_loads(rebuild.calls[0].record, 0, NULL);
	ck_assert_ptr_null(json_object_get(record, "hold_ms"));
	ck_assert_ptr_null(json_object_get(record, "held"));
	json_decref(record);
	rebuild_free(&rebuild);
}

static void others_call(unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct sim_caller *c = dial("dan", "700");
		run(100);
		caller_hangs_up(c);
		run(100);
	}
}

// In large segments, and in small ones that begin with a snapshot each.
START_TEST(a_conversation_tells_how_long_who_held)
{
	static const uint8_t both = MEDIA_SEND | MEDIA_RECV;
	struct eventlog_options small = {.segment_bytes = 4096};
	char folder[64];

	for (unsigned snapshots = 0; snapshots < 2; snapshots++) {
		json_t *talk = json_object();
		sim_begin(&(struct sim_setup){.log_folder = folder_new(folder)});
		if (snapshots)
			eventlog_configure(sim_log(), &small);
		phone_register("alice");
		phone_answers("alice", 200);
		struct sim_caller *c = dial("ann", "500");
		run(1000);
		caller_directs(c, 0); // while it waits for the phone to be taken
		run(8000);
		phone_directs("alice", 0);
		others_call(10); // 2 s
		phone_directs("alice", both);
		run(1000);
		phone_directs("alice", 0);
		others_call(5);
		ck_held_at_a_kill(folder, 3000, 12000);
		eventlog_set_feed(sim_log(), talk_seen, talk);
		caller_hangs_up(c);
		run(1000);
		eventlog_set_feed(sim_log(), sim_story_event, NULL);
		ck_held(talk, 3000, 12000);
		json_decref(talk);
		sim_end();
		folder_remove(folder);
	}
}
END_TEST

UNIT_MAIN("figures", a_conversation_tells_how_long_who_held, each_state_of_a_call_tells_its_queue,
	so_does_work_that_goes_on_after_a_restart, a_kill_takes_no_figure,
	nor_does_a_segment_that_turns, a_talk_that_is_cut_off_counts,
	a_talk_of_its_own_does_not_count)
