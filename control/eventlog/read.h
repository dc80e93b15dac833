// What the writer asks the reader when it opens a log: how far its last segment is whole.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct segment_scan {
	uint64_t last_sequence;	 // of the last whole record; 0: none
	uint64_t whole_bytes;	 // up to that record's end
	uint64_t snapshot_bytes; // of the records that restate
	uint64_t damaged;	 // places in the middle that are no record
	bool snapshot;		 // all of one is in it
};

int segment_scan(const char *directory, uint64_t first_sequence, struct segment_scan *out);
