// A queue inside the router: who waits, in lines of those that ask for the same, and who is ready to
// take whom of them.
#include "control/queue/queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/queue/agent.h"

#define WORD 64 // lines in a word of bits; a queue keeps so many though nobody is in them

// --- bits by line: a word, and more of them elsewhere ---

static bool bit_get(uint64_t first, const uint64_t *more, uint32_t i)
{
	return (i < WORD ? first : more[i / WORD - 1]) >> (i % WORD) & 1;
}

static void bit_set(uint64_t *first, uint64_t *more, uint32_t i, bool on)
{
	uint64_t *word = i < WORD ? first : &more[i / WORD - 1];
	*word = (*word & ~(1ull << (i % WORD))) | (uint64_t)on << (i % WORD);
}

bool member_matches(const struct member *m, const struct line *l)
{
	return bit_get(m->matches, m->more, l->slot);
}

uint32_t queue_ready_for(const struct line *l)
{
	return l->slot ? l->queue->ready_of[l->slot] : l->queue->ready_count;
}

// --- room for lines ---

// What is more than before is zeroed. 0 or -ENOMEM: the list is as it was.
static int grow(void *list, size_t size, uint32_t from, uint32_t to)
{
	void *old;
	memcpy(&old, list, sizeof(old));
	char *grown = realloc(old, size * to);
	if (grown == NULL)
		return -ENOMEM;
	memset(grown + size * from, 0, size * (to - from));
	memcpy(list, &grown, sizeof(grown));
	return 0;
}

// The words beyond the first, of the queue and of its members.
static int words_grow(struct queue *q, uint32_t from, uint32_t to)
{
	int err = grow(&q->more, sizeof(*q->more), from - 1, to - 1);
	for (struct dlist *it = q->members.next; !err && it != &q->members; it = it->next)
		err = grow(&container_of(it, struct member, link)->more, sizeof(*q->more), from - 1,
			to - 1);
	return err;
}

// A list that has grown alone is longer than it must be.
static int queue_grow(struct queue *q)
{
	uint32_t from = q->lines ? q->words : 0, to = from ? from * 2 : 1;
	int err = from ? words_grow(q, from, to) : 0;
	if (!err)
		err = grow(&q->heads, sizeof(*q->heads), from * WORD, to * WORD);
	if (!err)
		err = grow(&q->ready_of, sizeof(*q->ready_of), from * WORD, to * WORD);
	if (!err)
		err = grow(&q->lines, sizeof(struct line *), from * WORD, to * WORD);
	if (!err)
		q->words = to;
	return err;
}

struct queue *queue_new(uint32_t id)
{
	struct queue *q = calloc(1, sizeof(*q));
	if (q == NULL)
		return NULL;
	if (hash_init(&q->wants, 16)) {
		free(q);
		return NULL;
	}
	q->id = id;
	q->line_count = q->words = 1;
	line_init(&q->plain, q, 0);
	dlist_init(&q->members);
	dlist_init(&q->ready);
	return q;
}

void queue_free(struct queue *q)
{
	if (q == NULL)
		return;
	for (uint32_t i = 1; i < q->line_count; i++)
		free(q->lines[i]);
	hash_fini(&q->wants);
	free(q->lines);
	free(q->heads);
	free(q->ready_of);
	free(q->more);
	free(q);
}

bool queue_full(const struct queue *q)
{
	return q->set.size_max > 0 && q->callers >= q->set.size_max;
}

// --- a line by what it asks for ---

static uint64_t wants_hash(const struct router_skills *w, uint8_t ring)
{
	uint64_t hash = hash_bytes(w->skill, w->count * sizeof(w->skill[0]), ring);
	return hash_bytes(w->level, w->count, hash);
}

static bool wants_same(const struct line *l, const struct router_skills *w, uint8_t ring)
{
	return l->ring == ring && l->wants.count == w->count &&
		memcmp(l->wants.skill, w->skill, w->count * sizeof(w->skill[0])) == 0 &&
		memcmp(l->wants.level, w->level, w->count) == 0;
}

static void match_set(struct member *m, const struct line *l)
{
	bool before = member_matches(m, l), now = agent_matches(m->agent, &l->wants);
	bit_set(&m->matches, m->more, l->slot, now);
	if (!dlist_empty(&m->ready))
		m->queue->ready_of[l->slot] += (uint32_t)now - (uint32_t)before;
}

// A place for one more; that of a line in which nobody is, once there are many.
static struct line *line_room(struct queue *q)
{
	bool full = q->lines == NULL || q->line_count == q->words * WORD;
	for (uint32_t i = 1; full && i < q->line_count; i++) {
		if (q->lines[i]->callers > 0)
			continue;
		hash_remove(&q->wants, &q->lines[i]->node);
		return q->lines[i];
	}
	if (full && queue_grow(q))
		return NULL;
	struct line *l = calloc(1, sizeof(*l));
	if (l == NULL)
		return NULL;
	line_init(l, q, q->line_count);
	return q->lines[q->line_count++] = l;
}

