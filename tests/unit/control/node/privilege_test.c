// Folders that are given to the user: through root's own links, and through nobody else's. Where
// the caller is not root there is nothing to give.
#include "control/node/privilege.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/log.h"
#include "tests/unit/control/record/folder.h"
#include "tests/unit/unit.h"

static char dir[64], error[512];

static struct privilege lowered(void)
{
	const struct passwd *pw = getpwnam("nobody");
	struct privilege p = {.some = true, .user = "nobody"};
	ck_assert_ptr_nonnull(pw);
	p.uid = pw->pw_uid;
	p.gid = pw->pw_gid;
	folder_new(dir);
	ck_assert_int_eq(chmod(dir, 0755), 0);
	ck_assert_int_eq(chdir(dir), 0); // what lies above it is everybody's
	ck_assert_int_eq(mkdir("lib", 0755), 0);
	ck_assert_int_eq(mkdir("disk", 0755), 0);
	log_set_level("node", LOG_ERROR);
	return p;
}

static void leave(const struct privilege *p)
{
	ck_assert_int_eq(privilege_raise(p, error), 0);
	ck_assert_int_eq(chdir("/"), 0);
	folder_remove(dir);
}

static uid_t owner(const char *path)
{
	struct stat file;
	ck_assert_int_eq(stat(path, &file), 0);
	return file.st_uid;
}

// The state's folder lies on another disk, by a link that whoever set the machine up has laid.
START_TEST(roots_link_is_followed)
{
	if (geteuid() != 0)
		return;
	struct privilege p = lowered();
	ck_assert_int_eq(symlink("../disk", "lib/near"), 0);
	ck_assert_int_eq(symlink("near", "lib/ringhall"), 0);
	ck_assert_int_eq(mkdir("disk/roots", 0750), 0);
	ck_assert_int_eq(privilege_lower(&p, error), 0);
	ck_assert_msg(privilege_folder(&p, "lib/ringhall/store", error) == 0, "%s", error);
	ck_assert_msg(privilege_folder(&p, "lib/ringhall//roots/", error) == 0, "%s", error);
	ck_assert_uint_eq(owner("disk/store"), p.uid);
	ck_assert_uint_eq(owner("disk/roots"), p.uid);
	ck_assert_uint_eq(owner("disk"), 0);
	ck_assert_msg(privilege_folder(&p, "lib/ringhall", error) == 0, "%s", error);
	ck_assert_uint_eq(owner("disk"), p.uid);
	leave(&p);
}
END_TEST

static void file(const char *path)
{
	FILE *f = fopen(path, "w");
	ck_assert(f != NULL && fclose(f) == 0);
}

// A folder that others use, too: theirs stays theirs.
START_TEST(what_is_not_ours_is_not_given)
{
	static const char *const folders[] = {
		"disk/acme", "disk/acme/2026-01-02", "disk/empty", "disk/tls", "disk/tls/old"};
	static const char *const ours[] = {"disk/.lock", "disk/lock", "disk/ringhall.db-wal",
		"disk/events-00000000000000000001.log", "disk/acme/2026-01-02/1.wav", "disk/acme",
		"disk/acme/2026-01-02", "disk/empty"};
	static const char *const others[] = {"disk/passwords", "disk/tls/key.pem",
		"disk/tls/old/key.pem", "disk/acme/note", "disk/tls", "disk/tls/old"};
	if (geteuid() != 0)
		return;
	struct privilege p = lowered();
	for (size_t i = 0; i < 5; i++)
		ck_assert_int_eq(mkdir(folders[i], 0750), 0);
	for (size_t i = 0; i < 5; i++)
		file(ours[i]);
	for (size_t i = 0; i < 4; i++)
		file(others[i]);
	ck_assert_int_eq(privilege_lower(&p, error), 0);
	ck_assert_msg(privilege_folder(&p, "disk", error) == 0, "%s", error);
	ck_assert_int_eq(privilege_raise(&p, error), 0);
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		ck_assert_msg(owner(ours[i]) == p.uid, "%s", ours[i]);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		ck_assert_msg(owner(others[i]) == 0, "%s", others[i]);
	leave(&p);
}
END_TEST

