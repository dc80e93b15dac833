// Lists of many calls: each question is answered by an index, whatever it asks for.
#include "tests/unit/unit.h"

#include <sqlite3.h>
#include <string.h>

#include "control/store/db.h"
#include "control/store/private.h"
#include "engine/base/clock.h"
#include "engine/base/str.h"
#include "tests/unit/control/record/folder.h"

#define ROWS 40000 // of calls, one a second, as many recordings

static char dir[64];
static struct db *db;
static char asked[SQL_MAX];
static unsigned steps; // thousands of the database's machine

static int on_trace(unsigned kind, void *arg, void *statement, void *text)
{
	const char *sql = text;
	if (sql[0] != '-')
		str_copy(asked, sizeof(asked), sql);
	return 0;
}

static int on_steps(void *arg)
{
	steps++;
	return 0;
}

static void begin(void)
{
	char error[512];
	folder_new(dir);
	ck_assert_int_eq(db_open(dir, &db, error), 0);
	ck_assert_int_eq(
		db_run(db,
			"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE "
			"i<40000) "
			"INSERT INTO "
			"calls(call,tenant,started,why,trunk,caller,called,queue,agent) "
			"SELECT printf('%032x',i), 'acme', i*1000000000, "
			"CASE i WHEN 7 THEN 'rare' ELSE 'caller-hangup' END, "
			"CASE i WHEN 7 THEN 'old' ELSE 'carrier' END, "
			"CASE i WHEN 7 THEN '+4930123' ELSE printf('+8610%08d',i) END, '4001', "
			"CASE i%2 WHEN 0 THEN 'sales' ELSE 'service' END, "
			"CASE i WHEN 7 THEN 'anna' ELSE 'bob' END FROM n; "
			"INSERT INTO recordings(id,call,tenant,state,started) "
			"SELECT call, call, tenant, 'whole', started FROM calls"),
		0);
	sqlite3_trace_v2(db->sql, SQLITE_TRACE_STMT, on_trace, NULL);
	sqlite3_progress_handler(db->sql, 1000, on_steps, NULL);
}

static void end(void)
{
	db_close(db);
	folder_remove(dir);
}

// Is part of how the last question was answered?
static bool plan_has(const char *part)
{
	char sql[SQL_MAX + 32], was[SQL_MAX];
	sqlite3_stmt *s;
	bool found = false;
	str_copy(was, sizeof(was), asked);
	str_format(sql, sizeof(sql), "EXPLAIN QUERY PLAN %s", was);
	ck_assert_int_eq(db_prepare_text(db, sql, &s), 0);
	while (sqlite3_step(s) == SQLITE_ROW)
		found |= strstr((const char *)sqlite3_column_text(s, 3), part) != NULL;
	sqlite3_finalize(s);
	return found;
}

static unsigned ask(const struct store_filter *f, bool recordings)
{
	struct db_rows rows;
	steps = 0;
	ck_assert_int_eq((recordings ? db_query_recordings : db_query_calls)(db, f, &rows), 0);
	unsigned count = (unsigned)rows.count;
	ck_assert_msg(steps < 200, "%u thousand steps: %s", steps, asked);
	db_rows_free(&rows);
	return count;
}

// The newest ones of it, found without a look at the others.
static void newest(struct store_filter f, unsigned wanted)
{
	f.limit = 101;
	for (unsigned recordings = 0; recordings < 2; recordings++) {
		if (recordings && (*f.why || *f.trunk))
			continue; // no list of recordings asks for them
		ck_assert_uint_eq(ask(&f, recordings), wanted);
		ck_assert_msg(!plan_has("TEMP B-TREE"), "%s", asked);
		ck_assert_msg(!plan_has("SCAN t") || plan_has("USING INDEX"), "%s", asked);
	}
}

START_TEST(each_filter_has_its_index)
{
	begin();
	newest((struct store_filter){0}, 101);
	newest((struct store_filter){.tenant = "acme"}, 101);
	newest((struct store_filter){.tenant = "nobody"}, 0);
	newest((struct store_filter){.queue = "sales"}, 101);
	newest((struct store_filter){.agent = "bob"}, 101);
	newest((struct store_filter){.agent = "anna"}, 1);
	newest((struct store_filter){.trunk = "old"}, 1);
	newest((struct store_filter){.why = "rare"}, 1);
	newest((struct store_filter){.since_ns = 100 * NS_PER_S, .until_ns = 110 * NS_PER_S}, 10);
	newest((struct store_filter){.queue = "sales", .since_ns = 39990 * NS_PER_S}, 6);
	newest((struct store_filter){.party = {"+8610"}}, 101);
	newest((struct store_filter){.party = {"4001"}}, 101);
	end();
}
END_TEST

START_TEST(a_rare_party_is_found_by_its_number)
{
	struct store_filter f = {.party = {"+49", "49", "030"}, .limit = 101};
	begin();
	ck_assert_uint_eq(ask(&f, false), 1);
	ck_assert_uint_eq(ask(&f, true), 1);
	f = (struct store_filter){.party = {"+86100000001"}, .limit = 101};
	ck_assert_uint_eq(ask(&f, false), 10); // 10 to 19
	f = (struct store_filter){.party = {"nobody"}, .limit = 101};
	ck_assert_uint_eq(ask(&f, false), 0);
	end();
}
END_TEST

START_TEST(names_are_read_off_an_index)
{
	static const char *const columns[] = {"tenant", "queue", "agent", "trunk", "why"};
	static const unsigned wanted[] = {1, 2, 2, 2, 2};
	struct db_rows rows;
	begin();
	for (unsigned i = 0; i < 5; i++) {
		steps = 0;
		ck_assert_int_eq(db_query_names(db, columns[i], &rows), 0);
		ck_assert_uint_eq(rows.count, wanted[i]);
		ck_assert_uint_lt(steps, 10);
		db_rows_free(&rows);
	}
	end();
}
END_TEST

UNIT_MAIN("store_lists", each_filter_has_its_index, a_rare_party_is_found_by_its_number,
	names_are_read_off_an_index)
