// Commands to the workers: a ticket each, in order, waiting here while there is no ticket or a
// worker's ring is full.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/media/private.h"
#include "control/base/timer.h"

#define INDEX_BITS 16
_Static_assert(MEDIA_TICKETS_MAX < 1 << INDEX_BITS, "a ticket's index has its bits");

const char *media_command_name(uint16_t command)
{
	static const char *const names[] = {
		[GATE_OPEN] = "open",
		[GATE_REMOTE] = "remote",
		[GATE_KEYS] = "keys",
		[GATE_PLAY] = "play",
		[GATE_STOP] = "stop",
		[GATE_COLLECT] = "collect",
		[GATE_MASK] = "mask",
		[GATE_INFO_DIGIT] = "info digit",
		[GATE_SEND_DIGITS] = "send digits",
		[GATE_TONE] = "tone",
		[GATE_BRIDGE] = "bridge",
		[GATE_UNBRIDGE] = "unbridge",
		[GATE_MIX] = "mix",
		[GATE_WATCH] = "watch",
		[GATE_RECORD] = "record",
		[GATE_CLOSE] = "close",
	};
	if (command >= sizeof(names) / sizeof(names[0]) || names[command] == NULL)
		return "unknown";
	return names[command];
}

void media_post_init(
	struct media_post *p, struct gate *gate, struct timers *timers, media_sent_h *sent)
{
	*p = (struct media_post){.gate = gate, .timers = timers, .sent = sent};
	for (uint32_t i = MEDIA_TICKETS_MAX; i > 0; i--) {
		p->tickets[i - 1].next_free = p->free_ticket;
		p->free_ticket = i;
	}
	for (unsigned i = 0; i < WORKERS_MAX; i++)
		dlist_init(&p->queue[i]);
}

static void wait_unlink(struct media_post *p, struct media_wait *w)
{
	dlist_remove(&w->link);
	p->waiting--;
}

static void wait_end(struct media_post *p, struct media_wait *w)
{
	wait_unlink(p, w);
	if (w->own)
		return;
	w->line->waiting--;
	free(w);
}

void media_post_fini(struct media_post *p)
{
	for (unsigned i = 0; i < WORKERS_MAX; i++) {
		dlist_for_each_safe (it, &p->queue[i])
			wait_end(p, container_of(it, struct media_wait, link));
	}
}

static void ticket_give(struct media_post *p, uint32_t index)
{
	struct media_ticket *t = &p->tickets[index - 1];
	t->line = NULL;
	t->command = 0;
	t->next_free = p->free_ticket;
	p->free_ticket = index;
	p->taken--;
}

// The ticket of this number, if it is open; else 0.
static uint32_t ticket_index(const struct media_post *p, uint32_t number)
{
	uint32_t index = number & ((1u << INDEX_BITS) - 1);
	if (index == 0 || index > MEDIA_TICKETS_MAX)
		return 0;
	const struct media_ticket *t = &p->tickets[index - 1];
	return t->command != 0 && t->serial == number >> INDEX_BITS ? index : 0;
}

static bool send(struct media_post *p, struct media_line *l, struct gate_msg *m)
{
	uint32_t index = p->free_ticket;
	if (index == 0)
		return false;
	struct media_ticket *t = &p->tickets[index - 1];
	m->head.ticket = (uint32_t)(uint16_t)(t->serial + 1) << INDEX_BITS | index;
	if (gate_post(p->gate, l->worker, m) != 0)
		return false;
	p->free_ticket = t->next_free;
	p->taken++;
	t->serial++;
	t->line = l;
	t->command = m->head.kind;
	t->sent_ms = timers_now_ms(p->timers);
	p->sent(l->voice, m);
	return true;
}

int media_post(struct media_post *p, struct media_line *l, const struct gate_msg *m)
{
	struct dlist *queue = &p->queue[l->worker];
	struct gate_msg now = *m;
	if (dlist_empty(queue) && send(p, l, &now)) {
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
	p->waiting++;
	dlist_push_back(queue, &w->link);
	return 0;
}

bool media_post_withdraw(struct media_post *p, struct media_line *l)
{
	if (l->own.line == NULL || dlist_empty(&l->own.link) || l->own.msg.head.kind != GATE_OPEN)
		return false;
	wait_unlink(p, &l->own);
	l->owed--;
	return true;
}

static void flush(struct media_post *p, struct dlist *queue)
{
	while (!dlist_empty(queue)) {
		struct media_wait *w = container_of(queue->next, struct media_wait, link);
		if (!send(p, w->line, &w->msg))
			return;
		wait_end(p, w);
	}
}

void media_post_flush(struct media_post *p)
{
	unsigned workers = gate_shape(p->gate)->workers;
	if (p->waiting == 0)
		return;
	for (unsigned i = 0; i < workers; i++)
		flush(p, &p->queue[(p->turn + i) % workers]);
	p->turn++; // the first takes what tickets there are
}

struct media_line *media_post_done(struct media_post *p, uint32_t ticket, uint16_t *command)
{
	uint32_t index = ticket_index(p, ticket);
	if (index == 0)
		return NULL;
	struct media_line *l = p->tickets[index - 1].line;
	*command = p->tickets[index - 1].command;
	ticket_give(p, index);
	return l;
}

struct media_line *media_post_overdue(
	struct media_post *p, uint64_t over_ms, uint32_t *ticket, uint16_t *command)
{
	uint64_t now_ms = timers_now_ms(p->timers);
	for (uint32_t i = 1; i <= MEDIA_TICKETS_MAX && p->taken > 0; i++) {
		const struct media_ticket *t = &p->tickets[i - 1];
		if (t->command == 0 || now_ms - t->sent_ms < over_ms)
			continue;
		*ticket = (uint32_t)t->serial << INDEX_BITS | i;
		return media_post_done(p, *ticket, command);
	}
	return NULL;
}

void media_post_counts(const struct media_post *p, uint32_t *tickets, uint32_t *backlog)
{
	*tickets = p->taken;
	*backlog = p->waiting;
}
