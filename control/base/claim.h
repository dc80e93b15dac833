// A folder that one process alone may write: a file in it is locked while that process lives, and
// says which one it is.
#pragma once

#define CLAIM_OWNER_MAX 24

// Makes the folder where it is missing and locks its file `lock`. The descriptor, whose closing
// gives the folder up, or -errno and one sentence; -EBUSY names who has it.
int claim_take(const char *directory, char error[512]);
// What claim_take would say, without making anything: 0, also where the folder is missing; -EBUSY
// names who has it.
int claim_look(const char *directory, char error[512]);
// Of a lock file that is ours now, and of one that is not: " (pid 4711)", or "" where it says none.
void claim_sign(int fd);
void claim_owner(int fd, char out[CLAIM_OWNER_MAX]);
