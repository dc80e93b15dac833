// Columns that came later, and what lists do not show: a database of the version before keeps all
// it had, and takes in what is new.
#include "control/store/store.h"

#include <jansson.h>

#include "engine/base/clock.h"
#include "engine/base/str.h"
#include "tests/unit/control/store/store_node.h"
#include "tests/unit/unit.h"

// As it was when the last column was sequence, with two calls; of one the clock was set back.
static const char before[] =
	"PRAGMA journal_mode=WAL;"
	"CREATE TABLE meta(key TEXT PRIMARY KEY, value INTEGER);"
	"CREATE TABLE calls(call TEXT PRIMARY KEY, tenant TEXT, started INTEGER, answered INTEGER,"
	" connected INTEGER, ended INTEGER, why TEXT, by TEXT, \"where\" TEXT, status INTEGER,"
	" trunk TEXT, caller TEXT, called TEXT, number TEXT, flow TEXT, queue TEXT, agent TEXT,"
	" waited_ms INTEGER, talked_ms INTEGER, digits TEXT, recording TEXT, sip_call_id TEXT,"
	" sequence INTEGER);"
	"INSERT INTO calls(call, tenant, started, ended, caller, sequence) VALUES"
	" ('00000000000000010000000100000001', 'acme', 1000000000, 61500000000, '+4930', 1),"
	" ('00000000000000020000000100000002', 'acme', 90000000000, 30000000000, '+4931', 2);"
	"PRAGMA user_version=2;";

struct answer {
	json_t *rows;
	bool over;
};

static void answer_row(const char *json, void *arg)
{
	json_array_append_new(((struct answer *)arg)->rows, json_loads(json, 0, NULL));
}

static void answer_end(int error, void *arg)
{
	ck_assert_int_eq(error, 0);
	((struct answer *)arg)->over = true;
}

// call: one of them; NULL: the list of those with this party, or all.
static json_t *asked(struct node *n, const char *call, const char *party)
{
	struct answer a = {.rows = json_array()};
	const struct store_answer answer = {answer_row, answer_end, &a};
	struct store_filter filter = {0};

	str_copy(filter.party[0], sizeof(filter.party[0]), party ? party : "");
	ck_assert_int_eq(call ? store_query_call(n->store, call, &answer)
			      : store_query_calls(n->store, &filter, &answer),
		0);
	while (!a.over)
		node_poll(n, 10000);
	return a.rows;
}

static const char *text(const json_t *rows, size_t row, const char *member)
{
	const char *t = json_string_value(json_object_get(json_array_get(rows, row), member));

	return t ? t : "";
}

static json_int_t number(const json_t *rows, size_t row, const char *member)
{
	return json_integer_value(json_object_get(json_array_get(rows, row), member));
}

static void put(struct node *n, unsigned id, const char *body)
{
	struct callid call = {.node = 1, .counter = id, .start = 100 + id};

	node_wait_passed(n, eventlog_append(n->log, EVENT_CALL_ENDED, "acme", &call, body));
}

// Call 3 has two, the older ones none.
static void ck_segments(struct node *n)
{
	static const char *const calls[] = {
		"00000000000000010000000100000001", "00000000000000020000000100000002"};
	char call[CALLID_TEXT_MAX];

	for (unsigned i = 0; i < 2; i++) {
		json_t *old = asked(n, calls[i], NULL);
		ck_assert_uint_eq(json_array_size(old), 1);
		const json_t *none = json_object_get(json_array_get(old, 0), "segments");
		ck_assert(json_is_array(none) && json_array_size(none) == 0);
		json_decref(old);
	}
	json_t *rows = asked(n,
		callid_text(&(struct callid){.node = 1, .counter = 3, .start = 103}, call), NULL);
	const json_t *segments = json_object_get(json_array_get(rows, 0), "segments");
	ck_assert_uint_eq(json_array_size(segments), 2);
	ck_assert_str_eq(text(segments, 0, "why"), "connected");
	ck_assert_str_eq(text(segments, 0, "agent"), "");
	ck_assert_str_eq(text(segments, 1, "agent"), "alice \"a\"");
	ck_assert_int_eq(number(segments, 1, "started"), 4);
	ck_assert_int_eq(number(segments, 1, "ended"), 9);
	ck_assert_int_eq(number(segments, 1, "hold_ms"), 2);
	ck_assert_int_eq(number(segments, 1, "caller_hold_ms"), 1);
	json_decref(rows);
}

