// Removing what is beyond the bounds: rows by SQL, recordings file by file with their rows.
#include "control/store/retain.h"

#include <errno.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#include "control/store/alarm.h"
#include "control/store/db.h"
#include "control/store/files.h"
#include "control/store/private.h"
#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/base/str.h"

LOG_TOPIC("store");

#define DAY_NS	     (86400 * NS_PER_S)
#define HOUR_NS	     (3600 * NS_PER_S)
#define STEP_NS	     (10 * NS_PER_MS) // a step shall take no longer
#define ROWS_MIN     10
#define ROWS_MAX     1000
#define VACUUM_PAGES "64"
// No recording is longer: a WAV file's header can say no more (74 h).
#define OPEN_MAX_NS (75 * HOUR_NS)
// The recorder makes the folders of today; those of days that are this old are left behind.
#define FOLDER_NS (2 * DAY_NS)

struct step { // what a step works with
	struct retain *r;
	struct db *d;
	const struct store_bounds *bounds;
	int64_t now; // wall clock as far as it is believed, ns
	int folder;  // of the recordings; -1: not open
	bool more;
};

void retain_init(struct retain *r, struct store_alarms *alarms, const char *recordings)
{
	*r = (struct retain){.alarms = alarms, .recordings = recordings, .rows = 100, .bytes = -1};
}

void retain_restart(struct retain *r)
{
	r->bytes = -1;
	r->at_started = r->at_row = 0;
	r->failed = 0;
	r->stuck = 0;
	r->saved_ns = 0;
}

static int clock_load(struct step *s, uint64_t wall_ns, uint64_t mono_ns)
{
	struct retain *r = s->r;
	int64_t saved, ahead = 0;
	int rc = db_number(s->d, "SELECT value FROM meta WHERE key='clock'", &saved);

	if (!rc)
		rc = db_number(s->d, "SELECT value FROM meta WHERE key='ahead'", &ahead);
	if (rc)
		return rc;
	r->saved_ns = saved > 0 ? (uint64_t)saved : 0;
	r->ahead_ns = ahead > 0 ? (uint64_t)ahead : 0;
	r->wall_ns = r->saved_ns ? r->saved_ns : wall_ns;
	r->mono_ns = mono_ns;
	return 0;
}

static int clock_ahead(struct step *s, uint64_t since_ns)
{
	int64_t changed;
	int rc = db_change(s->d, "INSERT OR REPLACE INTO meta VALUES('ahead', ?1)",
		(int64_t)since_ns, 0, &changed);

	if (!rc)
		s->r->ahead_ns = since_ns;
	return rc;
}

// It is far ahead: since when, without another jump in between? 0 or -errno.
static int clock_jumped(struct step *s, uint64_t wall_ns, uint64_t mono_ns)
{
	struct retain *r = s->r;
	bool first = !r->jumped_ns;
	bool again = !first && wall_ns > r->jumped_wall_ns + (mono_ns - r->jumped_ns) + DAY_NS;

	if (first)
		log_info("the wall clock is more than a day ahead of when the store last ran: for "
			 "a day nothing is removed by it");
	if (first || again) {
		r->jumped_ns = mono_ns;
		r->jumped_wall_ns = wall_ns;
	}
	return again || !r->ahead_ns || r->ahead_ns > wall_ns ? clock_ahead(s, wall_ns) : 0;
}

// A clock that is set wrongly must not cost what was to be kept: when it is more than a day ahead
// of what it was known to be, age is judged for a day by the clock of before. Of a node that does
// not run so long at a time the day goes on over its restarts, and an hour of each is waited for.
static int retain_clock(struct step *s, uint64_t wall_ns, uint64_t mono_ns)
{
	struct retain *r = s->r;
	int rc = r->wall_ns ? 0 : clock_load(s, wall_ns, mono_ns);
	uint64_t expected = r->wall_ns + (mono_ns - r->mono_ns);

	if (!rc && wall_ns > expected + DAY_NS) {
		rc = clock_jumped(s, wall_ns, mono_ns);
		uint64_t here_ns = mono_ns - r->jumped_ns;
		bool day = here_ns >= DAY_NS ||
			(here_ns >= HOUR_NS && wall_ns - r->ahead_ns >= DAY_NS);
		s->now = (int64_t)expected;
		if (rc || !day)
			return rc;
	}
	if (!rc && r->ahead_ns)
		rc = clock_ahead(s, 0);
	if (rc)
		return rc;
	r->jumped_ns = 0;
	r->wall_ns = wall_ns;
	r->mono_ns = mono_ns;
	s->now = (int64_t)wall_ns;
	return 0;
}

