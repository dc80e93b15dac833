// A call's inside, in the order in which its files stand upon each other: each calls those before
// it, none calls those behind it.
//
//     call_life.c                           the call, and how it is found
//     identify.c, story.c, recording.c,
//     refused.c                             its parties, events and recording; those that are none
//     mask.c, call_flow.c, call_talk.c, conference.c, monitor.c, call_queue.c, call_open.c,
//     call_end.c                            what it does: actions, with an owner's each in one file
//     call_machine.c                        the one table that says when
//     call_entrance.c                       legs, offers, timers, flow and router give it inputs
//     call_info.c, calls.c                  for people; all calls
//
// What an action hands to a timer or an offer to be called by are the entrance's functions, told
// to it when the calls are made (calls->entrance); what it wants done next it says by call_next.
#pragma once

#include "control/config/config.h"
#include "control/base/timer.h"
#include "control/call/call.h"
#include "control/call/leg.h"
#include "control/call/offer.h"
#include "control/call/record.h"
#include "control/ivr/run.h"
#include "control/queue/floor.h"
#include "engine/base/dlist.h"
#include "engine/base/hash.h"
#include "engine/base/machine.h"
#include "engine/base/tree.h"

#define CALL_MASKED_DIGIT 'x' // what record and log keep of one

enum call_input {
	CALL_WRITTEN, // CALL_STARTED is in the log's file, or took too long
	CALL_CALLER_OPENED,
	CALL_CALLER_UP,
	CALL_CALLER_HELD,
	CALL_CALLER_RESUMED,
	CALL_CALLER_DIGIT,
	CALL_CALLER_PLAYED,
	CALL_CALLER_LOST,
	CALL_CALLER_FOUND,
	CALL_CALLER_FAILED,
	CALL_CALLER_UNMASKED, // the engine could not
	CALL_CALLER_UNMIXED,
	CALL_CALLER_GONE,
	CALL_FLOW_QUEUE, // the flow hands over
	CALL_FLOW_CONFERENCE,
	CALL_OVER,    // its owner knows no further
	CALL_TIMER,   // its own, for what its state waits for
	CALL_REFUSED, // by the router: the queue is full
	CALL_OFFER,
	CALL_LAPSED,
	CALL_AGENT_RINGS,
	CALL_AGENT_READY,
	CALL_AGENT_PLAYED,
	CALL_AGENT_HELD,
	CALL_AGENT_RESUMED,
	CALL_AGENT_LOST,
	CALL_AGENT_UNMIXED,
	CALL_AGENT_FAILED,
	CALL_AGENT_OVER,
	CALL_HANGUP, // by us: operator, stop
	CALL_INPUTS,
};

struct call_fact { // what an input brings; what does not apply is zero
	const struct leg_event *leg;
	const struct config_step *step;
	const struct router_message *message;
	const char *why, *by;
};

struct call_verdict { // of an action: what is to be done next
	bool said;
	enum call_input in;
	struct call_fact fact; // of step, why and by
};

struct recording; // recording.c
struct monitor;	  // monitor.c

struct conference; // conference.c

// Groups of the mixing bridge in which a supervisor hears a conversation: who speaks into them.
enum { TALK_CALLER = 1, TALK_AGENT = 2, TALK_WHISPER = 4, TALK_BARGE = 8 };

#define CONFERENCE_ALL 1 // group of the mixing bridge that all hear

struct call_seat {		       // in a conference
	struct conference *conference; // NULL: in none
	struct dlist link;
	struct tree_node place;			// the same order
	uint64_t number;			// of the place, over all conferences
	const struct config_conference *config; // of the call's configuration
	bool muted;
	uint8_t whisper; // group in which its supervisor may whisper
	int gain_db;
	uint64_t since_ms;
};

// A trunk by its tenant's name and its own, over reloads; there as long as it has calls.
struct trunk_use {
	struct dlist link;
	char tenant[CONFIG_NAME_MAX], name[CONFIG_NAME_MAX];
	unsigned calls;
};

