// An event log as a kill would leave it behind any of its records.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cut { // a whole log, read; records[i] has the sequence i + 1
	struct cut_record {
		bool begins, snapshot; // begins: a segment
		uint8_t *bytes;
		size_t len;
	} * records;
	size_t count;
};

void cut_read(const char *folder, struct cut *out);
// Its first records alone, into an empty folder: the segments that a start may read.
void cut_write(const struct cut *c, size_t count, const char *folder);
void cut_free(struct cut *c);
