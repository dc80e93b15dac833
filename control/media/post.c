// Commands to the workers: a ticket each, in order, waiting here while there is no ticket or a
// worker's ring is full.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/media/private.h"
#include "control/base/timer.h"

// Never more tickets open than the gate keeps room for DONEs.
#define TICKETS_MAX (GATE_RESERVED / 2)
#define INDEX_BITS  16
_Static_assert(TICKETS_MAX < 1 << INDEX_BITS, "a ticket's index has its bits");

struct ticket {
	struct media_line *line;
	uint16_t command; // 0: free
	uint16_t serial;  // of its latest use: an answer that comes twice finds another
	uint32_t next_free;
	uint64_t sent_ms;
};

static struct {
	struct timers *timers;
	struct ticket tickets[TICKETS_MAX];
	uint32_t free_ticket; // index + 1; 0: none
	uint32_t taken, waiting;
	unsigned turn;			 // worker whose turn it is to send first
	struct dlist queue[WORKERS_MAX]; // what waits, oldest first
} post;

void media_post_start(struct timers *timers)
{
	memset(&post, 0, sizeof(post));
	post.timers = timers;
	for (uint32_t i = TICKETS_MAX; i > 0; i--) {
		post.tickets[i - 1].next_free = post.free_ticket;
		post.free_ticket = i;
	}
	for (unsigned i = 0; i < WORKERS_MAX; i++)
		dlist_init(&post.queue[i]);
}

static void wait_unlink(struct media_wait *w)
{
	dlist_remove(&w->link);
	post.waiting--;
}

static void wait_end(struct media_wait *w)
{
	wait_unlink(w);
	if (w->own)
		return;
	w->line->waiting--;
	free(w);
}

void media_post_stop(void)
{
	for (unsigned i = 0; i < WORKERS_MAX; i++) {
		dlist_for_each_safe (it, &post.queue[i])
			wait_end(container_of(it, struct media_wait, link));
	}
	memset(&post, 0, sizeof(post));
}

static void ticket_give(uint32_t index)
{
	struct ticket *t = &post.tickets[index - 1];
	t->line = NULL;
	t->command = 0;
	t->next_free = post.free_ticket;
	post.free_ticket = index;
	post.taken--;
}

// The ticket of this number, if it is open; else 0.
static uint32_t ticket_index(uint32_t number)
{
	uint32_t index = number & ((1u << INDEX_BITS) - 1);
	if (index == 0 || index > TICKETS_MAX)
		return 0;
	const struct ticket *t = &post.tickets[index - 1];
	return t->command != 0 && t->serial == number >> INDEX_BITS ? index : 0;
}

static bool send(struct media_line *l, struct gate_msg *m)
{
	uint32_t index = post.free_ticket;
	if (index == 0)
		return false;
	struct ticket *t = &post.tickets[index - 1];
	m->head.ticket = (uint32_t)(uint16_t)(t->serial + 1) << INDEX_BITS | index;
	if (gate_post(media_gate(), l->worker, m) != 0)
		return false;
	post.free_ticket = t->next_free;
	post.taken++;
	t->serial++;
	t->line = l;
	t->command = m->head.kind;
	t->sent_ms = timers_now_ms(post.timers);
	media_voice_sent(l->voice, m);
	return true;
}

int media_post(struct media_line *l, const struct gate_msg *m)
{
	struct dlist *queue = &post.queue[l->worker];
	struct gate_msg now = *m;
	if (dlist_empty(queue) && send(l, &now)) {
		l->owed++;
		return 0;
	}
	bool own = m->head.kind == GATE_OPEN || m->head.kind == GATE_CLOSE;
	if (!own && l->waiting >= MEDIA_WAITS)
		return -EAGAIN;
	struct media_wait *w = own ? &l->own : malloc(sizeof(*w));
	if (w == NULL)
		return -ENOMEM;
	w->own = own;
	w->line = l;
	w->msg = *m;
	l->waiting += !own;
	l->owed++;
	post.waiting++;
	dlist_push_back(queue, &w->link);
	return 0;
}

bool media_post_withdraw(struct media_line *l)
{
	if (l->own.line == NULL || dlist_empty(&l->own.link) || l->own.msg.head.kind != GATE_OPEN)
		return false;
	wait_unlink(&l->own);
	l->owed--;
	return true;
}

static void flush(struct dlist *queue)
{
	while (!dlist_empty(queue)) {
		struct media_wait *w = container_of(queue->next, struct media_wait, link);
		if (!send(w->line, &w->msg))
			return;
		wait_end(w);
	}
}

void media_post_flush(void)
{
	unsigned workers = gate_shape(media_gate())->workers;
	if (post.waiting == 0)
		return;
	for (unsigned i = 0; i < workers; i++)
		flush(&post.queue[(post.turn + i) % workers]);
	post.turn++; // the first takes what tickets there are
}

struct media_line *media_post_done(uint32_t ticket, uint16_t *command)
{
	uint32_t index = ticket_index(ticket);
	if (index == 0)
		return NULL;
	struct media_line *l = post.tickets[index - 1].line;
	*command = post.tickets[index - 1].command;
	ticket_give(index);
	return l;
}

struct media_line *media_post_overdue(uint64_t over_ms, uint32_t *ticket, uint16_t *command)
{
	uint64_t now_ms = timers_now_ms(post.timers);
	for (uint32_t i = 1; i <= TICKETS_MAX && post.taken > 0; i++) {
		const struct ticket *t = &post.tickets[i - 1];
		if (t->command == 0 || now_ms - t->sent_ms < over_ms)
			continue;
		*ticket = (uint32_t)t->serial << INDEX_BITS | i;
		return media_post_done(*ticket, command);
	}
	return NULL;
}

void media_post_counts(uint32_t *tickets, uint32_t *backlog)
{
	*tickets = post.taken;
	*backlog = post.waiting;
}
