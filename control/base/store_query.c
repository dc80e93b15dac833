// Questions to the store: a filter as SQL, rows as JSON objects.
#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "control/base/store_db.h"
#include "control/base/store_private.h"
#include "engine/base/str.h"

struct query {
	char sql[SQL_MAX];
	struct str_buf b;
	const char *text[16]; // parameters in order; NULL: a number
	uint64_t number[16];
	int params;
};

// column: on the calls of the answer, whatever table is asked.
static void query_text(struct query *q, const char *condition, const char *value)
{
	if (!*value)
		return;
	q->text[q->params++] = value;
	str_buf_add(&q->b, " AND ");
	for (; *condition; condition++) {
		if (*condition == '?')
			str_buf_add(&q->b, "?%d", q->params);
		else
			str_buf_add(&q->b, "%c", *condition);
	}
}

static void query_number(struct query *q, const char *condition, uint64_t value)
{
	if (!value)
		return;
	q->text[q->params] = NULL;
	q->number[q->params++] = value;
	str_buf_add(&q->b, " AND %s?%d", condition, q->params);
}

static void query_filter(struct query *q, const struct store_filter *f)
{
	query_text(q, "t.tenant=?", f->tenant);
	query_text(q, "c.agent=?", f->agent);
	query_text(q, "c.queue=?", f->queue);
	query_text(q, "c.trunk=?", f->trunk);
	query_text(q, "(c.caller=? OR c.called=?)", f->party);
	query_text(q, "t.why=?", f->why);
	// Call ids are hex digits: 'g' sorts behind every one that begins so.
	query_text(q, "t.call>=? AND t.call<?||'g'", f->call);
	query_number(q, "t.started>=", f->since_ns);
	query_number(q, "t.started<", f->until_ns);
}

// What a call's caller, or who was called before, does not want to be seen, a list does not show.
static void query_column(struct query *q, const struct store_column *c, bool list)
{
	if (str_equal(c->name, "total_ms")) // an older version's rows: from a clock that was set
		str_buf_add(&q->b, "coalesce(t.total_ms,max(t.ended-t.started,0)/1000000)");
	else if (!c->private || !list)
		str_buf_add(&q->b, "t.\"%s\"", c->name);
	else if (str_starts(c->name, "caller"))
		str_buf_add(&q->b,
			"CASE WHEN coalesce(t.privacy,'history')='history' THEN t.\"%s\"%s END",
			c->name, str_equal(c->name, "caller") ? " ELSE 'anonymous'" : "");
	else
		str_buf_add(&q->b, "CASE WHEN t.privacy IS NULL THEN t.\"%s\" END", c->name);
}

static void query_build(struct query *q, const struct store_table *t, const struct store_filter *f)
{
	unsigned limit = f->limit && f->limit < STORE_ROWS_MAX ? f->limit : STORE_ROWS_MAX;

	q->params = 0;
	str_buf_init(&q->b, q->sql, sizeof(q->sql));
	str_buf_add(&q->b, "SELECT ");
	for (size_t i = 0; i < t->count; i++) {
		str_buf_add(&q->b, "%s", i ? "," : "");
		query_column(q, &t->columns[i], !*f->call);
	}
	str_buf_add(&q->b, " FROM %s t", t->name);
	if (t == &store_calls)
		str_buf_add(&q->b, " JOIN calls c ON c.call=t.call WHERE 1");
	else
		str_buf_add(&q->b, " LEFT JOIN calls c ON c.call=t.call WHERE 1");
	query_filter(q, f);
	str_buf_add(&q->b, " ORDER BY t.call DESC, t.sequence DESC LIMIT %u", limit);
}

static int rows_add(struct db_rows *r, const char *text)
{
	size_t len = strlen(text) + 1;

	if (r->len + len > r->size) {
		size_t size = r->size ? 2 * r->size : 65536;
		char *more = realloc(r->text, size > r->len + len ? size : r->len + len);

		if (!more)
			return -ENOMEM;
		r->text = more;
		r->size = size > r->len + len ? size : r->len + len;
	}
	memcpy(r->text + r->len, text, len);
	r->len += len;
	r->count++;
	return 0;
}

// NULL: no memory for a text.
static const char *row_json(struct db *d, const struct store_table *t, sqlite3_stmt *s)
{
	body_begin(&d->body);
	for (size_t i = 0; i < t->count; i++) {
		int kind = sqlite3_column_type(s, i);
		const char *name = t->columns[i].name;

		if (kind == SQLITE_NULL)
			continue;
		if (t->columns[i].kind == COLUMN_BOOL) {
			body_bool(&d->body, name, sqlite3_column_int(s, i));
		} else if (kind == SQLITE_INTEGER) {
			body_i64(&d->body, name, sqlite3_column_int64(s, i));
		} else {
			const char *text = (const char *)sqlite3_column_text(s, i);

			if (!text)
				return NULL;
			body_text(&d->body, name, text);
		}
	}
	return body_end(&d->body);
}

static int query_run(struct db *d, const struct store_table *t, const struct store_filter *f,
	struct db_rows *out)
{
	struct query q;
	sqlite3_stmt *s;
	int code = SQLITE_OK;

	*out = (struct db_rows){};
	if (!d)
		return -EAGAIN;
	query_build(&q, t, f);
	int rc = db_error(d, sqlite3_prepare_v2(d->sql, q.sql, -1, &s, NULL));
	if (rc)
		return rc;
	// The filter outlives the statement: its texts need no copy.
	for (int i = 0; i < q.params && !rc; i++) {
		if (q.text[i])
			code = sqlite3_bind_text(s, i + 1, q.text[i], -1, SQLITE_STATIC);
		else
			code = sqlite3_bind_int64(s, i + 1, (int64_t)q.number[i]);
		rc = db_error(d, code);
	}
	while (!rc && (code = sqlite3_step(s)) == SQLITE_ROW) {
		const char *row = row_json(d, t, s);

		rc = row ? rows_add(out, row) : -ENOMEM;
	}
	if (!rc)
		rc = db_error(d, code);
	sqlite3_finalize(s);
	return rc;
}

int db_query_calls(struct db *d, const struct store_filter *f, struct db_rows *out)
{
	return query_run(d, &store_calls, f, out);
}

int db_query_recordings(struct db *d, const struct store_filter *f, struct db_rows *out)
{
	return query_run(d, &store_recordings, f, out);
}

void db_rows_free(struct db_rows *r)
{
	free(r->text);
	*r = (struct db_rows){};
}
