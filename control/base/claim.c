// Whose a folder is.
#include "control/base/claim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/str.h"

void claim_sign(int fd)
{
	// A full disk costs the number, not the lock.
	if (ftruncate(fd, 0) == 0)
		(void)!dprintf(fd, "%d\n", (int)getpid());
}

void claim_owner(int fd, char out[CLAIM_OWNER_MAX])
{
	char text[16];
	uint64_t pid;
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	out[0] = '\0';
	if (n <= 0)
		return;
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	if (str_u64(text, &pid) == 0)
		str_format(out, CLAIM_OWNER_MAX, " (pid %llu)", (unsigned long long)pid);
}

static int claim_failed(const char *directory, int rc, const char *what, char error[512])
{
	str_format(error, 512, "%s: %s: %s", directory, what, strerror(-rc));
	return rc;
}

int claim_take(const char *directory, char error[512])
{
	char path[512], owner[CLAIM_OWNER_MAX];

	if (mkdir(directory, 0750) && errno != EEXIST)
		return claim_failed(directory, -errno,
			"cannot make the folder; make it and give it to the user of the service",
			error);
	str_format(path, sizeof(path), "%s/lock", directory);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	if (fd < 0)
		return claim_failed(directory, -errno,
			"cannot write here; give the folder to the user of the service", error);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
		claim_sign(fd);
		return fd;
	}
	claim_owner(fd, owner);
	close(fd);
	str_format(error, 512,
		"another ringhall%s writes to %s; stop that one, or give this one a configuration "
		"of its own",
		owner, directory);
	return -EBUSY;
}
