// The way to the router: messages in order, also those that found its mailbox full.
#include "control/queue/floor_private.h"
#include "engine/base/check.h"

void floor_post_flush(struct floor *f)
{
	const struct router_message *m;
	while ((m = backlog_first(&f->backlog)) != NULL && router_post(f->router, m))
		backlog_drop(&f->backlog);
}

void floor_post(struct floor *f, struct router_message *m)
{
	m->ticket = ++f->ticket;
	if (f->backlog.count > 0 || !router_post(f->router, m))
		check(backlog_add(&f->backlog, m));
	if (f->thread == NULL)
		timer_start(f->options.timers, &f->pump, 0, f->pumped, f);
	else if (f->backlog.count > 0)
		timer_start(f->options.timers, &f->pump, FLOOR_RETRY_MS, f->pumped, f);
}

void floor_post_queue(struct floor *f, const struct floor_queue *q)
{
	struct router_message m = {.kind = ROUTER_QUEUE, .queue = q->id, .queue_set = q->set};
	floor_post(f, &m);
}
