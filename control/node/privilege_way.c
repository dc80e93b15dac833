// One part of the way after the other, each looked at before it is gone.
#include "control/node/privilege_way.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/str.h"

#define LINKS_MAX 40u // as the kernel's own

struct way {
	int dir;	     // how far we have come; -1: not yet begun
	char rest[PATH_MAX]; // what is still to go
	unsigned links;
	bool foreign; // somebody else may write a folder that we came through
};

static int way_to(struct way *w, int fd)
{
	if (fd < 0)
		return -errno;
	if (w->dir >= 0)
		close(w->dir);
	w->dir = fd;
	return 0;
}

static int way_begin(struct way *w)
{
	bool root = w->rest[0] == '/';
	if (!root && w->dir >= 0)
		return 0; // of a link, from where it lies
	w->foreign = false;
	return way_to(w, open(root ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
}

// Where nobody but root may write, nobody but root has laid it. `link` is its descriptor.
static int way_follow(struct way *w, int link, const char *behind)
{
	char to[PATH_MAX], rest[PATH_MAX];
	if (w->foreign || ++w->links > LINKS_MAX)
		return -ELOOP;
	ssize_t len = readlinkat(link, "", to, sizeof(to) - 1);
	if (len < 0)
		return -errno;
	to[len] = '\0';
	if (str_format(rest, sizeof(rest), "%s/%s", to, behind))
		return -ENAMETOOLONG;
	str_copy(w->rest, sizeof(w->rest), rest);
	return way_begin(w);
}

static int way_step(struct way *w)
{
	char name[NAME_MAX + 1];
	struct stat file;
	const char *from = w->rest + strspn(w->rest, "/");
	size_t len = strcspn(from, "/");
	if (str_copy_n(name, sizeof(name), from, len))
		return -ENAMETOOLONG;
	if (len == 0) {
		w->rest[0] = '\0';
		return 0;
	}
	if (fstat(w->dir, &file) != 0)
		return -errno;
	w->foreign |= file.st_uid != 0 || file.st_mode & 022;
	int fd = openat(w->dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	int err = fstat(fd, &file) != 0 ? -errno : 0;
	if (!err && S_ISLNK(file.st_mode)) {
		err = way_follow(w, fd, from + len);
		close(fd);
		return err;
	}
	if (err || !S_ISDIR(file.st_mode)) {
		close(fd);
		return err ? err : -ENOTDIR;
	}
	memmove(w->rest, from + len, strlen(from + len) + 1);
	return way_to(w, fd);
}

int privilege_way(const char *folder)
{
	struct way w = {.dir = -1};
	int err = str_copy(w.rest, sizeof(w.rest), folder) ? -ENAMETOOLONG : way_begin(&w);
	while (!err && w.rest[0] != '\0')
		err = way_step(&w);
	int fd = err ? err : openat(w.dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (!err && fd < 0)
		fd = -errno;
	if (w.dir >= 0)
		close(w.dir);
	return fd;
}
