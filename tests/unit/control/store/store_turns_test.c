// Figures of many intervals hold nothing up: they are read an interval a turn.
#include <errno.h>

#include "control/store/db.h"
#include "control/store/stats_pace.h"
#include "control/store/stats.h"
#include "control/store/stats_sum.h"
#include "engine/base/clock.h"
#include "tests/unit/control/store/store_node.h"
#include "tests/unit/unit.h"

#define ALL_NS (1500000000 * NS_PER_S) // of 5 minutes: more than a test has time for

struct asked {
	unsigned rows, ends;
	int error;
};

static void on_row(const char *json, void *arg)
{
	((struct asked *)arg)->rows++;
}

static void on_end(int error, void *arg)
{
	((struct asked *)arg)->ends++;
	((struct asked *)arg)->error = error;
}

static void ask_stats(struct node *n, struct asked *a, enum figures_every every, uint64_t until_ns)
{
	const struct store_stats stats = {
		.by = FIGURES_BY_CALLED, .every = every, .until_ns = until_ns, .within_s = 20};

	*a = (struct asked){};
	ck_assert_int_eq(store_query_stats(n->store, &stats,
				 &(struct store_answer){.row = on_row, .end = on_end, .arg = a}),
		0);
}

static void wait_end(struct node *n, const struct asked *a)
{
	while (a->ends == 0)
		node_poll(n, 1000);
	ck_assert_uint_eq(a->ends, 1);
	ck_assert_int_eq(a->error, 0);
}

static void begin(struct node *n)
{
	folder_new(n->dir);
	node_start(n);
	node_wait_passed(n, put_ended(n, 1, "alice"));
}

START_TEST(a_long_one_holds_nothing_up)
{
	struct asked all, short_one, names = {};
	struct node n;

	begin(&n);
	ask_stats(&n, &all, FIGURES_5_MIN, ALL_NS);
	node_wait_passed(&n, put_ended(&n, 2, "alice"));
	ck_assert_int_eq(store_query_names(n.store, "agent",
				 &(struct store_answer){on_row, on_end, &names, NULL}),
		0);
	wait_end(&n, &names);
	ck_assert_uint_eq(names.rows, 1);
	ask_stats(&n, &short_one, FIGURES_DAY, NS_PER_S);
	wait_end(&n, &short_one);
	ck_assert_uint_eq(short_one.rows, 1);
	ck_assert_uint_eq(all.ends, 0);
	node_stop(&n); // in the midst of it
	ck_assert_uint_eq(all.ends, 0);
	folder_remove(n.dir);
}
END_TEST

START_TEST(whom_nobody_waits_for_is_let_go)
{
	struct asked all[STORE_QUERIES_MAX], more;
	struct node n;

	begin(&n);
	for (unsigned i = 0; i < STORE_QUERIES_MAX; i++)
		ask_stats(&n, &all[i], FIGURES_5_MIN, ALL_NS);
	const struct store_answer names = {on_row, on_end, &more, NULL};
	more = (struct asked){};
	ck_assert_int_eq(store_query_names(n.store, "agent", &names), -EBUSY);
	for (unsigned i = 0; i < STORE_QUERIES_MAX; i++)
		store_forget(n.store, &all[i]);
	while (store_query_names(n.store, "agent", &names) != 0)
		node_poll(&n, 1000);
	wait_end(&n, &more);
	for (unsigned i = 0; i < STORE_QUERIES_MAX; i++)
		ck_assert_uint_eq(all[i].ends + all[i].rows, 0);
	node_stop(&n);
	folder_remove(n.dir);
}
END_TEST

static bool left_at_once(void *arg)
{
	++*(unsigned *)arg;
	return true;
}

