// SQLite gives the files beside a database the database's own mode, but keeps what it finds.
#include "control/store/mode.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/log.h"
#include "engine/base/str.h"

LOG_TOPIC("store");

#define MODE 0640 // his user's and his group's, as the event log's segments

static void mode_set(const char *path, bool make)
{
	struct stat file;
	int flags = make ? O_RDWR | O_CREAT : O_RDONLY;
	int fd = open(path, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, MODE);

	// Under a mode that shuts its own user out it can still be set by name.
	if (fd < 0 && errno == EACCES && !lstat(path, &file) && S_ISREG(file.st_mode) &&
		!chmod(path, MODE))
		return;
	if (fd < 0)
		return; // SQLite will say what is wrong with it
	if (!fstat(fd, &file) && S_ISREG(file.st_mode) && (file.st_mode & 07777) != MODE &&
		fchmod(fd, MODE))
		log_warn("the mode of %s stays %04o: %s", path, (unsigned)(file.st_mode & 07777),
			strerror(errno));
	close(fd);
}

void store_mode(const char *directory, const char *name)
{
	static const char *const ends[] = {"", "-wal", "-shm"};
	char path[300];

	for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (!str_format(path, sizeof(path), "%s/%s%s", directory, name, ends[i]))
			mode_set(path, i == 0);
}
