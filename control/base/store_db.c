// The store's database: opening it with its schema, batches of rows with their sequence.
#include <errno.h>
#include <jansson.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "control/base/eventlog.h"
#include "control/base/store_db.h"
#include "control/base/store_private.h"
#include "engine/base/log.h"
#include "engine/base/str.h"

LOG_TOPIC("store");

static const struct store_table *const tables[TABLES] = {
	[TABLE_CALLS] = &store_calls,
	[TABLE_RECORDINGS] = &store_recordings,
	[TABLE_AGENT_STATES] = &store_agent_states,
};

int db_error(struct db *d, int code)
{
	if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW)
		log_debug("sqlite: %s", sqlite3_errmsg(d->sql));
	switch (code & 0xff) {
	case SQLITE_OK:
	case SQLITE_DONE:
	case SQLITE_ROW:
		return 0;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_CANTOPEN:
		return -EACCES;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return -EBADMSG;
	default:
		return -EIO;
	}
}

static int db_run(struct db *d, const char *sql)
{
	return db_error(d, sqlite3_exec(d->sql, sql, NULL, NULL, NULL));
}

static const char *column_type(enum column_kind kind)
{
	bool text = kind == COLUMN_TEXT || kind == COLUMN_CALL || kind == COLUMN_TENANT ||
		kind == COLUMN_STATE;

	return text ? "TEXT" : "INTEGER";
}

static int table_create(struct db *d, const struct store_table *t)
{
	char sql[SQL_MAX];
	struct str_buf b;

	str_buf_init(&b, sql, sizeof(sql));
	str_buf_add(&b, "CREATE TABLE IF NOT EXISTS %s(", t->name);
	for (size_t i = 0; i < t->count; i++)
		str_buf_add(&b, "%s\"%s\" %s%s", i ? ", " : "", t->columns[i].name,
			column_type(t->columns[i].kind), t->columns[i].key ? " PRIMARY KEY" : "");
	str_buf_add(&b, "); %s", t->indices);
	return db_run(d, sql);
}

static int table_prepare(struct db *d, const struct store_table *t, sqlite3_stmt **out)
{
	char sql[SQL_MAX];
	struct str_buf b;

	str_buf_init(&b, sql, sizeof(sql));
	str_buf_add(&b, "INSERT INTO %s VALUES(", t->name);
	for (size_t i = 0; i < t->count; i++)
		str_buf_add(&b, "%s?", i ? "," : "");
	str_buf_add(&b, ")");
	if (t->conflict == CONFLICT_KEEP)
		str_buf_add(&b, " ON CONFLICT DO NOTHING");
	if (t->conflict == CONFLICT_MERGE) {
		str_buf_add(&b, " ON CONFLICT DO UPDATE SET ");
		for (size_t i = 0; i < t->count; i++)
			str_buf_add(&b, "%s\"%s\"=coalesce(excluded.\"%s\",\"%s\")", i ? "," : "",
				t->columns[i].name, t->columns[i].name, t->columns[i].name);
	}
	return db_error(d, sqlite3_prepare_v2(d->sql, sql, -1, out, NULL));
}

static int db_read_sequence(struct db *d)
{
	sqlite3_stmt *s;
	int rc = db_error(d,
		sqlite3_prepare_v2(
			d->sql, "SELECT value FROM meta WHERE key='sequence'", -1, &s, NULL));

	if (rc)
		return rc;
	int code = sqlite3_step(s);
	d->sequence = code == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
	sqlite3_finalize(s);
	return db_error(d, code);
}

static int db_prepare(struct db *d)
{
	// WAL with NORMAL: a commit is safe against kill -9; after a power cut the last ones may
	// be gone, sequence and rows together, and are made again from the log.
	int rc = db_run(d,
		"PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=2000;"
		"CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value INTEGER);");

	for (unsigned i = 0; i < TABLES && !rc; i++) {
		rc = table_create(d, tables[i]);
		if (!rc)
			rc = table_prepare(d, tables[i], &d->insert[i]);
	}
	if (!rc)
		rc = db_error(d,
			sqlite3_prepare_v2(d->sql,
				"INSERT OR REPLACE INTO meta VALUES('sequence', ?)", -1, &d->mark,
				NULL));
	return rc ? rc : db_read_sequence(d);
}

int db_open(const char *directory, struct db **out, char error[512])
{
	char path[300];
	struct db *d = calloc(1, sizeof(*d));

	*out = NULL;
	if (!d)
		return -ENOMEM;
	str_format(path, sizeof(path), "%s/ringhall.db", directory);
	int rc = db_error(d,
		sqlite3_open_v2(path, &d->sql, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL));
	if (!rc)
		rc = db_prepare(d);
	if (rc) {
		str_format(error, 512,
			"the store cannot use %s: %s; give the folder to the user of the service, "
			"or move a damaged file away: it is made again from the event log",
			path, sqlite3_errmsg(d->sql));
		db_close(d);
		return rc;
	}
	*out = d;
	return 0;
}

