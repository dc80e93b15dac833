// The floor's inside: floor_traffic.c (what the router says) over floor_figures.c (what was
// counted, over restarts), floor_info.c and floor_why.c (for people), these over floor_names.c
// (configuration) over floor_members.c (who serves which queue), floor_held.c (the legs behind
// states), floor_state.c (the log) over floor_units.c (where agents belong), floor_reserve.c
// (reserves by the clock) and floor_last.c (who talked with whom), all over floor_post.c (the way
// to the router), floor_find.c (by name), floor_wait.c (who waits) and floor_day.c.
#pragma once

#include <time.h>

#include "control/config/config.h"
#include "control/eventlog/figures.h"
#include "control/base/timer.h"
#include "control/router/backlog.h"
#include "control/queue/floor.h"
#include "control/router/router_thread.h"
#include "engine/base/hash.h"

struct floor_queue;

struct floor_served {
	struct floor_queue *queue;
	uint32_t index; // among its members
};

// What was asked of an agent, as the log has it.
struct floor_told {
	bool ready;
	char pause[FLOOR_PAUSE_MAX], pause_code[CONFIG_NAME_MAX];
};

struct floor_agent {
	struct hash_node node; // by name
	char name[CONFIG_NAME_MAX];
	uint32_t id;
	const struct config_agent *config; // of the configuration in force; NULL: removed
	char tenant[CONFIG_NAME_MAX];	   // of the last configuration that had it
	const struct floor_unit *unit;	   // the same; NULL: none had it
	char pause[FLOOR_PAUSE_MAX];	   // what it is away for; "": nothing was said
	char pause_code[CONFIG_NAME_MAX];  // by which it was set; "": by none
	struct floor_queue *serving;	   // whose caller it has answered
	char works_for[CONFIG_NAME_MAX];   // queue of its call, until its after-call work is over
	enum agent_state state;		   // as the router last said
	bool registered, ready;
	// The router had no memory for it, or for its levels: a new configuration tells them again.
	bool untold, levels_unsure;
	struct floor_told told; // behind ready and pause while the router knows not yet of them
	struct dlist held;	// legs of its phone
	uint64_t offer;		// of its state, where a call holds that; 0: none
	uint64_t odd_ms;	// since when state and legs do not fit; 0: they do
	uint64_t set_ticket; // of a SET on its way: what the router says of ready is older; 0: none
	enum router_why why;
	uint64_t rung_ms, prompted_ms; // of an offer: until then it rings, hears the prompt
	uint64_t lease_ms;	       // of a state that a call holds
	uint64_t since_ms, ends_ms;    // ends_ms 0: not by itself
	uint64_t out_ms;	       // when it was last away or signed out
	uint64_t call;
	struct figures n;
	struct dlist changed;	     // its figures are to be written; zeroed: they are not
	uint32_t stamp;		     // of the comparison of members that met it last, …
	uint32_t place;		     // … and its place among them before
	struct floor_served *queues; // that it serves, owned list
	unsigned queue_count;
	struct floor_level *levels; // that the router has been told, owned
	unsigned level_count;
};

struct floor_skill {
	struct hash_node node; // by tenant and name
	char name[CONFIG_NAME_MAX], tenant[CONFIG_NAME_MAX];
	uint16_t id;
};

struct floor_level {
	uint16_t skill;
	uint8_t level;
};

#define FLOOR_LACKS 64
#define FLOOR_LOOKS 20000 // at members in a page of callers: some 1 ms of the loop's turn

// Whether anybody in a queue has what is asked for: found out once for many callers.
struct floor_lack {
	const struct floor_queue *queue; // NULL: nothing is kept here
	struct router_skills wants;
	uint8_t ring;
	const char *text;
};

