// A queue inside the router: who waits, by classes of equal requirements, and who is ready to take
// whom of them.
#include "control/queue/queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/queue/agent.h"

#define CLASSES_KEPT 64 // of a queue, though nobody is in them: a word of bits

static void bit_set(uint64_t *bits, uint32_t i, bool on)
{
	bits[i / 64] = (bits[i / 64] & ~(1ull << (i % 64))) | (uint64_t)on << (i % 64);
}

bool member_matches(const struct member *m, const struct class *c)
{
	return m->matches[c->slot / 64] >> (c->slot % 64) & 1;
}

// --- room for classes ---

// What is more than before is zeroed. 0 or -ENOMEM: the list is as it was.
static int grow(void **list, size_t size, uint32_t from, uint32_t to)
{
	char *grown = realloc(*list, size * to);
	if (grown == NULL)
		return -ENOMEM;
	memset(grown + size * from, 0, size * (to - from));
	*list = grown;
	return 0;
}

// A member's bits are in itself while there are few.
static int member_grow(struct member *m, uint32_t from, uint32_t to)
{
	uint64_t *bits = calloc(to, sizeof(*bits));
	if (bits == NULL)
		return -ENOMEM;
	memcpy(bits, m->matches, from * sizeof(*bits));
	if (m->matches != &m->word)
		free(m->matches);
	m->matches = bits;
	return 0;
}

// A list that has grown alone is longer than it must be.
static int queue_grow(struct queue *q)
{
	uint32_t from = q->words, to = from ? from * 2 : CLASSES_KEPT / 64;
	int err = grow((void **)&q->classes, sizeof(*q->classes), from * 64, to * 64);
	if (!err)
		err = grow((void **)&q->heads, sizeof(*q->heads), from * 64, to * 64);
	if (!err)
		err = grow((void **)&q->ready_of, sizeof(*q->ready_of), from * 64, to * 64);
	if (!err)
		err = grow((void **)&q->waiting, sizeof(*q->waiting), from, to);
	for (struct dlist *it = q->members.next; !err && it != &q->members; it = it->next)
		err = member_grow(container_of(it, struct member, link), from, to);
	if (!err)
		q->words = to;
	return err;
}

struct queue *queue_new(uint32_t id)
{
	struct queue *q = calloc(1, sizeof(*q));
	if (q == NULL)
		return NULL;
	q->id = id;
	dlist_init(&q->members);
	dlist_init(&q->ready);
	int err = hash_init(&q->wants, 16);
	if (!err)
		err = queue_grow(q);
	if (!err && (q->classes[0] = class_new(q, 0)) == NULL)
		err = -ENOMEM;
	if (err) {
		queue_free(q);
		return NULL;
	}
	q->class_count = 1;
	return q;
}

void queue_free(struct queue *q)
{
	if (q == NULL)
		return;
	for (uint32_t i = 0; i < q->class_count; i++)
		class_free(q->classes[i]);
	hash_fini(&q->wants);
	free(q->classes);
	free(q->heads);
	free(q->ready_of);
	free(q->waiting);
	free(q);
}

bool queue_full(const struct queue *q)
{
	return q->set.size_max > 0 && q->callers >= q->set.size_max;
}

// --- a class by what it asks for ---

static uint64_t wants_hash(const struct router_skills *w, uint8_t ring)
{
	uint64_t hash = hash_bytes(w->skill, w->count * sizeof(w->skill[0]), ring);
	return hash_bytes(w->level, w->count, hash);
}

static bool wants_same(const struct class *c, const struct router_skills *w, uint8_t ring)
{
	return c->ring == ring && c->wants.count == w->count &&
		memcmp(c->wants.skill, w->skill, w->count * sizeof(w->skill[0])) == 0 &&
		memcmp(c->wants.level, w->level, w->count) == 0;
}

// Whether the member matches has changed, or the member is new to the class.
static void match_set(struct member *m, const struct class *c, bool matches)
{
	struct queue *q = m->queue;
	bool before = member_matches(m, c);
	bit_set(m->matches, c->slot, matches);
	if (m->is_ready)
		q->ready_of[c->slot] += (uint32_t)matches - (uint32_t)before;
}

