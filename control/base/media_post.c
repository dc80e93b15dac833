// Commands to the workers: a ticket each, in order, waiting here while a worker's ring is full.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/base/media_private.h"

// Never more tickets open than the gate keeps room for DONEs.
#define TICKETS_MAX (GATE_RESERVED / 2)

struct ticket {
	struct media_voice *voice;
	uint16_t command; // 0: free
	uint32_t next_free;
};

struct backlog { // oldest first
	struct gate_msg *list;
	uint32_t first, count, size;
};

static struct {
	struct ticket tickets[TICKETS_MAX];
	uint32_t free_ticket; // index + 1; 0: none
	uint32_t taken, waiting;
	struct backlog backlog[WORKERS_MAX];
} post;

void media_post_start(void)
{
	memset(&post, 0, sizeof(post));
	for (uint32_t i = TICKETS_MAX; i > 0; i--) {
		post.tickets[i - 1].next_free = post.free_ticket;
		post.free_ticket = i;
	}
}

void media_post_stop(void)
{
	for (unsigned i = 0; i < WORKERS_MAX; i++)
		free(post.backlog[i].list);
	memset(&post, 0, sizeof(post));
}

static void ticket_give(uint32_t index)
{
	struct ticket *t = &post.tickets[index - 1];
	t->voice = NULL;
	t->command = 0;
	t->next_free = post.free_ticket;
	post.free_ticket = index;
	post.taken--;
}

static int backlog_add(struct backlog *b, const struct gate_msg *m)
{
	if (b->first + b->count == b->size && b->first > 0) {
		memmove(b->list, b->list + b->first, b->count * sizeof(*b->list));
		b->first = 0;
	}
	if (b->count == b->size) {
		uint32_t size = b->size ? b->size * 2 : 256;
		struct gate_msg *list = realloc(b->list, size * sizeof(*list));
		if (list == NULL)
			return -ENOMEM;
		b->list = list;
		b->size = size;
	}
	b->list[b->first + b->count++] = *m;
	post.waiting++;
	return 0;
}

void media_post_backlog(struct gate *gate, unsigned worker)
{
	struct backlog *b = &post.backlog[worker];
	while (b->count > 0 && gate_post(gate, worker, &b->list[b->first]) == 0) {
		b->first++;
		b->count--;
		post.waiting--;
	}
	if (b->count == 0)
		b->first = 0;
}

int media_post(struct gate *gate, unsigned worker, struct gate_msg *m, struct media_voice *v)
{
	uint32_t index = post.free_ticket;
	if (index == 0)
		return -EAGAIN;
	struct ticket *t = &post.tickets[index - 1];
	post.free_ticket = t->next_free;
	post.taken++;
	t->voice = v;
	t->command = m->head.kind;
	m->head.ticket = index;
	if (post.backlog[worker].count == 0 && gate_post(gate, worker, m) == 0)
		return 0;
	int err = backlog_add(&post.backlog[worker], m);
	if (err)
		ticket_give(index);
	return err;
}

struct media_voice *media_post_done(uint32_t ticket, uint16_t *command)
{
	if (ticket == 0 || ticket > TICKETS_MAX || post.tickets[ticket - 1].command == 0)
		return NULL;
	struct media_voice *v = post.tickets[ticket - 1].voice;
	*command = post.tickets[ticket - 1].command;
	ticket_give(ticket);
	return v;
}

void media_post_counts(uint32_t *tickets, uint32_t *backlog)
{
	*tickets = post.taken;
	*backlog = post.waiting;
}
