// The floor as control sees it: queues and agents by name over reloads, their live counters, and
// the way into the router. Control thread only; what the router decides arrives here by value,
// is logged, and goes on to the calls.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/router/router.h"
#include "control/config/tree.h"
#include "engine/base/dlist.h"
#include "engine/base/hash.h"
#include "engine/base/tree.h"

struct config;
struct config_agent;
struct config_levels;
struct config_queue;
struct eventlog;
struct body;
struct floor;
struct floor_queue;
struct rebuild;
struct str_buf;
struct timers;
struct json_t;
struct troubles;

// What the calls hear: OFFER, LAPSED, WIDENED, and the DONE of JOIN.
typedef void floor_answer_h(const struct router_message *m, void *arg);

struct floor_options {
	struct timers *timers;
	struct config *config;
	struct eventlog *log;
	uint64_t seed;		   // of the router, logged; 0: drawn from the kernel
	bool own_thread;	   // the router runs on a thread of its own
	struct troubles *troubles; // told of what is mended; NULL: nobody is
	floor_answer_h *answer;
	void *arg;
};

int floor_start(const struct floor_options *options, struct floor **out); // 0 or -errno
void floor_configure(struct floor *f, struct config *config); // queues and agents match by name
void floor_stop(struct floor *f);
// Own thread only (else NULL): the loop sleeps on it and calls floor_poll, which takes some of what
// the router said; true: there may be more.
struct ring_wake *floor_wake(struct floor *f);
bool floor_poll(struct floor *f);

// --- a caller in a queue ---
#define FLOOR_REFUSED_MAX 4
struct floor_wait {		   // embedded in the call
	struct dlist link;	   // in the order of service, …
	struct tree_node place;	   // … which is also the tree's, for the position
	struct floor_queue *queue; // NULL: does not wait
	uint64_t call;
	uint64_t ticket; // of its JOIN, as DONE and OFFER bring it back
	uint64_t since_ms;
	uint64_t waited_ms; // until the agent answered
	uint64_t last_ns;   // wall clock: last agent of this caller, then; 0: prefers none for that
	uint64_t held_until_ms; // waits for that one alone; 0: for any
	uint32_t held_by;
	struct floor_queue *keeps;  // a place there, while it is with an agent that answered
	uint8_t priority;	    // as its ring has raised it
	uint8_t ring;		    // that it has come to
	struct router_skills asked; // by the queue and by the step that led there
	struct router_skills wants; // that, as lowered
	uint32_t refused_by[FLOOR_REFUSED_MAX]; // agents that others go before, the latest ones
	uint8_t refusals;
};

struct floor_asks {			    // beside what the queue itself asks for
	const struct config_levels *skills; // NULL: nothing
	const char *prefer;		    // this agent, if it may be; NULL or "": any
	const char *number; // of the caller, in the tenant's one form; NULL: not to be known
};

void floor_join(struct floor *f, struct floor_wait *w, const struct config_queue *queue,
	const struct floor_asks *asks);
// Before a conversation: why is WHY_CALLER_GONE, WHY_TIME_OVER (waited too long), …
void floor_leave(struct floor *f, struct floor_wait *w, enum router_why why);
// The router did not take the caller (DONE of JOIN with an error).
void floor_refused(struct floor *f, struct floor_wait *w);
// An offer of it to the agent has ended so: as the router does, who refused it is remembered.
void floor_refusal(struct floor_wait *w, uint32_t agent, enum router_why why);
// The caller came to a ring (WIDENED), whether it waits or is with an agent that answered.
void floor_widened(struct floor_wait *w, const struct router_message *m);
// The router offers a caller that is gone: it shall forget it.
void floor_forget(struct floor *f, uint64_t call);
// It was offered to somebody: from then on it waits for any.
void floor_offered(struct floor_wait *w);
// While an OFFER is answered: who stood behind those that it names.
const struct router_candidates *floor_candidates(const struct floor *f);
bool floor_queue_removed(const struct floor_wait *w); // by a reload, since it joined or before
// Each caller that waits in a queue which a reload has removed; each may let it leave.
void floor_stranded(struct floor *f, void (*each)(struct floor_wait *w, void *arg), void *arg);
unsigned floor_position(const struct floor_wait *w); // from 1

