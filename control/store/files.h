// Recordings' files, as the store sees them: what they take on the disk, what is in them, and their
// end.
//
// Names come from the database, so they are not believed: only a regular file TENANT/DAY/NAME.wav
// of the recording folder is touched, and no link on the way is followed.
#pragma once

#include <stdbool.h>
#include <stdint.h>

// An open recording folder. files_open: a descriptor, or -errno.
int files_open(const char *directory);

// All of these: -ENOENT: it is not there (any more); -EXDEV: it is no recording of this folder.
// Bytes that the file takes on the disk, or -errno.
int64_t files_measure(int folder, const char *directory, const char *file);
// The file, open to be read, or -errno.
int files_read(int folder, const char *directory, const char *file);
// 0 or -errno. last: removes the day's folder, too, if nothing is left in it.
int files_remove(int folder, const char *directory, const char *file, bool last);