static int clock_save(struct step *s)
{
	struct retain *r = s->r;
	int64_t changed;

	if (r->saved_ns && r->wall_ns - r->saved_ns < HOUR_NS)
		return 0;
	int rc = db_change(s->d, "INSERT OR REPLACE INTO meta VALUES('clock', ?1)",
		(int64_t)r->wall_ns, 0, &changed);
	if (!rc)
		r->saved_ns = r->wall_ns;
	return rc;
}

// Older than that goes; 0: nothing does.
static int64_t step_cutoff(const struct step *s, unsigned days)
{
	int64_t age = (int64_t)(days * DAY_NS);

	return days && s->now > age ? s->now - age : 0;
}

// --- calls, states of agents, segments ---

#define OLDEST(table, time)                                                             \
	"DELETE FROM " table " WHERE rowid IN (SELECT rowid FROM " table " WHERE " time \
	"<?1 ORDER BY " time " LIMIT ?2)"

// The latest state of an agent stays, unless that is signed out: it lasts still, however long ago
// it began. There is one such row for each agent at most; they are passed over from the oldest on.
#define OVER                                                        \
	"(coalesce(a.\"to\",'signed-out')='signed-out' OR EXISTS (" \
	"SELECT 1 FROM agent_states b WHERE b.agent=a.agent AND b.time>a.time))"
#define OLDEST_STATES                                                                      \
	"DELETE FROM agent_states WHERE rowid IN (SELECT rowid FROM agent_states a WHERE " \
	"time<?1 AND " OVER " ORDER BY time LIMIT ?2)"
#define FIRST_STATE                                                                               \
	"SELECT coalesce((SELECT time FROM agent_states a WHERE " OVER " ORDER BY time LIMIT 1)," \
	" 1<<62)"

// Segments and offers go with their call, but for those whose call's end was lost: it never comes.
// As one begins behind its call, all those are such that are older than any call that is left.
static const struct {
	const char *remove, *first; // first: when the oldest was
	bool follows;		    // what is older than all others alone
} rows[] = {
	{OLDEST("calls", "started"), "SELECT coalesce(min(started), 1<<62) FROM calls"},
	{OLDEST_STATES, FIRST_STATE},
	{OLDEST("segments", "started"), "SELECT coalesce(min(started), 1<<62) FROM segments", true},
	{OLDEST("offers", "time"), "SELECT coalesce(min(time), 1<<62) FROM offers", true},
};
#define KINDS (sizeof(rows) / sizeof(rows[0]))

static int rows_remove(struct step *s, const char *sql, int64_t before)
{
	int64_t removed;
	int rc = db_change(s->d, sql, before, s->r->rows, &removed);

	s->more |= !rc && removed;
	return rc;
}

static int rows_by_age(struct step *s)
{
	int64_t before = step_cutoff(s, s->bounds->history_days);
	int rc = 0;

	for (unsigned i = 0; i < KINDS && !rc && before; i++)
		rc = rows_remove(s, rows[i].remove, before);
	return rc;
}

struct size { // of the database file, bytes
	int64_t file, unused, page;
};

static int size_get(struct db *d, struct size *out)
{
	int rc = db_number(d, "PRAGMA page_size", &out->page);

	if (!rc)
		rc = db_number(d, "PRAGMA page_count", &out->file);
	if (!rc)
		rc = db_number(d, "PRAGMA freelist_count", &out->unused);
	out->file *= out->page;
	out->unused *= out->page;
	return rc;
}

// What the rows of recordings take, about: they go with their files alone, by other bounds, so that
// rows of calls do not make room for more than half of the file.
static int size_without_ledger(struct step *s, int64_t *used)
{
	int64_t half = (int64_t)s->bounds->history_bytes / 2, ledger;
	int rc = db_number(s->d,
		"SELECT CAST(((SELECT max(rowid) FROM recordings) - (SELECT min(rowid) FROM "
		"recordings) + 1) * (SELECT avg(2 * (length(coalesce(id, '')) + length(call)) + "
		"length(coalesce(file, '')) + 200) FROM (SELECT id, call, file FROM recordings "
		"ORDER BY rowid DESC LIMIT 16)) AS INTEGER)",
		&ledger);

	if (!rc && ledger > half)
		*used -= ledger - half;
	return rc;
}

