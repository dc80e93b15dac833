// A doubly linked list of intrusive nodes; an empty head points at itself. (libre owns the plain
// names: struct list, list_init.)
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct dlist {
	struct dlist *prev, *next;
};

// By way of void *: clang would see a cast to stricter alignment.
#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#define dlist_for_each(it, head) for (struct dlist *it = (head)->next; it != (head); it = it->next)
// The body may remove `it`.
#define dlist_for_each_safe(it, head)                                              \
	for (struct dlist *it = (head)->next, *it##_next = it->next; it != (head); \
		it = it##_next, it##_next = it->next)

static inline void dlist_init(struct dlist *l)
{
	l->prev = l->next = l;
}

static inline bool dlist_empty(const struct dlist *l)
{
	return l->next == l;
}

static inline void dlist_insert_before(struct dlist *at, struct dlist *n)
{
	n->prev = at->prev;
	n->next = at;
	at->prev->next = n;
	at->prev = n;
}

static inline void dlist_push_back(struct dlist *head, struct dlist *n)
{
	dlist_insert_before(head, n);
}

static inline void dlist_push_front(struct dlist *head, struct dlist *n)
{
	dlist_insert_before(head->next, n);
}

// Leaves n pointing at itself, so that removing twice is harmless.
static inline void dlist_remove(struct dlist *n)
{
	n->prev->next = n->next;
	n->next->prev = n->prev;
	dlist_init(n);
}
