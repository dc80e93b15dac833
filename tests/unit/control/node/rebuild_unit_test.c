// Rebuilding after a kill: whose figures the segments that it cut off count for, if anybody's.
#include "control/rebuild/rebuild.h"

#include <jansson.h>

#include "control/eventlog/eventlog.h"
#include "tests/unit/control/record/folder.h"
#include "tests/unit/unit.h"

static uint64_t test_ns;

static void test_clock(uint64_t *wall_ns, uint64_t *mono_ns, void *arg)
{
	*wall_ns = *mono_ns = test_ns;
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

	test_ns = at_s * 1000000000ull;
	eventlog_append(l, type, "acme", call ? &id : NULL, body);
}

static void expect_unit(const char *json, const char *site, const char *team)
{
	json_t *body = json_loads(json, 0, NULL);
	const char *s = json_string_value(json_object_get(body, "site"));
	const char *t = json_string_value(json_object_get(body, "team"));

	ck_assert_str_eq(s ? s : "", site);
	ck_assert_str_eq(t ? t : "", team);
	json_decref(body);
}

// Whose figures a conversation counts for was settled when it began; a wait's, when it ended. The
// record itself has none of it.
START_TEST(a_segment_is_of_the_agents_unit)
{
	static const char in_red[] =
		"{\"queue\":\"sales\",\"agent\":\"1\",\"why\":\"connected\",\"site\":\"north\","
		"\"team\":\"red\"}";
	static const char *const team[] = {"red", "red", "red", "", "red"};
	char dir[64];
	struct rebuild r;
	struct eventlog *l = log_open(folder_new(dir));

	for (unsigned call = 1; call <= 4; call++) {
		put(l, 100, EVENT_CALL_STARTED, call, call == 3 ? "{}" : "{\"caller\":\"1\"}");
		put(l, 101, EVENT_CALL_QUEUED, call, "{\"queue\":\"sales\"}");
		put(l, 103, EVENT_CALL_DEQUEUED, call, in_red);
		if (call == 1)
			continue;
		put(l, 103, EVENT_CALL_SEGMENT, call, "{\"queue\":\"sales\"}");
		put(l, 103, EVENT_CALL_CONNECTED, call, in_red);
	}
	// An agent's own.
	put(l, 103, EVENT_CALL_STARTED, 5, "{\"agent\":\"1\",\"direction\":\"out\"}");
	put(l, 103, EVENT_CALL_CONNECTED, 5, in_red);
	// It waits again.
	put(l, 104, EVENT_CALL_SEGMENT, 4, in_red);
	put(l, 104, EVENT_CALL_OFFER_ENDED, 4, "{\"queue\":\"sales\",\"agent\":\"1\"}");
	put(l, 104, EVENT_CALL_QUEUED, 4, "{\"queue\":\"sales\",\"waiting_ms\":1}");
	put(l, 114, EVENT_TROUBLE, 0, "{}");
	eventlog_close(l);
	ck_assert_int_eq(rebuild_load(dir, 0, &r), 0);
	ck_assert_uint_eq(r.call_count, 5);
	for (unsigned i = 0; i < 5; i++) {
		ck_assert_ptr_nonnull(r.calls[i].segment);
		expect_unit(r.calls[i].segment, *team[i] ? "north" : "", team[i]);
		expect_unit(r.calls[i].record, "", "");
	}
	rebuild_free(&r);
	folder_remove(dir);
}
END_TEST

// As its snapshot has it: a record tells of no queue where there was none.
START_TEST(an_own_call_was_in_no_queue)
{
	char dir[64];
	struct rebuild r;
	struct eventlog *l = log_open(folder_new(dir));

	put(l, 100, EVENT_CALL_STARTED, 1, "{\"agent\":\"1\",\"direction\":\"out\"}");
	put(l, 103, EVENT_CALL_CONNECTED, 1, "{\"queue\":\"\",\"agent\":\"1\",\"waited_ms\":0}");
	eventlog_close(l);
	ck_assert_int_eq(rebuild_load(dir, 0, &r), 0);
	ck_assert_uint_eq(r.call_count, 1);
	json_t *body = json_loads(r.calls[0].record, 0, NULL);
	ck_assert_ptr_null(json_object_get(body, "queue"));
	ck_assert_ptr_null(json_object_get(body, "waited_ms"));
	json_decref(body);
	rebuild_free(&r);
	folder_remove(dir);
}
END_TEST

UNIT_MAIN("rebuild_unit", a_segment_is_of_the_agents_unit, an_own_call_was_in_no_queue)
