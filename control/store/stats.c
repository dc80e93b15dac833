// Figures of the history: a statement that control/figures makes, once for each interval.
#include "control/store/stats.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "control/store/db.h"
#include "control/store/private.h"
#include "engine/base/str.h"

#define LOOK_STEPS 20000 // of SQLite's machine, from one look at the asker to the next: 1 ms

struct db_stats {
	struct db *db;
	struct sqlite3_stmt *statement;
	struct store_stats stats;
	uint64_t at_ns; // where the next interval begins
};

struct stats_asker {
	db_stats_left *left;
	void *arg;
};

static int bind_number(sqlite3_stmt *s, const char *name, uint64_t value)
{
	int at = sqlite3_bind_parameter_index(s, name);

	return at ? sqlite3_bind_int64(s, at, (int64_t)value) : SQLITE_OK;
}

static int bind_asked(sqlite3_stmt *s, const struct store_stats *stats)
{
	int at = sqlite3_bind_parameter_index(s, ":tenant");
	int code = bind_number(s, ":within", stats->within_s);

	if (code == SQLITE_OK && at && stats->tenant[0])
		code = sqlite3_bind_text(s, at, stats->tenant, -1, SQLITE_STATIC);
	return code;
}

static void put_figures(
	struct body *b, const int64_t n[FIGURES_COUNTERS_ALL], const bool known[FIGURES_SOURCES])
{
	char text[32];
	int64_t value;

	for (unsigned i = 0; i < FIGURES_ALL; i++) {
		if (!known[figures[i].source] || !figure_value(i, n, &value))
			continue;
		if (figures[i].unit == FIGURES_PERCENT)
			str_format(text, sizeof(text), "%lld.%02lld", (long long)value / 100,
				(long long)value % 100);
		else
			str_format(text, sizeof(text), "%lld", (long long)value);
		body_json(b, figures[i].name, text);
	}
}

// NULL: no memory for a text.
static const char *stats_json(struct db *d, sqlite3_stmt *s, uint64_t begins, uint64_t ends)
{
	int64_t n[FIGURES_COUNTERS_ALL] = {0};
	bool known[FIGURES_SOURCES] = {false};
	char local[32];
	const char *tenant = (const char *)sqlite3_column_text(s, 0);
	const char *name = (const char *)sqlite3_column_text(s, 1);

	figures_local(begins, local);
	body_begin(&d->body);
	body_u64(&d->body, "started", begins);
	body_u64(&d->body, "ended", ends);
	body_text(&d->body, "local_time", local);
	body_text(&d->body, "tenant", tenant ? tenant : "");
	body_text(&d->body, "name", name ? name : "");
	for (unsigned i = 0; i < FIGURES_COUNTERS_ALL; i++) {
		if (sqlite3_column_type(s, 2 + (int)i) == SQLITE_NULL)
			continue;
		known[figures_counters[i].source] = true;
		n[i] = sqlite3_column_int64(s, 2 + (int)i);
		body_i64(&d->body, figures_counters[i].name, n[i]);
	}
	put_figures(&d->body, n, known);
	return body_end(&d->body);
}

static int stats_interval(
	struct db *d, sqlite3_stmt *s, uint64_t begins, uint64_t ends, struct db_rows *out)
{
	int code = bind_number(s, ":since", begins), rc = 0;

	if (code == SQLITE_OK)
		code = bind_number(s, ":until", ends);
	if (code != SQLITE_OK)
		return db_error(d, code);
	while (!rc && (code = sqlite3_step(s)) == SQLITE_ROW) {
		const char *row = stats_json(d, s, begins, ends);

		rc = row ? db_rows_add(out, row) : -ENOMEM;
		if (!rc && out->count > STORE_ROWS_MAX)
			rc = -EFBIG;
	}
	sqlite3_reset(s);
	if (!rc && code == SQLITE_INTERRUPT)
		rc = -ECANCELED;
	return rc ? rc : db_error(d, code);
}

int db_stats_begin(struct db *d, const struct store_stats *stats, struct db_stats **out)
{
	char sql[FIGURES_SQL_MAX];
	struct db_stats *r;

	*out = NULL;
	if (!d)
		return -EAGAIN;
	r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	*r = (struct db_stats){.db = d, .stats = *stats, .at_ns = stats->since_ns};
	int rc = db_prepare_text(d, figures_sql(stats->by, stats->sources, sql), &r->statement);
	if (!rc)
		rc = db_error(d, bind_asked(r->statement, &r->stats));
	if (rc)
		db_stats_end(r);
	else
		*out = r;
	return rc;
}

static int stats_progress(void *arg)
{
	const struct stats_asker *a = arg;

	return a->left(a->arg);
}

int db_stats_next(struct db_stats *r, db_stats_left *left, void *arg, struct db_rows *rows)
{
	struct stats_asker asker = {left, arg};
	uint64_t end;

	if (r->at_ns >= r->stats.until_ns)
		return 0;
	end = figures_interval_end(r->at_ns, r->stats.every);
	if (end > r->stats.until_ns)
		end = r->stats.until_ns;
	sqlite3_progress_handler(r->db->sql, LOOK_STEPS, stats_progress, &asker);
	int rc = stats_interval(r->db, r->statement, r->at_ns, end, rows);
	sqlite3_progress_handler(r->db->sql, 0, NULL, NULL);
	r->at_ns = end;
	return rc ? rc : end < r->stats.until_ns;
}

void db_stats_end(struct db_stats *r)
{
	sqlite3_finalize(r->statement);
	free(r);
}
