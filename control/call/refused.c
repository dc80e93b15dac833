// Refused calls in the record: one event each, which is in the log's file before the answer goes
// out.
//
// A peer that floods shall fill neither log nor store: of those that its bucket does not cover each
// is answered at once and counted, and one event a second and cause tells how many they were.
// Numbers in `calls` are of all.
#include <stdlib.h>
#include <string.h>

#include "control/base/body.h"
#include "control/eventlog/eventlog.h"
#include "control/base/rate.h"
#include "control/call/call_private.h"
#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/base/str.h"

LOG_TOPIC("call");

#define BURST	    1000 // told one by one, of a trunk or of a tenant's phones
#define PER_S	    20	 // from then on
#define CAUSES_MAX  32	 // of a peer in a second; docs/sip.md has fewer
#define RESTS_MAX   64	 // beyond CAUSES_MAX of them, no cause has another region of its own
#define REST_MS	    1000
#define PATIENCE_MS 500 // as for a call that is answered

struct rest { // what was only counted
	const char *why;
	uint16_t status;
	unsigned count;
	bool mixed; // numbers called
	char called[RECORD_TEXT_MAX], region[CONFIG_NAME_MAX];
};

struct refused_peer {
	struct dlist link;
	char tenant[CONFIG_NAME_MAX], trunk[CONFIG_NAME_MAX]; // trunk "": the tenant's agents
	struct rate told;
	struct rest rests[RESTS_MAX];
	unsigned rest_count;
};

struct refused { // told, its answer waits for the log
	struct dlist link;
	struct calls *calls;
	struct ua_leg *leg; // or
	struct ua_refused *held;
	bool answered; // its leg is on its way out
	struct timer patience;
	bool log_owes;
	uint16_t status;
};

// --- how many are told ---

// Those that have calmed down are as new ones: trunks get other names by reloads, for ever.
static void forget_calm(struct calls *cs)
{
	dlist_for_each_safe (it, &cs->refused.peers) {
		struct refused_peer *p = container_of(it, struct refused_peer, link);
		if (p->rest_count > 0 ||
			!rate_full(&p->told, PER_S, BURST, timers_now_ms(cs->timers)))
			continue;
		dlist_remove(it);
		free(p);
	}
}

static struct refused_peer *peer_of(struct calls *cs, const struct call_record *r)
{
	dlist_for_each (it, &cs->refused.peers) {
		struct refused_peer *p = container_of(it, struct refused_peer, link);
		if (str_equal(p->trunk, r->trunk) && str_equal(p->tenant, r->tenant))
			return p;
	}
	forget_calm(cs);
	struct refused_peer *p = calloc(1, sizeof(*p));
	if (p == NULL)
		return NULL;
	str_copy(p->tenant, sizeof(p->tenant), r->tenant);
	str_copy(p->trunk, sizeof(p->trunk), r->trunk);
	dlist_push_back(&cs->refused.peers, &p->link);
	return p;
}

static void tell_rest(struct calls *cs, const struct refused_peer *p, const struct rest *x)
{
	struct call_record r = {.started = timers_wall_ns(cs->timers), .status = x->status};
	struct body body;
	r.ended = r.started;
	r.id = callid_new(&cs->ids, r.started);
	str_copy(r.trunk, sizeof(r.trunk), p->trunk);
	str_copy(r.why, sizeof(r.why), x->why);
	str_copy(r.by, sizeof(r.by), "system");
	str_copy(r.where, sizeof(r.where), "refused");
	if (!x->mixed)
		str_copy(r.called, sizeof(r.called), x->called);
	str_copy(r.region, sizeof(r.region), x->region);
	body_begin(&body);
	call_record_members(&r, true, &body);
	body_u64(&body, "count", x->count);
	eventlog_append(cs->log, EVENT_CALL_REFUSED, p->tenant, &r.id, body_end(&body));
}

static void rests_tell(struct calls *cs)
{
	dlist_for_each (it, &cs->refused.peers) {
		struct refused_peer *p = container_of(it, struct refused_peer, link);
		for (unsigned i = 0; i < p->rest_count; i++)
			tell_rest(cs, p, &p->rests[i]);
		p->rest_count = 0;
	}
}

static void rests_fired(void *arg)
{
	rests_tell(arg);
}

// Of its cause and region; NULL: there is none, and room for one.
static struct rest *rest_find(
	struct refused_peer *p, const struct call_record *r, const struct ua_refusal *what)
{
	struct rest *other = NULL; // of the same cause
	for (unsigned i = 0; i < p->rest_count; i++) {
		struct rest *x = &p->rests[i];
		if (!str_equal(x->why, what->why))
			continue;
		if (str_equal(x->region, r->region))
			return x;
		other = x;
	}
	if (other == NULL || p->rest_count < CAUSES_MAX)
		return NULL;
	other->region[0] = '\0';
	return other;
}

static struct rest *rest_new(
	struct refused_peer *p, const struct call_record *r, const struct ua_refusal *what)
{
	check(p->rest_count < RESTS_MAX);
	struct rest *x = &p->rests[p->rest_count++];
	*x = (struct rest){.why = what->why, .status = what->status};
	str_copy(x->called, sizeof(x->called), r->called);
	str_copy(x->region, sizeof(x->region), r->region);
	return x;
}

