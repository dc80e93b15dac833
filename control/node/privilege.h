// Root is needed for the start alone (ports, raw sockets); then the process becomes the user
// that the configuration names.
//
// All that outlives the start (files, folders, threads that make them) is made as that user: the
// starting thread's effective user is his from privilege_lower on, and root's for the moments
// between privilege_raise and privilege_lower. Threads made meanwhile stay his.
#pragma once

#include <stdbool.h>
#include <sys/types.h>

struct config_control;

struct privilege {
	bool some;    // there is somebody to become: a user is named, and root asks
	bool look;    // only whether it would go: nothing is made or given
	bool grouped; // his groups are ours
	char user[64];
	uid_t uid;
	gid_t gid;
};

// Whether user and group are there: 0, or -ENOENT with what is missing and how it is made; *group:
// it is the group. Whoever asks.
int privilege_known(
	struct privilege *p, const struct config_control *control, bool *group, char error[512]);
// 0, or -errno with one sentence. Where no user is named or the caller is not root the others do
// nothing.
int privilege_find(struct privilege *p, const struct config_control *control, char error[512]);
int privilege_lower(struct privilege *p, char error[512]); // the first time: groups, too
int privilege_raise(const struct privilege *p, char error[512]);
int privilege_drop(const struct privilege *p, char error[512]); // every thread, for good
// A folder (made if missing) into which the user may write. What is root's is given to him, with
// what root once made in it, unless a symbolic link stands in the way. Lowered, before and after.
// Of what is missing above it a folder right in /run or /var/lib is made too: they are for such.
int privilege_folder(struct privilege *p, const char *directory, char error[512]);
// The folder of control.socket, where it is missing and right in /run.
int privilege_socket_folder(struct privilege *p, const char *socket, char error[512]);
// Whether a socket there is for root to bind: the user may not write its folder, or everyone may.
bool privilege_foreign_folder(const struct privilege *p, const char *file);
int privilege_give(const struct privilege *p, const char *file, char error[512]); // raised