// Of the table whose oldest is the oldest, up to an hour beyond the next's: all keep as long.
static int rows_of_oldest(struct step *s)
{
	int64_t first[KINDS], next = INT64_C(1) << 62;
	unsigned least = 0;
	int rc = 0;

	for (unsigned i = 0; i < KINDS && !rc; i++)
		rc = db_number(s->d, rows[i].first, &first[i]);
	for (unsigned i = 1; i < KINDS && !rc; i++)
		least = first[i] < first[least] ? i : least;
	for (unsigned i = 0; i < KINDS && !rc; i++)
		if (i != least && !rows[i].follows && first[i] < next)
			next = first[i];
	return rc ? rc
		  : rows_remove(s, rows[least].remove,
			    rows[least].follows ? next : next + (int64_t)HOUR_NS);
}

// A sixteenth below the bound, so that there are pages to be used again before the file grows.
static int rows_by_bytes(struct step *s)
{
	int64_t bound = (int64_t)s->bounds->history_bytes;
	struct size size;
	int rc = size_get(s->d, &size);

	int64_t used = size.file - size.unused, least = bound - bound / 16;
	if (!rc && bound && used > least)
		rc = size_without_ledger(s, &used);
	return rc || !bound || used <= least ? rc : rows_of_oldest(s);
}

// Gives pages back to the file system: of a file that is larger than its bound, as after the bound
// has been made smaller. A file that an older version made can only use them again.
static int file_shrink(struct step *s)
{
	int64_t bound = (int64_t)s->bounds->history_bytes;
	struct size before, after;
	int rc = size_get(s->d, &before);

	if (rc || !bound || before.file <= bound || !before.unused)
		return rc;
	rc = db_run(s->d, "PRAGMA incremental_vacuum(" VACUUM_PAGES ")");
	if (!rc)
		rc = size_get(s->d, &after);
	s->more |= !rc && after.file < before.file;
	return rc;
}

// --- recordings ---

static int files_collect(struct step *s, const char *sql, unsigned *count)
{
	struct retain *r = s->r;
	sqlite3_stmt *q;
	int code = SQLITE_DONE, rc = db_prepare_text(s->d, sql, &q);

	*count = 0;
	if (rc)
		return rc;
	if (sqlite3_bind_parameter_count(q) == 2) {
		rc = db_error(s->d, sqlite3_bind_int64(q, 1, r->at_started));
		if (!rc)
			rc = db_error(s->d, sqlite3_bind_int64(q, 2, r->at_row));
	}
	while (!rc && *count < RETAIN_FILES && (code = sqlite3_step(q)) == SQLITE_ROW) {
		struct retain_file *f = &r->files[(*count)++];
		const char *file = (const char *)sqlite3_column_text(q, 3);

		f->row = sqlite3_column_int64(q, 0);
		f->started = sqlite3_column_int64(q, 1);
		f->bytes = sqlite3_column_int64(q, 2);
		if (str_copy(f->file, sizeof(f->file), file ? file : ""))
			f->file[0] = 0; // none that we made is so long
	}
	if (!rc)
		rc = db_error(s->d, code);
	sqlite3_finalize(q);
	return rc;
}

// What they really take: once each has ended.
static int files_measure_some(struct step *s)
{
	struct retain *r = s->r;
	int64_t changed;
	unsigned count;
	int rc = files_collect(s,
		"SELECT rowid, started, 0, file FROM recordings WHERE bytes IS NULL AND "
		"state<>'open' LIMIT 16",
		&count);

	for (unsigned i = 0; i < count && !rc; i++) {
		struct retain_file *f = &r->files[i];
		int64_t bytes = *f->file ? files_measure(s->folder, r->recordings, f->file) : 0;

		// Not there, or none of this folder: it takes none of the room that is bounded.
		bytes = bytes < 0 ? 0 : bytes;
		rc = db_change(s->d, "UPDATE recordings SET bytes=?1 WHERE rowid=?2", bytes, f->row,
			&changed);
		if (!rc)
			r->bytes += bytes;
	}
	s->more |= count == RETAIN_FILES;
	return rc;
}

static int file_forget(struct step *s, const struct retain_file *f)
{
	int64_t changed;
	int rc = db_change(s->d, "DELETE FROM recordings WHERE rowid=?1", f->row, 0, &changed);

	if (!rc)
		s->r->bytes -= f->bytes;
	return rc;
}

