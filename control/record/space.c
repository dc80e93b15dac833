// Whether recordings can be written: by looking at their folder. Whether there is room for them: by
// the file system's figures and, where these do not tell (quotas, thin volumes), by trying.
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

#define MARGIN_BYTES   (16u << 20) // more than the limit before it counts as mended
#define MARGIN_INODES  64u
#define PAUSE_MAX_NS   (32 * NS_PER_S)
#define FOLDER_TOLD_NS (2 * NS_PER_S)

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
	if (!r->space.lost)
		log_error(
			"free space is unknown folder=%s error=%s", r->directory, strerror(error));
	r->space.lost = true;
}

static int folder_look(const struct recorder *r)
{
	struct stat folder;

	if (stat(r->directory, &folder))
		return errno;
	if (!S_ISDIR(folder.st_mode))
		return ENOTDIR;
	return faccessat(AT_FDCWD, r->directory, W_OK | X_OK, AT_EACCESS) ? errno : 0;
}

// Its lock went with it. Until the new one stands another instance could have begun.
static void folder_lock(struct recorder *r)
{
	int lock = mapping_lock_again(r->directory);

	if (lock < 0) {
		log_error("another instance may record into the folder folder=%s error=%s",
			r->directory, strerror(-lock));
		return;
	}
	(void)disk_hold(&r->disk, lock);
	close(r->lock);
	r->lock = lock;
}

static bool folder_make(struct recorder *r)
{
	if (mkdir(r->directory, 0750))
		return false;
	log_error("the recording folder was removed, with all that was in it; it is made again "
		  "folder=%s",
		r->directory);
	folder_lock(r);
	return true;
}

// Who watches the status looks once a second: what is mended at once is seen for longer. True: it
// was made again.
static bool folder_check(struct recorder *r)
{
	int before = atomic_load_explicit(&r->folder_error, memory_order_relaxed);
	int error = folder_look(r);
	bool made = error == ENOENT && folder_make(r);

	if (error)
		r->space.folder_ns = r->now_ns;
	if (error && error != before && !made)
		log_error("the recording folder cannot be written, calls go on without recordings "
			  "folder=%s error=%s",
			r->directory, strerror(error));
	if (!error && before && r->now_ns - r->space.folder_ns < FOLDER_TOLD_NS)
		return made;
	if (!error && before)
		log_warn("recordings can be written again folder=%s", r->directory);
	atomic_store_explicit(&r->folder_error, error, memory_order_relaxed);
	return made;
}

bool recorder_in_trouble(const struct recorder *r)
{
	return r->active || atomic_load_explicit(&r->disk_full, memory_order_relaxed) ||
		atomic_load_explicit(&r->folder_error, memory_order_relaxed);
}

bool recorder_check_disk(struct recorder *r)
{
	struct statvfs fs;
	bool was_full = atomic_load_explicit(&r->disk_full, memory_order_relaxed);

	bool made = folder_check(r);
	if (statvfs(r->directory, &fs)) {
		space_unknown(r, errno);
		return made;
	}
	if (r->space.lost)
		log_warn("free space is known again folder=%s", r->directory);
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
	return made;
}
