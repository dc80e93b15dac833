// What is under /dev/shm from before: whose it is, whether it is still in use.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/base/claim.h"
#include "control/record/mapping.h"
#include "engine/base/log.h"
#include "engine/base/str.h"

LOG_TOPIC("record");

#define MAPPING_ASIDE ".unsaved"
#define LOCK_WAIT_MS  5000
#define LOCK_STEP_MS  10

// The lock of a killed process stands until the last write that it had with the kernel is done
// (disk_hold); writing the same files before that would fail.
static int lock_wait(int fd)
{
	for (unsigned waited_ms = 0; flock(fd, LOCK_EX | LOCK_NB); waited_ms += LOCK_STEP_MS) {
		if (errno != EWOULDBLOCK || waited_ms >= LOCK_WAIT_MS)
			return -errno;
		poll(NULL, 0, LOCK_STEP_MS); // before the loop runs
	}
	return 0;
}

static int lock_taken(const char *directory, const char *owner, char error[512])
{
	str_format(error, 512,
		"another ringhall%s records into %s; stop it or name another folder in "
		"recording.directory",
		owner, directory);
	return -EBUSY;
}

static int lock_open(const char *directory, char path[300])
{
	str_format(path, 300, "%s/.lock", directory);
	return open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
}

int mapping_lock_again(const char *directory)
{
	char path[300];
	int fd = lock_open(directory, path);

	if (fd < 0)
		return -errno;
	if (!flock(fd, LOCK_EX | LOCK_NB)) {
		claim_sign(fd);
		return fd;
	}
	if (errno != EWOULDBLOCK)
		return fd;
	close(fd);
	return -EBUSY;
}

int mapping_lock(const char *directory, char error[512])
{
	char path[300], owner[CLAIM_OWNER_MAX];
	int fd = lock_open(directory, path);

	if (fd < 0) {
		int rc = -errno;

		str_format(error, 512,
			"recordings cannot be written to %s: %s: %s; make the folder and give it "
			"to the user of the service (recording.directory)",
			directory, path, strerror(-rc));
		return rc;
	}
	int rc = lock_wait(fd);
	if (rc == -EWOULDBLOCK) {
		claim_owner(fd, owner);
		close(fd);
		return lock_taken(directory, owner, error);
	}
	if (!rc)
		claim_sign(fd);
	if (rc)
		log_warn("the file system has no locks, a second instance that records there is "
			 "not found folder=%s error=%s",
			directory, strerror(-rc));
	return fd;
}

// Ours: a file that only our user can have made and written. 0 or what it is instead.
static const char *found_foreign(int fd, struct stat *file)
{
	if (fstat(fd, file))
		return strerror(errno);
	if (!S_ISREG(file->st_mode))
		return "it is no regular file";
	if (file->st_uid != geteuid())
		return "it belongs to another user";
	if (file->st_nlink != 1 || file->st_mode & 077)
		return "others can reach it";
	return NULL;
}

// 1: *m is one of ours; 0: it is not, or empty.
static int found_open(struct mapping *m, const char *directory, char error[512])
{
	struct stat file;

	m->fd = open(m->path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	const char *why = m->fd < 0 ? strerror(errno) : found_foreign(m->fd, &file);
	if (why) {
		log_warn("a file with the name of ours is left alone file=%s why=%s", m->path, why);
	} else if (flock(m->fd, LOCK_EX | LOCK_NB)) {
		close(m->fd);
		return lock_taken(directory, "", error);
	} else if (file.st_size) {
		mapping_take(m, file.st_size);
		return 1;
	} else {
		unlink(m->path);
	}
	if (m->fd >= 0)
		close(m->fd);
	return 0;
}

static bool found_name(const char *name, const char *prefix)
{
	size_t len = strlen(prefix);

	return !strncmp(name, prefix, len) && (!name[len] || name[len] == '-') &&
		!strstr(name, MAPPING_ASIDE);
}

int mapping_find(const char *directory, struct mapping **list, size_t *count, char error[512])
{
	char prefix[MAPPING_PREFIX_MAX];
	int rc = mapping_prefix(directory, prefix);
	DIR *folder = rc ? NULL : opendir(MAPPING_FOLDER);
	const struct dirent *e;

	*list = NULL;
	*count = 0;
	while (folder && rc >= 0 && (e = readdir(folder))) {
		struct mapping *more, m = {.fd = -1};

		if (!found_name(e->d_name, prefix) ||
			str_format(m.path, sizeof(m.path), MAPPING_FOLDER "/%s", e->d_name))
			continue;
		rc = found_open(&m, directory, error);
		if (rc <= 0)
			continue;
		more = realloc(*list, (*count + 1) * sizeof(m));
		if (more) {
			*list = more;
			more[(*count)++] = m;
		} else {
			mapping_close(&m, true);
			rc = -ENOMEM;
		}
	}
	if (folder)
		closedir(folder);
	return rc < 0 ? rc : 0;
}

int mapping_put_aside(struct mapping *m)
{
	char aside[sizeof(m->path)];
	int rc = str_format(aside, sizeof(aside), "%s" MAPPING_ASIDE, m->path);

	if (!rc && rename(m->path, aside))
		rc = -errno;
	if (!rc)
		str_copy(m->path, sizeof(m->path), aside);
	m->aside = true;
	return rc;
}
