// The router: which caller is offered to which agent, and what state each agent is in.
//
// It is entered only through its mailbox, by messages by value, and answers by a ring back to
// control; so it runs on control's thread or on one of its own (router_thread.h) unchanged. It
// knows callers, queues and agents by number (floor.h keeps the names). Nothing polls: a message
// or a timer of its wheel is what moves it, and each decision says why.
//
// Whatever the order of messages: a caller is offered to at most one agent; an agent is in one
// state, and where another party must end that state, a lease ends it if nobody does; of callers
// of one priority that an agent could take, the one that joined first is served, also after failed
// offers; no caller leaves but by ROUTER_LEAVE or ROUTER_CONNECTED, until which a faulty agent
// gives it back.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/ring.h"

enum router_kind {
	// To the router. Each ends in exactly one ROUTER_DONE that carries its ticket.
	ROUTER_QUEUE = 1,    // a queue appears or has new settings; its rings follow
	ROUTER_AGENT,	     // an agent appears (again)
	ROUTER_AGENT_GONE,   // no offers any more; what runs goes on, the phone is gone
	ROUTER_MEMBER,	     // the agent serves the queue, in this place
	ROUTER_MEMBER_GONE,  // … no more
	ROUTER_REGISTERED,   // the agent's phone is there; set.ready: and it wants calls
	ROUTER_UNREGISTERED, // the phone is gone
	ROUTER_SET,	     // the agent wants calls (set.ready) or does not
	ROUTER_RESTORE,	     // after a restart: what to go on with once the phone is there
	ROUTER_JOIN,	     // -ENOSPC: the queue is full; -ENOENT: no such queue; asks for skills
	ROUTER_LEAVE,	     // -ENOENT: does not wait (any more)
	ROUTER_CONNECTED,    // the offer became a conversation; -ESTALE: it had lapsed
	ROUTER_OVER,	     // offer or conversation is over and the agent's leg is gone
	ROUTER_RENEW,	     // the conversation still lives; -ESTALE: it had lapsed
	ROUTER_ANSWERED,     // the agent talks; the caller keeps its place until CONNECTED
	ROUTER_SKILLS,	     // the agent's levels of some skills; level 0: has it no more
	ROUTER_BUSY,	     // the agent has a call of its own; said again, the lease is renewed
	ROUTER_FREE,	     // … no more
	ROUTER_RING,	     // what callers of a queue ask for less, once they have waited
	ROUTER_TELL,	     // the agent's state is asked for: STATE, from and to the same
	ROUTER_DAY,	     // a new day: what agents have done today is nothing yet
	// From the router.
	ROUTER_DONE = 64,
	ROUTER_OFFER,	   // call this agent for this caller
	ROUTER_LAPSED,	   // the offer's lease ran out: agent and caller are free of it
	ROUTER_STATE,	   // an agent's state changed; queue: of its latest offer
	ROUTER_CANDIDATES, // of the OFFER that comes next: who else was ready
	ROUTER_WIDENED, // the caller came to a ring (join.ring): what it asks for now, its priority
	ROUTER_RESERVE, // what the queue's reserve is called by (reserve.by) is something else
};

enum agent_state {
	AGENT_SIGNED_OUT,
	AGENT_AWAY,
	AGENT_READY,
	AGENT_PAUSED, // did not take an offer: left alone for a while
	AGENT_OFFERED,
	AGENT_TALKING,
	AGENT_WRAP_UP, // after-call work
	AGENT_BUSY,    // would be ready or away, and has a call of its own
	AGENT_STATES,
};

enum router_why { // why an offer ended, or an agent changed its state
	WHY_NONE,
	WHY_TALKED, // a conversation came to its end
	WHY_CALLER_GONE,
	WHY_BUSY,
	WHY_REJECTED,
	WHY_NO_ANSWER,
	WHY_REDIRECTED,
	WHY_UNREGISTERED,
	WHY_HUNG_UP, // after answering, before the conversation or at once in it
	WHY_FAILED,  // on our side: no media session
	WHY_LAPSED,
	WHY_REGISTERED,
	WHY_SET,
	WHY_OFFERED,
	WHY_CONNECTED,
	WHY_TIME_OVER, // pause or after-call work
	WHY_REMOVED,
	WHY_RESTORED,
	WHY_UNUSABLE,  // answered, and the answer is of no use: no codec of ours
	WHY_PREFERRED, // offered, as the caller would rather have this one
	WHY_ELSEWHERE, // of several that were rung for the caller another one has it
	WHY_OWN_CALL,  // the agent has a call of its own, or has none any more
	WHYS,
};

#define ROUTER_PRIORITIES      8  // 0 is served first
#define ROUTER_EXPLAINED       3  // candidates that a decision names, …
#define ROUTER_CANDIDATES_MORE 5  // … and that the message before it names
#define ROUTER_SKILLS_MAX      16 // that a caller asks for, or that one message tells of an agent
#define ROUTER_LEVELS	       10 // of a skill, from 1
#define ROUTER_RINGS	       8  // that a queue widens to; 0 is what a caller came with
#define ROUTER_PRIORITY_STAYS  UINT8_MAX
#define ROUTER_RING_ALL	       32 // agents that one caller is offered to at once, by that policy

struct router_queue {	 // QUEUE
	uint32_t policy; // index in the table of policy.h
	uint32_t ring_ms, wrap_up_ms, reject_pause_ms;
	uint32_t size_max; // waiting callers; 0: no limit
	// Of callers of several queues an agent takes the one whose time is up first, by when it
	// joined and this. So it is who joined first where all queues have the same.
	uint32_t due_ms;
	uint32_t rings; // how many there are beside the one that callers come with
	// The reserve takes callers from when so many wait until no more than so many do, while one
	// waits that has waited for so long, and by the clock. All 0: there is none.
	uint32_t reserve_from, reserve_to;
	uint32_t reserve_wait_ms;
	uint32_t reserve_clock; // enum router_clock
};

