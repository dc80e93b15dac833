// The network: each datagram's way is drawn when it is sent.
#include "tests/flow/wire/net.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/base/timer.h"
#include "engine/base/hash.h"
#include "engine/base/rng.h"
#include "tests/flow/sim/parts.h"

#define THOUSAND 1000

struct datagram {
	struct dlist link;
	struct timer timer;
	struct addr from, to;
	size_t len;
	char text[];
};

static struct net {
	struct net_setup setup;
	struct rng ways, names; // what happens; what senders choose
	struct net_counts counts;
	struct dlist ports, due, away;
	struct timer turn; // of what is due
	struct addr mute;
	unsigned worlds; // 0: it does not stand
	bool faulty;
} net;

static bool any(const struct net_faults *f)
{
	return f->lost || f->doubled || f->late || f->refused || f->delay_ms;
}

void net_begin(const struct net_setup *setup)
{
	ck_assert_uint_eq(net.worlds, 0);
	net = (struct net){.setup = *setup, .worlds = 1, .faulty = any(&setup->faults)};
	rng_seed(&net.ways, setup->seed);
	rng_seed(&net.names, ~setup->seed);
	dlist_init(&net.ports);
	dlist_init(&net.due);
	dlist_init(&net.away);
}

static void drop(struct datagram *d)
{
	timer_cancel(&d->timer);
	dlist_remove(&d->link);
	free(d);
}

bool net_join(void)
{
	net.worlds += net.worlds > 0;
	return net.worlds > 0;
}

bool net_shared(void)
{
	return net.worlds > 1;
}

void net_end(void)
{
	if (--net.worlds > 0)
		return;
	dlist_for_each_safe (it, &net.due)
		drop(container_of(it, struct datagram, link));
	dlist_for_each_safe (it, &net.away)
		drop(container_of(it, struct datagram, link));
	timer_cancel(&net.turn);
}

void net_faults(const struct net_faults *faults)
{
	net.setup.faults = *faults;
	net.faulty |= any(faults);
}

const struct net_faults *net_faults_now(void)
{
	return &net.setup.faults;
}

bool net_is_clean(void)
{
	return !net.faulty;
}

const struct net_counts *net_counts(void)
{
	return &net.counts;
}

uint64_t net_random(void)
{
	if (net.worlds == 0) // what is made before a world begins
		rng_seed(&net.names, 1);
	return rng_u64(&net.names);
}

// --- who listens ---

static struct net_port *at(const struct addr *a)
{
	dlist_for_each (it, &net.ports) {
		struct net_port *p = container_of(it, struct net_port, link);
		if (addr_equal(&p->at, a)) {
			dlist_remove(it); // soon again
			dlist_push_front(&net.ports, it);
			return p;
		}
	}
	return NULL;
}

void net_open(struct net_port *p, const struct addr *where, net_h *fn, void *arg)
{
	ck_assert_msg(!at(where), "two sockets of one address");
	*p = (struct net_port){.at = *where, .fn = fn, .arg = arg, .world = sim_here()};
	p->cut_ms = timers_now_ms(net.setup.timers); // nothing reached it before
	dlist_push_front(&net.ports, &p->link);
}

void net_close(struct net_port *p)
{
	if (p->fn)
		dlist_remove(&p->link);
	p->fn = NULL;
}

void net_cut(struct net_port *p, bool on)
{
	net.faulty = true;
	if (on || p->cut)
		p->cut_ms = timers_now_ms(net.setup.timers);
	p->cut = on;
}

void net_mute(const struct addr *at, bool on)
{
	net.mute = on ? *at : (struct addr){0};
}

void net_shake(void)
{
	dlist_for_each (it, &net.ports)
		container_of(it, struct net_port, link)->cut_ms = timers_now_ms(net.setup.timers);
}

bool net_was_cut(const struct net_port *p, uint64_t since_ms)
{
	return p->cut || p->cut_ms >= since_ms;
}

// --- datagrams ---

