// Why memory was refused, or would be: which of the limits on it is in the way, and its cure. For
// starts: it reads files of /proc and of the control group.
#pragma once

#include <stdint.h>

#define SHORTAGE_MAX 256

struct shortage_places {    // where the kernel says so; tests have their own
	const char *cgroup; // "/proc/self/cgroup"
	const char *groups; // "/sys/fs/cgroup"
};
extern const struct shortage_places shortage_places;

// Whether `bytes` more are beyond the limit on address space (RLIMIT_AS) or data (RLIMIT_DATA),
// the control group's (memory.max) or what the kernel promises (vm.overcommit_memory): -ENOMEM and
// one sentence, or 0 and "".
int shortage_of(uint64_t bytes, char out[SHORTAGE_MAX]);
int shortage_of_group(const struct shortage_places *p, uint64_t bytes, char out[SHORTAGE_MAX]);
// The same for the machine's hugepages.
int shortage_of_hugepages(uint64_t bytes, char out[SHORTAGE_MAX]);
// Of memory that was refused: the limit that is in the way or, where none is known, general advice.
const char *shortage_why(uint64_t bytes, char out[SHORTAGE_MAX]);
// The cure of what io_uring_queue_init returned; not to be freed.
const char *shortage_of_uring(int rc);
