// Rebuilding after a kill: open calls, recordings, registrations and agents from the event log.
#include "control/rebuild/rebuild.h"

#include <jansson.h>
#include <string.h>
#include <unistd.h>

#include "control/eventlog/eventlog.h"
#include "tests/unit/control/record/folder.h"
#include "tests/unit/unit.h"

#define S 1000000000ull

static uint64_t test_ns;

static int64_t wall_set_s;

static void test_clock(uint64_t *wall_ns, uint64_t *mono_ns, void *arg)
{
	*mono_ns = test_ns;
	*wall_ns = test_ns + (uint64_t)wall_set_s * S;
}

static struct eventlog *log_open(const char *dir)
{
	struct eventlog_options options = {.directory = dir, .clock = test_clock};
	struct eventlog_report report;
	struct eventlog *l;

	ck_assert_int_eq(eventlog_open(&options, &l, &report), 0);
	return l;
}

static void put(
	struct eventlog *l, uint64_t at_s, enum event_type type, unsigned call, const char *body)
{
	struct callid id = {.start = call, .counter = call};

	test_ns = at_s * S;
	eventlog_append(l, type, "acme", call ? &id : NULL, body);
}

static uint64_t member(const json_t *body, const char *name)
{
	return json_integer_value(json_object_get(body, name));
}

static void expect_text(const json_t *body, const char *name, const char *text)
{
	ck_assert_str_eq(json_string_value(json_object_get(body, name)), text);
}

START_TEST(first_start)
{
	struct rebuild r;

	ck_assert_int_eq(rebuild_load("/nonexistent/ringhall", 0, &r), 0);
	ck_assert_int_eq(r.previous, REBUILD_FIRST_START);
	ck_assert_uint_eq(r.call_count, 0);
	rebuild_free(&r);
}
END_TEST

START_TEST(open_calls_get_a_record)
{
	char dir[64];
	struct rebuild r;
	struct eventlog *l = log_open(folder_new(dir));

	put(l, 100, EVENT_NODE_STARTED, 0, "{}");
	put(l, 101, EVENT_CALL_STARTED, 1,
		"{\"started\":101000000000,\"trunk\":\"t1\",\"caller\":\"+86139\"}");
	put(l, 101, EVENT_CALL_STARTED, 2, "{\"caller\":\"2\"}");
	put(l, 101, EVENT_CALL_STARTED, 3, "{\"caller\":\"3\"}");
	put(l, 102, EVENT_CALL_ANSWERED, 1, "{}");
	put(l, 103, EVENT_CALL_STEP, 1, "{\"flow\":\"main\",\"step\":\"menu\"}");
	put(l, 104, EVENT_CALL_DIGIT, 1, "{\"digit\":\"1\"}");
	for (unsigned i = 0; i < 79; i++)
		put(l, 104, EVENT_CALL_DIGIT, 1, "{\"digit\":\"#\"}");
	put(l, 105, EVENT_CALL_QUEUED, 1, "{\"queue\":\"sales\"}");
	put(l, 106, EVENT_CALL_OFFERED, 1, "{\"queue\":\"sales\",\"agent\":\"1001\"}");
	put(l, 109, EVENT_CALL_CONNECTED, 1,
		"{\"queue\":\"sales\",\"agent\":\"1001\",\"waited_ms\":4000}");
	put(l, 109, EVENT_RECORDING_STARTED, 1, "{\"id\":\"r1\",\"file\":\"/x/r1.wav\"}");
	put(l, 110, EVENT_CALL_ENDED, 2, "{}");
	put(l, 110, EVENT_CALL_QUEUED, 3, "{\"queue\":\"sales\"}");
	put(l, 110, EVENT_RECORDING_STARTED, 2, "{\"id\":\"r2\",\"file\":\"/x/r2.wav\"}");
	put(l, 112, EVENT_RECORDING_ENDED, 2, "{\"id\":\"r2\"}");
	eventlog_close(l);
	ck_assert_int_eq(rebuild_load(dir, 0, &r), 0);
	ck_assert_int_eq(r.previous, REBUILD_KILLED);
	ck_assert_uint_eq(r.last_ns, 112 * S);
	ck_assert_uint_eq(r.call_count, 2);
	ck_assert_uint_eq(r.calls[0].call.counter, 1);
	ck_assert_str_eq(r.calls[0].tenant, "acme");
	json_t *body = json_loads(r.calls[0].record, 0, NULL);
	ck_assert_ptr_nonnull(body);
	ck_assert_uint_eq(member(body, "started"), 101 * S);
	ck_assert_uint_eq(member(body, "answered"), 102 * S);
	ck_assert_uint_eq(member(body, "connected"), 109 * S);
	ck_assert_uint_eq(member(body, "ended"), 112 * S);
	ck_assert_uint_eq(member(body, "total_ms"), 11000);
	ck_assert_uint_eq(member(body, "talked_ms"), 3000);
	ck_assert_uint_eq(member(body, "waited_ms"), 4000);
	const char *digits = json_string_value(json_object_get(body, "digits"));
	ck_assert_uint_eq(strlen(digits), 80);
	ck_assert_uint_eq(strspn(digits + 1, "#"), 79);
	expect_text(body, "why", "node-killed");
	expect_text(body, "where", "talking");
	expect_text(body, "agent", "1001");
	expect_text(body, "recording", "r1");
	json_decref(body);
	body = json_loads(r.calls[1].record, 0, NULL);
	expect_text(body, "where", "queue");
	ck_assert_uint_eq(member(body, "waited_ms"), 2000);
	ck_assert_uint_eq(member(body, "started"), 101 * S);
	json_decref(body);
	ck_assert_uint_eq(r.recording_count, 1);
	ck_assert_str_eq(r.recordings[0].id, "r1");
	ck_assert_str_eq(r.recordings[0].file, "/x/r1.wav");
	rebuild_free(&r);
	folder_remove(dir);
}
END_TEST