static void rest_add(struct calls *cs, struct refused_peer *p, const struct call_record *r,
	const struct ua_refusal *what)
{
	struct rest *x = rest_find(p, r, what);
	if (x == NULL)
		x = rest_new(p, r, what);
	x->count++;
	x->mixed |= !str_equal(x->called, r->called);
	if (!timer_alive(&cs->refused.rest))
		timer_start(cs->timers, &cs->refused.rest, REST_MS, rests_fired, cs);
}

// The event's sequence; 0: it is counted alone.
static uint64_t tell(struct calls *cs, struct call_record *r, const struct ua_incoming *in,
	const struct ua_refusal *what)
{
	struct refused_peer *p = peer_of(cs, r);
	cs->counts.refused++;
	if (p != NULL && !rate_take_burst(&p->told, PER_S, BURST, timers_now_ms(cs->timers))) {
		rest_add(cs, p, r, what);
		return 0;
	}
	r->ended = r->started;
	r->status = what->status;
	str_copy(r->why, sizeof(r->why), what->why);
	str_copy(r->by, sizeof(r->by), "system");
	str_copy(r->where, sizeof(r->where), "refused");
	log_info("call refused: why=%s status=%u trunk=%s number=%s", what->why, what->status,
		r->trunk, r->called);
	return story_refused(cs, r, in);
}

// --- its answer ---

static void refused_free(struct refused *x)
{
	if (x->log_owes)
		eventlog_forget(x->calls->log, x);
	timer_cancel(&x->patience);
	dlist_remove(&x->link);
	free(x);
}

static const char *phrase(uint16_t status)
{
	return status == 404 ? "Not Found" : status == 503 ? "Service Unavailable" : "Refused";
}

static void answer(struct refused *x)
{
	if (x->answered)
		return;
	if (x->log_owes)
		eventlog_forget(x->calls->log, x);
	x->log_owes = false;
	x->answered = true;
	timer_cancel(&x->patience);
	if (x->leg != NULL) { // ends, and says so
		ua_reject(x->leg, x->status, phrase(x->status));
		return;
	}
	ua_refuse(x->held);
	refused_free(x);
}

static void on_written(uint64_t sequence, void *arg)
{
	struct refused *x = arg;
	x->log_owes = false;
	answer(x);
}

static void patience_over(void *arg)
{
	struct refused *x = arg;
	x->calls->counts.answered_unwritten++;
	answer(x);
}

static void on_leg(struct ua_leg *leg, const struct ua_event *e, void *arg)
{
	if (e->kind == UA_ENDED) // by our answer, or the caller was faster
		refused_free(arg);
}

// NULL: the answer need not wait, or there is no memory for it to.
static struct refused *wait_for(struct calls *cs, uint64_t sequence)
{
	if (sequence <= eventlog_written(cs->log))
		return NULL;
	struct refused *x = calloc(1, sizeof(*x));
	if (x == NULL)
		return NULL;
	x->calls = cs;
	dlist_push_back(&cs->refused.waiting, &x->link);
	timer_start(cs->timers, &x->patience, PATIENCE_MS, patience_over, x);
	x->log_owes = eventlog_when_written(cs->log, sequence, on_written, x) == 0;
	return x;
}

void call_refuse(struct call *c, struct ua_leg *ua, const struct ua_incoming *in,
	const struct ua_refusal *what)
{
	struct calls *cs = c->calls;
	uint64_t sequence = tell(cs, &c->record, in, what);
	struct refused *x = sequence ? wait_for(cs, sequence) : NULL;
	if (x == NULL) {
		ua_reject(ua, what->status, phrase(what->status));
		return;
	}
	x->status = what->status;
	x->leg = ua;
	ua_refusing(ua);
	ua_accept(ua, on_leg, x);
}

enum ua_refused_how calls_on_refused(const struct ua_incoming *in, const struct ua_refusal *what,
	struct ua_refused *held, void *arg)
{
	struct calls *cs = arg;
	struct call_record r = {.started = timers_wall_ns(cs->timers)};
	r.id = callid_new(&cs->ids, r.started);
	(void)call_identify(&r, cs->config, in);
	uint64_t sequence = tell(cs, &r, in, what);
	if (sequence == 0)
		return UA_REFUSED_COUNTED;
	struct refused *x = held ? wait_for(cs, sequence) : NULL;
	if (x == NULL)
		return UA_REFUSED_TOLD;
	x->held = held;
	return UA_REFUSED_HELD;
}

// --- life ---

void refused_init(struct calls *cs)
{
	dlist_init(&cs->refused.peers);
	dlist_init(&cs->refused.waiting);
}

void refused_stop(struct calls *cs)
{
	timer_cancel(&cs->refused.rest);
	rests_tell(cs);
	dlist_for_each_safe (it, &cs->refused.waiting)
		answer(container_of(it, struct refused, link));
}

void refused_fini(struct calls *cs)
{
	timer_cancel(&cs->refused.rest);
	dlist_for_each_safe (it, &cs->refused.waiting)
		refused_free(container_of(it, struct refused, link));
	dlist_for_each_safe (peer, &cs->refused.peers) {
		dlist_remove(peer);
		free(container_of(peer, struct refused_peer, link));
	}
}