struct floor_queue {
	struct hash_node node; // by tenant and name
	char name[CONFIG_NAME_MAX], tenant[CONFIG_NAME_MAX];
	uint32_t id;
	const struct config_queue *config; // of the configuration in force; NULL: removed
	const char *policy;		   // of the last configuration that had it
	unsigned served;		   // callers that its agents have answered and talk to
	struct dlist waits;		   // struct floor_wait, in the order of service
	struct tree order;		   // the same ones
	unsigned waiting;
	struct floor_agent **agents;	      // members, owned list
	struct router_member *told;	      // what the router was told of each, owned list
	unsigned agent_count, ready, talking; // ready, talking: of the members
	struct router_queue set;	      // as the router was told, with its rings
	struct router_ring rings[ROUTER_RINGS];
	bool known;	     // to the router; no more when it had no memory for a part of it
	uint8_t reserve_by;  // as the router last said
	unsigned recalled_s; // floor_recalled
	time_t hours_change; // when its reserve's hours begin or end; 0: not within a week
	struct figures n;
	struct dlist changed; // as an agent's
};

struct floor {
	struct floor_options options;
	struct config *config; // held: agents and queues point into it
	struct router *router;
	struct router_candidates candidates; // of the offer that comes next, …
	uint64_t candidates_of; // … or of this decision, of which there may be several; 0: next
	struct router_thread *thread; // NULL: the router runs here
	struct timer pump, again;     // messages; what the router had no memory for
	struct {
		time_t looked;	   // quarter of an hour
		int year, of_year; // 0: did not look yet
	} day;
	struct {
		struct timer timer;
		time_t looked; // 0: no reserve has hours
		time_t until;  // the next moment when some begin or end
	} hours;
	struct {
		struct hash by_number;
		struct tree order; // by when they talked
	} last;
	timer_h *pumped; // floor_poll
	struct {
		struct dlist queues, agents;
		struct figures_pace pace;
	} figures;
	struct {
		struct timer timer;
		uint32_t next;	  // agent to look at
		unsigned at_work; // agents whose state a call holds, or ends by itself
		unsigned legs;
		uint64_t mended, alone;
	} held;
	struct backlog backlog; // messages that found the mailbox full
	uint64_t ticket;
	uint64_t seed;
	struct floor_agent **agents; // by number
	struct floor_queue **queues;
	uint32_t agent_count, queue_count;
	struct hash agent_names, queue_names;
	struct floor_unit **unit_list; // by number
	uint32_t unit_count;
	struct hash units;	     // by their names
	struct floor_skill **skills; // by number
	uint32_t skill_count;
	struct hash skill_names;
	struct floor_lack lack[FLOOR_LACKS]; // by hash, until an agent comes or goes
	uint64_t lack_looks;		     // at members, so far: a page's work
	// The agents of the configuration that came last, by their places in it; NULL: no memory.
	struct floor_agent **known;
	const struct config_agent *known_from;
	uint32_t known_count;
	uint32_t stamp;
};

// --- floor_wait.c ---
// In the order of service, which is that of joining within a priority.
tree_order_h floor_wait_order;
void floor_wait_begin(struct floor_queue *q, struct floor_wait *w);
void floor_wait_end(struct floor_wait *w);
// --- floor_post.c ---
#define FLOOR_RETRY_MS 1 // the mailbox of a router on its own thread was full
void floor_post(struct floor *f, struct router_message *m);
void floor_post_flush(struct floor *f);				     // what found it full
void floor_post_queue(struct floor *f, const struct floor_queue *q); // its settings
// --- floor_last.c ---
int floor_last_start(struct floor *f); // 0 or -ENOMEM
void floor_last_stop(struct floor *f);
void floor_last_configure(struct floor *f); // the queues have their new configuration
// NULL: none, or it lies back too far.
const struct floor_agent *floor_last_agent(const struct floor *f, const struct config_queue *queue,
	const char *number, uint64_t *wall_ns);
// For how long its queue lets it wait for that one alone, if the router finds it so, too.
uint32_t floor_last_hold(const struct floor *f, struct floor_wait *w, const struct floor_queue *q,
	const struct floor_agent *a);