static void put_segments(struct node *n, unsigned id)
{
	static const char *const bodies[] = {
		"{\"queue\":\"sales\",\"started\":1,\"ended\":4,\"why\":\"connected\"}",
		"{\"queue\":\"sales\",\"agent\":\"alice \\\"a\\\"\",\"started\":4,\"ended\":9,"
		"\"why\":\"agent-hangup\",\"hold_ms\":2,\"caller_hold_ms\":1}"};
	struct callid call = {.node = 1, .counter = id, .start = 100 + id};

	for (unsigned i = 0; i < 2; i++)
		eventlog_append(n->log, EVENT_CALL_SEGMENT, "acme", &call, bodies[i]);
}

START_TEST(an_older_database_keeps_all)
{
	char path[128], *error = NULL;
	struct node n;
	sqlite3 *db;

	str_format(path, sizeof(path), "%s/ringhall.db", folder_new(n.dir));
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_msg(sqlite3_exec(db, before, NULL, NULL, &error) == SQLITE_OK, "%s", error);
	sqlite3_close(db);
	for (unsigned round = 0; round < 2; round++) { // opened again it is left as it is
		node_start(&n);
		if (round == 0)
			put_segments(&n, 3);
		if (round == 0)
			put(&n, 3,
				"{\"started\":200000000000,\"ended\":200000000000,"
				"\"total_ms\":77,\"caller_name\":\"Anna Maria\"}");
		json_t *rows = asked(&n, NULL, NULL);
		ck_assert_uint_eq(json_array_size(rows), 3);
		ck_assert_int_eq(number(rows, 0, "total_ms"), 77); // as the record has it
		ck_assert_str_eq(text(rows, 0, "caller_name"), "Anna Maria");
		ck_assert_int_eq(number(rows, 1, "total_ms"), 0);
		ck_assert_int_eq(number(rows, 2, "total_ms"), 60500);
		ck_assert_str_eq(text(rows, 2, "caller"), "+4930");
		json_decref(rows);
		ck_segments(&n);
		ck_assert_uint_eq(n.begun, 0);
		node_stop(&n);
	}
	folder_remove(n.dir);
}
END_TEST

// The names of the rows by team, or by agent, of the first hour of 1970.
static void ck_names(struct node *n, enum figures_by by, const char *names)
{
	struct answer a = {.rows = json_array()};
	const struct store_answer answer = {answer_row, answer_end, &a};
	const struct store_stats s = {.by = by,
		.every = FIGURES_DAY,
		.until_ns = 3600 * NS_PER_S,
		.within_s = FIGURES_WITHIN};
	char told[64] = "";
	struct str_buf b;

	ck_assert_int_eq(store_query_stats(n->store, &s, &answer), 0);
	while (!a.over)
		node_poll(n, 10000);
	str_buf_init(&b, told, sizeof(told));
	for (size_t i = 0; i < json_array_size(a.rows); i++)
		str_buf_add(&b, "%s:%lld ", text(a.rows, i, "name"),
			(long long)number(a.rows, i, "conversations"));
	ck_assert_str_eq(told, names);
	json_decref(a.rows);
}

