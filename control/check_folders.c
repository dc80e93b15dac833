// The folders' part of a check: whether they can be made and written by whom the node becomes, and
// what stands in them.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/base/claim.h"
#include "control/base/config_read.h"
#include "control/check_host.h"
#include "control/ops/socket_path.h"
#include "engine/base/str.h"

static bool given(const struct check_host *h, const struct stat *file)
{
	return h->privilege.some && file->st_uid == 0 && file->st_nlink == 1;
}

static bool is_ours(const char *name)
{
	return str_starts(name, "events-") || str_starts(name, "ringhall.db");
}

// What the node writes on or reads at its start must be files, and his.
static void check_file_of(struct config_read *r, const struct check_host *h, const char *folder,
	int dir, const char *name)
{
	struct stat file;
	char text[640];
	if (fstatat(dir, name, &file, AT_SYMLINK_NOFOLLOW) != 0)
		return;
	if (!S_ISREG(file.st_mode)) {
		str_format(text, sizeof(text),
			"expected a file of the store at %s/%s, got something else: move it away",
			folder, name);
		config_read_problem(r, r->config->store.directory, NULL, "%s", text);
	} else if (faccessat(dir, name, R_OK | W_OK, AT_EACCESS) != 0 && !given(h, &file)) {
		str_format(text, sizeof(text),
			"expected files that the node may write, got %s/%s, which it may not: %s; "
			"give "
			"it to the user of the service (chown)",
			folder, name, strerror(errno));
		check_host_say(r, h, r->config->store.directory, text);
	}
}

static void check_store_files(struct config_read *r, const struct check_host *h)
{
	const char *folder = r->config->store.directory;
	DIR *list = opendir(folder);
	const struct dirent *e;
	if (list == NULL)
		return; // to be made, or told
	while ((e = readdir(list)) != NULL)
		if (is_ours(e->d_name))
			check_file_of(r, h, folder, dirfd(list), e->d_name);
	closedir(list);
}

// True: it can be had. The start's own words.
static bool check_folder(struct config_read *r, struct check_host *h, const char *folder)
{
	struct stat is;
	char error[512];
	if (folder[0] != '/')
		return false; // told
	if (stat(folder, &is) == 0 && !S_ISDIR(is.st_mode)) {
		config_read_problem(r, folder, NULL,
			"expected a folder, got %s, which is something else: move it away or name "
			"another",
			folder);
		return false;
	}
	if (privilege_folder(&h->privilege, folder, error) != 0) {
		check_host_say(r, h, folder, error);
		return false;
	}
	return true;
}

static bool writable(const struct check_host *h, const char *folder)
{
	struct stat is;
	return faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) == 0 ||
		(h->privilege.some && stat(folder, &is) == 0 && is.st_uid == 0);
}

static void check_socket(struct config_read *r, struct check_host *h)
{
	const char *path = r->config->control.socket;
	char error[512], folder[256], text[640];
	struct stat is;
	const char *slash = strrchr(path, '/');
	if (slash == NULL || path[0] != '/')
		return;
	if (!h->beside && socket_path_probe(path, error) != 0)
		config_read_problem(r, path, NULL, "%s", error);
	if (privilege_socket_folder(&h->privilege, path, error) != 0) {
		check_host_say(r, h, path, error);
		return;
	}
	str_copy_n(folder, sizeof(folder), path, slash == path ? 1 : (size_t)(slash - path));
	bool there = stat(folder, &is) == 0;
	if (!there && errno == ENOENT && str_starts(folder, "/run/") &&
		strchr(folder + strlen("/run/"), '/') == NULL)
		return; // it will be made
	// A folder of others' is for root to bind in.
	if (there && S_ISDIR(is.st_mode) &&
		(h->privilege.some || faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) == 0))
		return;
	str_format(text, sizeof(text),
		"cannot listen on the command socket %s: %s; its folder must exist and be writable",
		path,
		there ? S_ISDIR(is.st_mode) ? "Permission denied" : "Not a directory"
		      : strerror(errno));
	check_host_say(r, h, path, text);
}

void check_host_folders(struct config_read *r, struct check_host *h)
{
	const struct config *c = r->config;
	char error[512];
	check_socket(r, h);
	if (check_folder(r, h, c->store.directory)) {
		int err = claim_look(c->store.directory, error);
		if (err && err != -EBUSY && !writable(h, c->store.directory))
			check_host_say(r, h, c->store.directory, error);
		check_store_files(r, h);
	}
	if (check_folder(r, h, c->recording.directory) &&
		access(c->recording.directory, F_OK) == 0 && !writable(h, c->recording.directory))
		check_host_say(r, h, c->recording.directory,
			"recordings cannot be written here; give the folder to the user of the "
			"service");
}
