// Names of recordings: folder, file, id.
#include "control/record/name.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "engine/base/str.h"

#define CALLER_MAX 17 // "+" and 15 digits (E.164) and NUL

static void name_safe(char *out, size_t size, const char *in)
{
	size_t n = 0;

	for (; in && *in && n + 1 < size; in++) {
		char c = *in;
		bool safe = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
			(c >= 'A' && c <= 'Z') || c == '+' || c == '-' || c == '_';

		out[n++] = safe ? c : '_';
	}
	if (!n)
		out[n++] = '_';
	out[n] = 0;
}

// These minutes were there before, in summer time: nothing else tells the two apart.
static bool is_second(time_t seconds, const struct tm *tm)
{
	struct tm summer = *tm, before;

	summer.tm_isdst = 1;
	time_t first = tm->tm_isdst == 0 ? mktime(&summer) : seconds;
	if (first >= seconds)
		return false;
	localtime_r(&first, &before);
	return before.tm_isdst > 0 && before.tm_mday == tm->tm_mday &&
		before.tm_hour == tm->tm_hour && before.tm_min == tm->tm_min;
}

int recording_name(const char *directory, const struct recording_request *q,
	char id[RECORDING_ID_MAX], char file[RECORDING_FILE_MAX])
{
	time_t seconds = q->wall_ns / NS_PER_S;
	char tenant[64], caller[CALLER_MAX], call[CALLID_TEXT_MAX], day[16];
	struct tm tm;

	localtime_r(&seconds, &tm);
	name_safe(tenant, sizeof(tenant), q->tenant);
	name_safe(caller, sizeof(caller), q->caller);
	strftime(day, sizeof(day), "%Y-%m-%d", &tm);
	int rc = str_format(id, RECORDING_ID_MAX, "%02d%02d%02d%s-%03u-%s-%s", tm.tm_hour,
		tm.tm_min, tm.tm_sec, is_second(seconds, &tm) ? "b" : "",
		(unsigned)(q->wall_ns % NS_PER_S / NS_PER_MS), caller, callid_text(&q->call, call));
	return rc ? rc
		  : str_format(file, RECORDING_FILE_MAX, "%s/%s/%s/%s.wav", directory, tenant, day,
			    id);
}

const char *recording_below(const char *file)
{
	const char *at = file + strlen(file);
	size_t len = 0;

	for (unsigned parts = 0; parts < 3; at--) {
		if (at == file)
			return NULL;
		if (at[-1] != '/') {
			len++;
			continue;
		}
		// No name of ours begins with a dot.
		if (!len || *at == '.')
			return NULL;
		len = 0;
		parts++;
	}
	return at + 1;
}

int recording_sync_folder(const char *file)
{
	char folder[RECORDING_FILE_MAX];
	char *slash;
	int rc;

	if (str_copy(folder, sizeof(folder), file) || !(slash = strrchr(folder, '/')))
		return -EINVAL;
	slash[slash == folder] = 0;
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	rc = fsync(fd) && errno != EINVAL ? -errno : 0;
	close(fd);
	return rc;
}

static int make_parent(const char *file, unsigned levels)
{
	char folder[RECORDING_FILE_MAX];

	if (str_copy(folder, sizeof(folder), file))
		return -ENAMETOOLONG;
	for (unsigned i = 0; i < levels; i++) {
		char *slash = strrchr(folder, '/');

		if (!slash || slash == folder)
			return 0;
		*slash = 0;
	}
	if (!mkdir(folder, 0750))
		return recording_sync_folder(folder); // its name, too, is to outlive a power cut
	return errno == EEXIST ? 0 : -errno;
}

int recording_make_folders(const char *file)
{
	int rc = 0;

	for (unsigned levels = 3; levels && !rc; levels--)
		rc = make_parent(file, levels);
	return rc;
}
