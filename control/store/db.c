// The store's database: opening it with its schema, batches of rows with their sequence.
#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "control/store/db.h"
#include "control/store/mode.h"
#include "control/store/private.h"
#include "engine/base/log.h"
#include "engine/base/str.h"

LOG_TOPIC("store");

#define BUSY_MS	  2000	      // another process writes: waited for so long
#define CHECK_MAX (1ll << 30) // bytes that a check at the start reads: some seconds

const struct store_table *const db_tables[TABLES] = {
	[TABLE_CALLS] = &store_calls,
	[TABLE_RECORDINGS] = &store_recordings,
	[TABLE_AGENT_STATES] = &store_agent_states,
	[TABLE_SEGMENTS] = &store_segments,
	[TABLE_OFFERS] = &store_offers,
};

int db_error(struct db *d, int code)
{
	if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW) {
		d->failed = code & 0xff;
		log_debug("sqlite: %s", sqlite3_errmsg(d->sql));
	}
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

int db_run(struct db *d, const char *sql)
{
	return db_error(d, sqlite3_exec(d->sql, sql, NULL, NULL, NULL));
}

int db_prepare_text(struct db *d, const char *sql, sqlite3_stmt **out)
{
	return db_error(d, sqlite3_prepare_v2(d->sql, sql, -1, out, NULL));
}

int db_change(struct db *d, const char *sql, int64_t first, int64_t second, int64_t *changed)
{
	const int64_t values[] = {first, second};
	sqlite3_stmt *s;
	int rc = db_prepare_text(d, sql, &s);

	*changed = 0;
	if (rc)
		return rc;
	for (int i = 0; i < sqlite3_bind_parameter_count(s) && i < 2 && !rc; i++)
		rc = db_error(d, sqlite3_bind_int64(s, i + 1, values[i]));
	if (!rc)
		rc = db_error(d, sqlite3_step(s));
	if (!rc)
		*changed = sqlite3_changes(d->sql);
	sqlite3_finalize(s);
	return rc;
}

int db_number(struct db *d, const char *sql, int64_t *out)
{
	sqlite3_stmt *s;
	int rc = db_prepare_text(d, sql, &s);

	*out = 0;
	if (rc)
		return rc;
	int code = sqlite3_step(s);
	if (code == SQLITE_ROW)
		*out = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return db_error(d, code);
}

static const char *column_type(enum column_kind kind)
{
	bool text = kind == COLUMN_TEXT || kind == COLUMN_REASON || kind == COLUMN_CALL ||
		kind == COLUMN_TENANT || kind == COLUMN_STATE || kind == COLUMN_EVENT ||
		kind == COLUMN_ROWS;

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
	str_buf_add(&b, ")");
	return db_run(d, sql);
}

// Columns that came to a table after an older version had made it.
static int table_extend(struct db *d, const struct store_table *t)
{
	char sql[256];
	int64_t there;
	int rc = 0;

	for (size_t i = 0; i < t->count && !rc; i++) {
		const struct store_column *c = &t->columns[i];
		if (!c->added)
			continue;
		str_format(sql, sizeof(sql),
			"SELECT count(*) FROM pragma_table_info('%s') WHERE name='%s'", t->name,
			c->name);
		rc = db_number(d, sql, &there);
		str_format(sql, sizeof(sql), "ALTER TABLE %s ADD COLUMN \"%s\" %s", t->name,
			c->name, column_type(c->kind));
		if (!rc && !there)
			rc = db_run(d, sql);
	}
	return rc;
}

// ON CONFLICT: of the same row again, what it means for the one that is there.
static void table_conflict(const struct store_table *t, struct str_buf *b)
{
	if (t->conflict == CONFLICT_KEEP) {
		str_buf_add(b, " ON CONFLICT DO NOTHING");
		return;
	}
	str_buf_add(b, " ON CONFLICT DO UPDATE SET ");
	for (size_t i = 0; i < t->count; i++) {
		const char *n = t->columns[i].name;

		// Of two beginnings the earlier: the other one is a time of writing.
		if (t->columns[i].kind == COLUMN_START)
			str_buf_add(
				b, "%s\"%s\"=min(excluded.\"%s\",\"%s\")", i ? "," : "", n, n, n);
		else if (t->columns[i].kind == COLUMN_REASON)
			str_buf_add(b,
				"%s\"%s\"=CASE excluded.state WHEN 'whole' THEN NULL "
				"ELSE coalesce(excluded.\"%s\",\"%s\") END",
				i ? "," : "", n, n, n);
		else
			str_buf_add(b, "%s\"%s\"=coalesce(excluded.\"%s\",\"%s\")", i ? "," : "", n,
				n, n);
	}
	// A beginning that is read once more takes no end back.
	str_buf_add(b, " WHERE excluded.state<>'open'");
}