START_TEST(anybody_elses_is_not)
{
	static const char *const links[] = {
		"theirs/store", "everyones/store", "theirs/roots/store"};
	if (geteuid() != 0)
		return;
	struct privilege p = lowered();
	ck_assert_int_eq(mkdir("theirs", 0755), 0);
	ck_assert_int_eq(mkdir("theirs/roots", 0755), 0);
	ck_assert_int_eq(mkdir("everyones", 0755), 0);
	ck_assert_int_eq(chmod("everyones", 01777), 0);
	ck_assert_int_eq(chown("theirs", p.uid, p.gid), 0);
	for (size_t i = 0; i < 3; i++) {
		char to[100];
		snprintf(to, sizeof(to), "%s/disk", dir);
		ck_assert_int_eq(symlink(to, links[i]), 0);
	}
	ck_assert_int_eq(privilege_lower(&p, error), 0);
	for (size_t i = 0; i < 3; i++) {
		ck_assert_int_eq(privilege_folder(&p, links[i], error), -ELOOP);
		ck_assert_ptr_nonnull(strstr(error, "a symbolic link stands in the way"));
		ck_assert_ptr_nonnull(strstr(error, links[i]));
	}
	ck_assert_uint_eq(owner("disk"), 0);
	leave(&p);
}
END_TEST

START_TEST(links_without_end_end)
{
	if (geteuid() != 0)
		return;
	struct privilege p = lowered();
	ck_assert_int_eq(symlink("b", "lib/a"), 0);
	ck_assert_int_eq(symlink("a", "lib/b"), 0);
	ck_assert_int_eq(symlink("nowhere", "lib/lost"), 0);
	ck_assert_int_eq(privilege_lower(&p, error), 0);
	ck_assert_int_eq(privilege_folder(&p, "lib/a", error), -ELOOP);
	ck_assert_int_lt(privilege_folder(&p, "lib/lost", error), 0);
	ck_assert_int_eq(access("lib/nowhere", F_OK), -1);
	leave(&p);
}
END_TEST

// A look says what the thing itself then says, and leaves all as it was.
START_TEST(a_look_says_what_will_be)
{
	static const struct {
		const char *folder;
		int err;
	} cases[] = {
		{"lib/new", 0},
		{"lib/roots", 0},
		{"lib/theirs", -EACCES},
		{"lib/file", -ENOTDIR},
		{"lib/none/below", -ENOENT},
		{"open/link/below", -ELOOP},
	};
	if (geteuid() != 0)
		return;
	struct privilege p = lowered();
	ck_assert_int_eq(mkdir("lib/roots", 0700), 0);
	ck_assert_int_eq(mkdir("lib/theirs", 0700), 0);
	ck_assert_int_eq(chown("lib/theirs", 1234, 1234), 0);
	ck_assert_int_eq(mkdir("open", 0755), 0);
	ck_assert_int_eq(chmod("open", 0777), 0);
	ck_assert_int_eq(symlink("../disk", "open/link"), 0);
	ck_assert_int_eq(close(open("lib/file", O_CREAT | O_WRONLY | O_CLOEXEC, 0600)), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct stat before, after;
		char why[512] = "";
		const char *folder = cases[i].folder;
		bool there = stat(folder, &before) == 0;
		p.look = true;
		ck_assert_int_eq(privilege_lower(&p, error), 0);
		int look = privilege_folder(&p, folder, why);
		ck_assert_int_eq(privilege_raise(&p, error), 0);
		ck_assert_int_eq(stat(folder, &after) == 0, there);
		ck_assert(!there ||
			(before.st_uid == after.st_uid &&
				before.st_ctim.tv_nsec == after.st_ctim.tv_nsec));
		p.look = false;
		ck_assert_int_eq(privilege_lower(&p, error), 0);
		int real = privilege_folder(&p, folder, error);
		ck_assert_msg(look == real && look == cases[i].err, "%s: a look %d, then %d",
			folder, look, real);
		ck_assert(!look || strcmp(why, error) == 0);
		ck_assert_int_eq(privilege_raise(&p, error), 0);
	}
	leave(&p);
}
END_TEST

UNIT_MAIN("privilege", roots_link_is_followed, what_is_not_ours_is_not_given, anybody_elses_is_not,
	links_without_end_end, a_look_says_what_will_be)
