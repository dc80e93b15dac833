// Who of a queue's members is ready, by key.
#include "control/router/ready.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/router/agent.h"
#include "engine/base/check.h"

#define WORD 64u // lines in a word
// Two neighbours with no more than this together become one. Not more: the halves of a block that
// was full have more than this with whatever is beside them.
#define TOGETHER (READY_BLOCK / 2)
// Looked for each time that so many have gone, as neighbours lie far away.
#define GONE  8u
#define GROUP 16u // places that are looked at together

static uint32_t count(const struct ready_block *b)
{
	return __builtin_popcountll(b->live);
}

static uint64_t below(uint32_t place) // its places
{
	return place < READY_BLOCK ? (1ull << place) - 1 : UINT64_MAX;
}

// --- room ---

static struct ready_block *block_new(uint32_t words)
{
	size_t bits = (size_t)words * (READY_BLOCK + 1);
	struct ready_block *b = cache_line_new(sizeof(*b) + bits * sizeof(uint64_t));
	if (b != NULL)
		b->any = words == 1 ? &b->few : &b->bits[(size_t)words * READY_BLOCK];
	return b;
}

// Any two neighbours have more than this, but while one is being put in.
static uint32_t blocks_for(uint32_t members)
{
	return members / (TOGETHER - 2 * GONE) * 2 + 3;
}

static void blocks_free(struct ready_block **blocks, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		free(blocks[i]);
	free(blocks);
}

static void entry_moved(struct ready_block *b, uint32_t at)
{
	struct member *m = b->entries[at].member;
	if (!(b->live >> at & 1))
		return;
	m->in = b;
	m->at = at;
}

// Where the one before had fewer words of bits, the rest is zero.
static void block_copy(struct ready_block *to, const struct ready_block *from, uint32_t words)
{
	to->live = from->live;
	to->end = from->end;
	to->place = from->place;
	memcpy(to->entries, from->entries, sizeof(to->entries));
	memcpy(to->bits, from->bits, (size_t)words * READY_BLOCK * sizeof(uint64_t));
	memcpy(to->any, from->any, words * sizeof(uint64_t));
	for (uint32_t i = 0; i < to->end; i++)
		entry_moved(to, i);
}

int ready_room(struct ready *r, uint32_t members, uint32_t words)
{
	uint32_t n = blocks_for(members), made = 0;
	if (n <= r->made && words == r->words)
		return 0;
	if (n > r->made && n < r->made * 2)
		n = r->made * 2;
	else if (n < r->made)
		n = r->made;
	struct ready_block **blocks = calloc(n, sizeof(struct ready_block *));
	while (blocks != NULL && made < n && (blocks[made] = block_new(words)) != NULL)
		made++;
	if (made < n) {
		blocks_free(blocks, made);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < r->used; i++)
		block_copy(blocks[i], r->blocks[i], r->words);
	blocks_free(r->blocks, r->made);
	r->blocks = blocks;
	r->made = n;
	r->words = words;
	return 0;
}

void ready_fini(struct ready *r)
{
	blocks_free(r->blocks, r->made);
	*r = (struct ready){0};
}

// --- blocks in their order ---

static void blocks_number(struct ready *r, uint32_t from)
{
	for (uint32_t i = from; i < r->used; i++)
		r->blocks[i]->place = i;
}

// A spare one, now in use at this place.
static struct ready_block *block_open(struct ready *r, uint32_t place)
{
	check(r->used < r->made);
	struct ready_block *b = r->blocks[r->used];
	memmove(&r->blocks[place + 1], &r->blocks[place], (r->used - place) * sizeof(b));
	r->blocks[place] = b;
	r->used++;
	blocks_number(r, place);
	return b;
}

static void block_close(struct ready *r, struct ready_block *b)
{
	uint32_t place = b->place;
	r->used--;
	memmove(&r->blocks[place], &r->blocks[place + 1], (r->used - place) * sizeof(b));
	r->blocks[r->used] = b;
	b->live = 0;
	b->end = 0;
	memset(b->any, 0, r->words * sizeof(b->any[0]));
	blocks_number(r, place);
}

// --- members in a block ---

static void entry_copy(struct ready_block *to, uint32_t at, const struct ready_block *from,
	uint32_t i, uint32_t words)
{
	to->entries[at] = from->entries[i];
	to->live |= 1ull << at;
	for (uint32_t w = 0; w < words; w++) {
		uint64_t bits = from->bits[w * READY_BLOCK + i];
		to->bits[w * READY_BLOCK + at] = bits;
		to->any[w] |= bits;
	}
	entry_moved(to, at);
}

// No holes any more.
static void block_pack(struct ready_block *b, uint32_t words)
{
	uint64_t live = b->live;
	uint32_t end = 0;
	b->live = 0;
	memset(b->any, 0, words * sizeof(b->any[0]));
	for (; live != 0; live &= live - 1)
		entry_copy(b, end++, b, __builtin_ctzll(live), words);
	b->end = end;
}

// The last of one block, from this place on, behind those of another, which has room for them.
static void entries_move(
	struct ready_block *to, struct ready_block *from, uint32_t at, uint32_t words)
{
	uint64_t live = from->live & ~below(at);
	for (; live != 0; live &= live - 1)
		entry_copy(to, to->end++, from, __builtin_ctzll(live), words);
	from->live &= below(at);
	block_pack(from, words);
}