static int table_prepare(struct db *d, const struct store_table *t, sqlite3_stmt **out)
{
	char sql[SQL_MAX];
	struct str_buf b;

	str_buf_init(&b, sql, sizeof(sql));
	str_buf_add(&b, "INSERT INTO %s(", t->name);
	for (size_t i = 0; i < t->count; i++)
		str_buf_add(&b, "%s\"%s\"", i ? "," : "", t->columns[i].name);
	str_buf_add(&b, ") VALUES(");
	for (size_t i = 0; i < t->count; i++)
		str_buf_add(&b, "%s?", i ? "," : "");
	str_buf_add(&b, ")");
	table_conflict(t, &b);
	return db_error(d, sqlite3_prepare_v2(d->sql, sql, -1, out, NULL));
}

static int db_read_place(struct db *d)
{
	int64_t sequence, time;
	int rc = db_number(d, "SELECT value FROM meta WHERE key='sequence'", &sequence);

	if (!rc)
		rc = db_number(d, "SELECT value FROM meta WHERE key='time'", &time);
	if (rc)
		return rc;
	d->sequence = sequence;
	d->time_ns = time;
	return 0;
}

// Rows of a database that another version made: each step once.
static int db_migrate(struct db *d)
{
	int64_t version;
	int rc = db_number(d, "PRAGMA user_version", &version);

	// 1: a record is one row, however often the log is read.
	if (!rc && version < 1)
		rc = db_run(d,
			"BEGIN IMMEDIATE;"
			"DELETE FROM agent_states WHERE rowid NOT IN"
			" (SELECT min(rowid) FROM agent_states GROUP BY sequence, time);"
			"DELETE FROM recordings WHERE id IS NULL AND rowid NOT IN"
			" (SELECT min(rowid) FROM recordings GROUP BY id, call, sequence);"
			"PRAGMA user_version=1; COMMIT;");
	// 2: every row has a time, so that it can grow old.
	if (!rc && version < 2)
		rc = db_run(d,
			"BEGIN IMMEDIATE;"
			"UPDATE calls SET started=coalesce(ended, 0) WHERE started IS NULL;"
			"UPDATE recordings SET started=coalesce((SELECT started FROM calls c"
			" WHERE c.call=recordings.call), 0) WHERE started IS NULL;"
			"PRAGMA user_version=2; COMMIT;");
	if (rc)
		db_rollback(d);
	return rc;
}

static int db_prepare(struct db *d)
{
	// WAL with NORMAL: a commit is safe against kill -9; after a power cut the last ones may
	// be gone, sequence and rows together, and are made again from the log.
	// Pages can be given back to the file system, of a file that begins so.
	int rc = db_run(d,
		"PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL;"
		"PRAGMA synchronous=NORMAL;"
		"PRAGMA journal_size_limit=67108864;"
		"CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value INTEGER);");

	for (unsigned i = 0; i < TABLES && !rc; i++)
		rc = table_create(d, db_tables[i]);
	for (unsigned i = 0; i < TABLES && !rc; i++)
		rc = table_extend(d, db_tables[i]);
	if (!rc)
		rc = db_migrate(d);
	for (unsigned i = 0; i < TABLES && !rc; i++) {
		rc = db_run(d, db_tables[i]->indices);
		if (!rc)
			rc = table_prepare(d, db_tables[i], &d->insert[i]);
	}
	if (!rc)
		rc = db_error(d,
			sqlite3_prepare_v2(d->sql,
				"INSERT OR REPLACE INTO meta VALUES('sequence', ?), ('time', ?)",
				-1, &d->mark, NULL));
	if (!rc)
		rc = db_read_place(d);
	// Tables that are not ours, or not any more: what the file says cannot be used.
	return rc && d->failed == SQLITE_ERROR ? -EBADMSG : rc;
}

