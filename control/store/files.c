// Measuring, opening and removing recordings below their folder, and nothing else.
#include "control/store/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/base/below.h"
#include "engine/base/str.h"

#define FILE_PATH_MAX 512
#define BLOCK_BYTES   512 // of st_blocks, whatever the file system's are

struct place { // of a recording: its day's folder, open, and its name in it
	int day;
	char folder[FILE_PATH_MAX]; // TENANT/DAY
	const char *name;
};

int files_open(const char *directory)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static bool is_name(const char *part, size_t len)
{
	return len && part[0] != '.' && !memchr(part, '/', len);
}

// "TENANT/DAY" and "NAME.wav" of a path below directory. False: it is not of that form.
static bool place_split(struct place *p, const char *directory, const char *file)
{
	size_t len = strlen(directory);

	while (len > 0 && directory[len - 1] == '/')
		len--;
	if (strncmp(file, directory, len) || file[len] != '/')
		return false;
	const char *tenant = file + len + strspn(file + len, "/");
	const char *day = strchr(tenant, '/');
	const char *name = day ? strchr(day + 1, '/') : NULL;
	if (!name || !is_name(tenant, day - tenant) || !is_name(day + 1, name - day - 1) ||
		!is_name(name + 1, strlen(name + 1)))
		return false;
	size_t name_len = strlen(++name);
	p->name = name;
	return name_len > 4 && !strcmp(name + name_len - 4, ".wav") &&
		!str_copy_n(p->folder, sizeof(p->folder), tenant, name - 1 - tenant);
}

static int place_open(struct place *p, int folder, const char *directory, const char *file)
{
	if (!place_split(p, directory, file))
		return -EXDEV;
	p->day = below_open(folder, p->folder, false);
	if (p->day >= 0)
		return 0;
	return p->day == -ELOOP || p->day == -ENOTDIR ? -EXDEV : p->day;
}

static int64_t place_bytes(const struct place *p)
{
	struct stat file;

	if (fstatat(p->day, p->name, &file, AT_SYMLINK_NOFOLLOW))
		return -errno;
	if (!S_ISREG(file.st_mode))
		return -EXDEV;
	// Without blocks: not yet written out, or kept within its inode.
	return file.st_blocks ? (int64_t)file.st_blocks * BLOCK_BYTES : (int64_t)file.st_size;
}

int64_t files_measure(int folder, const char *directory, const char *file)
{
	struct place p;
	int64_t bytes = place_open(&p, folder, directory, file);

	if (bytes < 0)
		return bytes;
	bytes = place_bytes(&p);
	close(p.day);
	return bytes;
}

// A pipe of that name would hold up whoever opens it.
int files_read(int folder, const char *directory, const char *file)
{
	struct place p;
	struct stat there;
	int rc = place_open(&p, folder, directory, file);

	if (rc)
		return rc;
	int fd = openat(p.day, p.name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	rc = fd < 0 ? -errno : 0;
	close(p.day);
	if (!rc && fstat(fd, &there))
		rc = -errno;
	if (!rc && !S_ISREG(there.st_mode))
		rc = -EXDEV;
	if (!rc)
		return fd;
	if (fd >= 0)
		close(fd);
	return rc == -ELOOP ? -EXDEV : rc;
}

int files_remove(int folder, const char *directory, const char *file, bool last)
{
	struct place p;
	int rc = place_open(&p, folder, directory, file);

	if (rc)
		return rc;
	int64_t bytes = place_bytes(&p);
	rc = bytes < 0 ? (int)bytes : 0;
	if (!rc && unlinkat(p.day, p.name, 0))
		rc = -errno;
	close(p.day);
	// Of a day that the recorder has left behind. Mostly there are others in it.
	if (last && (!rc || rc == -ENOENT))
		unlinkat(folder, p.folder, AT_REMOVEDIR);
	return rc;
}
