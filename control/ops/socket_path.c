// What stands at control.socket before: nothing, a dead socket, a living one, somebody's file.
#include "control/ops/socket_path.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "engine/base/str.h"

#define GONE_WAIT_MS 5000
#define GONE_STEP_MS 10

static int path_address(const char *path, struct sockaddr_un *sun, char error[512])
{
	*sun = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (str_copy(sun->sun_path, sizeof(sun->sun_path), path) == 0)
		return 0;
	str_format(error, 512, "control.socket is longer than %zu bytes: %s",
		sizeof(sun->sun_path) - 1, path);
	return -ENAMETOOLONG;
}

struct path_peer { // who listens there; empty where the kernel does not say
	pid_t pid;
	char name[16];
};

static void peer_find(int fd, struct path_peer *peer)
{
	struct ucred who;
	socklen_t len = sizeof(who);
	char file[32];
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) != 0 || who.pid <= 0)
		return;
	peer->pid = who.pid;
	str_format(file, sizeof(file), "/proc/%d/comm", (int)who.pid);
	FILE *f = fopen(file, "re");
	if (f == NULL)
		return;
	if (fgets(peer->name, sizeof(peer->name), f) != NULL)
		peer->name[strcspn(peer->name, "\n")] = '\0';
	fclose(f);
}

// 0 nobody listens there, else what connect says. It never waits: a queue that is full belongs
// to somebody.
static int path_connect(const struct sockaddr_un *sun, struct path_peer *peer)
{
	*peer = (struct path_peer){0};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	int err = connect(fd, (const struct sockaddr *)sun, sizeof(*sun)) == 0 ? 0 : errno;
	if (!err)
		peer_find(fd, peer);
	close(fd);
	if (!err || err == EAGAIN || err == EPROTOTYPE) // the last: it listens for something else
		return -EADDRINUSE;
	return err == ECONNREFUSED || err == ENOENT || err == ENOTDIR ? 0 : -err;
}

// As path_connect. The socket of a killed process listens on until the kernel has let go of what
// its io_uring had: nobody answers there any more, and whoever starts it again waits.
static int path_ask(const struct sockaddr_un *sun, struct path_peer *peer)
{
	for (unsigned waited_ms = 0;; waited_ms += GONE_STEP_MS) {
		int err = path_connect(sun, peer);
		if (err != -EADDRINUSE || peer->pid <= 0 || waited_ms >= GONE_WAIT_MS ||
			kill(peer->pid, 0) == 0 || errno != ESRCH)
			return err;
		poll(NULL, 0, GONE_STEP_MS); // before the loop runs
	}
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

// The kernel keeps 15 letters of a name.
static bool peer_is_ours(const struct path_peer *peer)
{
	return peer->name[0] == '\0' ||
		strncmp(peer->name, program_invocation_short_name, sizeof(peer->name) - 1) == 0;
}

static int path_held(const char *path, const struct path_peer *peer, char error[512])
{
	char pid[32] = "";
	if (peer->pid > 0)
		str_format(pid, sizeof(pid), " (pid %d)", (int)peer->pid);
	if (peer_is_ours(peer))
		str_format(error, 512,
			"another ringhall%s runs and answers on %s; stop it first, or give this "
			"one a configuration of its own",
			pid, path);
	else
		str_format(error, 512,
			"control.socket is %s: another program, %s%s, listens there and is left "
			"alone; name another path",
			path, peer->name, pid);
	return -EADDRINUSE;
}

// 0: nothing stands there; 1: what a killed process left; else it stays, and why is said.
static int path_look(const struct sockaddr_un *sun, char error[512])
{
	struct stat s;
	struct path_peer peer;
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
	int err = path_ask(sun, &peer);
	if (err == -EACCES && !path_named(path))
		err = 0; // another user's who was killed, in a folder that may be ours
	if (err == -EADDRINUSE)
		return path_held(path, &peer, error);
	if (err)
		str_format(error, 512, "the command socket %s cannot be looked at: %s", path,
			strerror(-err));
	return err ? err : 1;
}

int socket_path_probe(const char *path, char error[512])
{
	struct sockaddr_un sun;
	int err = path_address(path, &sun, error);
	if (!err)
		err = path_look(&sun, error);
	return err < 0 ? err : 0;
}

bool socket_path_answers(const char *path)
{
	char error[512];
	struct sockaddr_un sun;
	struct path_peer peer;
	struct stat s;
	if (path_address(path, &sun, error) != 0 || lstat(path, &s) != 0 || !S_ISSOCK(s.st_mode))
		return false;
	int err = path_connect(&sun, &peer);
	return err == -EACCES ? path_named(path) : err == -EADDRINUSE && peer_is_ours(&peer);
}

int socket_path_listen(const char *path, char error[512])
{
	struct sockaddr_un sun;
	int err = path_address(path, &sun, error);
	if (!err)
		err = path_look(&sun, error);
	if (err < 0)
		return err;
	if (err == 1)
		unlink(path);
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