struct line *queue_line(struct queue *q, const struct router_skills *wants, uint8_t ring)
{
	if (wants->count == 0 && ring == 0)
		return &q->plain;
	uint64_t hash = wants_hash(wants, ring);
	for (struct hash_node *n = hash_first(&q->wants, hash); n != NULL; n = hash_next(n))
		if (wants_same(container_of(n, struct line, node), wants, ring))
			return container_of(n, struct line, node);
	struct line *l = line_room(q);
	if (l == NULL)
		return NULL;
	l->wants = *wants;
	l->ring = ring;
	hash_insert(&q->wants, &l->node, hash);
	dlist_for_each (it, &q->members)
		match_set(container_of(it, struct member, link), l);
	return l;
}

void queue_head_moved(struct line *l)
{
	struct queue *q = l->queue;
	bool waits = l->occupied != 0 || l->back.root != NULL;
	if (l->slot == 0) {
		q->waiting = (q->waiting & ~1ull) | waits;
		return;
	}
	bit_set(&q->waiting, q->more, l->slot, waits);
	if (waits)
		q->heads[l->slot] = caller_place(line_head(l));
}

// --- members ---

int queue_enter(struct member *m)
{
	struct queue *q = m->queue;
	if (q->words > 1 && grow(&m->more, sizeof(*m->more), 0, q->words - 1))
		return -ENOMEM;
	m->matches = 1;
	dlist_push_back(&q->members, &m->link);
	queue_rematch(m);
	return 0;
}

void queue_exit(struct member *m)
{
	dlist_remove(&m->link);
	free(m->more);
}

void queue_rematch(struct member *m)
{
	for (uint32_t i = 1; i < m->queue->line_count; i++)
		match_set(m, m->queue->lines[i]);
}

// It matches no line but the plain one.
static bool is_plain(const struct member *m)
{
	return m->matches == 1 && m->more == NULL;
}

// In all lines that it matches but the plain one.
static void count_ready(const struct member *m, uint32_t by)
{
	const struct queue *q = m->queue;
	for (uint32_t w = 0; w < q->words; w++) {
		uint64_t bits = w ? m->more[w - 1] : m->matches & ~1ull;
		for (; bits != 0; bits &= bits - 1)
			q->ready_of[w * WORD + __builtin_ctzll(bits)] += by;
	}
}

void queue_ready(struct member *m)
{
	struct dlist *head = &m->queue->ready, *at = head;
	// New members alone can have been idle for longer than those at the end.
	while (at->prev != head &&
		container_of(at->prev, struct member, ready)->agent->since_ms > m->agent->since_ms)
		at = at->prev;
	dlist_insert_before(at, &m->ready);
	m->queue->ready_count++;
	if (!is_plain(m))
		count_ready(m, 1);
}

void queue_unready(struct member *m)
{
	dlist_remove(&m->ready);
	m->queue->ready_count--;
	if (!is_plain(m))
		count_ready(m, -1u);
}

struct caller *queue_first_for(const struct member *m)
{
	const struct queue *q = m->queue;
	if (q->waiting == 0 && q->more == NULL)
		return NULL;
	struct caller *plain = q->waiting & 1 ? line_head(&q->plain) : NULL;
	if ((m->matches & q->waiting) <= 1 && m->more == NULL)
		return plain;
	uint64_t first = plain ? caller_place(plain) : UINT64_MAX;
	const struct line *best = NULL;
	for (uint32_t w = 0; w < q->words; w++) {
		uint64_t bits =
			w ? m->more[w - 1] & q->more[w - 1] : m->matches & q->waiting & ~1ull;
		for (; bits != 0; bits &= bits - 1) {
			uint32_t i = w * WORD + __builtin_ctzll(bits);
			if (q->heads[i] >= first)
				continue;
			first = q->heads[i];
			best = q->lines[i];
		}
	}
	return best ? line_head(best) : plain;
}

static struct member *ready_from(const struct line *l, struct dlist *it)
{
	for (; it != &l->queue->ready; it = it->next) {
		struct member *m = container_of(it, struct member, ready);
		if (member_matches(m, l))
			return m;
	}
	return NULL;
}

struct member *queue_ready_first(const struct line *l)
{
	if (l->slot == 0 && l->queue->ready_count > 0)
		return container_of(l->queue->ready.next, struct member, ready);
	return queue_ready_for(l) ? ready_from(l, l->queue->ready.next) : NULL;
}

struct member *queue_ready_next(const struct line *l, const struct member *m)
{
	return ready_from(l, m->ready.next);
}