int db_open(const char *directory, struct db **out, char error[512])
{
	char path[300];
	struct db *d = calloc(1, sizeof(*d));

	*out = NULL;
	if (!d)
		return -ENOMEM;
	str_format(path, sizeof(path), "%s/" DB_NAME, directory);
	store_mode(directory, DB_NAME);
	int rc = db_error(d,
		sqlite3_open_v2(path, &d->sql, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL));
	if (!rc) {
		sqlite3_busy_timeout(d->sql, BUSY_MS);
		rc = db_prepare(d);
	}
	if (rc == -EBADMSG) {
		str_copy(error, 512,
			d->failed == SQLITE_ERROR ? "its tables are not ours"
						  : sqlite3_errstr(d->failed));
	} else if (rc) {
		str_format(error, 512,
			"the store cannot use %s: %s; give the folder and what is in it to the "
			"user of the service",
			path, d->sql ? sqlite3_errmsg(d->sql) : strerror(-rc));
	}
	if (rc) {
		db_close(d);
		return rc;
	}
	*out = d;
	return 0;
}

int db_check(struct db *d, char why[256])
{
	sqlite3_stmt *s;
	int64_t pages, page_bytes;
	int rc = db_number(d, "PRAGMA page_count", &pages);

	why[0] = 0;
	if (!rc)
		rc = db_number(d, "PRAGMA page_size", &page_bytes);
	if (!rc && pages * page_bytes > CHECK_MAX)
		return 0;
	if (!rc)
		rc = db_error(d, sqlite3_prepare_v2(d->sql, "PRAGMA quick_check(1)", -1, &s, NULL));
	if (rc)
		return rc;
	int code = sqlite3_step(s);
	rc = db_error(d, code);
	if (code == SQLITE_ROW) {
		const char *text = (const char *)sqlite3_column_text(s, 0);

		if (text && strcmp(text, "ok")) {
			// Its first line may be a heading.
			if (str_starts(text, "***") && strchr(text, '\n'))
				text = strchr(text, '\n') + 1;
			str_copy_n(why, 256, text, strcspn(text, "\n"));
			rc = -EBADMSG;
		}
	}
	sqlite3_finalize(s);
	return rc;
}

void db_close(struct db *d)
{
	if (!d)
		return;
	for (unsigned i = 0; i < TABLES; i++)
		sqlite3_finalize(d->insert[i]);
	sqlite3_finalize(d->mark);
	// Refused where a statement is left: then its memory and descriptors are, too.
	if (sqlite3_close(d->sql) != SQLITE_OK)
		log_error("the database is not closed: %s", sqlite3_errmsg(d->sql));
	free(d);
}

uint64_t db_sequence(const struct db *d)
{
	return d->sequence;
}

uint64_t db_time(const struct db *d)
{
	return d->time_ns;
}

int db_begin(struct db *d)
{
	memset(d->pending, 0, sizeof(d->pending));
	return db_run(d, "BEGIN IMMEDIATE");
}

// SQLite has rolled back by itself after some errors: that there is nothing to do is no error.
void db_rollback(struct db *d)
{
	sqlite3_exec(d->sql, "ROLLBACK", NULL, NULL, NULL);
}

int db_commit(struct db *d, uint64_t sequence, uint64_t time_ns)
{
	int rc = db_error(d, sqlite3_bind_int64(d->mark, 1, (int64_t)sequence));

	if (!rc)
		rc = db_error(d, sqlite3_bind_int64(d->mark, 2, (int64_t)time_ns));
	if (!rc)
		rc = db_error(d, sqlite3_step(d->mark));
	sqlite3_reset(d->mark);
	if (!rc)
		rc = db_run(d, "COMMIT");
	if (rc) {
		db_rollback(d);
		return rc;
	}
	d->sequence = sequence;
	d->time_ns = time_ns;
	for (unsigned i = 0; i < TABLES; i++)
		d->rows[i] += d->pending[i];
	return 0;
}

void db_counts(const struct db *d, uint64_t *calls, uint64_t *recordings)
{
	*calls = d->rows[TABLE_CALLS];
	*recordings = d->rows[TABLE_RECORDINGS];
}
