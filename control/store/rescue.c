// Setting a damaged database aside, and the alarm that stands as long as one lies there.
#include "control/store/rescue.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "control/store/state.h"
#include "engine/base/clock.h"
#include "engine/base/str.h"

#define ASIDE_PREFIX DB_NAME ".damaged-"
#define ASIDE_KEPT   3 // of a disk that damages them again and again, the newest

static const char *const suffixes[] = {"", "-wal", "-shm"}; // of one database

struct aside { // those that lie in the folder
	char newest[DB_ASIDE_NAME_MAX], oldest[DB_ASIDE_NAME_MAX];
	unsigned count;
};

// Names hold the time, so that texts sort by it. Those of other files of the same database do not
// count.
static void aside_take(struct aside *a, const char *name)
{
	const char *stamp = name + strlen(ASIDE_PREFIX);

	if (!str_starts(name, ASIDE_PREFIX) || strspn(stamp, "0123456789TZ") != strlen(stamp) ||
		strlen(name) >= sizeof(a->newest))
		return;
	if (!a->count || strcmp(name, a->newest) > 0)
		str_copy(a->newest, sizeof(a->newest), name);
	if (!a->count || strcmp(name, a->oldest) < 0)
		str_copy(a->oldest, sizeof(a->oldest), name);
	a->count++;
}

static int aside_find(const char *directory, struct aside *a)
{
	DIR *dir = opendir(directory);

	*a = (struct aside){};
	if (!dir)
		return -errno;
	for (struct dirent *d; (d = readdir(dir));)
		aside_take(a, d->d_name);
	closedir(dir);
	return 0;
}

static void aside_remove(int dir, const char *name)
{
	char path[DB_ASIDE_NAME_MAX + 8];

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		str_format(path, sizeof(path), "%s%s", name, suffixes[i]);
		unlinkat(dir, path, 0);
	}
}

static void aside_name(int dir, char name[DB_ASIDE_NAME_MAX])
{
	time_t seconds = (time_t)(clock_wall_ns() / NS_PER_S);
	char stamp[32];
	struct stat file;
	struct tm tm;

	do { // a second that has one already is taken
		gmtime_r(&seconds, &tm);
		strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm);
		str_format(name, DB_ASIDE_NAME_MAX, ASIDE_PREFIX "%s", stamp);
		seconds++;
	} while (!fstatat(dir, name, &file, AT_SYMLINK_NOFOLLOW));
}

// The file itself last: as long as it lies there, nothing is lost by another attempt.
static int aside_move(int dir, char name[DB_ASIDE_NAME_MAX])
{
	char from[DB_ASIDE_NAME_MAX], to[DB_ASIDE_NAME_MAX + 8];

	aside_name(dir, name);
	for (size_t i = sizeof(suffixes) / sizeof(suffixes[0]); i-- > 0;) {
		str_format(from, sizeof(from), DB_NAME "%s", suffixes[i]);
		str_format(to, sizeof(to), "%s%s", name, suffixes[i]);
		if (renameat(dir, from, dir, to) && errno != ENOENT)
			return -errno;
	}
	return 0;
}

static int set_aside(const char *directory, char name[DB_ASIDE_NAME_MAX])
{
	int dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct aside a;

	if (dir < 0)
		return -errno;
	int rc = aside_move(dir, name);
	for (unsigned i = 0; !rc && i < 100 && !aside_find(directory, &a) && a.count > ASIDE_KEPT;
		i++)
		aside_remove(dir, a.oldest);
	close(dir);
	return rc;
}

int store_rescue(struct store *s, const char *why)
{
	char name[DB_ASIDE_NAME_MAX], error[512];

	db_close(s->db);
	s->db = NULL;
	int rc = set_aside(s->directory, name);
	if (!rc)
		rc = db_open(s->directory, &s->db, error);
	if (rc)
		return rc;
	s->rescued_ns = clock_mono_ns();
	atomic_store_explicit(&s->passed, 0, memory_order_release);
	s->alarms.of[STORE_DAMAGED] = (struct store_alarm){}; // of one before: this is another one
	store_alarm(&s->alarms, STORE_DAMAGED, true,
		"the database was damaged (%s): it lies aside as %s/%s, and a new one is made from "
		"the event log; what is older than the log is in that file alone: take over what "
		"is "
		"missing (docs/events.md), then move it away",
		why, s->directory, name);
	return 0;
}

void store_watch_aside(struct store *s)
{
	struct aside a;

	if (aside_find(s->directory, &a))
		return;
	if (a.count && !s->alarms.of[STORE_DAMAGED].on)
		store_alarm(&s->alarms, STORE_DAMAGED, true,
			"a damaged database lies aside as %s/%s: what is older than the event log "
			"was is in that file alone: take over what is missing (docs/events.md), "
			"then "
			"move it away",
			s->directory, a.newest);
	if (!a.count && s->alarms.of[STORE_DAMAGED].on)
		store_alarm(&s->alarms, STORE_DAMAGED, false,
			"no damaged database lies aside any more");
}
