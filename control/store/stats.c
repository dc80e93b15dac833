// Figures of the history: a statement that control/figures makes, once for each interval.
#include <errno.h>
#include <sqlite3.h>

#include "control/store/db.h"
#include "control/store/private.h"
#include "engine/base/str.h"

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

static void put_figures(struct body *b, const int64_t n[FIGURES_COUNTERS_ALL],
	const bool known[FIGURES_COUNTERS_ALL])
{
	char text[32];
	int64_t value;

	for (unsigned i = 0; i < FIGURES_ALL; i++) {
		if (!figure_known(i, known) || !figure_value(i, n, &value))
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
	bool known[FIGURES_COUNTERS_ALL] = {false};
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
		known[i] = true;
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
	return rc ? rc : db_error(d, code);
}

int db_query_stats(struct db *d, const struct store_stats *stats, struct db_rows *out)
{
	char sql[FIGURES_SQL_MAX];
	sqlite3_stmt *s;

	*out = (struct db_rows){};
	if (!d)
		return -EAGAIN;
	int rc = db_prepare_text(d, figures_sql(stats->by, sql), &s);
	if (rc)
		return rc;
	rc = db_error(d, bind_asked(s, stats));
	for (uint64_t at = stats->since_ns; !rc && at < stats->until_ns;) {
		uint64_t end = figures_interval_end(at, stats->every);

		if (end > stats->until_ns)
			end = stats->until_ns;
		rc = stats_interval(d, s, at, end, out);
		at = end;
	}
	sqlite3_finalize(s);
	if (rc)
		db_rows_free(out);
	return rc;
}
