// Becoming an ordinary user in two steps: files as that user, ports as root, then for good.
#include "control/node/privilege.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "control/config/config.h"
#include "control/node/privilege_way.h"
#include "engine/base/log.h"
#include "engine/base/str.h"

LOG_TOPIC("node");

#define FOLDER_MODE 0750
#define GIVE_DEPTH  3u // recordings lie in directory/tenant/day

int privilege_known(
	struct privilege *p, const struct config_control *control, bool *group, char error[512])
{
	const struct passwd *pw = getpwnam(control->user);
	*group = false;
	if (pw == NULL) {
		str_format(error, 512,
			"there is no user %s; make one (adduser --system --group %s) or remove the "
			"line",
			control->user, control->user);
		return -ENOENT;
	}
	str_copy(p->user, sizeof(p->user), control->user);
	p->uid = pw->pw_uid;
	p->gid = pw->pw_gid;
	if (control->group[0] == '\0')
		return 0;
	const struct group *gr = getgrnam(control->group);
	*group = gr == NULL;
	if (gr == NULL) {
		str_format(error, 512,
			"there is no group %s; make one (addgroup --system %s) or remove the line",
			control->group, control->group);
		return -ENOENT;
	}
	p->gid = gr->gr_gid;
	return 0;
}

int privilege_find(struct privilege *p, const struct config_control *control, char error[512])
{
	char why[512];
	bool group;
	*p = (struct privilege){.look = p->look};
	if (control->user[0] == '\0' || geteuid() != 0)
		return 0;
	int err = privilege_known(p, control, &group, why);
	if (err)
		str_format(error, 512, "control.%s: %s", group ? "group" : "user", why);
	p->some = !err && p->uid != 0;
	return err;
}

static int become_failed(const struct privilege *p, char error[512])
{
	int err = -errno;
	str_format(error, 512, "cannot become %s: %s", p->user, strerror(-err));
	return err;
}

// The call itself and not glibc's function, which changes every thread: those that were made as
// the user must not be root for a moment.
static int become_effective(uid_t uid)
{
	return (int)syscall(SYS_setresuid, (uid_t)-1, uid, (uid_t)-1);
}

int privilege_lower(struct privilege *p, char error[512])
{
	if (!p->some)
		return 0;
	// Groups are the user's from the first time on: root's rights do not come from them.
	if (!p->grouped && (initgroups(p->user, p->gid) != 0 || setgid(p->gid) != 0))
		return become_failed(p, error);
	p->grouped = true;
	return become_effective(p->uid) ? become_failed(p, error) : 0;
}

int privilege_raise(const struct privilege *p, char error[512])
{
	if (!p->some || become_effective(0) == 0)
		return 0;
	int err = -errno;
	str_format(error, 512, "cannot become root again: %s", strerror(-err));
	return err;
}

int privilege_drop(const struct privilege *p, char error[512])
{
	if (!p->some)
		return 0;
	// glibc makes it hold for every thread, the workers too.
	if (setresuid(p->uid, p->uid, p->uid) != 0)
		return become_failed(p, error);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return 0;
}

// --- files and folders ---