// The wall clock is set back by a minute after each record, and in between the calls live over a
// turn of the log.
START_TEST(a_clock_that_is_set_leaves_the_times_in_order)
{
	char dir[64];
	struct rebuild r;
	struct eventlog *l = log_open(folder_new(dir));
	static const struct {
		unsigned at_s, call;
		enum event_type type;
		const char *body;
	} t[] = {
		{1000, 0, EVENT_NODE_STARTED, "{}"},
		{1001, 1, EVENT_CALL_STARTED, "{\"started\":941000000000}"},
		{1002, 1, EVENT_CALL_ANSWERED, "{}"},
		{1003, 1, EVENT_CALL_QUEUED, "{\"queue\":\"sales\"}"},
		{1009, 1, EVENT_CALL_CONNECTED, "{\"queue\":\"sales\",\"waited_ms\":6000}"},
		{1010, 2, EVENT_CALL_STARTED,
			"{\"started\":900000000000,\"answered\":910000000000,\"total_ms\":30000}"},
		{1011, 2, EVENT_CALL_QUEUED, "{\"queue\":\"sales\"}"},
		{1020, 0, EVENT_TROUBLE, "{}"},
	};

	wall_set_s = 0;
	for (unsigned i = 0; i < sizeof(t) / sizeof(t[0]); i++, wall_set_s -= 60)
		put(l, t[i].at_s, t[i].type, t[i].call, t[i].body);
	wall_set_s = 0;
	eventlog_close(l);
	ck_assert_int_eq(rebuild_load(dir, 0, &r), 0);
	ck_assert_uint_eq(r.call_count, 2);
	json_t *body = json_loads(r.calls[0].record, 0, NULL);
	ck_assert_uint_eq(member(body, "started"), 941 * S);
	ck_assert_uint_eq(member(body, "answered"), 942 * S);
	ck_assert_uint_eq(member(body, "connected"), 949 * S);
	ck_assert_uint_eq(member(body, "ended"), 960 * S);
	ck_assert_uint_eq(member(body, "total_ms"), 19000);
	ck_assert_uint_eq(member(body, "waited_ms"), 6000);
	ck_assert_uint_eq(member(body, "talked_ms"), 11000);
	json_decref(body);
	body = json_loads(r.calls[1].record, 0, NULL);
	ck_assert_uint_eq(member(body, "ended"), 940 * S);
	ck_assert_uint_eq(member(body, "total_ms"), 40000);
	ck_assert_uint_eq(member(body, "waited_ms"), 9000);
	json_decref(body);
	rebuild_free(&r);
	folder_remove(dir);
}
END_TEST

