// What the kernel's place tells the disk that is made of it.
#pragma once

#include <liburing.h>
#include <stdbool.h>
#include <stdint.h>

#define NOTHING UINT32_MAX
#define WHOLE	(UINT32_MAX - 1) // of a sync: everything

enum kind { CREATE, FOLDER, WRITE, ALLOCATE, TRUNCATE, SYNC, OTHER };

struct op {
	enum kind kind;
	bool elsewhere;	 // the log, which may lie on a disk of its own
	uint32_t object; // of a sync of a folder's names: NOTHING, and its path
	uint64_t begin_ns, end_ns, safe_ns;
	uint64_t offset, length;
	uint8_t *data;
	char *path; // CREATE, FOLDER and SYNC of one: of the folder above
	// Until it has ended:
	struct io_uring *ring;
	uint64_t user_data;
	int res;
};

struct cut_journal {
	const struct op *ops;
	uint32_t count;
	char *const *objects; // paths
	const char *directory;
};

void cut_judge_safe(struct op *ops, uint32_t count); // from when each is safe
void cut_make_of(const struct cut_journal *j, uint64_t at_ns, uint64_t seed);
char *cut_parent_of(const char *path); // the caller's
