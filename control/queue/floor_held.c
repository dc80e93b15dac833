// What stands behind an agent's state: the legs of calls that control has, and states compared with
// them. A message between control and the router that is lost, whichever it was, is mended so
// within seconds; the leases are for when control itself does not run.
#include <errno.h>
#include <string.h>

#include "control/eventlog/trouble.h"
#include "control/queue/floor_private.h"
#include "engine/base/log.h"
#include "engine/base/str.h"

LOG_TOPIC("floor");

#define LOOK_MS	  1000	// from one look to the next, as long as any agent is at work, …
#define LOOK_MOST 512	// … at so many agents: all of 10,000 within 20 s
#define ODD_MS	  5000	// what is on its way between control and the router has come by then
#define ALONE_MS  60000 // a phone that answers nothing any more has been given up by then
#define LOGGED	  8	// of a turn's agents each on a line of its own

static uint64_t now_of(const struct floor *f)
{
	return timers_now_ms(f->options.timers);
}

void floor_served(struct floor_agent *a, struct floor_queue *q)
{
	if (a->serving != NULL)
		a->serving->served--;
	a->serving = q;
	if (q != NULL)
		q->served++;
}

static bool by_call(const struct floor_agent *a)
{
	return a->state == AGENT_OFFERED || a->state == AGENT_TALKING;
}

// As long as it lasts, states are compared: it ends by a call, or by itself.
static bool at_work(enum agent_state s)
{
	return s != AGENT_SIGNED_OUT && s != AGENT_AWAY && s != AGENT_READY;
}

// Whose lease runs.
static unsigned own_calls(const struct floor *f, const struct floor_agent *a)
{
	unsigned count = 0;
	dlist_for_each (it, &a->held) {
		const struct floor_held *h = container_of(it, struct floor_held, link);
		count += h->offer == 0 && h->until_ms > now_of(f);
	}
	return count;
}

static void own_calls_post(struct floor *f, const struct floor_agent *a)
{
	struct router_message m = {
		.kind = own_calls(f, a) ? ROUTER_BUSY : ROUTER_FREE, .agent = a->id};
	floor_post(f, &m);
}

// --- states and legs, compared ---

struct look { // one turn's
	unsigned count;
	const struct floor_agent *first;
	char text[256];
};

static void note(struct look *l, const struct floor_agent *a, const char *what)
{
	if (l->count < LOGGED)
		log_warn("%s: agent=%s state=%s", what, a->name, agent_state_name(a->state));
	if (l->count++ > 0)
		return;
	l->first = a;
	str_format(l->text, sizeof(l->text), "agent %s, %s: %s", a->name,
		agent_state_name(a->state), what);
}

// As one event, however many they are.
static void tell(struct floor *f, const char *topic, struct look *l)
{
	size_t len = strlen(l->text);
	struct troubles *t = f->options.troubles;
	if (l->count > LOGGED)
		log_warn("the same of more agents: count=%u", l->count - LOGGED);
	if (l->count == 0 || t == NULL || t->log == NULL)
		return;
	if (l->count > 1)
		str_format(l->text + len, sizeof(l->text) - len, "; and %u more", l->count - 1);
	trouble_past(t, topic, l->first->name, l->text);
}

static const struct floor_held *held_for(const struct floor_agent *a, uint64_t offer)
{
	dlist_for_each (it, &a->held) {
		const struct floor_held *h = container_of(it, struct floor_held, link);
		if (h->offer == offer)
			return h;
	}
	return NULL;
}

static bool is_odd(const struct floor *f, const struct floor_agent *a)
{
	if (by_call(a))
		return held_for(a, a->offer) == NULL;
	if (a->state == AGENT_BUSY)
		return own_calls(f, a) == 0;
	if (a->ends_ms != 0)
		return a->ends_ms <= now_of(f);
	return (a->state == AGENT_READY || a->state == AGENT_AWAY) && own_calls(f, a) > 0;
}

// What the router says to this is behind what it does about the message before.
static void ask_state(struct floor *f, const struct floor_agent *a)
{
	struct router_message m = {.kind = ROUTER_TELL, .agent = a->id};
	floor_post(f, &m);
}

static void mend(struct floor *f, struct floor_agent *a, struct look *l)
{
	if (a->ends_ms != 0) {
		note(l, a, "its end was not told: is asked for");
		return;
	}
	if (!by_call(a)) {
		own_calls_post(f, a);
		note(l, a,
			a->state == AGENT_BUSY ? "has no call of its own: let go"
					       : "has a call of its own: is said again");
		return;
	}
	struct router_message m = {.kind = ROUTER_OVER, .offer = a->offer};
	m.why = a->state == AGENT_TALKING ? WHY_TALKED : WHY_LAPSED;
	floor_served(a, NULL);
	floor_post(f, &m);
	note(l, a, "no leg of a call is behind it: let go");
}