START_TEST(an_interval_is_left_in_its_midst)
{
	const struct store_stats stats = {
		.by = FIGURES_BY_CALLED, .every = FIGURES_DAY, .until_ns = NS_PER_S};
	struct db_rows rows = {};
	struct db_stats *reading;
	uint64_t sequence = 0;
	unsigned looks = 0;
	char error[512];
	struct node n;
	struct db *db;

	begin(&n);
	for (unsigned i = 2; i < 3000; i++)
		sequence = put_ended(&n, i, "alice");
	node_wait_passed(&n, sequence);
	node_stop(&n);
	ck_assert_int_eq(db_open(n.dir, &db, error), 0);
	ck_assert_int_eq(db_stats_begin(db, &stats, &reading), 0);
	ck_assert_int_eq(db_stats_next(reading, left_at_once, &looks, &rows), -ECANCELED);
	ck_assert_uint_eq(looks, 1);
	db_stats_end(reading);
	db_rows_free(&rows);
	db_close(db);
	folder_remove(n.dir);
}
END_TEST

static void on_text(const char *json, void *arg)
{
	str_buf_add(arg, "%s\n", json);
}

static void on_text_end(int error, void *arg)
{
	str_buf_add(arg, "end %d", error);
}

static void ck_wait_told(struct node *n, enum figures_by by, const char *name)
{
	const struct store_stats stats = {
		.by = by, .every = FIGURES_DAY, .until_ns = NS_PER_S, .within_s = 20};
	char text[8192] = "", tenant[64], told[64];
	struct str_buf b;

	str_buf_init(&b, text, sizeof(text));
	const struct store_answer answer = {on_text, on_text_end, &b, NULL};
	ck_assert_int_eq(store_query_stats(n->store, &stats, &answer), 0);
	while (!strstr(text, "end "))
		node_poll(n, 1000);
	str_format(tenant, sizeof(tenant), "\"tenant\":\"acme\",\"name\":\"%s\"", name);
	str_format(told, sizeof(told), "\"waits\":%d,\"waits_answered\":%d", 1, 1);
	ck_assert_msg(strstr(text, tenant) && strstr(text, told), "%s", text);
}

// A wait counts when it has ended. An older version's row has tenant and number of its call alone.
START_TEST(a_wait_counts_before_its_call_has_ended)
{
	struct callid id = {.node = 1, .counter = 7, .start = 1007};
	char path[100];
	struct node n;
	sqlite3 *db;

	folder_new(n.dir);
	node_start(&n);
	uint64_t last = eventlog_append(n.log, EVENT_CALL_SEGMENT, "acme", &id,
		"{\"queue\":\"sales\",\"agent\":\"\",\"called\":\"10086\",\"started\":1007,"
		"\"ended\":1900,\"why\":\"connected\"}");
	node_wait_passed(&n, last);
	ck_wait_told(&n, FIGURES_BY_CALLED, "10086");
	ck_wait_told(&n, FIGURES_BY_QUEUE, "sales");
	node_wait_passed(&n, put_ended(&n, 7, "alice"));
	str_format(path, sizeof(path), "%s/ringhall.db", n.dir);
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 20000);
	ck_assert_int_eq(
		sqlite3_exec(db, "UPDATE segments SET tenant=NULL, called=NULL", NULL, NULL, NULL),
		SQLITE_OK);
	sqlite3_close(db);
	ck_wait_told(&n, FIGURES_BY_CALLED, "10086");
	ck_wait_told(&n, FIGURES_BY_QUEUE, "sales");
	node_stop(&n);
	folder_remove(n.dir);
}
END_TEST

// A year of many agents; and nothing is cut before all pieces are there.
START_TEST(pieces_add_up)
{
	static const char *const names[] = {"b", "c", "a", "b"};
	struct stats_sum m = {};

	for (unsigned i = 0; i < 4; i++) {
		struct stats_row *r = stats_sum_row(&m, i == 3 ? "bolt" : "acme", names[i]);

		for (unsigned k = 0; k < 3; k++) {
			stats_sum_add(r, COUNTER_talk_ms, 9000000000000600000);
			stats_sum_add(r, COUNTER_waits, i);
		}
		ck_assert_ptr_eq(stats_sum_row(&m, r->tenant, names[i]), r);
	}
	ck_assert_uint_eq(m.count, 4);
	for (unsigned i = 0; i < 4; i++) {
		ck_assert_str_eq(m.rows[i]->tenant, i == 3 ? "bolt" : "acme");
		ck_assert_int_eq(m.rows[i]->n[COUNTER_talk_ms], 27000000000001);
		ck_assert(m.rows[i]->known[FIGURES_WAITS] && !m.rows[i]->known[FIGURES_TRIES]);
	}
	ck_assert_str_eq(m.rows[0]->name, "a");
	ck_assert_int_eq(m.rows[0]->n[COUNTER_waits], 6);
	stats_sum_free(&m);
}
END_TEST

