// A folder of its own for a test, and its removal with all that lies in it.
#pragma once

#include <check.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static inline char *folder_new(char path[64])
{
	const char pattern[] = "/tmp/ringhall-test-XXXXXX";

	memcpy(path, pattern, sizeof(pattern));
	ck_assert_ptr_nonnull(mkdtemp(path));
	return path;
}

static inline int folder_remove_one(
	const char *path, const struct stat *file, int kind, struct FTW *at)
{
	(void)file, (void)kind, (void)at;
	return remove(path);
}

static inline void folder_remove(const char *path)
{
	nftw(path, folder_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