void db_close(struct db *d)
{
	if (!d)
		return;
	for (unsigned i = 0; i < TABLES; i++)
		sqlite3_finalize(d->insert[i]);
	sqlite3_finalize(d->mark);
	sqlite3_close(d->sql);
	free(d);
}

uint64_t db_sequence(const struct db *d)
{
	return d->sequence;
}

int db_begin(struct db *d)
{
	memset(d->pending, 0, sizeof(d->pending));
	return db_run(d, "BEGIN IMMEDIATE");
}

void db_rollback(struct db *d)
{
	sqlite3_exec(d->sql, "ROLLBACK", NULL, NULL, NULL);
}

int db_commit(struct db *d, uint64_t sequence)
{
	sqlite3_bind_int64(d->mark, 1, sequence);
	int rc = db_error(d, sqlite3_step(d->mark));

	sqlite3_reset(d->mark);
	if (!rc)
		rc = db_run(d, "COMMIT");
	if (rc) {
		db_rollback(d);
		return rc;
	}
	d->sequence = sequence;
	for (unsigned i = 0; i < TABLES; i++)
		d->rows[i] += d->pending[i];
	return 0;
}

static void bind_text(sqlite3_stmt *s, int at, const char *text)
{
	if (text && *text)
		sqlite3_bind_text(s, at, text, -1, SQLITE_TRANSIENT);
	else
		sqlite3_bind_null(s, at);
}

static void bind_start(sqlite3_stmt *s, int at, const struct event *e, const json_t *value)
{
	if (json_integer_value(value))
		sqlite3_bind_int64(s, at, json_integer_value(value));
	else if (e->type == EVENT_RECORDING_STARTED)
		sqlite3_bind_int64(s, at, e->wall_ns);
	else
		sqlite3_bind_null(s, at);
}

static const char *recording_state(enum event_type type)
{
	return type == EVENT_RECORDING_STARTED	? "open"
		: type == EVENT_RECORDING_ENDED ? "whole"
						: "failed";
}

static void bind_column(sqlite3_stmt *s, int at, const struct store_column *c,
	const struct event *e, const json_t *body)
{
	const json_t *value = json_object_get(body, c->member);
	char call[CALLID_TEXT_MAX];

	switch (c->kind) {
	case COLUMN_TEXT:
		bind_text(s, at, json_string_value(value));
		break;
	case COLUMN_NUMBER:
		if (json_is_integer(value))
			sqlite3_bind_int64(s, at, json_integer_value(value));
		else
			sqlite3_bind_null(s, at);
		break;
	case COLUMN_BOOL:
		sqlite3_bind_int(s, at, json_is_true(value));
		break;
	case COLUMN_CALL:
		bind_text(s, at, callid_text(&e->call, call));
		break;
	case COLUMN_TENANT:
		bind_text(s, at, e->tenant);
		break;
	case COLUMN_SEQUENCE:
		sqlite3_bind_int64(s, at, e->sequence);
		break;
	case COLUMN_TIME:
		sqlite3_bind_int64(s, at, e->wall_ns);
		break;
	case COLUMN_START:
		bind_start(s, at, e, value);
		break;
	case COLUMN_STATE:
		bind_text(s, at, recording_state(e->type));
		break;
	}
}

static int event_table(const struct event *e)
{
	switch (e->type) {
	case EVENT_CALL_ENDED:
		return TABLE_CALLS;
	case EVENT_RECORDING_STARTED:
	case EVENT_RECORDING_ENDED:
	case EVENT_RECORDING_FAILED:
		return TABLE_RECORDINGS;
	case EVENT_AGENT_STATE:
		return TABLE_AGENT_STATES;
	default:
		return -1;
	}
}

int db_put(struct db *d, const struct event *e)
{
	int table = event_table(e);

	if (table < 0 || e->snapshot)
		return 0;
	json_t *body = json_loadb(e->body, e->body_len, 0, NULL);
	if (!json_is_object(body)) {
		log_error("a record's body is no JSON object sequence=%llu",
			(unsigned long long)e->sequence);
		json_decref(body);
		return 0;
	}
	sqlite3_stmt *s = d->insert[table];
	for (size_t i = 0; i < tables[table]->count; i++)
		bind_column(s, i + 1, &tables[table]->columns[i], e, body);
	int rc = db_error(d, sqlite3_step(s));
	sqlite3_reset(s);
	json_decref(body);
	d->pending[table] += !rc && sqlite3_changes(d->sql);
	return rc;
}

void db_counts(const struct db *d, uint64_t *calls, uint64_t *recordings)
{
	*calls = d->rows[TABLE_CALLS];
	*recordings = d->rows[TABLE_RECORDINGS];
}