START_TEST(a_call_waits_in_one_queue_after_the_other)
{
	char dir[64];
	struct rebuild r;
	struct eventlog *l = log_open(folder_new(dir));

	put(l, 100, EVENT_CALL_STARTED, 1, "{\"caller\":\"1\"}");
	put(l, 101, EVENT_CALL_QUEUED, 1, "{\"queue\":\"first\"}");
	put(l, 111, EVENT_CALL_DEQUEUED, 1, "{\"queue\":\"first\",\"waited_ms\":10000}");
	put(l, 111, EVENT_CALL_QUEUED, 1, "{\"queue\":\"second\"}");
	put(l, 114, EVENT_TROUBLE, 0, "{}");
	eventlog_close(l);
	ck_assert_int_eq(rebuild_load(dir, 0, &r), 0);
	ck_assert_uint_eq(r.call_count, 1);
	json_t *body = json_loads(r.calls[0].record, 0, NULL);
	ck_assert_uint_eq(member(body, "waited_ms"), 13000);
	expect_text(body, "queue", "second");
	json_decref(body);
	rebuild_free(&r);
	folder_remove(dir);
}
END_TEST

static void expect_segment(const struct rebuild_call *c, const char *agent, uint64_t from_s)
{
	json_t *body = json_loads(c->segment ? c->segment : "{}", 0, NULL);

	expect_text(body, "queue", "sales");
	expect_text(body, "agent", agent);
	expect_text(body, "why", "node-killed");
	ck_assert_uint_eq(member(body, "started"), from_s * S);
	ck_assert_uint_eq(member(body, "ended"), 114 * S);
	json_decref(body);
}

START_TEST(an_open_segment_is_closed)
{
	char dir[64];
	struct rebuild r;
	struct eventlog *l = log_open(folder_new(dir));

	for (unsigned call = 1; call <= 4; call++)
		put(l, 100, EVENT_CALL_STARTED, call, "{\"caller\":\"1\"}");
	for (unsigned call = 1; call <= 3; call++)
		put(l, 101, EVENT_CALL_QUEUED, call, "{\"queue\":\"sales\"}");
	for (unsigned call = 2; call <= 3; call++) {
		put(l, 103, EVENT_CALL_DEQUEUED, call, "{\"queue\":\"sales\",\"waited_ms\":2000}");
		put(l, 103, EVENT_CALL_SEGMENT, call, "{\"queue\":\"sales\"}");
	}
	put(l, 103, EVENT_CALL_CONNECTED, 2, "{\"queue\":\"sales\",\"agent\":\"1001\"}");
	put(l, 114, EVENT_TROUBLE, 0, "{}");
	eventlog_close(l);
	ck_assert_int_eq(rebuild_load(dir, 0, &r), 0);
	ck_assert_uint_eq(r.call_count, 4);
	expect_segment(&r.calls[0], "", 101);
	expect_segment(&r.calls[1], "1001", 103);
	ck_assert_ptr_null(r.calls[2].segment);
	ck_assert_ptr_null(r.calls[3].segment);
	rebuild_free(&r);
	folder_remove(dir);
}
END_TEST

static void expect_only_segment(const char *dir, const char *why, uint64_t from_s, uint64_t to_s)
{
	struct rebuild r;

	ck_assert_int_eq(rebuild_load(dir, 0, &r), 0);
	ck_assert_uint_eq(r.call_count, 1);
	ck_assert_ptr_nonnull(r.calls[0].segment);
	json_t *body = json_loads(r.calls[0].segment, 0, NULL);
	expect_text(body, "queue", "sales");
	expect_text(body, "why", why);
	ck_assert_uint_eq(member(body, "started"), from_s * S);
	ck_assert_uint_eq(member(body, "ended"), to_s * S);
	json_decref(body);
	rebuild_free(&r);
	folder_remove(dir);
}

// The log ends between the wait's end and its segment, or is of before there were segments.
START_TEST(a_wait_that_is_over_was_a_segment)
{
	char dir[64];
	struct eventlog *l = log_open(folder_new(dir));

	put(l, 100, EVENT_CALL_STARTED, 1, "{\"caller\":\"1\"}");
	put(l, 101, EVENT_CALL_QUEUED, 1, "{\"queue\":\"sales\"}");
	put(l, 103, EVENT_CALL_DEQUEUED, 1,
		"{\"queue\":\"sales\",\"why\":\"timeout\",\"waited_ms\":2000}");
	put(l, 114, EVENT_TROUBLE, 0, "{}");
	eventlog_close(l);
	expect_only_segment(dir, "timeout", 101, 103);
}
END_TEST