struct call {
	struct dlist link;     // in calls->live, or calls->dead
	struct hash_node node; // by key
	struct tree_node by_id;
	uint64_t key; // the router's name for it
	struct calls *calls;
	struct config *config; // held: the one it began with
	enum call_state state;
	struct leg *caller;  // NULL: gone
	struct offer *offer; // NULL: none
	struct ivr ivr;
	struct floor_wait wait;
	const struct config_queue *queue; // the latest
	const struct config_step *queue_step;
	// CALL_TIMER: opening: patience with the log; waiting: wait_max; talking: short_call.
	struct timer timer;
	struct call_verdict next;
	bool acting;   // an action runs
	bool written;  // its first record, or our patience is over
	bool log_owes; // the log will call back
	// Why the queue is left when the agent whose phone rings does not take the call; NULL: it
	// is not.
	const char *leaves;
	bool bridged;
	struct media_mixer *mixer; // of the conversation, beside a supervisor; NULL: the two alone
	bool masked, masked_step, masked_operator; // in force; who wants it
	uint64_t began_ms, connected_ms;
	struct call_seat seat;
	struct trunk_use *trunk; // NULL: an agent calls, or it is over
	bool record_whole;	 // its number asks for that
	struct recording *recording;
	struct monitor *monitor; // NULL: no supervisor is on it
	char id_text[CALLID_TEXT_MAX];
	struct call_record record; // grows as the call goes on
};

// The machine stands above what it does: whoever is to be called later gets these.
struct call_entrance {
	void (*timer)(void *call);
	offer_h *offer;
};

struct calls {
	struct timers *timers;
	struct media *media;
	struct config *config; // held: of new calls
	const struct call_entrance *entrance;
	struct eventlog *log;
	struct recorder *recorder;
	struct ua *ua;
	struct floor *floor;
	struct ua_handlers handlers;
	struct dlist live, dead; // calls; dead ones are freed in the loop's next turn
	struct dlist trunks, recordings, monitors;
	struct hash by_key, recordings_by_file, conferences;
	struct tree by_id; // live ones
	struct timer bury;
	struct { // refused.c
		struct dlist peers, waiting;
		struct timer rest;
	} refused;
	struct timer alive; // signs of life for the event log, while there are calls
	// Of the calls and of the recordings, the next one in a snapshot.
	struct dlist *restated_call, *restated;
	struct callids ids;
	uint64_t next_key;
	bool draining;
	void (*empty)(void *arg);
	void *empty_arg;
	struct calls_counts counts;
};

typedef void call_fn(struct call *c, const struct call_fact *f);

// --- call_life.c ---
struct call *call_new(struct calls *cs);
uint64_t call_time_ns(const struct call *c); // now, for its record: it never goes back
struct call *call_get(const struct calls *cs, uint64_t key);		  // NULL: gone
struct call *call_by_id(const struct calls *cs, const struct callid *id); // not ended; NULL
// In the order of their numbers, O(log n): the first with this number or a later one, the next one,
// the last one, and the first whose number is not before this text. NULL: none.
struct call *call_from(const struct calls *cs, const struct callid *id);
struct call *call_after(const struct call *c);
struct call *call_last(const struct calls *cs);
struct call *call_from_text(const struct calls *cs, const char *text);
extern const char *const call_state_names[CALL_STATES];
const char *call_where(const struct call *c);
uint32_t call_prompt_id(const struct call *c, uint32_t index); // UINT32_MAX: none, of both
void call_timer_start(struct call *c, uint64_t ms);
// For an action, at most once: an input that the machine takes when the action is over.
void call_next(struct call *c, enum call_input in, const struct call_fact *f);
void call_bury(struct call *c); // once nothing can reach it any more
void call_free(struct call *c);
void calls_life_init(struct calls *cs);
void calls_bury_soon(struct calls *cs); // and tells, if it is drained

// --- identify.c ---
// Tenant, trunk and parties of a record; NULL: nothing of that number is configured, or no flow.
const struct config_number *call_identify(
	struct call_record *r, const struct config *config, const struct ua_incoming *in);
void call_take_trunk(struct call *c, const struct config_trunk *trunk);
void call_leave_trunk(struct call *c);
void trunk_uses_free(struct calls *cs);

// --- story.c: the call's events ---
uint64_t story_started(struct call *c, const struct ua_incoming *in);
uint64_t story_refused(struct calls *cs, const struct call_record *r, const struct ua_incoming *in);
void story_restate(const struct call *c, struct eventlog *log); // CALL_STARTED for a snapshot
void story_plain(struct call *c, int type);
void story_step(struct call *c, const struct config_step *step);
void story_digit(struct call *c, char digit, uint8_t sources);
void story_masked(struct call *c, const char *by, const char *why);
void story_monitored(struct call *c, const char *agent, const char *mode);
void story_monitor_ended(struct call *c, const char *agent, const char *why);
void story_conference(struct call *c, int type, unsigned parties, const char *why);
void story_queued(struct call *c);
void story_queued_again(struct call *c); // back where it stood
void story_dequeued(struct call *c, const char *why, uint64_t waited_ms);
void story_offered(struct call *c, const struct router_message *m);
void story_offer_ended(struct call *c, uint32_t agent, enum router_why why, uint16_t status);
void story_connected(struct call *c);
void story_side(struct call *c, int type, const char *side);
void story_ended(struct call *c);

