// A datagram socket, and the two variables of the watchdog.
#include "control/node/notify.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "engine/base/log.h"

LOG_TOPIC("service");

#define TEXT_MAX 512

static int listener_connect(const char *path)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	size_t len = strlen(path);

	if ((path[0] != '/' && path[0] != '@') || len < 2 || len >= sizeof(to.sun_path))
		return -EINVAL;
	memcpy(to.sun_path, path, len);
	if (path[0] == '@')
		to.sun_path[0] = '\0';
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	if (connect(fd, (const struct sockaddr *)&to, size) == 0)
		return fd;
	int err = -errno;
	close(fd);
	return err;
}

// Only where it is meant for this process: a child of the service's inherits the variables.
static uint64_t watchdog_asked(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");

	if (usec == NULL || (pid != NULL && strtoll(pid, NULL, 10) != getpid()))
		return 0;
	return strtoull(usec, NULL, 10);
}

void notify_open(struct notify *n)
{
	const char *path = getenv("NOTIFY_SOCKET");

	*n = (struct notify){.fd = -1};
	if (path == NULL)
		return;
	n->fd = listener_connect(path);
	if (n->fd >= 0)
		n->watchdog_us = watchdog_asked();
	else
		log_warn("the service manager cannot be told anything socket=%s: %s", path,
			strerror(-n->fd));
}

void notify_close(struct notify *n)
{
	if (n->fd >= 0)
		close(n->fd);
	n->fd = -1;
}

void notify_say(const struct notify *n, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	if (n->fd < 0)
		return;
	va_start(ap, fmt);
	int len = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (len > 0 && len < TEXT_MAX)
		(void)send(n->fd, text, (size_t)len, MSG_NOSIGNAL | MSG_DONTWAIT);
}
