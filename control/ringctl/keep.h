// A file of the operator's that is there whole or not at all.
#pragma once

#include <stdbool.h>

#define KEEP_PATH_MAX 4096

struct keep {
	int fd; // to write and to read again what was written
	bool force;
	bool named; // it has a name already: part
	char path[KEEP_PATH_MAX], part[KEEP_PATH_MAX];
};

// Beside path, where nobody sees it. -EEXIST: path is there, and not to be overwritten.
int keep_begin(struct keep *k, const char *path, bool force); // 0 or -errno
// 0 or -errno: all that was written is at path, or path is as it was. Closes fd.
int keep_end(struct keep *k);
void keep_drop(struct keep *k); // path is as it was