// Of whom the kill found waiting; of another one, and of an older log, there is nothing to tell.
START_TEST(what_a_waiting_caller_asked_for_is_kept)
{
	char dir[64];
	struct rebuild r;
	struct eventlog *l = log_open(folder_new(dir));

	for (unsigned call = 1; call <= 3; call++) {
		put(l, 100, EVENT_CALL_STARTED, call, "{}");
		put(l, 101, EVENT_CALL_QUEUED, call,
			call < 3 ? "{\"queue\":\"sales\",\"skills\":\"german 3\"}"
				 : "{\"queue\":\"sales\"}");
	}
	put(l, 103, EVENT_CALL_DEQUEUED, 2, "{\"queue\":\"sales\",\"why\":\"timeout\"}");
	eventlog_close(l);
	ck_assert_int_eq(rebuild_load(dir, 0, &r), 0);
	ck_assert_uint_eq(r.call_count, 3);
	for (unsigned i = 0; i < 3; i++) {
		json_t *body = json_loads(r.calls[i].record, 0, NULL);
		const char *skills = json_string_value(json_object_get(body, "skills"));
		bool waited = r.calls[i].call.counter == 1;
		ck_assert_str_eq(skills ? skills : "", waited ? "german 3" : "");
		json_decref(body);
	}
	rebuild_free(&r);
	folder_remove(dir);
}
END_TEST

static const char *restated;
static unsigned restated_count;

#define PAD "                                                                                "

static bool restate(struct eventlog *l, struct eventlog_place *place, void *arg)
{
	(void)place, (void)arg;
	restated_count++;
	put(l, 114, EVENT_CALL_STARTED, 1, restated);
	return false;
}

// A snapshot of before there were segments restates the call without one.
START_TEST(an_older_snapshot_has_segments)
{
	static const char *const bodies[] = {
		"{\"started\":100000000000,\"queue\":\"sales\",\"queued\":101000000000}",
		"{\"started\":100000000000,\"queue\":\"sales\",\"agent\":\"1001\","
		"\"connected\":101000000000}"};
	char dir[64];

	for (unsigned i = 0; i < 2; i++) {
		struct eventlog_options options = {.directory = folder_new(dir),
			.clock = test_clock,
			.segment_bytes = EVENTLOG_SEGMENT_MIN};
		struct eventlog_report report;
		struct eventlog *l;

		restated = bodies[i];
		ck_assert_int_eq(eventlog_open(&options, &l, &report), 0);
		eventlog_set_snapshot(l, restate, NULL);
		put(l, 100, EVENT_CALL_STARTED, 1, "{\"caller\":\"1\"}");
		for (unsigned n = 0; n < 40; n++)
			put(l, 102, EVENT_TROUBLE, 0, "{\"text\":\"" PAD PAD "\"}");
		put(l, 114, EVENT_TROUBLE, 0, "{}");
		restated_count = 0;
		for (unsigned n = 0; n < 1000 && !restated_count; n++) {
			eventlog_poll(l);
			usleep(1000);
		}
		ck_assert_uint_gt(restated_count, 0);
		eventlog_close(l);
		expect_only_segment(dir, "node-killed", 101, 114);
	}
}
END_TEST

