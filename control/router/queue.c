// A queue inside the router: who waits, in lines of those that ask for the same, and who is ready
// to take whom of them.
#include "control/router/queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WORD 64 // lines in a word of bits; a queue keeps so many though nobody is in them

// --- bits by line ---

static uint64_t *words_of(union member_bits *b, uint32_t words)
{
	return words == 1 ? &b->word : b->words;
}

static void bit_set(uint64_t *bits, uint32_t i, bool on)
{
	bits[i / WORD] = (bits[i / WORD] & ~(1ull << (i % WORD))) | (uint64_t)on << (i % WORD);
}

bool member_matches(const struct member *m, const struct line *l)
{
	return member_word(m, l->queue->words, l->slot / WORD) >> (l->slot % WORD) & 1;
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

static void words_put(union member_bits *b, uint32_t from, uint64_t *words)
{
	memcpy(words, words_of(b, from), from * sizeof(*words));
	if (from > 1)
		free(b->words);
	b->words = words;
}

// More words of bits for the queue and for each of its members, or for none.
static int words_grow(struct queue *q, uint32_t to)
{
	uint32_t n = q->member_count, made = 0;
	uint64_t **words = calloc(n + 1, sizeof(*words));
	if (words == NULL)
		return -ENOMEM;
	while (made <= n && (words[made] = calloc(to, sizeof(**words))) != NULL)
		made++;
	bool good = made > n && ready_room(&q->ready, n, to) == 0;
	for (uint32_t i = 0; !good && i < made; i++)
		free(words[i]);
	for (uint32_t i = 0; good && i < n; i++)
		words_put(&q->members[i]->matches, q->words, words[i]);
	if (good) {
		words_put(&q->waiting, q->words, words[n]);
		q->words = to;
	}
	free(words);
	return good ? 0 : -ENOMEM;
}

// A list that has grown alone is longer than it must be.
static int queue_grow(struct queue *q)
{
	uint32_t from = q->lines ? q->words : 0, to = from ? from * 2 : 1;
	int err = grow(&q->heads, sizeof(*q->heads), from * WORD, to * WORD);
	if (!err)
		err = grow(&q->ready_of, sizeof(*q->ready_of), from * WORD, to * WORD);
	if (!err)
		err = grow(&q->lines, sizeof(struct line *), from * WORD, to * WORD);
	return err || from == 0 ? err : words_grow(q, to);
}

// Beside its agent, where there is room.
static struct member *member_new(struct agent *a)
{
	for (unsigned i = 0; i < AGENT_FEW; i++)
		if (a->own[i].queue == NULL)
			return &a->own[i];
	return cache_line_new(sizeof(struct member));
}

static void member_free(struct member *m)
{
	struct agent *a = m->agent;
	if (m->queue->words > 1)
		free(m->matches.words);
	if (m >= a->own && m < a->own + AGENT_FEW)
		*m = (struct member){0};
	else
		free(m);
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
	return q;
}

void queue_free(struct queue *q)
{
	if (q == NULL)
		return;
	for (uint32_t i = 0; i < q->member_count; i++)
		member_free(q->members[i]);
	for (uint32_t i = 1; i < q->line_count; i++)
		free(q->lines[i]);
	hash_fini(&q->wants);
	ready_fini(&q->ready);
	free(q->lines);
	free(q->heads);
	free(q->ready_of);
	if (q->words > 1)
		free(q->waiting.words);
	free(q->members);
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

static uint32_t *ready_for(const struct line *l)
{
	return l->slot ? &l->queue->ready_of[l->slot] : &l->queue->ready_count;
}

static void match_set(struct member *m, const struct line *l)
{
	bool before = member_matches(m, l);
	bool now = m->ring <= l->ring && agent_matches(m->agent, &l->wants);
	bit_set(words_of(&m->matches, m->queue->words), l->slot, now);
	if (m->in == NULL || now == before)
		return;
	*ready_for(l) += (uint32_t)now - (uint32_t)before;
	ready_matches(&m->queue->ready, m, l->slot);
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
	for (uint32_t i = 0; i < q->member_count; i++)
		match_set(q->members[i], l);
	return l;
}

// The plain line has no bit.
static void waits_set(struct line *l, bool waits)
{
	if (l->slot > 0)
		bit_set(words_of(&l->queue->waiting, l->queue->words), l->slot, waits);
}

void queue_head_went(struct line *l)
{
	struct caller *c = line_head(l);
	*queue_head(l) = (struct queue_head){c ? caller_place(c) : 0, c};
	if (c == NULL)
		waits_set(l, false);
}

void queue_head_came(struct caller *c)
{
	*queue_head(c->line) = (struct queue_head){caller_place(c), c};
	waits_set(c->line, true);
}

void queue_put_back(struct caller *c)
{
	line_put_back(c);
	queue_came(c);
}

void queue_move(struct caller *c, struct line *to, uint8_t priority)
{
	bool waits = caller_waits(c);
	struct agent *held_by = c->held_by;
	if (waits)
		queue_take(c);
	c->line->callers--;
	to->callers++;
	c->line = to;
	c->priority = priority;
	if (held_by != NULL)
		line_hold(c, held_by);
	if (!waits || held_by != NULL)
		return;
	line_wait(c);
	queue_came(c);
}

// --- members ---

static int members_reach(struct queue *q, uint32_t count)
{
	uint32_t room = q->member_room ? q->member_room * 2 : 16;
	if (count <= q->member_room)
		return 0;
	int err = grow(&q->members, sizeof(*q->members), q->member_count, room);
	if (!err)
		q->member_room = room;
	return err;
}

static int agent_reach(struct agent *a, uint32_t count)
{
	struct member **list = a->members == a->few ? NULL : a->members;
	if (count <= AGENT_FEW)
		return 0;
	int err = grow(&list, sizeof(*list), list ? a->member_count : 0, count);
	if (err)
		return err;
	if (a->members == a->few)
		memcpy(list, a->few, sizeof(a->few));
	a->members = list;
	return 0;
}

struct member *queue_member_add(struct queue *q, struct agent *a, const struct router_member *is)
{
	struct member *m = member_new(a);
	if (m == NULL)
		return NULL;
	m->agent = a;
	m->queue = q;
	m->place = is->place;
	m->weight = is->weight;
	m->ring = is->ring;
	m->reserve = is->reserve;
	bool failed = agent_reach(a, a->member_count + 1) ||
		members_reach(q, q->member_count + 1) ||
		ready_room(&q->ready, q->member_count + 1, q->words) ||
		(q->words > 1 && grow(&m->matches.words, sizeof(*m->matches.words), 0, q->words));
	if (failed) {
		member_free(m);
		return NULL;
	}
	a->members[a->member_count++] = q->members[q->member_count++] = m;
	queue_rematch(m);
	return m;
}

// Without an order.
static void list_drop(struct member **list, unsigned *count, const struct member *m)
{
	for (unsigned i = 0; i < *count; i++) {
		if (list[i] != m)
			continue;
		list[i] = list[--*count];
		return;
	}
}

void queue_member_remove(struct member *m)
{
	list_drop(m->agent->members, &m->agent->member_count, m);
	list_drop(m->queue->members, &m->queue->member_count, m);
	member_free(m);
}

void queue_rematch(struct member *m)
{
	match_set(m, &m->queue->plain);
	for (uint32_t i = 1; i < m->queue->line_count; i++)
		match_set(m, m->queue->lines[i]);
}

// The bits of a word that are not the plain line's.
static uint64_t others(uint32_t w)
{
	return w == 0 ? ~1ull : ~0ull;
}

void queue_count_ready(const struct member *m, uint32_t by)
{
	const struct queue *q = m->queue;
	for (uint32_t w = 0; w < q->words; w++) {
		uint64_t bits = member_word(m, q->words, w) & others(w);
		for (; bits != 0; bits &= bits - 1)
			q->ready_of[w * WORD + __builtin_ctzll(bits)] += by;
	}
}

struct queue_head queue_first_of(const struct member *m, struct queue_head first)
{
	const struct queue *q = m->queue;
	for (uint32_t w = 0; w < q->words; w++) {
		uint64_t bits = member_word(m, q->words, w) & bits_word(&q->waiting, q->words, w) &
			others(w);
		for (; bits != 0; bits &= bits - 1) {
			const struct queue_head *h = &q->heads[w * WORD + __builtin_ctzll(bits)];
			if (h->place < first.place)
				first = *h;
		}
	}
	return first;
}

static struct caller *earlier(struct caller *a, struct caller *b)
{
	return b == NULL || (a != NULL && caller_place(a) < caller_place(b)) ? a : b;
}

struct caller *queue_first_unrefused(const struct member *m, uint64_t *known)
{
	const struct queue *q = m->queue;
	struct caller *best = NULL;
	if (member_matches(m, &q->plain))
		best = line_first_unrefused(&q->plain, m->agent->id, known);
	for (uint32_t i = 1; i < q->line_count; i++)
		if (member_matches(m, q->lines[i]))
			best = earlier(
				best, line_first_unrefused(q->lines[i], m->agent->id, known));
	return best;
}

void queue_ready(struct member *m, uint64_t key)
{
	struct queue *q = m->queue;
	ready_put(&q->ready, m, key);
	q->ready_count += member_matches(m, &q->plain);
	if (q->line_count > 1)
		queue_count_ready(m, 1);
}

void queue_unready(struct member *m)
{
	struct queue *q = m->queue;
	ready_take(&q->ready, m);
	q->ready_count -= member_matches(m, &q->plain);
	if (q->line_count > 1)
		queue_count_ready(m, -1u);
}
