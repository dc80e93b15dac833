// A record of the log as a row: which table it is of, and what its columns take from it.
#include <errno.h>
#include <jansson.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "control/eventlog/eventlog.h"
#include "control/store/db.h"
#include "control/store/private.h"

static int bind_text(sqlite3_stmt *s, int at, const char *text)
{
	if (text && *text)
		return sqlite3_bind_text(s, at, text, -1, SQLITE_TRANSIENT);
	return sqlite3_bind_null(s, at);
}

static int bind_start(sqlite3_stmt *s, int at, const struct event *e, const json_t *value)
{
	if (json_integer_value(value))
		return sqlite3_bind_int64(s, at, json_integer_value(value));
	return sqlite3_bind_int64(s, at, (int64_t)e->wall_ns);
}

static int bind_rows(sqlite3_stmt *s, int at, const json_t *rows)
{
	char *text = rows ? json_dumps(rows, JSON_COMPACT) : NULL;
	int code = bind_text(s, at, text);

	free(text);
	return code;
}

static const char *recording_state(enum event_type type)
{
	return type == EVENT_RECORDING_STARTED	? "open"
		: type == EVENT_RECORDING_ENDED ? "whole"
						: "failed";
}

// SQLite's code: a value that could not be bound would be a NULL that nobody notices.
static int bind_column(sqlite3_stmt *s, int at, const struct store_column *c, const struct event *e,
	const json_t *body)
{
	const json_t *value = json_object_get(body, c->member);
	char call[CALLID_TEXT_MAX];

	switch (c->kind) {
	case COLUMN_TEXT:
	case COLUMN_REASON:
		return bind_text(s, at, json_string_value(value));
	case COLUMN_NUMBER:
		if (json_is_integer(value))
			return sqlite3_bind_int64(s, at, json_integer_value(value));
		return sqlite3_bind_null(s, at);
	case COLUMN_BOOL:
		return sqlite3_bind_int(s, at, json_is_true(value));
	case COLUMN_CALL:
		return bind_text(s, at, callid_text(&e->call, call));
	case COLUMN_TENANT:
		return bind_text(s, at, e->tenant);
	case COLUMN_SEQUENCE:
		return sqlite3_bind_int64(s, at, (int64_t)e->sequence);
	case COLUMN_TIME:
		return sqlite3_bind_int64(s, at, (int64_t)e->wall_ns);
	case COLUMN_START:
		return bind_start(s, at, e, value);
	case COLUMN_STATE:
		return bind_text(s, at, recording_state(e->type));
	case COLUMN_EVENT:
		return bind_text(s, at, event_type_name(e->type));
	case COLUMN_ROWS:
		return bind_rows(s, at, value);
	case COLUMN_LATER:
		return sqlite3_bind_null(s, at);
	}
	return SQLITE_MISUSE;
}

static int event_table(const struct event *e)
{
	switch (e->type) {
	case EVENT_CALL_ENDED:
	case EVENT_CALL_REFUSED:
		return TABLE_CALLS;
	case EVENT_RECORDING_STARTED:
	case EVENT_RECORDING_ENDED:
	case EVENT_RECORDING_FAILED:
		return TABLE_RECORDINGS;
	case EVENT_CALL_SEGMENT:
		return TABLE_SEGMENTS;
	case EVENT_CALL_OFFERED:
	case EVENT_CALL_OFFER_ENDED:
	case EVENT_CALL_CONNECTED:
		return TABLE_OFFERS;
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
		json_decref(body);
		return -EINVAL;
	}
	sqlite3_stmt *s = d->insert[table];
	int rc = 0;
	for (size_t i = 0; i < db_tables[table]->count && !rc; i++)
		rc = db_error(d, bind_column(s, i + 1, &db_tables[table]->columns[i], e, body));
	if (!rc)
		rc = db_error(d, sqlite3_step(s));
	sqlite3_reset(s);
	json_decref(body);
	d->pending[table] += !rc && sqlite3_changes(d->sql);
	return rc;
}