// The store may be behind the log by more than a batch: who asks then is told no less.
START_TEST(who_asks_waits_for_what_was_written)
{
	uint64_t sequence = 0;
	char text[8192] = "";
	struct str_buf b;
	struct node n;

	str_buf_init(&b, text, sizeof(text));
	const struct store_answer answer = {on_text, on_text_end, &b, NULL};
	const struct store_stats stats = {
		.by = FIGURES_BY_CALLED, .every = FIGURES_DAY, .until_ns = NS_PER_S};
	begin(&n);
	store_stop(n.store);
	for (unsigned i = 2; i <= 9000; i++)
		sequence = put_ended(&n, i, "alice");
	while (eventlog_written(n.log) < sequence)
		eventlog_poll(n.log);
	eventlog_close(n.log);
	node_start(&n);
	ck_assert_int_eq(store_query_stats(n.store, &stats, &answer), 0);
	while (!strstr(text, "end "))
		node_poll(&n, 1000);
	ck_assert_msg(strstr(text, "\"tries\":9000,"), "%s", text);
	node_stop(&n);
	folder_remove(n.dir);
}
END_TEST

// Of pieces that cost so much each, and so much for a second of what they read: the thread's time
// for a day, and its longest turn.
static uint64_t day_costs(uint64_t each_ns, uint64_t second_ns, uint64_t *longest_ns)
{
	uint64_t all_ns = 0;
	struct stats_pace p;

	*longest_ns = 0;
	stats_pace_init(&p);
	for (uint64_t left_s = 86400; left_s > 0;) {
		uint64_t piece_s = p.piece_ns / NS_PER_S, took_ns;

		if (piece_s > left_s)
			piece_s = left_s;
		took_ns = each_ns + piece_s * second_ns;
		stats_pace_took(&p, took_ns);
		left_s -= piece_s;
		all_ns += took_ns;
		if (left_s < 86400 - 300 && took_ns > *longest_ns)
			*longest_ns = took_ns;
	}
	return all_ns;
}

// What each piece costs by itself is not paid a thousand times: with 10,000 agents that alone is
// longer than a turn should be.
START_TEST(pieces_are_no_shorter_than_helps)
{
	uint64_t longest_ns;

	ck_assert_uint_le(day_costs(NS_PER_MS, NS_PER_MS, &longest_ns), 120 * NS_PER_S);
	ck_assert_uint_le(longest_ns, 400 * NS_PER_MS);
	ck_assert_uint_le(day_costs(NS_PER_MS, 20 * NS_PER_MS, &longest_ns), 2000 * NS_PER_S);
	ck_assert_uint_le(longest_ns, 4 * NS_PER_S);
	ck_assert_uint_le(day_costs(250 * NS_PER_MS, NS_PER_MS, &longest_ns), 300 * NS_PER_S);
	ck_assert_uint_le(longest_ns, 600 * NS_PER_MS);
	ck_assert_uint_le(day_costs(NS_PER_S, NS_PER_MS, &longest_ns), 600 * NS_PER_S);
}
END_TEST

UNIT_MAIN("store_turns", pieces_add_up, a_wait_counts_before_its_call_has_ended,
	a_long_one_holds_nothing_up, whom_nobody_waits_for_is_let_go,
	an_interval_is_left_in_its_midst, pieces_are_no_shorter_than_helps,
	who_asks_waits_for_what_was_written)
