// Reading the mark that a process has left.
#include "control/eventlog/alive.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "control/eventlog/eventlog.h"
#include "engine/base/str.h"

// Of an earlier process it has an earlier sequence; of an earlier boot its clock may say more.
static bool is_later(const struct alive_mark *m, const struct event *last)
{
	return m->sequence >= last->sequence && m->wall_ns >= last->wall_ns &&
		m->mono_ns >= last->mono_ns;
}

int alive_read(const char *directory, const struct event *last, struct alive_mark *out)
{
	char path[512];

	if (str_format(path, sizeof(path), "%s/" ALIVE_NAME, directory))
		return -ENOENT;
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -ENOENT;
	ssize_t n = read(fd, out, sizeof(*out));
	close(fd);
	bool whole = n == sizeof(*out) && memcmp(out->magic, ALIVE_MAGIC, 8) == 0;
	return whole && is_later(out, last) ? 0 : -ENOENT;
}
