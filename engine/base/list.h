// A doubly linked list of intrusive nodes; an empty head points at itself.
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *prev, *next;
};

#define container_of(ptr, type, member) ((type *)((char *)(ptr) - offsetof(type, member)))

#define list_for_each(it, head) \
	for (struct list *it = (head)->next; it != (head); it = it->next)
// The body may remove `it`.
#define list_for_each_safe(it, head) \
	for (struct list *it = (head)->next, *it##_next = it->next; it != (head); \
		it = it##_next, it##_next = it->next)

static inline void list_init(struct list *l)
{
	l->prev = l->next = l;
}

static inline bool list_empty(const struct list *l)
{
	return l->next == l;
}

static inline void list_insert_before(struct list *at, struct list *n)
{
	n->prev = at->prev;
	n->next = at;
	at->prev->next = n;
	at->prev = n;
}

static inline void list_push_back(struct list *head, struct list *n)
{
	list_insert_before(head, n);
}

static inline void list_push_front(struct list *head, struct list *n)
{
	list_insert_before(head->next, n);
}

// Leaves n pointing at itself, so that removing twice is harmless.
static inline void list_remove(struct list *n)
{
	n->prev->next = n->next;
	n->next->prev = n->prev;
	list_init(n);
}