// --- an offer ---
// The agent talks to the caller, who keeps the place; then one of these: it is a conversation, or
// it was none, and the router will hear of the offer's fault.
void floor_answered(struct floor *f, struct floor_wait *w, uint64_t offer);
void floor_connected(struct floor *f, struct floor_wait *w, uint64_t offer);
void floor_back(struct floor_wait *w);
void floor_prompted(struct floor *f, uint64_t offer, uint64_t for_ms); // hears one before that
void floor_renew(struct floor *f, uint64_t offer);
void floor_over(struct floor *f, uint64_t offer, enum router_why why);

// --- who talked with whom ---
// Of each queue with last_agent: who calls again is preferably the agent's who talked last with
// this number, in any such queue of the tenant. So many numbers of all tenants are remembered; the
// one that lies back furthest goes first.
#define FLOOR_LAST_MAX 65536
// number: as in floor_asks. When a conversation begins and when it ends.
void floor_talked(
	struct floor *f, const struct config_queue *queue, const char *number, uint32_t agent);
unsigned floor_last_count(const struct floor *f); // remembered now
// What was before this process, in any order, at any time; what is known already of a later
// conversation stays.
struct floor_talk { // borrowed texts
	const char *tenant, *queue, *number, *agent;
	uint64_t wall_ns;
};
void floor_talked_before(struct floor *f, const struct floor_talk *t);
// Of a call's record, as events and the store have it; the texts are the record's. False: it was
// with no agent, in no queue, or of who does not want to be known.
bool floor_talk_read(const struct json_t *record, const char *tenant, struct floor_talk *out);
void floor_last_restore(struct floor *f, const struct rebuild *r); // calls that a kill has cut off
// A queue of whose conversations before the floor has not been told for so far back; false: none.
struct floor_recall {
	uint32_t queue;
	const char *tenant, *name; // the floor's
	unsigned within_s;
};
bool floor_recall_next(const struct floor *f, struct floor_recall *out);
void floor_recalled(struct floor *f, const struct floor_recall *r);

// --- agents ---
const struct config_agent *floor_agent_config(struct floor *f, uint32_t agent); // NULL: removed
const char *floor_agent_name(struct floor *f, uint32_t agent);
void floor_registered(struct floor *f, const struct config_agent *agent, bool registered);
// 0, -ENOENT. Takes effect at once or when the offer or conversation ends; calls_agent_set ends an
// offer that still rings.
int floor_agent_set(struct floor *f, const char *name, bool ready);
// Away, and for what: kept and told until the agent is ready, over registrations too. NULL or "":
// for nothing that was said.
#define FLOOR_PAUSE_MAX 64
int floor_agent_away(struct floor *f, const char *name, const char *pause);
// The same by a code of the agent's tenant, which is kept and told beside its text. -EINVAL: the
// tenant has no such code.
int floor_agent_pause(struct floor *f, const char *name, const char *code);
// Each code that the agent's tenant has now.
void floor_agent_pauses(const struct floor *f, const char *name,
	void (*each)(const char *code, void *arg), void *arg);
