// The 128-bit number of a call: unique across nodes and restarts, sortable by start.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct callid {
	uint32_t node;	  // hash of the configured node name
	uint32_t counter; // of this node since its start
	uint64_t start;	  // wall clock in ns when the process took the number
};

#define CALLID_TEXT_MAX 33 // 32 hex digits and NUL

struct callids { // from whom a node's calls get their numbers
	uint32_t node, counter;
};

void callids_init(struct callids *ids, const char *node);
struct callid callid_new(struct callids *ids, uint64_t wall_ns);
char *callid_text(const struct callid *id, char out[CALLID_TEXT_MAX]); // start, node, counter
int callid_parse(const char *text, struct callid *out);		       // 0 or -EINVAL
bool callid_equal(const struct callid *a, const struct callid *b);
int callid_compare(const struct callid *a, const struct callid *b); // as their texts
bool callid_is_none(const struct callid *id);
