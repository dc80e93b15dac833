// Written without a name, or with another one, and then put into its place.
#include "control/ringctl/keep.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/str.h"

#define MODE 0640

// The file that a link leads to is overwritten, not the link.
static int place(struct keep *k, const char *path)
{
	char real[PATH_MAX];
	struct stat there;
	bool is_there = lstat(path, &there) == 0;

	if (is_there && !k->force)
		return -EEXIST;
	if (is_there && S_ISLNK(there.st_mode)) {
		if (realpath(path, real) == NULL)
			return -errno;
		path = real;
	}
	if (str_copy(k->path, sizeof(k->path), path) != 0)
		return -ENAMETOOLONG;
	const char *name = strrchr(k->path, '/');
	int folder = name ? (int)(name + 1 - k->path) : 0;
	return str_format(k->part, sizeof(k->part), "%.*s.ringctl-%d.part", folder, k->path,
		       (int)getpid()) == 0
		? 0
		: -ENAMETOOLONG;
}

static int open_unnamed(const struct keep *k)
{
	char folder[KEEP_PATH_MAX] = ".";
	const char *name = strrchr(k->path, '/');
	if (name != NULL)
		str_copy_n(folder, sizeof(folder), k->path, (size_t)(name + 1 - k->path));
	return open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, MODE);
}

int keep_begin(struct keep *k, const char *path, bool force)
{
	*k = (struct keep){.fd = -1, .force = force};
	int err = place(k, path);
	if (err)
		return err;
	k->fd = open_unnamed(k);
	if (k->fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
		k->fd = open(k->part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, MODE);
		k->named = k->fd >= 0;
	}
	return k->fd < 0 ? -errno : 0;
}

static int give_name(struct keep *k, const char *path)
{
	char own[64];
	str_format(own, sizeof(own), "/proc/self/fd/%d", k->fd);
	return linkat(AT_FDCWD, own, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0 ? 0 : -errno;
}

// Not every file system knows the flag.
static int move(const struct keep *k)
{
	unsigned flags = k->force ? 0 : RENAME_NOREPLACE;
	if (renameat2(AT_FDCWD, k->part, AT_FDCWD, k->path, flags) == 0)
		return 0;
	if (errno != EINVAL || k->force)
		return -errno;
	if (link(k->part, k->path) != 0)
		return -errno;
	unlink(k->part);
	return 0;
}

int keep_end(struct keep *k)
{
	int err = fsync(k->fd) == 0 || errno == EINVAL ? 0 : -errno;
	if (!err && !k->named && !k->force) {
		err = give_name(k, k->path);
	} else {
		if (!err && !k->named) {
			err = give_name(k, k->part);
			k->named = !err;
		}
		if (!err)
			err = move(k);
		k->named &= err != 0;
	}
	keep_drop(k);
	return err;
}

void keep_drop(struct keep *k)
{
	if (k->fd >= 0)
		close(k->fd);
	k->fd = -1;
	if (k->named)
		unlink(k->part);
	k->named = false;
}