START_TEST(registrations_and_agents_stand)
{
	char dir[64];
	struct rebuild r;
	struct eventlog *l = log_open(folder_new(dir));
	const char *first = "{\"agent\":\"1001\",\"contact\":\"sip:1001@10.0.0.1\","
			    "\"source\":\"10.0.0.1:5060\",\"transport\":\"udp\",\"call_id\":\"c1\","
			    "\"cseq\":7,\"user_agent\":\"phone\",\"expires\":400000000000}";

	put(l, 100, EVENT_NODE_STARTED, 0, "{}");
	put(l, 100, EVENT_AGENT_REGISTERED, 0, first);
	put(l, 101, EVENT_AGENT_REGISTERED, 0,
		"{\"agent\":\"1001\",\"contact\":\"sip:1001@10.0.0.2\",\"expires\":150000000000}");
	put(l, 101, EVENT_AGENT_REGISTERED, 0,
		"{\"agent\":\"1002\",\"contact\":\"sip:1002@10.0.0.3\",\"expires\":400000000000}");
	put(l, 102, EVENT_AGENT_UNREGISTERED, 0,
		"{\"agent\":\"1002\",\"contact\":\"sip:1002@10.0.0.3\",\"why\":\"unregistered\"}");
	put(l, 103, EVENT_AGENT_STATE, 0, "{\"agent\":\"1001\",\"to\":\"ready\",\"ready\":true}");
	put(l, 104, EVENT_AGENT_STATE, 0,
		"{\"agent\":\"1001\",\"to\":\"wrap-up\",\"why\":\"over\",\"ready\":true,"
		"\"until\":130000000000,\"pause\":\"Mittag\",\"pause_code\":\"lunch\"}");
	put(l, 105, EVENT_NODE_STOPPED, 0, "{}");
	eventlog_close(l);
	ck_assert_int_eq(rebuild_load(dir, 200 * S, &r), 0);
	ck_assert_int_eq(r.previous, REBUILD_STOPPED);
	ck_assert_uint_eq(r.registration_count, 1);
	ck_assert_str_eq(r.registrations[0].contact, "sip:1001@10.0.0.1");
	ck_assert_str_eq(r.registrations[0].source, "10.0.0.1:5060");
	ck_assert_str_eq(r.registrations[0].transport, "udp");
	ck_assert_str_eq(r.registrations[0].call_id, "c1");
	ck_assert_str_eq(r.registrations[0].user_agent, "phone");
	ck_assert_uint_eq(r.registrations[0].cseq, 7);
	ck_assert_uint_eq(r.registrations[0].expires_ns, 400 * S);
	ck_assert_uint_eq(r.agent_count, 1);
	ck_assert_str_eq(r.agents[0].state, "wrap-up");
	ck_assert(r.agents[0].ready);
	ck_assert_str_eq(r.agents[0].pause, "Mittag");
	ck_assert_str_eq(r.agents[0].pause_code, "lunch");
	ck_assert_uint_eq(r.agents[0].until_ns, 130 * S);
	ck_assert_uint_eq(r.agents[0].since_ns, 104 * S);
	rebuild_free(&r);
	folder_remove(dir);
}
END_TEST

// One registration, a call in conversation and one that waits live on over each turn.
static bool snapshot(struct eventlog *l, struct eventlog_place *place, void *arg)
{
	(void)place, (void)arg;
	struct callid id = {.start = 1, .counter = 1};

	eventlog_append(l, EVENT_AGENT_REGISTERED, "acme", NULL,
		"{\"agent\":\"1001\",\"contact\":\"sip:1001@10.0.0.1\",\"expires\":400000000000}");
	eventlog_append(l, EVENT_CALL_STARTED, "acme", &id,
		"{\"started\":5,\"answered\":6,\"connected\":7,\"agent\":\"1001\"}");
	id.counter = 2;
	eventlog_append(l, EVENT_CALL_STARTED, "acme", &id,
		"{\"started\":5,\"answered\":6,\"waited_ms\":1000,\"where\":\"ringing\","
		"\"queued\":40000000000,\"queue\":\"sales\"}");
	return false;
}

START_TEST(a_snapshot_is_enough)
{
	char dir[64];
	static char pad[60001];
	struct rebuild r;
	struct eventlog *l = log_open(folder_new(dir));

	memset(pad, ' ', sizeof(pad) - 1);
	pad[0] = '{', pad[sizeof(pad) - 2] = '}';
	eventlog_set_snapshot(l, snapshot, NULL);
	put(l, 1, EVENT_CALL_STARTED, 9, "{}");
	put(l, 1, EVENT_CALL_ENDED, 9, "{}");
	for (unsigned i = 0; i < 1200; i++) {
		put(l, 2, EVENT_TROUBLE, 0, pad);
		if (i % 200 == 0)
			while (eventlog_written(l) < i)
				eventlog_poll(l);
	}
	put(l, 50, EVENT_TROUBLE, 0, "{}");
	eventlog_close(l);
	ck_assert_int_eq(rebuild_load(dir, 0, &r), 0);
	ck_assert_uint_eq(r.registration_count, 1);
	ck_assert_uint_eq(r.call_count, 2);
	json_t *body = json_loads(r.calls[0].record, 0, NULL);
	expect_text(body, "where", "talking");
	expect_text(body, "why", "node-killed");
	ck_assert_uint_eq(member(body, "connected"), 7);
	json_decref(body);
	body = json_loads(r.calls[1].record, 0, NULL);
	expect_text(body, "where", "ringing");
	ck_assert_uint_eq(member(body, "waited_ms"), 11000); // before, and since "queued"
	ck_assert_ptr_null(json_object_get(body, "queued"));
	json_decref(body);
	rebuild_free(&r);
	folder_remove(dir);
}
END_TEST