// A place for one more; that of a class in which nobody is, once there are many.
static struct class *class_room(struct queue *q)
{
	for (uint32_t i = 1; q->class_count == q->words * 64 && i < q->class_count; i++) {
		if (q->classes[i]->callers > 0)
			continue;
		hash_remove(&q->wants, &q->classes[i]->node);
		return q->classes[i];
	}
	if (q->class_count == q->words * 64 && queue_grow(q))
		return NULL;
	struct class *c = class_new(q, q->class_count);
	if (c != NULL)
		q->classes[q->class_count++] = c;
	return c;
}

struct class *queue_class(struct queue *q, const struct router_skills *wants, uint8_t ring)
{
	if (wants->count == 0 && ring == 0)
		return q->classes[0];
	uint64_t hash = wants_hash(wants, ring);
	for (struct hash_node *n = hash_first(&q->wants, hash); n != NULL; n = hash_next(n))
		if (wants_same(container_of(n, struct class, node), wants, ring))
			return container_of(n, struct class, node);
	struct class *c = class_room(q);
	if (c == NULL)
		return NULL;
	c->wants = *wants;
	c->ring = ring;
	hash_insert(&q->wants, &c->node, hash);
	dlist_for_each (it, &q->members) {
		struct member *m = container_of(it, struct member, link);
		match_set(m, c, agent_matches(m->agent, wants));
	}
	return c;
}

void queue_head_moved(struct class *c)
{
	struct queue *q = c->queue;
	const struct caller *head = class_head(c);
	bit_set(q->waiting, c->slot, head != NULL);
	if (head != NULL)
		q->heads[c->slot] = caller_place(head);
}

// --- members ---

int queue_enter(struct member *m)
{
	struct queue *q = m->queue;
	m->matches = &m->word;
	if (q->words > 1 && member_grow(m, 1, q->words))
		return -ENOMEM;
	dlist_push_back(&q->members, &m->link);
	queue_rematch(m);
	return 0;
}

void queue_exit(struct member *m)
{
	dlist_remove(&m->link);
	if (m->matches != &m->word)
		free(m->matches);
}

void queue_rematch(struct member *m)
{
	for (uint32_t i = 0; i < m->queue->class_count; i++)
		match_set(m, m->queue->classes[i],
			agent_matches(m->agent, &m->queue->classes[i]->wants));
}

static void count_ready(const struct member *m, uint32_t by)
{
	const struct queue *q = m->queue;
	for (uint32_t w = 0; w < q->words; w++)
		for (uint64_t bits = m->matches[w]; bits != 0; bits &= bits - 1)
			q->ready_of[w * 64 + __builtin_ctzll(bits)] += by;
}

void queue_ready(struct member *m)
{
	struct dlist *head = &m->queue->ready, *at = head;
	// New members alone can have been idle for longer than those at the end.
	while (at->prev != head &&
		container_of(at->prev, struct member, ready)->agent->since_ms > m->agent->since_ms)
		at = at->prev;
	dlist_insert_before(at, &m->ready);
	m->is_ready = true;
	count_ready(m, 1);
}

void queue_unready(struct member *m)
{
	dlist_remove(&m->ready);
	m->is_ready = false;
	count_ready(m, -1u);
}

struct caller *queue_first_for(const struct member *m)
{
	const struct queue *q = m->queue;
	const struct class *best = NULL;
	for (uint32_t w = 0; w < q->words; w++) {
		uint64_t bits = m->matches[w] & q->waiting[w];
		for (; bits != 0; bits &= bits - 1) {
			uint32_t i = w * 64 + __builtin_ctzll(bits);
			if (best == NULL || q->heads[i] < q->heads[best->slot])
				best = q->classes[i];
		}
	}
	return best ? class_head(best) : NULL;
}

static struct member *ready_from(const struct class *c, struct dlist *it)
{
	for (; it != &c->queue->ready; it = it->next) {
		struct member *m = container_of(it, struct member, ready);
		if (member_matches(m, c))
			return m;
	}
	return NULL;
}

struct member *queue_ready_first(const struct class *c)
{
	return c->queue->ready_of[c->slot] ? ready_from(c, c->queue->ready.next) : NULL;
}

struct member *queue_ready_next(const struct class *c, const struct member *m)
{
	return ready_from(c, m->ready.next);
}
