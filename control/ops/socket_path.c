// What stands at control.socket before: nothing, a dead socket, a living one, somebody's file.
#include "control/ops/socket_path.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "engine/base/str.h"

static int path_address(const char *path, struct sockaddr_un *sun, char error[512])
{
	*sun = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (str_copy(sun->sun_path, sizeof(sun->sun_path), path) == 0)
		return 0;
	str_format(error, 512, "control.socket is longer than %zu bytes: %s",
		sizeof(sun->sun_path) - 1, path);
	return -ENAMETOOLONG;
}

// 0 nobody listens there, else what connect says. It never waits: a queue that is full belongs
// to somebody.
static int path_connect(const struct sockaddr_un *sun)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	int err = connect(fd, (const struct sockaddr *)sun, sizeof(*sun)) == 0 ? EAGAIN : errno;
	close(fd);
	if (err == EAGAIN)
		return -EADDRINUSE;
	return err == ECONNREFUSED || err == ENOENT || err == ENOTDIR ? 0 : -err;
}

// Whether somebody listens there whom we may not ask, as far as the kernel names it to everyone.
static bool path_named(const char *path)
{
	char line[512];
	size_t len = strlen(path);
	bool named = false;
	FILE *f = fopen("/proc/net/unix", "re");
	if (f == NULL)
		return true;
	while (!named && fgets(line, sizeof(line), f) != NULL) {
		size_t n = strcspn(line, "\n");
		named = n > len && line[n - len - 1] == ' ' &&
			memcmp(line + n - len, path, len) == 0;
	}
	fclose(f);
	return named;
}

static int path_clear(const struct sockaddr_un *sun, char error[512])
{
	struct stat s;
	const char *path = sun->sun_path;
	if (lstat(path, &s) != 0)
		return 0; // bind says what is wrong with the folder
	if (!S_ISSOCK(s.st_mode)) {
		str_format(error, 512,
			"control.socket is %s: something that is no socket stands there and is "
			"left alone; name another path or move it away",
			path);
		return -EEXIST;
	}
	int err = path_connect(sun);
	if (err == -EACCES && !path_named(path))
		err = 0; // another user's who was killed, in a folder that may be ours
	if (err == -EADDRINUSE)
		str_format(error, 512,
			"another ringhall answers on %s; stop it or set control.socket to another "
			"path",
			path);
	else if (err)
		str_format(error, 512, "the command socket %s cannot be looked at: %s", path,
			strerror(-err));
	else
		unlink(path); // left over from a killed process
	return err;
}

int socket_path_probe(const char *path, char error[512])
{
	struct sockaddr_un sun;
	struct stat s;
	if (path_address(path, &sun, error) != 0 || lstat(path, &s) != 0 || !S_ISSOCK(s.st_mode) ||
		path_connect(&sun) != -EADDRINUSE)
		return 0; // the start itself says what else is wrong
	str_format(error, 512,
		"another ringhall runs and answers on %s; stop it first, or give this one a "
		"configuration of its own",
		path);
	return -EADDRINUSE;
}

int socket_path_listen(const char *path, char error[512])
{
	struct sockaddr_un sun;
	int err = path_address(path, &sun, error);
	if (!err)
		err = path_clear(&sun, error);
	if (err)
		return err;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sun, sizeof(sun)) != 0 || listen(fd, 64) != 0) {
		err = -errno;
		str_format(error, 512,
			"cannot listen on the command socket %s: %s; its folder must exist and be "
			"writable",
			path, strerror(-err));
		if (fd >= 0)
			close(fd);
		return err;
	}
	chmod(path, 0660);
	return fd;
}
