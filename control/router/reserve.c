// Agents held in reserve: they take a queue's callers while many wait, or one for long, or at some
// hours, and are left to their other queues before.
#include "control/router/router_private.h"

static bool there(const struct router_queue *set)
{
	return set->reserve_from > 0 || set->reserve_wait_ms > 0 || set->reserve_clock;
}

// By how many wait it stays called until few do. One that was not there before begins uncalled.
static uint8_t called_by(const struct queue *q)
{
	const struct router_queue *set = &q->set;
	bool many = q->reserve_by & ROUTER_RESERVE_CALLERS;
	uint8_t by = 0;
	if (set->reserve_from > 0 &&
		(many ? q->callers > set->reserve_to : q->callers >= set->reserve_from))
		by |= ROUTER_RESERVE_CALLERS;
	if (set->reserve_wait_ms > 0 && q->waiting_long > 0)
		by |= ROUTER_RESERVE_WAIT;
	if (set->reserve_clock == ROUTER_CLOCK_IN)
		by |= ROUTER_RESERVE_CLOCK;
	return by;
}

static void tell(struct router *r, struct queue *q)
{
	struct router_message m;
	if (q->reserve_told == q->reserve_by)
		return;
	q->reserve_told = q->reserve_by;
	router_message_init(&m, ROUTER_RESERVE, WHY_NONE);
	m.queue = q->id;
	m.reserve.by = q->reserve_by;
	router_answer(r, &m);
}

// Its work is that of all members, each time that the reserve is called or sent back.
void queue_reserve(struct router *r, struct queue *q)
{
	q->reserve_by = called_by(q);
	bool called = q->reserve_by || !there(&q->set), stays = called == q->reserve_called;
	q->reserve_called = called;
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