// It waits for its last agent alone, who is at work.
bool floor_last_holds(const struct floor *f, const struct floor_wait *w);
// --- floor_reserve.c ---
// Of the queue's reserve by this configuration: an enum router_clock. It is looked at again when
// that changes.
uint32_t floor_reserve_clock(struct floor *f, struct floor_queue *q, const struct config_queue *c);
void floor_reserve_look(struct floor *f); // before a caller joins: the clock may have been set
void floor_reserve_stop(struct floor *f);
// --- floor_day.c ---
void floor_day_look(struct floor *f); // before a caller joins
// --- floor_find.c ---
uint64_t floor_queue_hash(const char *tenant, const char *name);
struct floor_agent *floor_agent_of(const struct floor *f, const struct config_agent *c);
struct floor_agent *floor_agent_named(const struct floor *f, const char *name);
struct floor_queue *floor_queue_named(const struct floor *f, const char *tenant, const char *name);
// Whether it wants calls once its phone is there.
static inline bool floor_comes_ready(const struct floor_agent *a, const struct config_agent *c)
{
	return c->ready_on_register && a->pause[0] == '\0';
}
// --- floor_names.c ---
int floor_names_start(struct floor *f);
void floor_names_stop(struct floor *f);
void floor_names_configure(struct floor *f, struct config *config);
void floor_tell_again(struct floor *f, const struct router_message *refused); // by and by
// Also for a queue that only a call's older configuration still knows. NULL: no memory.
struct floor_queue *floor_queue_of(struct floor *f, const struct config_queue *c);
// --- floor_info.c ---
// As floor_waiting_page, for the floor itself.
bool floor_waits_page(struct floor *f, uint32_t queue, struct floor_place *at,
	void (*each)(const struct floor_wait *w, void *arg), void *arg);
// --- floor_members.c ---
// Tells the router in what the queue, its rings and who serves it differ from what it knows.
void floor_queue_post(struct floor *f, struct floor_queue *q, const struct config_queue *c);
// --- floor_held.c ---
void floor_held_watch(struct floor *f);
void floor_held_state(struct floor *f, struct floor_agent *a, enum agent_state before);
void floor_held_forget(struct floor_agent *a);	       // the leases of its own calls ran out
uint64_t floor_own_until(const struct floor_agent *a); // the last of these; 0: none
void floor_held_stop(struct floor *f);
void floor_served(struct floor_agent *a, struct floor_queue *q); // NULL: none any more
// --- floor_state.c ---
// The agent's state as it is now, with what it is away for and where it belongs: as news, and as
// the news have told it last.
void floor_state_news(const struct floor *f, struct floor_agent *a, enum agent_state from);
void floor_state_told(struct floor_agent *a); // by the log that was read at the start
void floor_state_log(const struct floor *f, struct eventlog *log, const struct floor_agent *a,
	enum agent_state from);
// --- floor_units.c ---
int floor_units_start(struct floor *f); // 0 or -ENOMEM
void floor_units_stop(struct floor *f);
// Of the configuration; it stays as long as the floor.
const struct floor_unit *floor_unit_of(struct floor *f, const struct config_agent *c);
// --- floor_skills.c ---
int floor_skills_start(struct floor *f); // 0 or -ENOMEM
void floor_skills_stop(struct floor *f);
// Tells the router in what the agent's levels differ from those that it knows.
void floor_skills_post(struct floor *f, struct floor_agent *a);
// What the queue asks for and the step beside it: where both do, the step.
void floor_skills_asked(struct floor *f, const struct config_queue *queue,
	const struct config_levels *more, struct router_skills *out);
// To which levels a ring lowers what is asked for.
void floor_skills_lowered(
	struct floor *f, const struct config_levels *to, struct router_skills *out);
void floor_lack_forget(struct floor *f); // an agent came or went, or its levels are others
// --- floor_figures.c ---
void floor_figures_start(struct floor *f);
void floor_queue_counted(struct floor *f, struct floor_queue *q); // its figures have changed
void floor_agent_counted(struct floor *f, struct floor_agent *a);
// A piece of a snapshot, behind the agents' states.
bool floor_figures_snapshot(struct floor *f, struct eventlog *log, uint64_t *from);