// Of before there were teams and regions: it is of none, and counts where it always did.
START_TEST(what_is_older_is_of_no_team)
{
	static const char old[] =
		"CREATE TABLE segments(call TEXT, queue TEXT, agent TEXT, started INTEGER,"
		" ended INTEGER, why TEXT, sequence INTEGER);"
		"INSERT INTO segments VALUES('00000000000000010000000100000001', 'sales', 'old', 5,"
		" 9, 'agent-hangup', 1);"
		"CREATE TABLE agent_states(sequence INTEGER, time INTEGER, tenant TEXT, agent TEXT,"
		" \"from\" TEXT, \"to\" TEXT, why TEXT);"
		"INSERT INTO agent_states VALUES(1, 7, 'acme', 'old', 'signed-out', 'ready', "
		"'set');";
	struct callid call = {.node = 1, .counter = 3, .start = 103};
	char path[128];
	struct node n;
	sqlite3 *db;

	str_format(path, sizeof(path), "%s/ringhall.db", folder_new(n.dir));
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, before, NULL, NULL, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, old, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	node_start(&n);
	eventlog_append(n.log, EVENT_CALL_SEGMENT, "acme", &call,
		"{\"queue\":\"sales\",\"agent\":\"new\",\"started\":20,\"ended\":29,"
		"\"why\":\"agent-hangup\",\"team\":\"red\",\"group\":\"hotline\"}");
	put(&n, 3, "{\"started\":20,\"region\":\"east\"}");
	ck_names(&n, FIGURES_BY_AGENT, "new:1 old:1 ");
	ck_names(&n, FIGURES_BY_TEAM, "red:1 ");
	ck_names(&n, FIGURES_BY_GROUP, "hotline:1 ");
	ck_names(&n, FIGURES_BY_SITE, "");
	ck_names(&n, FIGURES_BY_REGION, "east:1 ");
	ck_names(&n, FIGURES_BY_TENANT, "acme:2 ");
	node_stop(&n);
	folder_remove(n.dir);
}
END_TEST

// In the order of the log, with all that the events say; and they go with their call.
START_TEST(offers_are_kept_with_their_call)
{
	struct callid call = {.node = 1, .counter = 1, .start = 101};
	char id[CALLID_TEXT_MAX], path[128];
	struct answer a = {.rows = json_array()};
	const struct store_answer answer = {answer_row, answer_end, &a};
	struct node n;
	sqlite3 *db;

	str_format(path, sizeof(path), "%s/ringhall.db", folder_new(n.dir));
	node_start(&n);
	eventlog_append(n.log, EVENT_CALL_OFFERED, "acme", &call,
		"{\"queue\":\"sales\",\"agent\":\"alice\",\"why\":\"so\",\"decision\":7,"
		"\"candidates\":[{\"agent\":\"alice\",\"score\":9}]}");
	eventlog_append(n.log, EVENT_CALL_OFFER_ENDED, "acme", &call,
		"{\"queue\":\"sales\",\"agent\":\"alice\",\"why\":\"rejected\",\"status\":603}");
	eventlog_append(n.log, EVENT_CALL_CONNECTED, "acme", &call, "{\"agent\":\"bob\"}");
	put(&n, 1, "{\"started\":1}");
	ck_assert_int_eq(store_query_offers(n.store, callid_text(&call, id), &answer), 0);
	while (!a.over)
		node_poll(&n, 10000);
	ck_assert_uint_eq(json_array_size(a.rows), 3);
	ck_assert_str_eq(text(a.rows, 0, "event"), "call-offered");
	ck_assert_int_eq(number(a.rows, 0, "decision"), 7);
	const json_t *one = json_object_get(json_array_get(a.rows, 0), "candidates");
	ck_assert_str_eq(text(one, 0, "agent"), "alice");
	ck_assert_int_eq(number(one, 0, "score"), 9);
	ck_assert_str_eq(text(a.rows, 1, "why"), "rejected");
	ck_assert_int_eq(number(a.rows, 1, "status"), 603);
	ck_assert_str_eq(text(a.rows, 2, "agent"), "bob");
	json_decref(a.rows);
	node_stop(&n);
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, "DELETE FROM calls", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	ck_assert_int_eq(db_value(n.dir, "SELECT count(*) FROM offers"), 0);
	folder_remove(n.dir);
}
END_TEST

