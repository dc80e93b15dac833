// The router's inside: mailbox.c (messages, those of agents and callers in files of their own) over
// decide.c (states, offers) over answers.c (what it says).
#pragma once

#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include "control/router/agent.h"
#include "control/router/backlog.h"
#include "control/router/queue.h"
#include "control/router/router.h"
#include "engine/base/hash.h"
#include "engine/base/wheel.h"

struct router {
	struct ring *mailbox; // MPSC: written by anyone, read by the router
	struct ring *answers; // SPSC: written by the router, read by control
	struct ring_wake mailbox_wake, answers_wake;
	struct backlog overflow; // answers that found the ring full
	struct wheel wheel;	 // of agents
	struct wheel widenings;	 // of callers
	uint64_t now_ms;
	struct agent **agents; // by number, NULL where there is none
	struct queue **queues;
	uint32_t agent_count, queue_count;
	struct hash callers;
	uint64_t *seen; // the latest tickets
	uint64_t seed, decisions, orders, draws;
	uint64_t offers;
	bool rings_changed; // of a queue that is marked so
	// What the message at hand may have brought together, looked at behind its DONE.
	struct line *unmatched;
	struct agent *free;
	struct queue *moved; // more or fewer wait in it
	// written by the router's thread
	_Atomic uint64_t messages, duplicates, stale, decided, lapsed, surprises;
};

static inline void router_count(_Atomic uint64_t *counter)
{
	uint64_t before = atomic_load_explicit(counter, memory_order_relaxed);
	atomic_store_explicit(counter, before + 1, memory_order_release); // by this thread alone
}

// What is random is drawn from the router's seed alone.
static inline uint64_t router_draw(struct router *r)
{
	return hash_u64(r->seed ^ ++r->draws);
}

// An offer's number holds the agent's in its upper half.
static inline uint32_t offer_agent(uint64_t offer)
{
	return (uint32_t)(offer >> 32);
}

static inline struct agent *router_agent(const struct router *r, uint32_t id)
{
	return id < r->agent_count ? r->agents[id] : NULL;
}

static inline struct queue *router_queue(const struct router *r, uint32_t id)
{
	return id < r->queue_count ? r->queues[id] : NULL;
}

// --- mail_agents.c, mail_callers.c ---
typedef int router_handle_fn(struct router *r, const struct router_message *m); // 0 or -errno
router_handle_fn router_on_agent, router_on_agent_gone, router_on_member, router_on_member_gone,
	router_on_registered, router_on_unregistered, router_on_set, router_on_restore,
	router_on_skills, router_on_busy, router_on_free, router_on_day, router_on_ring,
	router_on_join, router_on_leave, router_on_answered, router_on_connected, router_on_over,
	router_on_renew, router_on_tell;
// --- widen.c ---
void caller_widens(struct router *r, struct caller *c); // from now on, when its next ring is due
void caller_widen(struct router *r, struct caller *c);	// one is
// A reload has changed its rings: before the next timers its callers go by them.
void queue_widens(struct router *r, struct queue *q);
void router_widens(struct router *r); // all such queues, by one look at all callers
// --- hold.c ---
// The caller joins the line, for the agent that it prefers alone. False: that one does not come
// back by itself, or could not take it.
bool caller_hold(struct router *r, struct caller *c, struct line *l, uint32_t for_ms);
void caller_unhold(struct caller *c); // into its place in the line; nobody was asked
// Of those who wait for the agent alone the one served first that it can take; NULL: none.
struct caller *agent_held(const struct agent *a, struct member **by);
// --- reserve.c ---
void queue_reserve(struct router *r, struct queue *q); // others wait than before
// --- mail_agents.c ---
// Not too many, each of a level from least on.
bool router_skills_good(const struct router_skills *s, uint8_t least);
// --- mailbox.c ---
// Makes room for number id in a list of pointers. 0 or -errno.
int router_list_reach(void ***list, uint32_t *count, uint32_t id);
// --- answers.c ---
void router_keep(struct router *r, const struct router_message *m); // the ring is full
bool router_flush_kept(struct router *r);
// One that says nothing yet. Zeroed in two parts: of one as long as both gcc makes a `rep stos`,
// which costs more than what is then said.
static inline void router_message_init(
	struct router_message *m, enum router_kind kind, enum router_why why)
{
	memset(m, 0, offsetof(struct router_message, decision));
	memset(&m->decision, 0, sizeof(*m) - offsetof(struct router_message, decision));
	m->kind = kind;
	m->why = why;
}

// Here, as each message has an answer.
static inline void router_answer(struct router *r, const struct router_message *m)
{
	if (r->overflow.count > 0 || !ring_push(r->answers, m))
		router_keep(r, m);
}

// What found the ring full. True: some of it went.
static inline bool router_flush(struct router *r)
{
	return r->overflow.count > 0 && router_flush_kept(r);
}

// --- decide.c ---
void agent_happened(struct router *r, struct agent *a, enum agent_event e, enum router_why why);
void agent_become(struct router *r, struct agent *a, enum agent_state s, enum router_why why);
// What it is now; from: and was before.
void agent_tell(
	struct router *r, const struct agent *a, enum agent_state from, enum router_why why);
void agent_expire(struct router *r, struct agent *a); // its timer is due
// The state that it is in lasts until then.
static inline void agent_renew(struct router *r, struct agent *a, uint64_t until_ms)
{
	a->ends_ms = until_ms;
	wheel_start(&r->wheel, &a->timer, until_ms);
}

// The agent's offer is over; a caller that still waits goes back to its place.
void offer_end(struct router *r, struct agent *a, enum agent_event e, enum router_why why);
// Offers while somebody waits in the line and a ready agent matches it.
void line_match(struct router *r, struct line *c);
void agent_match(struct router *r, struct agent *a); // if it is ready
// Who waits for it alone, in this queue or in any (NULL), does so no more.
void agent_releases(struct router *r, struct agent *a, const struct queue *q);
// Among the ready, where its policy puts it now.
void member_stand(struct router *r, struct member *m);
void queue_stand_again(struct router *r, struct queue *q); // all of them
