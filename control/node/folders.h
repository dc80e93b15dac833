// The start's first part: whose the files are, the folders, and what the log says was alive.
#pragma once

#include <stdint.h>

struct config;
struct privilege;
struct rebuild;

// From here on files are made as the user that the configuration names, and the store's folder is
// ours: *claim is its lock, -1 on failure. 0, or -errno with one sentence.
int node_folders(struct privilege *p, const struct config *c, int *claim, char error[4096]);
int node_read_log(
	const struct config *c, uint64_t wall_ns, struct rebuild *rebuild, char error[4096]);