// --- recording.c ---
void recording_start(struct call *c); // the caller alone, so far
void recording_join(struct call *c);  // and the agent, where the call is recorded
void recording_stop(struct call *c);
void recording_part(struct call *c); // the agent goes: a conversation's ends, a call's goes on
// A piece of a snapshot, the first or the next one; false: that was the last.
bool recordings_restate(struct calls *cs, struct eventlog *log, bool begin);
void recordings_free(struct calls *cs);

// --- refused.c ---
// Writes its record and answers; the call itself is the caller's to bury.
void call_refuse(struct call *c, struct ua_leg *ua, const struct ua_incoming *in,
	const struct ua_refusal *what);
enum ua_refused_how calls_on_refused(const struct ua_incoming *in, const struct ua_refusal *what,
	struct ua_refused *held, void *arg); // arg: calls
void refused_init(struct calls *cs);
void refused_stop(struct calls *cs); // answers and tells what still waits
void refused_fini(struct calls *cs);

// --- mask.c ---
call_fn call_digit_keep;					     // into record and log
void call_mask_step(struct call *c, const struct config_step *step); // entered
void call_mask_talk(struct call *c);				     // the conversation begins
call_fn call_mask_refused, call_mask_digit;

// --- call_flow.c ---
call_fn call_flow_begin, call_flow_digit, call_flow_played;
void call_flow_go(struct call *c, uint16_t step);
// What the flow asks for as it goes.
uint32_t call_flow_play(uint32_t prompt, unsigned flags, void *call);
void call_flow_step(const struct config_step *step, void *call);
bool call_flow_holds(void *call);
void call_flow_late(const char *wait, void *call);

// --- call_talk.c ---
void call_talk_begin(struct call *c);
void call_talk_part(struct call *c);
call_fn call_talk_update, call_talk_agent_held, call_talk_agent_resumed;

// --- conference.c ---
call_fn call_conference_join, call_conference_held, call_conference_resumed,
	call_conference_refused;
void call_conference_leave(struct call *c, const char *why);
// Of a call in a conference: the bridge that its supervisor is to be a party of, a group of it in
// which it may whisper (0; -ENOSPC: all are taken), and the groups that it speaks into there.
struct media_mixer *call_conference_mixer(const struct call *c);
int call_conference_place(struct call *c, bool on); // there for its supervisor: 0 or -errno
int call_conference_whisper(struct call *c, bool on);
uint8_t call_conference_says(const struct call *c, enum monitor_mode mode);
const char *call_conference_name(const struct call *c); // "" where it is in none
// Of the calls in it, by seat.link; NULL: nobody is.
const struct dlist *conference_seats(
	const struct calls *cs, const struct config_conference *config);

// --- monitor.c ---
void call_monitor_over(struct call *c, const char *why); // it goes, if there is one
call_fn call_monitor_refused;
const char *call_monitor_agent(const struct call *c);
const char *call_monitor_mode(const struct call *c);

// --- call_queue.c ---
call_fn call_queue_join, call_queue_refused, call_queue_wait_over, call_queue_offer,
	call_queue_decline, call_queue_connect, call_queue_offer_over, call_queue_lapsed,
	call_queue_lasts;
void call_queue_settle(struct call *c);
void call_queue_strand(struct call *c, uint32_t in_ms); // a reload has removed its queue
void call_queue_back(struct call *c);

// --- call_open.c ---
call_fn call_try_answer, call_written, call_patience_over;

// --- call_end.c ---
call_fn call_open_failed, call_caller_gone, call_caller_lost, call_media_failed, call_over,
	call_hung_up, call_agent_gone, call_agent_lost, call_agent_lapsed, call_bury_caller,
	call_bury_offer;

// --- call_machine.c ---
extern const struct machine call_machine;
void call_input(struct call *c, enum call_input in, const struct call_fact *f);
void call_settle(struct call *c); // does what call_next said, if no action runs

// --- call_entrance.c ---
extern const struct call_entrance call_entrance;
void call_incoming(struct ua_leg *ua, const struct ua_incoming *in, void *calls);
void call_on_router(const struct router_message *m, void *calls);
