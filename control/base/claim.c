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

static int claim_busy(const char *directory, int fd, char error[512])
{
	char owner[CLAIM_OWNER_MAX];

	claim_owner(fd, owner);
	str_format(error, 512,
		"another ringhall%s writes to %s; stop that one, or give this one a configuration "
		"of its own",
		owner, directory);
	return -EBUSY;
}

int claim_take(const char *directory, char error[512])
{
	char path[512];

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
	int rc = claim_busy(directory, fd, error);
	close(fd);
	return rc;
}

// As the kernel lists it: to take the lock, even shared, could refuse a start beside us.
static bool claim_held(int fd)
{
	char line[256], inode[32];
	struct stat file;
	bool held = false;
	FILE *f = fopen("/proc/locks", "re");

	if (!f)
		return false;
	if (fstat(fd, &file) == 0) {
		str_format(inode, sizeof(inode), ":%llu ", (unsigned long long)file.st_ino);
		while (!held && fgets(line, sizeof(line), f))
			held = strstr(line, "FLOCK") && strstr(line, inode);
	}
	fclose(f);
	return held;
}

int claim_look(const char *directory, char error[512])
{
	char path[512];
	int rc = 0;

	str_format(path, sizeof(path), "%s/lock", directory);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT) {
		if (faccessat(AT_FDCWD, directory, W_OK | X_OK, AT_EACCESS) && errno != ENOENT)
			rc = -errno;
	} else if (fd < 0) {
		rc = -errno;
	}
	if (rc)
		return claim_failed(directory, rc,
			"cannot write here; give the folder to the user of the service", error);
	if (fd >= 0 && claim_held(fd))
		rc = claim_busy(directory, fd, error);
	if (fd >= 0)
		close(fd);
	return rc;
}
