// Whether there is room for recordings: by the file system's figures and, where these do not tell
// (quotas, thin volumes), by trying.
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "control/record/recorder_thread.h"
#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/base/str.h"

LOG_TOPIC("record");

#define MARGIN_BYTES  (16u << 20) // more than the limit before it counts as mended
#define MARGIN_INODES 64u
#define PAUSE_MAX_NS  (32 * NS_PER_S)

// A file of the margin's size can be made.
static bool space_try(const struct recorder *r)
{
	static const char some[4096];
	char path[300];

	str_format(path, sizeof(path), "%s/.probe", r->directory);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	int rc = fallocate(fd, 0, 0, MARGIN_BYTES) ? -errno : 0;
	if (rc == -EOPNOTSUPP || rc == -ENOSYS)
		rc = write(fd, some, sizeof(some)) == sizeof(some) && !fdatasync(fd) ? 0 : -ENOSPC;
	close(fd);
	unlink(path);
	return !rc;
}

// A write met a full disk that has room by its figures: full until a try succeeds, less and less
// often, so that it is said once.
static bool space_refused(struct recorder *r, uint64_t left)
{
	struct space *s = &r->space;

	if (r->disk.full && !s->refused)
		*s = (struct space){
			.refused = true,
			.try_ns = r->now_ns + NS_PER_S,
			.pause_ns = NS_PER_S,
			.left = left,
		};
	if (!s->refused || (r->now_ns < s->try_ns && left < s->left + MARGIN_BYTES))
		return s->refused;
	s->refused = !space_try(r);
	s->pause_ns = 2 * s->pause_ns < PAUSE_MAX_NS ? 2 * s->pause_ns : PAUSE_MAX_NS;
	s->try_ns = r->now_ns + s->pause_ns;
	s->left = left;
	return s->refused;
}

static void space_unknown(struct recorder *r, int error)
{
	bool again = error == ENOENT && !mkdir(r->directory, 0750);

	if (again)
		log_error("the recording folder was removed, with all that was in it; it is made "
			  "again folder=%s",
			r->directory);
	else if (!r->space.lost)
		log_error(
			"free space is unknown folder=%s error=%s", r->directory, strerror(error));
	r->space.lost = !again;
}

void recorder_check_disk(struct recorder *r)
{
	struct statvfs fs;
	bool was_full = atomic_load_explicit(&r->disk_full, memory_order_relaxed);

	if (statvfs(r->directory, &fs)) {
		space_unknown(r, errno);
		return;
	}
	r->space.lost = false;
	uint64_t left = (uint64_t)fs.f_bavail * fs.f_frsize;
	uint64_t need = r->free_min_bytes + (was_full ? MARGIN_BYTES : 0);
	bool inodes = !fs.f_files || fs.f_favail >= (was_full ? 2 : 1) * MARGIN_INODES;
	bool full = left < need || !inodes;

	full = space_refused(r, left) || full;
	r->disk.full = false;
	atomic_store_explicit(&r->disk_free_bytes, left, memory_order_relaxed);
	atomic_store_explicit(&r->disk_full, full, memory_order_relaxed);
	if (full && !was_full)
		log_error("the disk is full, calls go on without recording folder=%s free_mib=%llu "
			  "free_inodes=%llu why=%s",
			r->directory, (unsigned long long)left >> 20,
			(unsigned long long)fs.f_favail,
			r->space.refused && left >= MARGIN_BYTES
				? "it refuses what its figures promise: a quota?"
				: "no room");
	if (!full && was_full)
		log_warn("the disk has room again, calls are recorded folder=%s free_mib=%llu",
			r->directory, (unsigned long long)left >> 20);
}