static void look_at_state(struct floor *f, struct floor_agent *a, struct look *l)
{
	uint64_t now_ms = now_of(f);
	if (!is_odd(f, a)) {
		a->odd_ms = 0;
	} else if (a->odd_ms == 0) {
		a->odd_ms = now_ms;
	} else if (now_ms - a->odd_ms >= ODD_MS) {
		a->odd_ms = 0;
		f->held.mended++;
		mend(f, a, l);
		ask_state(f, a);
	}
}

static bool is_alone(const struct floor *f, const struct floor_agent *a, const struct floor_held *h)
{
	if (h->offer == 0)
		return h->until_ms <= now_of(f);
	return !by_call(a) || a->offer != h->offer;
}

static void look_at_legs(struct floor *f, struct floor_agent *a, struct look *l)
{
	uint64_t now_ms = now_of(f);
	dlist_for_each (it, &a->held) {
		struct floor_held *h = container_of(it, struct floor_held, link);
		if (!is_alone(f, a, h)) {
			h->alone_ms = 0;
			h->told = false;
		} else if (h->alone_ms == 0) {
			h->alone_ms = now_ms;
		} else if (now_ms - h->alone_ms >= ALONE_MS && !h->told) {
			h->told = true;
			f->held.alone++;
			note(l, a, "a leg of a call is left that the state knows nothing of");
		}
	}
}

static void look_fired(void *arg)
{
	struct floor *f = arg;
	struct look states = {0}, legs = {0};
	uint32_t most = f->agent_count < LOOK_MOST ? f->agent_count : LOOK_MOST;
	for (uint32_t i = 0; i < most; i++) {
		struct floor_agent *a = f->agents[f->held.next++ % f->agent_count];
		look_at_state(f, a, &states);
		look_at_legs(f, a, &legs);
	}
	tell(f, "agent-state", &states);
	tell(f, "agent-leg", &legs);
	floor_held_watch(f);
}

void floor_held_watch(struct floor *f)
{
	bool any = f->held.at_work > 0 || f->held.legs > 0;
	if (any && !timer_alive(&f->held.timer))
		timer_start(f->options.timers, &f->held.timer, LOOK_MS, look_fired, f);
}

void floor_held_state(struct floor *f, struct floor_agent *a, enum agent_state before)
{
	f->held.at_work -= at_work(before);
	f->held.at_work += at_work(a->state);
	a->odd_ms = 0;
	floor_held_watch(f);
}

void floor_held_forget(struct floor_agent *a)
{
	dlist_for_each (it, &a->held) {
		struct floor_held *h = container_of(it, struct floor_held, link);
		h->until_ms = 0;
	}
}

void floor_held_stop(struct floor *f)
{
	timer_cancel(&f->held.timer);
	for (uint32_t i = 0; i < f->agent_count; i++)
		dlist_for_each_safe (it, &f->agents[i]->held)
			floor_let_go(f, container_of(it, struct floor_held, link));
}

// --- who has the legs ---

static void hold(struct floor *f, struct floor_held *h, struct floor_agent *a, uint64_t offer)
{
	*h = (struct floor_held){.agent = a->id, .offer = offer};
	dlist_push_back(&a->held, &h->link);
	f->held.legs++;
	floor_held_watch(f);
}

void floor_hold(struct floor *f, struct floor_held *h, uint64_t offer)
{
	hold(f, h, f->agents[offer >> 32], offer);
}

void floor_let_go(struct floor *f, struct floor_held *h)
{
	if (h->link.next == NULL || dlist_empty(&h->link))
		return;
	dlist_remove(&h->link);
	f->held.legs--;
}

int floor_own_call(struct floor *f, struct floor_held *h, const char *agent)
{
	struct floor_agent *a = floor_agent_named(f, agent);
	if (a == NULL)
		return -ENOENT;
	hold(f, h, a, 0);
	floor_own_call_renew(f, h);
	return 0;
}

void floor_own_call_renew(struct floor *f, struct floor_held *h)
{
	if (h->link.next == NULL || dlist_empty(&h->link))
		return;
	h->until_ms = now_of(f) + ROUTER_LEASE_TALK_MS;
	if (f->agents[h->agent]->state == AGENT_BUSY)
		f->agents[h->agent]->lease_ms = h->until_ms;
	own_calls_post(f, f->agents[h->agent]);
}

void floor_own_call_over(struct floor *f, struct floor_held *h)
{
	if (h->link.next == NULL || dlist_empty(&h->link))
		return;
	floor_let_go(f, h);
	own_calls_post(f, f->agents[h->agent]);
}

uint64_t floor_own_until(const struct floor_agent *a)
{
	uint64_t until_ms = 0;
	dlist_for_each (it, &a->held) {
		const struct floor_held *h = container_of(it, struct floor_held, link);
		if (h->offer == 0 && h->until_ms > until_ms)
			until_ms = h->until_ms;
	}
	return until_ms;
}

unsigned floor_own_calls(const struct floor *f, const char *agent)
{
	const struct floor_agent *a = floor_agent_named(f, agent);
	return a ? own_calls(f, a) : 0;
}
