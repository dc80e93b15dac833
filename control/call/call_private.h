// A call's inside, in the order in which its files stand upon each other: each calls those before
// it, none calls those behind it.
//
//     hearing.c, leg.c                      a far end: SIP and voice
//     party.c, offer.c                      in a role; an agent's phone, called for a call
//     call_life.c, sound.c                  the call, how it is found, what its parties hear
//     identify.c, story.c, recording.c,
//     refused.c                             its numbers, events and recording; those that are none
//     mask.c, call_flow.c, call_talk.c, conference.c, monitor.c, call_queue.c, desk.c,
//     call_open.c, originate.c, dial.c, call_end.c
//                                           what it does: actions, with an owner's each in one file
//     call_machine.c                        the one table that says when, and what moves the call
//     call_entrance.c                       legs, offers, timers, flow and router give it inputs
//     call_info.c, calls.c                  for people; all calls
//
// What an action hands to a timer or an offer to be called by are the entrance's functions, told
// to it when the calls are made (calls->entrance). What shall become of the call it says by its
// verdict (call_inputs.h).
#pragma once

#include "control/call/call_objects.h"

#define CALL_MASKED_DIGIT 'x' // what record and log keep of one

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
const char *call_far_number(const struct call *c);	       // of who the call is about
bool call_on_hold(const struct call *c);		       // somebody of the conversation holds
uint32_t call_prompt_id(const struct call *c, uint32_t index); // UINT32_MAX: none, of both
void call_timer_start(struct call *c, uint64_t ms);
void call_bury(struct call *c); // once nothing can reach it any more
void call_free(struct call *c);
void calls_life_init(struct calls *cs);
void calls_bury_soon(struct calls *cs); // and tells, if it is drained

// --- sound.c ---
// Groups of the mixing bridge of a conversation: who speaks into them.
enum {
	TALK_CALLER = 1, // who the call is about
	TALK_AGENT = 2,
	TALK_WHISPER = 4, // a supervisor, to the agent alone
	TALK_BARGE = 8,	  // … to all
	TALK_OTHERS = 16, // consulted, outside
};
#define CONFERENCE_ALL 1	// group of a conference's mixing bridge that all hear
void call_hear(struct call *c); // puts in force what each party hears
struct hearing call_sound(const struct call *c, const struct call_party *p); // the value alone
void call_hush(struct call *c); // no prompt any more, to anybody

// --- identify.c ---
// Of a record whose parties and direction are known.
void call_region(
	struct call_record *r, const struct config *config, const struct config_tenant *tenant);
// Tenant, trunk, parties and region of a record; NULL: nothing of that number is configured, or no
// flow.
const struct config_number *call_identify(
	struct call_record *r, const struct config *config, const struct ua_incoming *in);
void call_take_trunk(struct call *c, const struct config_trunk *trunk);
void call_leave_trunk(struct call *c);
void trunk_uses_free(struct calls *cs);

// --- story.c: the call's events ---
uint64_t story_started(struct call *c, const struct ua_incoming *in);
uint64_t story_originated(struct call *c);
uint64_t story_refused(struct calls *cs, const struct call_record *r, const struct ua_incoming *in);
void story_restate(const struct call *c, struct eventlog *log); // CALL_STARTED for a snapshot
void story_plain(struct call *c, int type);
void story_step(struct call *c, const struct config_step *step);
void story_variable(struct call *c, const char *name, const char *text);
void story_digit(struct call *c, char digit, uint8_t sources);
void story_masked(struct call *c, const char *by, const char *why);
void story_monitored(struct call *c, const char *agent, const char *mode);
void story_monitor_ended(struct call *c, const char *agent, const char *why);
void story_conference(struct call *c, int type, unsigned parties, const char *why);
void story_queued(struct call *c);
void story_queued_again(struct call *c); // back where it stood
void story_dequeued(struct call *c, const char *why, uint64_t waited_ms);
// The one that is open has ended. A wait in a queue is one, by no agent; so is a conversation.
void story_segment(struct call *c, const char *agent, const char *why);
void call_holds_begin(struct call *c); // a conversation's, at segment_ns
void story_offered(struct call *c, const struct router_message *m);
void story_offer_ended(struct call *c, uint32_t agent, enum router_why why, uint16_t status);
void story_connected(struct call *c, const char *agent_sip_call_id);
void story_side(struct call *c, int type, const char *side);
void story_ended(struct call *c);

// --- recording.c ---
// Two sides: left is who the call is about, right is everybody on ours, added up.
void recording_start(struct call *c);			   // left alone, so far
void recording_join(struct call *c, struct call_party *p); // right, where the call is recorded
void recording_stop(struct call *c);
// One of ours goes: with the last one a conversation's recording ends, a call's goes on.
void recording_part(struct call *c, struct call_party *p);
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
void call_digit_keep(struct call *c, const struct call_fact *f);     // into record and log
void call_mask_step(struct call *c, const struct config_step *step); // entered
void call_mask_talk(struct call *c);				     // the conversation begins
call_fn call_mask_refused, call_mask_digit;