enum router_clock { ROUTER_NO_CLOCK, ROUTER_CLOCK_OUT, ROUTER_CLOCK_IN };

// RESERVE: what calls it, any of them; 0: it is held back.
#define ROUTER_RESERVE_CALLERS 1u
#define ROUTER_RESERVE_WAIT    2u
#define ROUTER_RESERVE_CLOCK   4u
struct router_reserve {
	uint8_t by;
};

struct router_member {	 // MEMBER; said again, it may be another one
	uint32_t place;	 // in the queue's list of agents
	uint32_t weight; // of a draw by weights; 0: as 1
	uint8_t ring;	 // takes callers that have come so far, and further
	uint8_t reserve; // takes callers while the queue's reserve is called
};

struct router_skills { // SKILLS
	uint16_t skill[ROUTER_SKILLS_MAX];
	uint8_t level[ROUTER_SKILLS_MAX];
	uint8_t count;
};

struct router_ring {		     // RING
	uint32_t after_ms;	     // waited
	uint8_t ring;		     // from 1
	uint8_t priority;	     // from then on, if it is a higher one; ROUTER_PRIORITY_STAYS
	struct router_skills lowers; // to these levels; 0: not asked for any more
};

struct router_join {		    // JOIN
	struct router_skills wants; // each skill once, at this level at least
	uint8_t ring;		    // how far that has been widened
	uint32_t waited_ms;	    // of the place that it keeps from before
	uint32_t preferred; // this agent rather than others that are ready: its number + 1; 0: any
	uint32_t hold_ms;   // so long by that one alone, if it is at work and comes back
};

struct router_set { // REGISTERED, SET, RESTORE
	uint8_t ready;
	uint8_t state;	 // RESTORE: enum agent_state
	uint32_t for_ms; // RESTORE: what is left of a pause or after-call work
};

struct router_candidate {
	uint32_t agent;
	uint32_t score; // what the policy goes by (policy.h)
};

struct router_candidates { // CANDIDATES: those behind the ones that OFFER names, best first
	struct router_candidate more[ROUTER_CANDIDATES_MORE];
	uint32_t count;
};

struct router_decision { // OFFER: why this one
	uint64_t number, seed;
	uint32_t policy;
	uint32_t ready, waiting; // candidates; callers in the queue, this one included
	struct router_candidate candidate[ROUTER_EXPLAINED]; // the best of them, best first
	uint32_t waited_ms, ring_ms;
	uint8_t skills, ring; // how many skills the caller asks for, how far that is widened
	uint8_t refused;      // how many agents have refused the caller before
};

struct router_change { // STATE
	uint8_t from, to;
	uint8_t ready;	 // wants calls
	uint32_t for_ms; // ends by itself after this; 0: does not
};

struct router_message {
	uint16_t kind;	  // enum router_kind
	uint8_t why;	  // enum router_why: OVER, LEAVE, STATE
	uint8_t priority; // JOIN, WIDENED
	int32_t error;	  // DONE: 0 or -errno; -EALREADY: this ticket was seen before
	// To the router: unique for ever; the same number twice is the same message twice and has
	// no second effect. DONE: of its message. OFFER: of the caller's JOIN.
	uint64_t ticket;
	uint64_t call;	// the caller's number
	uint64_t offer; // OFFER, CONNECTED, OVER, RENEW, LAPSED, STATE (0: none)
	uint32_t queue, agent;
	union {
		struct router_queue queue_set;
		struct router_member member;
		struct router_skills skills;
		struct router_join join;
		struct router_ring ring;
		struct router_set set;
		struct router_reserve reserve;
		struct router_decision decision;
		struct router_candidates candidates;
		struct router_change change;
		uint16_t command; // DONE: enum router_kind of its message
	};
};
_Static_assert(sizeof(struct router_message) == 104, "a message by value");

// A lease outlives what it guards by these.
#define ROUTER_LEASE_OFFER_MS  60000 // beyond ring_ms: an answer prompt, a slow BYE
#define ROUTER_LEASE_TALK_MS   60000 // renewed every third of it; an agent's own call too
#define ROUTER_FAILED_PAUSE_MS 1000  // after WHY_FAILED: no tight loop of failing offers
// After a restart: a phone that registers later than this begins anew.
#define ROUTER_RESTORE_MS 60000

struct router;

int router_new(uint64_t seed, uint32_t slots, struct router **out); // 0 or -errno
void router_free(struct router *r);

// --- any thread ---
bool router_post(struct router *r, const struct router_message *m); // false: mailbox full

// --- the router's thread ---
// Takes every message and every timer that is due; true: there was something.
bool router_run(struct router *r, uint64_t now_ms);
uint64_t router_next_ms(const struct router *r); // until a timer may be due; UINT64_MAX: none
struct ring_wake *router_mailbox_wake(struct router *r);

// --- control's thread ---
bool router_take(struct router *r, struct router_message *out); // an answer; false: none
struct ring_wake *router_answers_wake(struct router *r);

struct router_counts {	 // any thread's view
	uint64_t posted; // by control (floor_router_counts)
	uint64_t messages, duplicates, stale, decisions, lapsed, surprises;
};
void router_counts(const struct router *r, struct router_counts *out);

const char *agent_state_name(enum agent_state s);		// "signed-out"
int agent_state_parse(const char *text, enum agent_state *out); // 0 or -EINVAL
const char *router_why_name(enum router_why w);			// "no-answer"