// The first block with a key above this one, or the last block.
static struct ready_block *block_for(const struct ready *r, uint64_t key)
{
	uint32_t low = 0, high = r->used - 1;
	if (r->blocks[high]->entries[0].key <= key)
		return r->blocks[high]; // mostly: who comes has been idle for the least time
	while (low < high) {
		uint32_t mid = (low + high) / 2;
		const struct ready_block *b = r->blocks[mid];
		if (b->entries[b->end - 1].key > key)
			high = mid;
		else
			low = mid + 1;
	}
	return r->blocks[low];
}

static uint32_t place_for(const struct ready_block *b, uint64_t key)
{
	uint32_t at = b->end;
	while (at > 0 && b->entries[at - 1].key > key)
		at--;
	return at;
}

// Room for one more, in the block or in the one behind it.
static struct ready_block *block_split(struct ready *r, struct ready_block *b, uint64_t key)
{
	struct ready_block *next = block_open(r, b->place + 1);
	if (b->entries[b->end - 1].key <= key)
		return next;
	entries_move(next, b, READY_BLOCK / 2, r->words);
	return next->entries[0].key <= key ? next : b;
}

// From `at` up to the hole that it is behind those.
static void entries_shift(struct ready_block *b, uint32_t at, uint32_t hole, uint32_t words)
{
	for (uint32_t i = hole; i > at; i--)
		entry_copy(b, i, b, i - 1, words);
	b->live &= ~(1ull << at);
}

// A place for the key in a block that is not full.
static uint32_t place_make(struct ready_block *b, uint64_t key, uint32_t words)
{
	uint32_t at = place_for(b, key);
	if (at > 0 && !(b->live >> (at - 1) & 1))
		return at - 1;
	if (at == READY_BLOCK) {
		block_pack(b, words);
		at = place_for(b, key);
	}
	if (at == b->end) {
		b->end++;
		return at;
	}
	uint64_t holes = ~b->live & ~below(at);
	if (holes == 0) {
		block_pack(b, words);
		at = place_for(b, key);
		holes = ~b->live & ~below(at);
	}
	uint32_t hole = __builtin_ctzll(holes);
	if (hole > at)
		entries_shift(b, at, hole, words);
	if (hole == b->end)
		b->end++;
	return at;
}

void ready_put(struct ready *r, struct member *m, uint64_t key)
{
	struct ready_block *b = r->used ? block_for(r, key) : block_open(r, 0);
	if (b->live == UINT64_MAX)
		b = block_split(r, b, key);
	uint32_t at = place_make(b, key, r->words);
	b->entries[at] = (struct ready_entry){key, m, m->agent, m->agent->id};
	b->live |= 1ull << at;
	for (uint32_t w = 0; w < r->words; w++) {
		uint64_t bits = member_word(m, r->words, w);
		b->bits[w * READY_BLOCK + at] = bits;
		b->any[w] |= bits;
	}
	m->in = b;
	m->at = at;
}

static bool joined(struct ready *r, uint32_t place)
{
	if (place + 1 >= r->used)
		return false;
	struct ready_block *a = r->blocks[place], *b = r->blocks[place + 1];
	if (count(a) + count(b) > TOGETHER)
		return false;
	block_pack(a, r->words);
	entries_move(a, b, 0, r->words);
	block_close(r, b);
	return true;
}

void ready_take(struct ready *r, struct member *m)
{
	struct ready_block *b = m->in;
	b->live &= ~(1ull << m->at);
	m->in = NULL;
	if (b->live == 0)
		block_close(r, b);
	else if (count(b) < TOGETHER && count(b) % GONE == 0 && !joined(r, b->place) &&
		b->place > 0)
		joined(r, b->place - 1);
}

void ready_matches(struct ready *r, struct member *m, uint32_t line)
{
	struct ready_block *b = m->in;
	uint32_t w = line / WORD;
	uint64_t bits = member_word(m, r->words, w);
	b->bits[w * READY_BLOCK + m->at] = bits;
	b->any[w] |= bits;
}

// Of those that are there still.
static void any_again(struct ready_block *b, uint32_t w)
{
	b->any[w] = 0;
	for (uint64_t live = b->live; live != 0; live &= live - 1)
		b->any[w] |= b->bits[w * READY_BLOCK + __builtin_ctzll(live)];
}

// Of a group of places, a bit for each whose member has that bit: without a branch, as nobody can
// guess who matches.
static uint64_t group_matches(const uint64_t *bits, uint32_t bit)
{
	uint64_t found = 0;
	for (uint32_t i = 0; i < GROUP; i++)
		found |= (bits[i] >> bit & 1) << i;
	return found;
}

static unsigned block_list(
	const struct ready_block *b, uint32_t line, unsigned most, const struct ready_entry **out)
{
	const uint64_t *bits = &b->bits[line / WORD * READY_BLOCK];
	unsigned n = 0;
	for (uint32_t at = 0; at < b->end && n < most; at += GROUP) {
		uint64_t live = b->live >> at & below(GROUP);
		if (live == 0)
			continue;
		live &= group_matches(&bits[at], line % WORD);
		for (; live != 0 && n < most; live &= live - 1)
			out[n++] = &b->entries[at + __builtin_ctzll(live)];
	}
	return n;
}

unsigned ready_list(
	const struct ready *r, uint32_t line, unsigned most, const struct ready_entry **out)
{
	unsigned n = 0;
	for (uint32_t i = 0; i < r->used && n < most; i++) {
		struct ready_block *b = r->blocks[i];
		if (!(b->any[line / WORD] >> (line % WORD) & 1))
			continue;
		unsigned found = block_list(b, line, most - n, out + n);
		if (found == 0)
			any_again(b, line / WORD);
		n += found;
	}
	return n;
}
