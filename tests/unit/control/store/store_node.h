// Event log and store together on a folder of a test's, as the node wires them.
#pragma once

#include <check.h>
#include <poll.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "control/eventlog/eventlog.h"
#include "control/store/store.h"
#include "engine/base/str.h"
#include "tests/unit/control/record/folder.h"

struct node {
	char dir[64];
	struct eventlog *log;
	struct store *store;
	unsigned begun, over; // bits of the troubles that were told
};

static inline void node_passed(uint64_t sequence, void *arg)
{
	eventlog_passed(arg, sequence);
}

static inline void node_trouble(enum store_trouble kind, const char *text, bool over, void *arg)
{
	struct node *n = arg;

	ck_assert_uint_gt(strlen(text), 0);
	*(over ? &n->over : &n->begun) |= 1u << kind;
}

static inline void node_start_bounded(struct node *n, const struct store_bounds *bounds)
{
	struct eventlog_options options = {.directory = n->dir};
	struct eventlog_report report;
	char error[512];

	if (eventlog_open(&options, &n->log, &report))
		abort();
	const struct store_options store = {
		.directory = n->dir, .log_end = report.last_sequence, .bounds = *bounds};
	if (store_start(&store, &n->store, error))
		abort();
	n->begun = n->over = 0;
	store_set_passed(n->store, node_passed, n->log);
	store_set_trouble(n->store, node_trouble, n);
	store_written(n->store, eventlog_written(n->log));
}

static inline void node_start(struct node *n)
{
	node_start_bounded(n, &(struct store_bounds){});
}

static inline void node_poll(struct node *n, int timeout_ms)
{
	struct pollfd p[2] = {{.fd = eventlog_fd(n->log), .events = POLLIN},
		{.fd = store_fd(n->store), .events = POLLIN}};

	poll(p, 2, timeout_ms);
	eventlog_poll(n->log);
	store_written(n->store, eventlog_written(n->log));
	store_poll(n->store);
}

static inline void node_stop(struct node *n)
{
	store_stop(n->store);
	eventlog_close(n->log);
}

static inline void node_wait_passed(struct node *n, uint64_t sequence)
{
	struct store_status status;

	do {
		node_poll(n, 10000);
		store_status(n->store, &status);
	} while (status.passed != sequence);
}

static inline uint64_t put_ended(struct node *n, unsigned number, const char *agent)
{
	struct callid id = {.node = 1, .counter = number, .start = 1000 + number};
	char body[400];

	str_format(body, sizeof(body),
		"{\"started\":%u,\"ended\":%u,\"why\":\"caller-hangup\",\"status\":200,"
		"\"agent\":\"%s\",\"queue\":\"sales\",\"caller\":\"+86%u\",\"called\":\"10086\","
		"\"waited_ms\":5,\"digits\":\"\"}",
		1000 + number, 2000 + number, agent, number % 10);
	return eventlog_append(n->log, EVENT_CALL_ENDED, "acme", &id, body);
}

static inline int64_t db_value(const char *dir, const char *sql)
{
	char path[100];
	sqlite3 *db;
	sqlite3_stmt *s;

	str_format(path, sizeof(path), "%s/ringhall.db", dir);
	ck_assert_int_eq(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	sqlite3_busy_timeout(db, 20000); // the store may be writing
	ck_assert_int_eq(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_step(s), SQLITE_ROW);
	int64_t value = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	sqlite3_close(db);
	return value;
}
