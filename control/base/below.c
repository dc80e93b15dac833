// One part of the way after the other.
#include "control/base/below.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/str.h"

#define PART_MAX    256
#define FOLDER_MODE 0750
#define AS_FOLDER   (O_RDONLY | O_DIRECTORY | O_CLOEXEC)

static bool is_trusted(uid_t owner)
{
	return owner == 0 || owner == geteuid();
}

// A link: 0 or why it is not followed.
static int link_judge(int folder, const char *name)
{
	struct stat there, link;

	if (fstatat(folder, name, &link, AT_SYMLINK_NOFOLLOW))
		return -errno;
	if (!S_ISLNK(link.st_mode))
		return -ENOTDIR;
	if (fstat(folder, &there))
		return -errno;
	bool ours = is_trusted(there.st_uid) && !(there.st_mode & 022) && is_trusted(link.st_uid);
	return ours ? 0 : -ELOOP;
}

// A second name of what lies beside it: everything below would be there twice.
static bool is_alias(int folder, int fd)
{
	struct stat there, above;

	return !fstat(folder, &there) && !fstatat(fd, "..", &above, 0) &&
		there.st_dev == above.st_dev && there.st_ino == above.st_ino;
}

static int part_open(int folder, const char *name)
{
	int fd = openat(folder, name, AS_FOLDER | O_NOFOLLOW);

	if (fd >= 0)
		return fd;
	if (errno != ELOOP && errno != ENOTDIR)
		return -errno;
	int rc = link_judge(folder, name);
	if (rc)
		return rc;
	fd = openat(folder, name, AS_FOLDER);
	if (fd < 0)
		return -errno;
	if (!is_alias(folder, fd))
		return fd;
	close(fd);
	return -ELOOP;
}

static int part_make(int folder, const char *name)
{
	if (mkdirat(folder, name, FOLDER_MODE))
		return errno == EEXIST ? -ENOENT : -errno; // a link to nowhere
	if (fsync(folder) && errno != EINVAL)
		return -errno;
	return part_open(folder, name);
}

int below_open(int folder, const char *path, bool make)
{
	char name[PART_MAX];
	int at = folder, fd = -EINVAL;

	for (size_t len; *path; path += len, path += strspn(path, "/")) {
		len = strcspn(path, "/");
		fd = str_copy_n(name, sizeof(name), path, len) ? -ENAMETOOLONG : 0;
		if (!fd && (!len || name[0] == '.'))
			fd = -EINVAL; // no name of ours
		if (!fd)
			fd = part_open(at, name);
		if (fd == -ENOENT && make)
			fd = part_make(at, name);
		if (at != folder)
			close(at);
		if (fd < 0)
			return fd;
		at = fd;
	}
	return fd;
}
