// A BYE that is answered by 481 found no call: the other end had ended it, whose BYE has come or
// will. Else it was taken, and not answered.
#include <stdlib.h>

#include "tests/flow/wire/wire.h"

#define OWED_MS 70000 // a 200 without an ACK, and then a BYE that was lost

struct owed {
	struct dlist link;
	struct timer timer;
	const struct net_port *port;
	uint64_t since_ms;
	char call_id[128], local_tag[32];
};

static void owed_free(struct owed *o)
{
	timer_cancel(&o->timer);
	dlist_remove(&o->link);
	free(o);
}

static void due(void *arg)
{
	struct owed *o = arg;

	if (!net_was_cut(o->port, o->since_ms))
		sim_violation("our BYE was of no call, and theirs never came: %s", o->call_id);
	owed_free(o);
}

void owed_begin(const struct line *l)
{
	uint64_t since_ms =
		l->begun_ms - PEER_GHOST_MS; // its INVITE may be of the node before a kill
	if (line_was_disturbed(l, since_ms))
		return;
	struct owed *o = sim_calloc(sizeof(*o));
	o->port = &l->peer->port;
	o->since_ms = since_ms;
	(void)str_copy(o->call_id, sizeof(o->call_id), l->call_id);
	(void)str_copy(o->local_tag, sizeof(o->local_tag), l->local_tag);
	dlist_push_back(&far_end()->owed, &o->link);
	timer_start(sim_timers(), &o->timer, OWED_MS, due, o);
}

void owed_came(const struct text *m)
{
	dlist_for_each_safe (it, &far_end()->owed) {
		struct owed *o = container_of(it, struct owed, link);
		if (str_equal(m->method, "BYE") && str_equal(o->call_id, m->call_id) &&
			str_equal(o->local_tag, m->to_tag))
			owed_free(o);
	}
}

void owed_end(void)
{
	dlist_for_each_safe (it, &far_end()->owed)
		owed_free(container_of(it, struct owed, link));
}