static void tell(const char *what, const struct datagram *d)
{
	char from[ADDR_TEXT_MAX], to[ADDR_TEXT_MAX];
	int line = (int)strcspn(d->text, "\r\n");
	const char *call = strstr(d->text, "Call-ID: "), *cseq = strstr(d->text, "CSeq: ");

	if (net.setup.told)
		fprintf(stderr, "%10.3f %s %s -> %s %.*s | %.*s | %.*s\n",
			timers_now_ms(net.setup.timers) / 1e3, what, addr_text(&d->from, from),
			addr_text(&d->to, to), line, d->text, call ? (int)strcspn(call, "\r") : 0,
			call, cseq ? (int)strcspn(cseq, "\r") : 0, cseq);
}

static void hear(struct net_port *p, const struct datagram *d)
{
	struct sim *was = sim_here(), *of = p->world;

	if (of != was)
		net.setup.enter(of);
	p->fn(&d->from, d->text, d->len, p->arg);
	if (of != was)
		net.setup.enter(was);
}

static void arrive(struct datagram *d)
{
	struct net_port *p = at(&d->to), *from = at(&d->from);

	dlist_remove(&d->link);
	if ((p && p->cut) || (from && from->cut) || addr_equal(&d->to, &net.mute)) {
		net.counts.cut++;
		tell("cut ", d);
	} else if (!p) {
		net.counts.nowhere++;
		tell("none", d);
	} else {
		tell("in  ", d);
		hear(p, d);
	}
	free(d);
}

void net_settle(void)
{
	while (!dlist_empty(&net.due))
		arrive(container_of(net.due.next, struct datagram, link));
}

static void turn(void *arg)
{
	net_settle();
}

static void fall_due(void *arg)
{
	struct datagram *d = arg;

	dlist_remove(&d->link);
	dlist_push_back(&net.due, &d->link);
	net_settle();
}

static bool happens(unsigned of_thousand)
{
	return of_thousand && rng_below(&net.ways, THOUSAND) < of_thousand;
}

static void go(const struct datagram *of, unsigned delay_ms)
{
	struct datagram *d = malloc(sizeof(*d) + of->len + 1);

	ck_assert_ptr_nonnull(d);
	memcpy(d, of, sizeof(*d) + of->len + 1);
	d->timer = (struct timer){0};
	dlist_push_back(delay_ms ? &net.away : &net.due, &d->link);
	if (delay_ms)
		timer_start(net.setup.timers, &d->timer, delay_ms, fall_due, d);
	else if (!timer_alive(&net.turn))
		timer_start(net.setup.timers, &net.turn, 0, turn, NULL);
}

static unsigned delay(void)
{
	const struct net_faults *f = &net.setup.faults;

	if (f->late_ms && happens(f->late)) {
		net.counts.late++;
		return 1 + rng_below(&net.ways, f->late_ms);
	}
	return f->delay_ms ? 1 + rng_below(&net.ways, f->delay_ms) : 0;
}

static void send(const struct datagram *d)
{
	const struct net_faults *f = &net.setup.faults;

	if (happens(f->lost)) {
		net.counts.lost++;
		tell("lost", d);
		return;
	}
	tell("sent", d);
	go(d, delay());
	if (!happens(f->doubled))
		return;
	net.counts.doubled++;
	go(d, delay());
}

int net_send(const struct addr *from, const struct addr *to, const char *text, size_t len)
{
	struct datagram *d;

	if (net.worlds == 0)
		return ENETDOWN;
	if (addr_equal(from, &net.mute))
		return 0;
	d = calloc(1, sizeof(*d) + len + 1);
	ck_assert_ptr_nonnull(d);
	d->from = *from;
	d->to = *to;
	d->len = len;
	memcpy(d->text, text, len);
	net.counts.sent++;
	net.counts.hash = hash_bytes(text, len, net.counts.hash + timers_now_ms(net.setup.timers));
	bool refused = happens(net.setup.faults.refused);
	net.counts.refused += refused;
	if (!refused)
		send(d);
	free(d);
	return refused ? ECONNREFUSED : 0;
}
