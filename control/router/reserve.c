// Agents held in reserve: they take a queue's callers while many wait, and are left to their other
// queues before.
#include "control/router/router_private.h"

// One that was not there before begins uncalled.
static bool calls(const struct queue *q)
{
	if (q->set.reserve_from == 0)
		return true;
	return q->reserve_called && q->reserve_there ? q->callers > q->set.reserve_to
						     : q->callers >= q->set.reserve_from;
}

static void tell(struct router *r, struct queue *q)
{
	struct router_message m;
	if (!q->reserve_there || q->reserve_told == q->reserve_called)
		return;
	q->reserve_told = q->reserve_called;
	router_message_init(&m, ROUTER_RESERVE, WHY_NONE);
	m.queue = q->id;
	m.set.ready = q->reserve_called;
	router_answer(r, &m);
}

// Its work is that of all members, each time that the reserve is called or sent back.
void queue_reserve(struct router *r, struct queue *q)
{
	bool called = calls(q), stays = called == q->reserve_called;
	q->reserve_called = called;
	q->reserve_there = q->set.reserve_from > 0;
	tell(r, q);
	if (stays)
		return;
	for (uint32_t i = 0; i < q->member_count; i++) {
		struct member *m = q->members[i];
		if (!m->reserve)
			continue;
		if (called)
			agent_match(r, m->agent);
		else if (m->in != NULL)
			queue_unready(m);
	}
}
