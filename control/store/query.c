// Questions to the store: a filter as SQL, rows as JSON objects.
#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "control/store/db.h"
#include "control/store/private.h"
#include "engine/base/str.h"

struct query {
	char sql[SQL_MAX];
	struct str_buf b;
	const char *text[16]; // parameters in order; NULL: a number
	uint64_t number[16];
	int params;
	bool calls; // are asked for
	bool few;   // have such a party
};

#define LAST	"char(1114111)" // behind every text that begins so
#define FEW_MAX 2000

// Of one call, as a JSON array. Members: docs/events.md.
#define SEGMENTS                                                                            \
	",(SELECT json_group_array(json_object('queue', queue, 'agent', agent, 'started', " \
	"started, 'ended', ended, 'why', why, 'hold_ms', hold_ms, 'caller_hold_ms', "       \
	"caller_hold_ms)) FROM (SELECT * FROM segments s WHERE s.call=t.call ORDER BY "     \
	"s.sequence))"

// c. is the call that the row is of: of calls the row itself.
static void query_add(struct query *q, const char *condition)
{
	for (; *condition; condition++) {
		if (*condition == '?')
			str_buf_add(&q->b, "?%d", q->params);
		else if (q->calls && str_starts(condition, "c."))
			str_buf_add(&q->b, "t");
		else
			str_buf_add(&q->b, "%c", *condition);
	}
}

static void query_text(struct query *q, const char *condition, const char *value)
{
	if (!*value)
		return;
	q->text[q->params++] = value;
	str_buf_add(&q->b, " AND ");
	query_add(q, condition);
}

static void query_number(struct query *q, const char *condition, uint64_t value)
{
	if (!value)
		return;
	q->text[q->params] = NULL;
	q->number[q->params++] = value;
	str_buf_add(&q->b, " AND %s?%d", condition, q->params);
}

// Caller or called begins so. Few of them are found by their indices and sorted by time; where
// there are many, the newest of them are found sooner by time.
static void query_party(struct query *q, const struct store_filter *f)
{
	const char *between = "";

	if (!*f->party[0])
		return;
	str_buf_add(&q->b, q->few ? " AND t.call IN (" : " AND (");
	for (unsigned i = 0; i < STORE_PARTIES_MAX && *f->party[i]; i++) {
		q->text[q->params++] = f->party[i];
		str_buf_add(&q->b, "%s", between);
		between = q->few ? " UNION ALL " : " OR ";
		query_add(q,
			q->few ? "SELECT call FROM calls WHERE caller>=? AND caller<?||" LAST
				 " UNION ALL SELECT call FROM calls WHERE called>=? AND "
				 "called<?||" LAST
			       : "+c.caller>=? AND +c.caller<?||" LAST
				 " OR +c.called>=? AND +c.called<?||" LAST);
	}
	str_buf_add(&q->b, ")");
}

// by_call: in the order of the calls that they are of, by whose times then, too.
static void query_filter(struct query *q, const struct store_filter *f, bool by_call)
{
	query_text(q, "t.tenant=?", f->tenant);
	query_text(q, "c.agent=?", f->agent);
	query_text(q, "c.queue=?", f->queue);
	query_text(q, "c.trunk=?", f->trunk);
	query_party(q, f);
	query_text(q, "t.why=?", f->why);
	// Call ids are hex digits: 'g' sorts behind every one that begins so.
	query_text(q, "t.call>=? AND t.call<?||'g'", f->call);
	query_number(q, by_call ? "c.started>=" : "t.started>=", f->since_ns);
	query_number(q, by_call ? "c.started<" : "t.started<", f->until_ns);
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
	unsigned limit = f->limit && f->limit <= STORE_ROWS_MAX ? f->limit : STORE_ROWS_MAX;
	bool of_call = t != &store_offers && (*f->agent || *f->queue || *f->trunk);

	limit += f->limit > STORE_ROWS_MAX;
	q->calls = t == &store_calls;

	q->params = 0;
	str_buf_init(&q->b, q->sql, sizeof(q->sql));
	str_buf_add(&q->b, "SELECT ");
	for (size_t i = 0; i < t->count; i++) {
		str_buf_add(&q->b, "%s", i ? "," : "");
		query_column(q, &t->columns[i], !*f->call);
	}
	if (q->calls && *f->call)
		str_buf_add(&q->b, SEGMENTS);
	str_buf_add(&q->b, " FROM %s t", t->name);
	if (!q->calls && t != &store_offers)
		str_buf_add(&q->b, "%s JOIN calls c ON c.call=t.call", of_call ? "" : " LEFT");
	str_buf_add(&q->b, " WHERE 1");
	query_filter(q, f, of_call && !q->calls);
	// In the order of an index, so that the newest are found without a look at the others.
	if (t == &store_offers)
		str_buf_add(&q->b, " ORDER BY t.call, t.sequence, t.time LIMIT %u", limit);
	else if (*f->call)
		str_buf_add(&q->b, " ORDER BY t.call DESC, t.sequence DESC LIMIT %u", limit);
	else if (of_call && !q->calls)
		str_buf_add(&q->b, " ORDER BY c.started DESC, c.rowid DESC LIMIT %u", limit);
	else
		str_buf_add(&q->b, " ORDER BY t.started DESC, t.rowid DESC LIMIT %u", limit);
}

