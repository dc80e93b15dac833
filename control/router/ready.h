// Who of a queue's members is ready, in the order of a key that the policy gives: the lowest
// first, and of equal keys who came first.
//
// Blocks of members in order, each with the bits of its members (a bit for each of the queue's
// lines, as in queue.h) side by side, and all of them in one: whoever looks for the first that
// matches a line passes over blocks in which nobody does, without a look at any member. Who goes
// leaves a hole; who comes moves those up to the next hole at most, and mostly nobody. Two
// neighbours that fit into half a block are made one, so that those blocks suffice which were made
// when the members came: putting one in cannot fail.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct agent;
struct member;

#define READY_BLOCK 64u // places: a bit each in a word

struct ready_entry {
	uint64_t key; // that of a hole, too: they ascend
	struct member *member;
	struct agent *of; // the member's, …
	uint32_t agent;	  // … and its number
};

struct ready_block {
	uint64_t live;	// a bit for each place that is no hole
	uint32_t end;	// places behind this were not used yet
	uint32_t place; // among the blocks in use
	// A word for each 64 lines: what one of them matches, or one that went did.
	uint64_t *any, few;			 // few: this word, where it is the only one
	struct ready_entry entries[READY_BLOCK]; // none of them in two cache lines
	uint64_t bits[]; // READY_BLOCK for each such word, then `any`, where there are several
};

struct ready {			     // zeroed: has room for nobody
	struct ready_block **blocks; // owned: those in use by key, then the spare ones
	uint32_t used, made;
	uint32_t words; // of bits
};

// Room for so many members with so many words of bits. 0, or -ENOMEM: it is as it was.
int ready_room(struct ready *r, uint32_t members, uint32_t words);
void ready_fini(struct ready *r);

void ready_put(struct ready *r, struct member *m, uint64_t key);
void ready_take(struct ready *r, struct member *m);
void ready_matches(struct ready *r, struct member *m, uint32_t line); // its bit has changed
// Those that stand first of all who match the line, so many at most. How many there are.
unsigned ready_list(
	const struct ready *r, uint32_t line, unsigned most, const struct ready_entry **out);
