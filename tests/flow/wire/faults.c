// Faults of places and lines, by what is kept of the far end.
#include "tests/flow/wire/world.h"

#include <stdlib.h>

#include "control/config/config.h"
#include "tests/flow/wire/wire.h"

#define MISSED_MS 30000 // as rtp_timeout has it

// --- sound that is missed ---

struct missed {
	struct dlist link;
	struct timer timer;
	uint16_t port;
	struct addr rtp; // whose sound it was
};

static void missed_due(void *arg)
{
	struct missed *m = arg;
	struct media_voice *v = sim_voice_at(m->port);

	const struct addr *far = v ? sim_voice_sends_to(v) : NULL;

	dlist_remove(&m->link);
	if (far && addr_equal(far, &m->rtp)) // else it hears another by now, or nobody yet
		sim_voice_lost(v);
	free(m);
}

// Where the daemon knows that the call is over its voice is gone soon.
void wire_miss(const struct line *l)
{
	if (!wire_voice(l))
		return;
	struct missed *m = sim_calloc(sizeof(*m));
	m->port = l->theirs.rtp.port;
	m->rtp = l->ours.rtp;
	dlist_push_back(&far_end()->missed, &m->link);
	timer_start(sim_timers(), &m->timer, MISSED_MS, missed_due, m);
}

void wire_missed_end(void)
{
	dlist_for_each_safe (it, &far_end()->missed) {
		struct missed *m = container_of(it, struct missed, link);
		timer_cancel(&m->timer);
		dlist_remove(it);
		free(m);
	}
}

// --- places ---

// Of the calls of a place nobody there knows any more; the daemon finds out.
static void forget(struct line *l)
{
	l->state = LINE_OVER;
	l->h->over(l);
}

static void forget_all(struct peer *p)
{
	dlist_for_each_safe (it, &far_end()->lines) {
		struct line *l = container_of(it, struct line, link);
		if (l->peer == p)
			forget(l);
	}
}

void wire_caller_vanishes(struct sim_caller *c)
{
	if (!c->line)
		return;
	wire_count()->vanished++;
	forget(c->line);
}

// Its registration stands until it expires: it is called, and does not answer.
void wire_phone_vanishes(const char *agent)
{
	struct phone *p = wire_phone(agent);

	if (p->outside && p->line) {
		wire_count()->vanished++;
		forget(p->line);
	}
	if (p->outside || p->peer.deaf)
		return;
	wire_count()->vanished++;
	forget_all(&p->peer);
	p->peer.deaf = true;
}

void wire_phone_reboots(const char *agent)
{
	struct phone *p = wire_phone(agent);
	struct addr at = p->peer.port.at;

	wire_count()->reboots++;
	forget_all(&p->peer);
	peer_close(&p->peer);
	p->ask = NULL;
	p->peer.deaf = false;
	p->challenge[0] = '\0';
	p->tries = 0;
	timer_cancel(&p->timer);
	timer_cancel(&p->refresh);
	at.port++;
	peer_open(&p->peer, &at);
	p->boots++;
	(void)str_format(p->call_id, sizeof(p->call_id), "register-%u-%u", p->number, p->boots);
	if (p->wanted)
		wire_register(p);
}

// --- lines ---

void wire_phone_cut(const char *agent, bool on)
{
	wire_count()->cuts += on;
	net_cut(&wire_phone(agent)->peer.port, on);
}

void wire_callers_cut(bool on)
{
	wire_count()->cuts += on;
	dlist_for_each (it, &far_end()->trunks)
		net_cut(&container_of(it, struct trunk_peer, link)->peer.port, on);
}