// Where an agent belongs, for figures: of one configuration, and never changed. "": nowhere.
struct floor_unit {
	struct hash_node node; // the floor's own
	char tenant[CONFIG_TREE_NAME_MAX], site[CONFIG_TREE_NAME_MAX], shift[CONFIG_TREE_NAME_MAX],
		team[CONFIG_TREE_NAME_MAX], group[CONFIG_TREE_NAME_MAX],
		region[CONFIG_TREE_NAME_MAX];
};
// By the latest configuration that had the agent; it stays as long as the floor.
const struct floor_unit *floor_agent_unit(const struct floor *f, const char *name);
// Adds site, shift, team and group to an event's body, those that there are.
void floor_unit_members(const struct floor_unit *u, struct body *out);
// --- the legs that agents' states stand for ---
// Embedded, zeroed, in whoever has an agent's leg: told when there is one, and when it is gone. A
// state that a call holds (offered, talking, busy) without such a leg is let go after some seconds;
// a leg that no state knows of is told after a minute. Both are troubles in the event log.
struct floor_held {
	struct dlist link; // of the agent's
	uint32_t agent;
	uint64_t offer;	   // 0: a call of the agent's own
	uint64_t until_ms; // of that: its lease
	uint64_t alone_ms; // since when no state knows of it; 0: one does
	bool told;
};
void floor_hold(struct floor *f, struct floor_held *h, uint64_t offer);
void floor_let_go(struct floor *f, struct floor_held *h); // twice is harmless
// The agent's phone has a call of its own: it is offered none meanwhile. Each is a lease, of
// ROUTER_LEASE_TALK_MS, renewed every third of it by who has the call. -ENOENT: no such agent, and
// nothing is held.
int floor_own_call(struct floor *f, struct floor_held *h, const char *agent);
void floor_own_call_renew(struct floor *f, struct floor_held *h);
void floor_own_call_over(struct floor *f, struct floor_held *h);    // twice is harmless
unsigned floor_own_calls(const struct floor *f, const char *agent); // whose lease runs
struct floor_held_counts {
	uint64_t mended; // states that no leg stood behind, or that knew nothing of one
	uint64_t alone;	 // legs that no state knew of
};
void floor_held_counts(const struct floor *f, struct floor_held_counts *out);
// At start, from the event log, before registrations are restored: once the agent's phone is
// there again, a pause or after-call work goes on for for_ms; conversations are gone. ready: as
// the agent wanted. 0, -ENOENT: no such agent any more.
int floor_agent_restore(
	struct floor *f, const char *name, enum agent_state state, bool ready, uint32_t for_ms);
// code: "": none. 0, -ENOENT.
int floor_agent_restore_pause(
	struct floor *f, const char *name, const char *pause, const char *code);
// queue: whose call the after-call work is of; "": of none. 0, -ENOENT.
int floor_agent_restore_queue(struct floor *f, const char *name, const char *queue);
// At start, once registrations are restored: the event log tells that an agent is signed out whose
// phone is not there, or whom the configuration has no more. Else the state that it had before,
// was, would count until it signs in again.
void floor_agent_absent(
	struct floor *f, const char *tenant, const char *name, enum agent_state was);
// At start, from the event log: what queues and agents of the configuration have counted before,
// with the conversations that a kill has cut off.
void floor_figures_restore(struct floor *f, const struct rebuild *r);
// Appends what floor_agent_restore and floor_figures_restore need, for the event log's snapshot: a
// piece, from the agent numbered *from on; false: that was the last.
bool floor_snapshot(struct floor *f, struct eventlog *log, uint64_t *from);
uint32_t floor_agent_count(const struct floor *f); // that were ever known: numbers are below

