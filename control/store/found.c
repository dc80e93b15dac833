// Walking the recording folder, tenant by tenant, day by day, for files that no row knows.
#include "control/store/found.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "control/base/below.h"
#include "control/store/db.h"
#include "control/store/private.h"
#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/base/str.h"

LOG_TOPIC("store");

#define WALK_NS	   (86400 * NS_PER_S)
#define FIRST_NS   (60 * NS_PER_S)	  // after the start: the log's records come first
#define OVER_NS	   (4 * 86400 * NS_PER_S) // a day so old has no recording that is being made (74 h)
#define STEP_NAMES 64

void found_init(struct found *f, const char *recordings, uint64_t mono_ns)
{
	*f = (struct found){.recordings = recordings, .next_ns = mono_ns + FIRST_NS};
}

static void found_close(DIR **dir)
{
	if (*dir)
		closedir(*dir);
	*dir = NULL;
}

void found_fini(struct found *f)
{
	found_close(&f->files);
	found_close(&f->days);
	found_close(&f->tenants);
}

void found_restart(struct found *f)
{
	found_fini(f);
	f->next_ns = 0;
}

// A folder in a folder, but not through a stranger's link.
static DIR *found_open(DIR *parent, const char *name)
{
	int fd = parent ? below_open(dirfd(parent), name, false)
			: open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir && fd >= 0)
		close(fd);
	return dir;
}

// As local time; of what comes twice when clocks are set back the first, or the second.
static time_t found_seconds(const struct tm *tm, bool second)
{
	struct tm as_is = *tm, summer = *tm;

	as_is.tm_isdst = second ? 0 : -1;
	summer.tm_isdst = 1;
	time_t seconds = mktime(&as_is), first = mktime(&summer);
	// Out of summer time mktime(3) has turned it into another time of day.
	return !second && summer.tm_isdst > 0 && summer.tm_hour == tm->tm_hour ? first : seconds;
}

// Local time of "YYYY-MM-DD" and, of a file's name, "HHMMSS-mmm" or "HHMMSSb-mmm" (record/name.h).
// 0: it is not of that form.
static uint64_t found_time(const char *day, const char *name)
{
	struct tm tm = {0};
	unsigned ms = 0;
	int end = 0, at = 0;

	if (sscanf(day, "%4d-%2d-%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &end) != 3 ||
		day[end])
		return 0;
	if (name && sscanf(name, "%2d%2d%2d%n", &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &at) != 3)
		return 0;
	bool second = name && name[at] == 'b';
	if (name && sscanf(name + at + second, "-%3u-", &ms) != 1)
		return 0;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	time_t seconds = found_seconds(&tm, second);
	return seconds > 0 ? (uint64_t)seconds * NS_PER_S + ms * NS_PER_MS : 0;
}

struct found_file {
	char id[FOUND_NAME_MAX], path[512];
	const char *call; // the id's last part
	uint64_t started_ns;
};

// False: it has not the name of a recording.
static bool found_name(const struct found *f, const char *name, struct found_file *out)
{
	size_t len = strlen(name);

	out->started_ns = found_time(f->day, name);
	if (!out->started_ns || len < 5 || strcmp(name + len - 4, ".wav") ||
		str_copy_n(out->id, sizeof(out->id), name, len - 4) ||
		str_format(out->path, sizeof(out->path), "%s/%s/%s/%s", f->recordings, f->tenant,
			f->day, name))
		return false;
	out->call = strrchr(out->id, '-');
	return out->call && strlen(++out->call) == 32;
}

static int found_put(struct found *f, struct db *d, const struct found_file *file)
{
	const char *const texts[] = {file->id, file->call, f->tenant, file->path};
	sqlite3_stmt *s;
	int rc = db_prepare_text(d,
		"INSERT OR IGNORE INTO recordings(id, call, tenant, file, started, state, why) "
		"VALUES(?1, ?2, ?3, ?4, ?5, 'failed', 'its ledger was lost')",
		&s);

	if (rc)
		return rc;
	for (int i = 0; i < 4 && !rc; i++)
		rc = db_error(d, sqlite3_bind_text(s, i + 1, texts[i], -1, SQLITE_STATIC));
	if (!rc)
		rc = db_error(d, sqlite3_bind_int64(s, 5, (int64_t)file->started_ns));
	if (!rc)
		rc = db_error(d, sqlite3_step(s));
	if (!rc)
		f->count += sqlite3_changes(d->sql);
	sqlite3_finalize(s);
	return rc;
}

// Some names of the day's folder. 1: it may have more.
static int found_files(struct found *f, struct db *d)
{
	int rc = db_begin(d);
	bool more = true;

	for (unsigned i = 0; i < STEP_NAMES && !rc && more; i++) {
		struct dirent *e = readdir(f->files);
		struct found_file file;

		more = e;
		if (!e || e->d_name[0] == '.')
			continue;
		f->seen++;
		if (found_name(f, e->d_name, &file))
			rc = found_put(f, d, &file);
	}
	if (!rc)
		rc = db_run(d, "COMMIT");
	if (rc)
		db_rollback(d);
	return rc ? rc : more;
}

// The next folder of a walk: below `in`, its name to `name`. NULL: there is none.
static DIR *found_next(DIR *in, char name[FOUND_NAME_MAX])
{
	struct dirent *e;
	DIR *dir = NULL;

	while (!dir && (e = readdir(in)))
		if (e->d_name[0] != '.' && !str_copy(name, FOUND_NAME_MAX, e->d_name))
			dir = found_open(in, name);
	return dir;
}

// On to the next day that is over. False: the walk is.
static bool found_advance(struct found *f, uint64_t wall_ns)
{
	for (;;) {
		uint64_t day_ns;

		if (!f->days)
			f->days = found_next(f->tenants, f->tenant);
		if (!f->days)
			return false;
		f->files = found_next(f->days, f->day);
		if (!f->files) {
			found_close(&f->days);
			continue;
		}
		day_ns = found_time(f->day, NULL);
		f->seen = 0;
		if (day_ns && day_ns + OVER_NS < wall_ns)
			return true;
		found_close(&f->files);
	}
}

static int found_walk(struct found *f, struct db *d, uint64_t wall_ns)
{
	int rc;

	if (!f->files && !found_advance(f, wall_ns))
		return 0;
	rc = found_files(f, d);
	if (rc)
		return rc;
	found_close(&f->files);
	// A day of which nothing is left. It fails where something came meanwhile.
	if (!f->seen)
		unlinkat(dirfd(f->days), f->day, AT_REMOVEDIR);
	return 1;
}

int found_step(struct found *f, struct db *d, uint64_t wall_ns, uint64_t mono_ns)
{
	if (!f->recordings || !*f->recordings || (!f->tenants && mono_ns < f->next_ns))
		return 0;
	if (!f->tenants) {
		f->count = 0;
		f->next_ns = mono_ns + WALK_NS;
		f->tenants = found_open(NULL, f->recordings);
		if (!f->tenants)
			return 0;
	}
	int rc = found_walk(f, d, wall_ns);
	if (rc <= 0)
		found_fini(f);
	if (!rc && f->count)
		log_warn("recordings were found that no row knew, they are listed as failed: "
			 "folder=%s count=%llu",
			f->recordings, (unsigned long long)f->count);
	return rc;
}