// One that is beyond a bound. 0 or -errno of the database.
static int file_remove(struct step *s, const struct retain_file *f)
{
	struct retain *r = s->r;
	bool last = s->now - f->started > (int64_t)FOLDER_NS;
	int rc = *f->file ? files_remove(s->folder, r->recordings, f->file, last) : 0;

	if (rc == -EXDEV)
		log_warn("a recording is not in the recording folder, its file stays: file=%s",
			f->file);
	if (!rc || rc == -ENOENT || rc == -EXDEV)
		return file_forget(s, f);
	r->failed++;
	r->stuck += f->bytes;
	store_alarm(r->alarms, STORE_RETENTION, true,
		"old recordings cannot be removed, the first is %s: %s; give its folder to the "
		"user of the service",
		f->file, strerror(-rc));
	return 0;
}

static void files_pass_over(struct step *s)
{
	struct retain *r = s->r;

	r->at_started = r->at_row = 0;
	if (!r->failed)
		store_alarm(r->alarms, STORE_RETENTION, false, "old recordings are removed again");
	r->failed = 0;
	r->stuck = 0;
}

static int files_remove_some(struct step *s)
{
	struct retain *r = s->r;
	int64_t before = step_cutoff(s, s->bounds->recording_days);
	int64_t bound = (int64_t)s->bounds->recording_bytes;
	unsigned count, failed = r->failed;
	int rc = files_collect(s,
		"SELECT rowid, started, coalesce(bytes, 0), file FROM recordings WHERE "
		"(started, rowid)>(?1, ?2) AND state<>'open' ORDER BY started, rowid LIMIT 16",
		&count);

	for (unsigned i = 0; i < count && !rc; i++) {
		const struct retain_file *f = &r->files[i];
		// What stays though it should go is said, and takes no newer one's room: one
		// after the other would go, each as soon as it has ended.
		bool too_many = bound && r->bytes - r->stuck > bound;

		if (f->started >= before && !too_many) {
			files_pass_over(s);
			return 0;
		}
		// One that takes no room makes none by going.
		if (f->started < before || f->bytes)
			rc = file_remove(s, f);
		r->at_started = f->started;
		r->at_row = f->row;
	}
	if (!rc && count < RETAIN_FILES)
		files_pass_over(s);
	s->more |= count == RETAIN_FILES && failed == r->failed; // else not so fast
	return rc;
}

static int files_step(struct step *s)
{
	struct retain *r = s->r;
	int64_t changed;
	int rc = db_change(s->d,
		"UPDATE recordings SET state='failed', why='its end was lost' WHERE state='open' "
		"AND started<?1",
		s->now - (int64_t)OPEN_MAX_NS, 0, &changed);

	if (!rc && r->bytes < 0)
		rc = db_number(s->d, "SELECT coalesce(sum(bytes), 0) FROM recordings", &r->bytes);
	if (!rc)
		rc = files_measure_some(s);
	return rc ? rc : files_remove_some(s);
}

// --- a step ---

static int step_all(struct step *s)
{
	int rc = db_begin(s->d);

	if (rc)
		return rc;
	rc = rows_by_age(s);
	if (!rc)
		rc = rows_by_bytes(s);
	if (!rc && s->folder >= 0)
		rc = files_step(s);
	if (!rc)
		rc = clock_save(s);
	if (!rc)
		rc = db_run(s->d, "COMMIT");
	if (rc)
		db_rollback(s->d); // files that are gone are passed over when they come again
	return rc ? rc : file_shrink(s);
}

int retain_step(struct retain *r, struct db *d, const struct store_bounds *bounds, uint64_t wall_ns,
	uint64_t mono_ns)
{
	struct step s = {.r = r, .d = d, .bounds = bounds, .folder = -1};
	uint64_t began_ns = clock_mono_ns();
	int rc = retain_clock(&s, wall_ns, mono_ns);

	if (rc)
		return rc;
	if (r->recordings && *r->recordings)
		s.folder = files_open(r->recordings);
	rc = step_all(&s);
	if (s.folder >= 0)
		close(s.folder);
	if (rc)
		r->bytes = -1; // what was added up may have been taken back
	uint64_t took_ns = clock_mono_ns() - began_ns;
	if (took_ns > STEP_NS)
		r->rows = r->rows / 2 > ROWS_MIN ? r->rows / 2 : ROWS_MIN;
	else if (took_ns < STEP_NS / 2)
		r->rows = r->rows * 2 < ROWS_MAX ? r->rows * 2 : ROWS_MAX;
	return rc ? rc : s.more;
}