// -EEXIST, or whether one could be made.
static int make_look(int dir, const char *name)
{
	if (faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return -EEXIST;
	if (errno != ENOENT)
		return -errno;
	return faccessat(dir, ".", W_OK | X_OK, AT_EACCESS) ? -errno : 0;
}

static int make_below_parent(const struct privilege *p, const char *folder)
{
	char parent[256];
	const char *slash = strrchr(folder, '/');
	if (str_copy(parent, sizeof(parent), slash == NULL ? "." : folder))
		return -ENAMETOOLONG;
	if (slash != NULL)
		parent[slash == folder ? 1 : slash - folder] = '\0';
	int dir = privilege_way(parent);
	if (dir < 0)
		return dir;
	const char *name = slash == NULL ? folder : slash + 1;
	int err = 0;
	if (p->look)
		err = make_look(dir, name);
	else if (mkdirat(dir, name, FOLDER_MODE) != 0)
		err = -errno;
	close(dir);
	return err;
}

// As whoever we are now.
static int folder_make(const struct privilege *p, const char *folder)
{
	if (!p->look)
		return mkdir(folder, FOLDER_MODE) ? -errno : 0;
	char parent[256];
	const char *slash = strrchr(folder, '/');
	str_copy_n(parent, sizeof(parent), slash ? folder : ".",
		slash == NULL || slash == folder ? 1 : (size_t)(slash - folder));
	int dir = open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return -errno;
	int err = make_look(dir, slash ? slash + 1 : folder);
	close(dir);
	return err;
}

static bool give_contents(const struct privilege *p, int dir, unsigned depth);

// Whoever names a folder that others use, too, has not given away what they have in it.
static bool ours(const char *name)
{
	size_t len = strlen(name);
	return strcmp(name, "lock") == 0 || strcmp(name, ".lock") == 0 ||
		strcmp(name, "alive") == 0 || strcmp(name, ".probe") == 0 ||
		str_starts(name, "events-") || str_starts(name, "ringhall.db") ||
		(len > 4 && strcmp(name + len - 4, ".wav") == 0);
}

// Root's own alone: a regular file by one name, or a folder that holds such or nothing at all.
// True: it is ours.
static bool give_entry(const struct privilege *p, int dir, const char *name, unsigned depth)
{
	struct stat file = {};
	bool is = false;
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (fstat(fd, &file) == 0 && S_ISDIR(file.st_mode) && depth > 0)
		is = give_contents(p, fd, depth - 1);
	else if (S_ISREG(file.st_mode) && file.st_nlink == 1)
		is = ours(name);
	if (is && file.st_uid == 0 && fchown(fd, p->uid, p->gid) == 0)
		log_info("given to its user: file=%s user=%s", name, p->user);
	close(fd);
	return is;
}

// True: something in it is ours, or nothing is in it.
static bool give_contents(const struct privilege *p, int dir, unsigned depth)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;
	bool any = false, is = false;
	if (list == NULL) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	while ((e = readdir(list)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		any = true;
		is |= give_entry(p, dir, e->d_name, depth);
	}
	closedir(list);
	return is || !any;
}

// As root. A folder of another user's is his.
static int folder_give(const struct privilege *p, const char *folder)
{
	struct stat dir;
	int fd = privilege_way(folder);
	if (fd == -ENOENT) {
		int err = make_below_parent(p, folder);
		if (err || p->look)
			return err;
		fd = privilege_way(folder);
	}
	if (fd < 0)
		return fd;
	int err = fstat(fd, &dir) != 0 ? -errno : 0;
	if (!err && dir.st_uid == 0 && p->look) // a read-only file system refuses root too
		err = faccessat(fd, ".", W_OK, AT_EACCESS) ? -errno : 0;
	else if (!err && dir.st_uid == 0 && fchown(fd, p->uid, p->gid) != 0)
		err = -errno;
	if (!err && dir.st_uid != 0 && dir.st_uid != p->uid)
		err = -EACCES;
	if (!err && !p->look)
		give_contents(p, fd, GIVE_DEPTH);
	close(fd);
	return err;
}

static int folder_failed(const struct privilege *p, const char *folder, int err, char error[512])
{
	if (!p->some || err == -ENOENT)
		str_format(error, 512, "cannot make %s: %s; make its parent folder or name another",
			folder, strerror(-err));
	else
		str_format(error, 512,
			"%s is not writable by %s and cannot be given to him: %s; do so by hand "
			"(chown -R %s %s/) or name another",
			folder, p->user,
			err == -ELOOP
				? "a symbolic link stands in the way that not only root can lay"
				: strerror(-err),
			p->user, folder);
	return err;
}

static bool folder_writable(const char *folder)
{
	return faccessat(AT_FDCWD, folder, R_OK | W_OK | X_OK, AT_EACCESS) == 0;
}

static int folder_here(struct privilege *p, const char *directory, char error[512])
{
	int err = folder_make(p, directory);
	bool made = err == 0;
	if (err == -EEXIST)
		err = 0;
	if (!p->some)
		return err ? folder_failed(p, directory, err, error) : 0;
	bool writable = !err && ((p->look && made) || folder_writable(directory));
	err = privilege_raise(p, error);
	if (err)
		return err;
	int given = folder_give(p, directory);
	err = privilege_lower(p, error);
	if (!err && given && !writable)
		err = folder_failed(p, directory, given, error);
	return err;
}

// Above a file or folder: 1 where that is missing and right in one of these folders.
static int folder_above(const char *path, const char *const *in, char out[256])
{
	struct stat is;
	const char *slash = strrchr(path, '/');
	if (slash == NULL || slash == path || str_copy_n(out, 256, path, (size_t)(slash - path)))
		return 0;
	size_t len = (size_t)(strrchr(out, '/') - out);
	for (; *in != NULL; in++)
		if (strlen(*in) == len && memcmp(out, *in, len) == 0)
			return lstat(out, &is) != 0 && errno == ENOENT;
	return 0;
}

int privilege_folder(struct privilege *p, const char *directory, char error[512])
{
	static const char *const in[] = {"/run", "/var/lib", NULL};
	char above[256];
	if (folder_above(directory, in, above)) {
		int err = folder_here(p, above, error);
		if (err || p->look)
			return err;
	}
	return folder_here(p, directory, error);
}

int privilege_socket_folder(struct privilege *p, const char *socket, char error[512])
{
	static const char *const in[] = {"/run", NULL};
	char above[256];
	return folder_above(socket, in, above) ? folder_here(p, above, error) : 0;
}

bool privilege_foreign_folder(const struct privilege *p, const char *file)
{
	char folder[256];
	struct stat dir;
	char *slash;
	if (!p->some || str_copy(folder, sizeof(folder), file) ||
		(slash = strrchr(folder, '/')) == NULL)
		return false;
	slash[slash == folder ? 1 : 0] = '\0';
	return !folder_writable(folder) || (stat(folder, &dir) == 0 && dir.st_mode & S_ISVTX);
}

int privilege_give(const struct privilege *p, const char *file, char error[512])
{
	if (!p->some || fchownat(AT_FDCWD, file, p->uid, p->gid, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	int err = -errno;
	str_format(error, 512, "cannot give %s to %s: %s", file, p->user, strerror(-err));
	return err;
}