// --- call_flow.c ---
call_fn call_flow_begin, call_flow_digit, call_flow_played, call_flow_says;
call_move_fn call_flow_enter;
void call_flow_bind(struct call *c, const struct config_flow *flow); // it will begin there
// What the flow asks for as it goes.
uint32_t call_flow_play(uint32_t prompt, unsigned flags, void *call);
void call_flow_step(const struct config_step *step, void *call);
bool call_flow_holds(void *call);
void call_flow_late(const char *wait, void *call);
bool call_flow_owns(void *call);
int call_flow_ask(const struct config_step *step, uint32_t ticket, void *call);
const char *call_flow_fact(const char *name, void *call);
void call_flow_set(const char *name, const char *text, void *call);

// --- call_talk.c ---
call_fn call_caller_held, call_caller_resumed, call_agent_held, call_agent_resumed;
void call_talk_begin(struct call *c, struct call_party *agent);

// --- conference.c ---
call_fn call_conference_refused;
call_move_fn call_conference_admit, call_conference_enter;
void call_conference_leave(struct call *c, const char *why);
// Of a call in a conference: its supervisor's place, a group of the bridge in which that may
// whisper (0; -ENOSPC: all are taken), and the groups that it speaks into there.
int call_conference_place(struct call *c, bool on); // there for its supervisor: 0 or -errno
int call_conference_whisper(struct call *c, bool on);
uint8_t call_conference_says(const struct call *c, enum monitor_mode mode);
const char *call_conference_name(const struct call *c); // "" where it is in none
// Of the calls in it, by seat.link; NULL: nobody is.
const struct dlist *conference_seats(
	const struct calls *cs, const struct config_conference *config);

// --- monitor.c ---
void call_monitor_over(struct call *c, const char *why); // it goes, if there is one
call_fn call_monitor_up, call_monitor_gone, call_monitor_refused, call_monitor_unmixed;
const char *call_monitor_agent(const struct call *c);
const char *call_monitor_mode(const struct call *c);

// --- call_queue.c ---
call_fn call_queue_refused, call_queue_wait_over, call_queue_offer, call_queue_decline,
	call_queue_taken, call_queue_connect, call_queue_offer_over, call_queue_lapsed,
	call_queue_lasts;
call_move_fn call_queue_enter, call_queue_back_before, call_queue_back, call_talk_enter;
void call_queue_settle(struct call *c);
void call_queue_strand(struct call *c, uint32_t in_ms);		 // a reload has removed its queue
struct offer *call_offer(const struct call *c, uint64_t number); // NULL: none of this call
// The agent's phone rings, or rang a moment ago, in vain: the caller shall not wait for nobody.
void call_queue_withdraw(struct calls *cs, const char *agent, enum router_why why);

// --- call_open.c ---
call_fn call_try_answer, call_written, call_patience_over;
call_move_fn call_open_answer;

// --- desk.c: an agent's phone in a call of its own ---
call_fn desk_rings, desk_ready, desk_connect, desk_gone;
call_move_fn desk_fetch_enter, desk_answer_enter, desk_talk_enter;
struct call_desk *call_desk(const struct call *c);		 // NULL: none is in it
int desk_join(struct call *c, const struct config_agent *agent); // busy from here on; 0 or -errno
void desk_over(struct call *c); // its leg is gone, or never was: the agent is free of the call
void desk_let_go(struct call *c, const struct call_verdict *end);
void call_unmake(struct call *c); // that never began, and has no record

// --- originate.c ---
call_fn call_outside_rings, call_outside_up, call_outside_gone;
call_move_fn call_outside_enter;

// --- dial.c ---
bool call_dials(const struct call *c, const struct ua_incoming *in); // out, by its agent's phone
struct ua_refusal call_dial(struct call *c, struct ua_leg *ua, const struct ua_incoming *in);

// --- call_end.c ---
call_fn call_open_failed, call_caller_gone, call_caller_lost, call_media_failed, call_hung_up,
	call_agent_gone, call_agent_lost, call_agent_lapsed, call_bury_party;
call_move_fn call_end_before, call_end_enter, call_end_bury;

// --- call_machine.c ---
extern const struct machine call_machine;
void call_input(struct call *c, enum call_input in, const struct call_fact *f);

// --- call_entrance.c ---
extern const struct call_entrance call_entrance;
void call_incoming(struct ua_leg *ua, const struct ua_incoming *in, void *calls);
void call_on_router(const struct router_message *m, void *calls);
