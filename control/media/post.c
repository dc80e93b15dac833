// Commands to the workers: a ticket each, in order, waiting here while there is no ticket or a
// worker's ring is full.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/media/private.h"
#include "control/base/timer.h"

// A ticket's number: which of which worker, and how often that was taken.
#define INDEX_BITS  13
#define WORKER_BITS 6
#define SERIAL_AT   (INDEX_BITS + WORKER_BITS)
#define SERIAL_MASK (UINT32_MAX >> SERIAL_AT)
_Static_assert(MEDIA_TICKETS_MAX < 1 << INDEX_BITS, "a ticket's index has its bits");
_Static_assert(WORKERS_MAX <= 1 << WORKER_BITS, "a worker has its bits");

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

int media_post_init(
	struct media_post *p, struct gate *gate, struct timers *timers, media_sent_h *sent)
{
	*p = (struct media_post){.gate = gate, .timers = timers, .sent = sent};
	p->workers = gate_shape(gate)->workers;
	for (unsigned w = 0; w < p->workers; w++)
		dlist_init(&p->desk[w].queue);
	for (unsigned w = 0; w < p->workers; w++) {
		struct media_desk *d = &p->desk[w];
		d->tickets = calloc(MEDIA_TICKETS_MAX, sizeof(*d->tickets));
		if (d->tickets == NULL)
			return -ENOMEM;
		for (uint32_t i = MEDIA_TICKETS_MAX; i > 0; i--) {
			d->tickets[i - 1].next_free = d->free_ticket;
			d->free_ticket = i;
		}
	}
	return 0;
}

static void wait_unlink(struct media_post *p, struct media_wait *w)
{
	dlist_remove(&w->link);
	p->desk[w->line->worker].waiting--;
}

static void wait_end(struct media_post *p, struct media_wait *w)
{
	wait_unlink(p, w);
	if (w->msg.head.kind == GATE_KEYS)
		explicit_bzero(&w->msg, sizeof(w->msg));
	if (w->own)
		return;
	w->line->waiting--;
	free(w);
}

void media_post_fini(struct media_post *p)
{
	for (unsigned i = 0; i < p->workers; i++) {
		dlist_for_each_safe (it, &p->desk[i].queue)
			wait_end(p, container_of(it, struct media_wait, link));
		free(p->desk[i].tickets);
	}
}

static uint32_t number_of(unsigned worker, uint32_t index, uint32_t serial)
{
	return (serial & SERIAL_MASK) << SERIAL_AT | worker << INDEX_BITS | index;
}

static void ticket_give(struct media_desk *d, struct media_ticket *t)
{
	t->line = NULL;
	t->command = 0;
	t->next_free = d->free_ticket;
	d->free_ticket = (uint32_t)(t - d->tickets) + 1;
	d->taken--;
}

// The open ticket of this number and whose desk it is from; NULL: there is none.
static struct media_ticket *ticket_find(
	struct media_post *p, uint32_t number, struct media_desk **desk)
{
	uint32_t index = number & ((1u << INDEX_BITS) - 1);
	unsigned worker = number >> INDEX_BITS & ((1u << WORKER_BITS) - 1);
	if (index == 0 || index > MEDIA_TICKETS_MAX || worker >= p->workers)
		return NULL;
	struct media_ticket *t = &p->desk[worker].tickets[index - 1];
	*desk = &p->desk[worker];
	return t->command != 0 && number_of(worker, index, t->serial) == number ? t : NULL;
}

static bool send(struct media_post *p, struct media_line *l, struct gate_msg *m)
{
	struct media_desk *d = &p->desk[l->worker];
	uint32_t index = d->free_ticket;
	if (index == 0)
		return false;
	struct media_ticket *t = &d->tickets[index - 1];
	m->head.ticket = number_of(l->worker, index, t->serial + 1u);
	if (gate_post(p->gate, l->worker, m) != 0)
		return false;
	d->free_ticket = t->next_free;
	d->taken++;
	t->serial++;
	t->line = l;
	t->command = m->head.kind;
	t->sent_ms = timers_now_ms(p->timers);
	p->sent(l->voice, m);
	return true;
}

int media_post(struct media_post *p, struct media_line *l, const struct gate_msg *m)
{
	struct media_desk *d = &p->desk[l->worker];
	struct gate_msg now = *m;
	bool sent = dlist_empty(&d->queue) && send(p, l, &now);
	if (m->head.kind == GATE_KEYS)
		explicit_bzero(&now, sizeof(now));
	if (sent) {
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
	d->waiting++;
	dlist_push_back(&d->queue, &w->link);
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
	for (unsigned i = 0; i < p->workers; i++) {
		if (p->desk[i].waiting > 0)
			flush(p, &p->desk[i].queue);
	}
}

struct media_line *media_post_done(struct media_post *p, uint32_t ticket, uint16_t *command)
{
	struct media_desk *d;
	struct media_ticket *t = ticket_find(p, ticket, &d);
	if (t == NULL)
		return NULL;
	struct media_line *l = t->line;
	*command = t->command;
	ticket_give(d, t);
	return l;
}

struct media_line *media_post_overdue(
	struct media_post *p, uint64_t over_ms, uint32_t *ticket, uint16_t *command)
{
	uint64_t now_ms = timers_now_ms(p->timers);
	for (unsigned w = 0; w < p->workers; w++) {
		const struct media_desk *d = &p->desk[w];
		for (uint32_t i = 1; i <= MEDIA_TICKETS_MAX && d->taken > 0; i++) {
			const struct media_ticket *t = &d->tickets[i - 1];
			if (t->command == 0 || now_ms - t->sent_ms < over_ms)
				continue;
			*ticket = number_of(w, i, t->serial);
			return media_post_done(p, *ticket, command);
		}
	}
	return NULL;
}

void media_post_counts(
	const struct media_post *p, unsigned worker, uint32_t *tickets, uint32_t *backlog)
{
	*tickets = p->desk[worker].taken;
	*backlog = p->desk[worker].waiting;
}
