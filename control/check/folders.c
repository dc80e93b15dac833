// The folders' part of a check: whether they can be made and written by whom the node becomes, and
// what stands in them.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/base/claim.h"
#include "control/config/read.h"
#include "control/check/host.h"
#include "control/ops/socket_path.h"
#include "engine/base/str.h"

// What is root's the start gives to whom it becomes.
static bool given(const struct check_host *h, const char *path)
{
	struct stat is;
	return h->privilege.some && lstat(path, &is) == 0 && is.st_uid == 0 &&
		(S_ISDIR(is.st_mode) || is.st_nlink == 1);
}

static bool is_ours(const char *name)
{
	return str_starts(name, "events-") || str_starts(name, "ringhall.db");
}

// What the node writes on or reads at its start must be files, and his. slot: the folder.
static void check_file_of(
	struct config_read *r, const struct check_host *h, const char *slot, const char *name)
{
	struct stat is;
	char path[512], text[700];
	if (str_format(path, sizeof(path), "%s/%s", slot, name) || lstat(path, &is) != 0)
		return;
	if (!S_ISREG(is.st_mode)) {
		str_format(text, sizeof(text),
			"expected a file of ours at %s, got something else: move it away", path);
		config_read_problem(r, slot, NULL, "%s", text);
	} else if (faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) != 0 && !given(h, path)) {
		str_format(text, sizeof(text),
			"expected files that the node may write, got %s: %s; give it to the user "
			"of the service (chown)",
			path, strerror(errno));
		check_host_say(r, h, slot, text);
	}
}

static void check_store_files(struct config_read *r, const struct check_host *h)
{
	const char *folder = r->config->store.directory;
	DIR *list = opendir(folder);
	const struct dirent *e;
	if (list == NULL)
		return; // to be made, given, or told
	while ((e = readdir(list)) != NULL)
		if (is_ours(e->d_name))
			check_file_of(r, h, folder, e->d_name);
	closedir(list);
}

static void check_claim(struct config_read *r, const struct check_host *h, const char *folder)
{
	char error[512], lock[512];
	int err = claim_look(folder, error);
	bool there = !str_format(lock, sizeof(lock), "%s/lock", folder) && access(lock, F_OK) == 0;
	if (err && err != -EBUSY && !given(h, there ? lock : folder))
		check_host_say(r, h, folder, error);
}

// In a folder that the start makes before: it is the node's then.
static bool made_before(const struct check_host *h, const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash ? (size_t)(slash - path) : 0;
	while (len > 1 && path[len - 1] == '/')
		len--;
	for (unsigned i = 0; i < h->made_count; i++)
		if (strlen(h->made[i]) == len && memcmp(h->made[i], path, len) == 0)
			return true;
	return false;
}

// True: it can be had. The start's own words.
static bool check_folder(struct config_read *r, struct check_host *h, const char *folder)
{
	struct stat is;
	char error[512];
	if (folder[0] != '/')
		return false; // told
	bool missing = stat(folder, &is) != 0 && errno == ENOENT;
	if (missing && lstat(folder, &is) == 0) {
		config_read_problem(r, folder, NULL,
			"expected a folder, got %s, a symbolic link to nothing: make what it "
			"leads to or name another",
			folder);
		return false;
	}
	if (missing && made_before(h, folder)) {
		h->made[h->made_count++] = folder;
		return true;
	}
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
	if (missing)
		h->made[h->made_count++] = folder;
	return true;
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
	if (made_before(h, path))
		return;
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

static void check_recordings(struct config_read *r, struct check_host *h)
{
	const char *folder = r->config->recording.directory;
	if (!check_folder(r, h, folder) || access(folder, F_OK) != 0)
		return;
	if (faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) != 0 && !given(h, folder)) {
		check_host_say(r, h, folder,
			"recordings cannot be written here; give the folder to the user of the "
			"service");
		return;
	}
	check_file_of(r, h, folder, ".lock");
}

void check_host_folders(struct config_read *r, struct check_host *h)
{
	const char *store = r->config->store.directory;
	if (check_folder(r, h, store)) {
		check_claim(r, h, store);
		check_store_files(r, h);
	}
	check_recordings(r, h);
	check_socket(r, h); // it may lie in one of them
}