int db_rows_add(struct db_rows *r, const char *text)
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
		if (t->columns[i].kind == COLUMN_ROWS) {
			const char *rows = (const char *)sqlite3_column_text(s, i);

			if (!rows)
				return NULL;
			body_json(&d->body, name, rows);
		} else if (t->columns[i].kind == COLUMN_BOOL) {
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
	if (sqlite3_column_count(s) > (int)t->count) {
		const char *segments = (const char *)sqlite3_column_text(s, (int)t->count);

		if (!segments)
			return NULL;
		body_json(&d->body, "segments", segments);
	}
	return body_end(&d->body);
}

// Whether so few have such a party that they are best found by it. 0 or -errno.
static int party_is_rare(struct db *d, const struct store_filter *f, bool *rare)
{
	static const char *const sql =
		"SELECT count(*) FROM (SELECT 1 FROM calls WHERE caller>=?1 AND caller<?1||" LAST
		" UNION ALL SELECT 1 FROM calls WHERE called>=?1 AND called<?1||" LAST " LIMIT ?2)";
	sqlite3_stmt *s;
	int64_t left = FEW_MAX + 1;

	*rare = false;
	if (!*f->party[0])
		return 0; // nobody is asked for
	int rc = db_prepare_text(d, sql, &s);

	for (unsigned i = 0; !rc && left > 0 && i < STORE_PARTIES_MAX && *f->party[i]; i++) {
		sqlite3_bind_text(s, 1, f->party[i], -1, SQLITE_STATIC);
		sqlite3_bind_int64(s, 2, left);
		int code = sqlite3_step(s);
		if (code == SQLITE_ROW)
			left -= sqlite3_column_int64(s, 0);
		rc = db_error(d, code);
		sqlite3_reset(s);
	}
	*rare = left > 0;
	sqlite3_finalize(s);
	return rc;
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
	int rc = party_is_rare(d, f, &q.few);
	if (rc)
		return rc;
	query_build(&q, t, f);
	rc = db_error(d, sqlite3_prepare_v2(d->sql, q.sql, -1, &s, NULL));
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

		rc = row ? db_rows_add(out, row) : -ENOMEM;
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

int db_query_offers(struct db *d, const struct store_filter *f, struct db_rows *out)
{
	return query_run(d, &store_offers, f, out);
}

void db_rows_free(struct db_rows *r)
{
	free(r->text);
	*r = (struct db_rows){};
}

// The next one behind each by its index, whatever the rows between them.
int db_query_names(struct db *d, const char *column, struct db_rows *out)
{
	char sql[512];
	sqlite3_stmt *s;
	int code = SQLITE_DONE;

	*out = (struct db_rows){};
	if (!d)
		return -EAGAIN;
	str_format(sql, sizeof(sql),
		"WITH RECURSIVE n(v) AS (SELECT min(\"%s\") FROM calls UNION ALL SELECT "
		"(SELECT min(\"%s\") FROM calls WHERE \"%s\">n.v) FROM n WHERE n.v IS NOT NULL) "
		"SELECT v FROM n WHERE v<>'' LIMIT %d",
		column, column, column, STORE_ROWS_MAX);
	int rc = db_prepare_text(d, sql, &s);
	while (!rc && (code = sqlite3_step(s)) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(s, 0);

		rc = name ? db_rows_add(out, name) : -ENOMEM;
	}
	if (!rc)
		rc = db_error(d, code);
	sqlite3_finalize(s);
	return rc;
}