// --- for people ---
// "german 5, billing 3": what a caller asks for; "": nothing.
#define FLOOR_SKILLS_TEXT_MAX 1280
void floor_skills_text(const struct floor *f, const struct router_skills *wants, struct str_buf *b);
void floor_agent_skills_text(const struct floor *f, uint32_t agent, struct str_buf *b); // it has
// Why no agent of the queue that it waits in can take a caller, whoever is free, or who alone may;
// NULL: one can.
const char *floor_lacks(struct floor *f, const struct floor_wait *w);
struct floor_agent_info {
	uint32_t id;
	const char *name, *display, *tenant;
	enum agent_state state;
	bool registered, ready;	       // ready: wants calls
	bool leaving;		       // removed by a reload, and at work still
	const struct floor_unit *unit; // where it belongs
	const char *why;	       // of the last change
	const char *pause;	       // what it is away for; "": nothing was said
	const char *pause_code;	       // of the configuration; "": it was said in free words
	uint64_t since_ms;	       // monotonic
	uint32_t left_ms;	       // of a pause or after-call work
	uint32_t ring_left_ms;	       // offered: until its phone has rung long enough
	uint32_t prompt_left_ms;       // offered: until what it hears before the caller is over
	uint32_t lease_left_ms;	       // offered, talking, busy: as far as it is renewed by now
	uint64_t call;		       // offered or talking: its key (call_by_key), else 0
	uint64_t offer;		       // the number of that
	uint64_t offered, answered, missed; // missed: rejected, busy or no answer
	uint64_t talked_ms;
	uint64_t since_wall_ns; // of these four; 0: all are 0
	// Of a queue's member alone.
	uint8_t ring; // takes callers that have come so far
	bool reserve;
};
struct floor_queue_info {
	uint32_t id;
	const char *name, *tenant, *policy;
	bool leaving;		       // removed by a reload, and in use still
	unsigned waiting, waiting_max; // size_max of the configuration
	uint32_t longest_wait_ms;
	unsigned agents, ready, talking; // members, and those in that state
	uint64_t joined, offered, answered, abandoned, timed_out, refused;
	uint64_t removed;				  // left otherwise: ended by us
	uint64_t answered_in_level;			  // within service_level_s
	unsigned service_level_s, service_level_permille; // of joined callers that left the queue
	uint64_t waited_ms, waited_max_ms;		  // of the answered
	uint64_t since_wall_ns;				  // of these figures; 0: all are 0
	unsigned weight, due_ms;			  // weight 0: removed
	unsigned rings;					  // floor_queue_ring
	bool reserve, reserve_called;			  // has one; it takes callers now
	unsigned reserve_from, reserve_to;		  // callers; from 0: not by how many wait
	unsigned reserve_wait_ms;			  // 0: not by how long one has waited
};
struct floor_ring_info {
	uint32_t after_ms;
	uint8_t priority;		    // that it raises to
	unsigned agents;		    // that take the queue's callers from this ring on
	char skills[FLOOR_SKILLS_TEXT_MAX]; // what is asked for less: "german 3, law 0"
};
// What the queue's reserve is called by and until when, or what it is held back until.
#define FLOOR_RESERVE_TEXT_MAX 192
void floor_reserve_text(const struct floor *f, uint32_t queue, struct str_buf *b);
// ring: from 1.
void floor_queue_ring(
	const struct floor *f, uint32_t queue, unsigned ring, struct floor_ring_info *out);
// A walk in pages: zeroed at first, most set before each page to how many may be looked at in it.
// True: there is more. Between pages all may change; who was there all the time comes once, but for
// a caller whose priority a ring has raised: it may be missed.
struct floor_place {
	uint64_t next, end;
	uint32_t most;
	uint8_t priority;
};
bool floor_agents_page(struct floor *f, struct floor_place *at,
	void (*each)(const struct floor_agent_info *a, void *arg), void *arg);
bool floor_queues_page(struct floor *f, struct floor_place *at,
	void (*each)(const struct floor_queue_info *q, void *arg), void *arg);
// Of the queue with this id: the keys of those who joined before the first page, in the order of
// service; and the agents that serve it.
bool floor_waiting_page(struct floor *f, uint32_t queue, struct floor_place *at,
	void (*each)(uint64_t call, void *arg), void *arg);
bool floor_members_page(struct floor *f, uint32_t queue, struct floor_place *at,
	void (*each)(const struct floor_agent_info *a, void *arg), void *arg);
// The names of the queues that an agent serves: from the one numbered *from (at first 0) on the
// next one, NULL behind the last.
const char *floor_agent_queue(const struct floor *f, uint32_t agent, unsigned *from);
void floor_agents(
	struct floor *f, void (*each)(const struct floor_agent_info *a, void *arg), void *arg);
void floor_queues(
	struct floor *f, void (*each)(const struct floor_queue_info *q, void *arg), void *arg);
bool floor_agent_find(struct floor *f, const char *name, struct floor_agent_info *out);
// tenant NULL: of any. How many have that name: *out is the first. What a list leaves out is not
// found.
unsigned floor_queue_find(
	struct floor *f, const char *tenant, const char *name, struct floor_queue_info *out);
void floor_router_counts(struct floor *f, struct router_counts *out);
