// What a kill leaves of a record at an event log's end.
#include "tests/unit/control/figures/half_written.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/str.h"

static int newest_segment(const char *folder)
{
	char newest[256] = "", path[400];
	DIR *dir = opendir(folder);

	if (!dir)
		abort();
	for (struct dirent *d; (d = readdir(dir));)
		if (str_starts(d->d_name, "events-") && strcmp(d->d_name, newest) > 0)
			str_copy(newest, sizeof(newest), d->d_name);
	closedir(dir);
	str_format(path, sizeof(path), "%s/%s", folder, newest);
	return open(path, O_RDWR);
}

void log_half_written(const char *folder)
{
	char head[64] = "";
	uint32_t size = 0;
	off_t at = 0;
	int fd = newest_segment(folder);

	while (pread(fd, &size, sizeof(size), at) == sizeof(size) && size)
		at += (size + 7) & ~7u;
	if (fd < 0 || at == 0 || pread(fd, head, sizeof(head), 0) != sizeof(head) ||
		pwrite(fd, head, sizeof(head), at) != sizeof(head))
		abort();
	close(fd);
}
