// Figures of the history: a statement that control/figures makes, once for each piece.
#include "control/store/stats.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "control/store/db.h"
#include "control/store/stats_pace.h"
#include "control/store/private.h"
#include "control/store/stats_sum.h"
#include "engine/base/clock.h"
#include "engine/base/str.h"

#define LOOK_STEPS 20000 // of SQLite's machine, from one look at the asker to the next: 1 ms

struct db_stats {
	struct db *db;
	struct sqlite3_stmt *statement;
	struct store_stats stats;
	uint64_t begins_ns, at_ns; // of the interval; of its next piece
	struct stats_pace pace;
	struct stats_sum sum; // of the pieces before
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

static const char *stats_json(
	struct body *b, const struct stats_row *r, uint64_t begins, uint64_t ends)
{
	char local[32];

	figures_local(begins, local);
	body_begin(b);
	body_u64(b, "started", begins);
	body_u64(b, "ended", ends);
	body_text(b, "local_time", local);
	body_text(b, "tenant", r->tenant);
	body_text(b, "name", r->name);
	for (unsigned i = 0; i < FIGURES_COUNTERS_ALL; i++)
		if (r->known[i])
			body_i64(b, figures_counters[i].name, r->n[i]);
	put_figures(b, r->n, r->known);
	return body_end(b);
}

static int stats_add(struct stats_sum *m, sqlite3_stmt *s)
{
	const char *tenant = (const char *)sqlite3_column_text(s, 0);
	const char *name = (const char *)sqlite3_column_text(s, 1);
	struct stats_row *r = stats_sum_row(m, tenant ? tenant : "", name ? name : "");

	for (unsigned i = 0; r && i < FIGURES_COUNTERS_ALL; i++)
		if (sqlite3_column_type(s, 2 + (int)i) != SQLITE_NULL)
			stats_sum_add(r, i, sqlite3_column_int64(s, 2 + (int)i));
	if (!r)
		return -ENOMEM;
	return m->count > STORE_ROWS_MAX ? -EFBIG : 0;
}

static int stats_piece(struct db_stats *r, uint64_t ends)
{
	sqlite3_stmt *s = r->statement;
	int code = bind_number(s, ":since", r->at_ns), rc = 0;

	if (code == SQLITE_OK)
		code = bind_number(s, ":until", ends);
	if (code != SQLITE_OK)
		return db_error(r->db, code);
	while (!rc && (code = sqlite3_step(s)) == SQLITE_ROW)
		rc = stats_add(&r->sum, s);
	sqlite3_reset(s);
	if (!rc && code == SQLITE_INTERRUPT)
		rc = -ECANCELED;
	return rc ? rc : db_error(r->db, code);
}

// The interval is whole.
static int stats_give(struct db_stats *r, struct db_rows *out)
{
	int rc = 0;

	for (size_t i = 0; i < r->sum.count && !rc; i++) {
		rc = db_rows_add(
			out, stats_json(&r->db->body, r->sum.rows[i], r->begins_ns, r->at_ns));
		if (!rc && out->count > STORE_ROWS_MAX)
			rc = -EFBIG;
	}
	stats_sum_clear(&r->sum);
	r->begins_ns = r->at_ns;
	return rc;
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
	*r = (struct db_stats){
		.db = d, .stats = *stats, .at_ns = stats->since_ns, .begins_ns = stats->since_ns};
	stats_pace_init(&r->pace);
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
	uint64_t now_ns = clock_mono_ns(), end, until;

	if (r->at_ns >= r->stats.until_ns)
		return 0;
	end = figures_interval_end(r->begins_ns, r->stats.every);
	if (end > r->stats.until_ns)
		end = r->stats.until_ns;
	until = end - r->at_ns > r->pace.piece_ns ? r->at_ns + r->pace.piece_ns : end;
	sqlite3_progress_handler(r->db->sql, LOOK_STEPS, stats_progress, &asker);
	int rc = stats_piece(r, until);
	sqlite3_progress_handler(r->db->sql, 0, NULL, NULL);
	stats_pace_took(&r->pace, clock_mono_ns() - now_ns);
	r->at_ns = until;
	if (!rc && until == end)
		rc = stats_give(r, rows);
	return rc ? rc : until < r->stats.until_ns;
}

void db_stats_end(struct db_stats *r)
{
	sqlite3_finalize(r->statement);
	stats_sum_free(&r->sum);
	free(r);
}