START_TEST(segments_go_with_their_call)
{
	struct node n;
	char path[128];
	sqlite3 *db;

	str_format(path, sizeof(path), "%s/ringhall.db", folder_new(n.dir));
	node_start(&n);
	for (unsigned id = 1; id <= 3; id++) {
		put_segments(&n, id);
		put(&n, id, "{\"started\":1}");
	}
	node_stop(&n);
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(db_value(n.dir, "SELECT count(*) FROM segments"), 6);
	ck_assert_int_eq(
		sqlite3_exec(db, "DELETE FROM calls WHERE rowid=2", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	ck_assert_int_eq(db_value(n.dir, "SELECT count(*) FROM segments"), 4);
	ck_assert_int_eq(db_value(n.dir,
				 "SELECT count(*) FROM segments s JOIN calls c "
				 "ON c.call=s.call"),
		4);
	folder_remove(n.dir);
}
END_TEST

// The log lost its end, of which the store had taken in that the wait was over: the start tells of
// the call, and of that wait, as of one that was killed.
START_TEST(a_segment_that_is_told_again_is_one)
{
	struct callid call = {.node = 1, .counter = 1, .start = 101};
	struct node n;

	folder_new(n.dir);
	node_start(&n);
	put_segments(&n, 1);
	eventlog_append(n.log, EVENT_CALL_SEGMENT, "acme", &call,
		"{\"queue\":\"sales\",\"started\":1,\"ended\":3,\"why\":\"node-killed\"}");
	put(&n, 1, "{\"started\":1}");
	node_stop(&n);
	ck_assert_int_eq(db_value(n.dir, "SELECT count(*) FROM segments"), 2);
	ck_assert_int_eq(
		db_value(n.dir, "SELECT count(*) FROM segments WHERE why='node-killed'"), 0);
	folder_remove(n.dir);
}
END_TEST

START_TEST(lists_show_nobody_who_does_not_want_it)
{
	static const struct {
		const char *privacy, *caller, *name, *original;
	} t[] = {
		{"", "+4930", "Anna", "+4940"},
		{"\"privacy\":\"id\",", "anonymous", "", ""},
		{"\"privacy\":\"anonymous,history\",", "anonymous", "", ""},
		{"\"privacy\":\"history\",", "+4930", "Anna", ""},
	};
	char body[256], call[CALLID_TEXT_MAX];
	struct node n;

	folder_new(n.dir);
	node_start(&n);
	for (unsigned i = 0; i < 4; i++) {
		str_format(body, sizeof(body),
			"{%s\"started\":%u,\"caller\":\"+4930\",\"caller_name\":\"Anna\","
			"\"original_called\":\"+4940\"}",
			t[i].privacy, i + 1);
		put(&n, i, body);
	}
	json_t *rows = asked(&n, NULL, "+4930"); // who knows the number finds the call
	ck_assert_uint_eq(json_array_size(rows), 4);
	for (unsigned i = 0; i < 4; i++) {
		ck_assert_str_eq(text(rows, 3 - i, "caller"), t[i].caller);
		ck_assert_str_eq(text(rows, 3 - i, "original_called"), t[i].original);
		ck_assert_str_eq(text(rows, 3 - i, "caller_name"), t[i].name);
		json_t *one = asked(&n,
			callid_text(
				&(struct callid){.node = 1, .counter = i, .start = 100 + i}, call),
			NULL);
		ck_assert_str_eq(text(one, 0, "caller"), "+4930"); // the record keeps it
		ck_assert_str_eq(text(one, 0, "caller_name"), "Anna");
		ck_assert_str_eq(text(one, 0, "original_called"), "+4940");
		json_decref(one);
	}
	json_decref(rows);
	node_stop(&n);
	folder_remove(n.dir);
}
END_TEST

UNIT_MAIN("store_columns", an_older_database_keeps_all, what_is_older_is_of_no_team,
	offers_are_kept_with_their_call, segments_go_with_their_call,
	a_segment_that_is_told_again_is_one, lists_show_nobody_who_does_not_want_it)