// Where a killed call was, as its own record would have said.
START_TEST(where_a_call_was)
{
	static const char *const where[] = {
		"conference", "flow", "held", "held", "talking", "flow"};
	char dir[64];
	struct rebuild r;
	struct eventlog *l = log_open(folder_new(dir));

	for (unsigned call = 1; call <= 6; call++) {
		put(l, 100, EVENT_CALL_STARTED, call, "{}");
		put(l, 101, EVENT_CALL_ANSWERED, call, "{}");
	}
	put(l, 102, EVENT_RECORDING_STARTED, 1, "{\"id\":\"r1\",\"file\":\"/x/r1.wav\"}");
	put(l, 102, EVENT_CALL_CONFERENCE_JOINED, 1, "{\"conference\":\"room\",\"parties\":1}");
	put(l, 103, EVENT_CALL_CONFERENCE_CHANGED, 1, "{\"id\":\"r1\"}"); // none of its names
	put(l, 103, EVENT_CALL_MASKED, 1, "{\"id\":\"r1\"}");
	put(l, 103, EVENT_RECORDING_FAILED, 2, "{\"id\":\"\",\"why\":\"disk full\"}");
	put(l, 104, EVENT_CALL_CONFERENCE_JOINED, 2, "{\"conference\":\"room\",\"parties\":2}");
	put(l, 105, EVENT_CALL_CONFERENCE_LEFT, 2, "{\"conference\":\"room\"}");
	put(l, 106, EVENT_CALL_HELD, 4, "{\"side\":\"caller\"}"); // in the menu already
	for (unsigned call = 3; call <= 5; call++)
		put(l, 107, EVENT_CALL_CONNECTED, call, "{\"agent\":\"1001\"}");
	for (unsigned call = 3; call <= 5; call++)
		put(l, 108, EVENT_CALL_HELD, call, "{\"side\":\"agent\"}");
	put(l, 108, EVENT_CALL_HELD, 5, "{\"side\":\"caller\"}");
	put(l, 109, EVENT_CALL_RESUMED, 4, "{\"side\":\"agent\"}"); // the caller holds still
	put(l, 109, EVENT_CALL_RESUMED, 5, "{\"side\":\"agent\"}");
	put(l, 110, EVENT_CALL_RESUMED, 5, "{\"side\":\"caller\"}");
	put(l, 111, EVENT_CALL_QUEUED, 6, "{\"queue\":\"sales\"}");
	put(l, 112, EVENT_CALL_DEQUEUED, 6, "{\"queue\":\"sales\",\"waited_ms\":1000}");
	eventlog_close(l);
	ck_assert_int_eq(rebuild_load(dir, 0, &r), 0);
	ck_assert_uint_eq(r.call_count, 6);
	for (unsigned i = 0; i < 6; i++) {
		json_t *body = json_loads(r.calls[i].record, 0, NULL);
		expect_text(body, "where", where[i]);
		json_decref(body);
	}
	ck_assert_uint_eq(r.recording_count, 1);
	rebuild_free(&r);
	folder_remove(dir);
}
END_TEST

UNIT_MAIN("rebuild", first_start, open_calls_get_a_record,
	a_clock_that_is_set_leaves_the_times_in_order, registrations_and_agents_stand,
	a_call_waits_in_one_queue_after_the_other, an_open_segment_is_closed,
	a_wait_that_is_over_was_a_segment, what_a_waiting_caller_asked_for_is_kept,
	an_older_snapshot_has_segments, a_snapshot_is_enough, where_a_call_was)
