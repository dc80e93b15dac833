// Whole calls in simulated time: the daemon's own call, ivr, queue and record objects, with a
// scripted far end behind ua.h, voices without an engine behind media.h, and a clock that jumps.
//
// A scenario is a few lines: callers dial, phones answer, time passes, and what happened is
// compared as a text (story) of the call's events. Whatever a scenario does, the far end watches
// the rules that nobody may break (violations), and sim_end looks for what is left over.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/call/call.h"
#include "control/queue/floor.h"

// --- the world ---
// A process may have several, each a node with all that is its own. A scenario's lines speak of one
// of them, the one that began last or was entered since; time goes on in that one alone.
struct sim;

struct sim_setup {
	const char *node; // NULL: "sim"
	const char *yaml; // sections of the tenant "acme"; NULL: SIM_ACME
	const char *head; // what stands before the tenants; NULL: SIM_HEAD
	// Event log, left to the scenario to poll; NULL: in small segments, kept up, judged.
	const char *log_folder;
	bool log_in_memory;
	bool record; // with a recorder, on disk
	bool router_thread;
	bool lapses;	 // leases may run out
	bool faults;	 // surprises may be counted
	bool lax_order;	 // the order of service is not judged from outside
	bool several;	 // phones may ring for one caller, and a third may be with two
	bool rings_all;	 // phones may ring for one caller, and that is all
	bool lax_shapes; // events' bodies are not held to their schemas, which is dear
	uint64_t seed;
	struct calls_history history; // of what lookup steps ask; zeroed: there is none
};

extern const char SIM_HEAD[], SIM_ACME[];

struct sim *sim_begin(const struct sim_setup *setup); // zeroed: the defaults
void sim_enter(struct sim *w);			      // the lines from here on are of w
void sim_end(void);	  // nothing may be left, nothing may have been odd
unsigned sim_close(void); // the same; how much is left or odd, and was told
void sim_stop(void);	  // like the daemon's end: calls_stop
void sim_run(uint64_t ms);
void sim_reload(const char *yaml); // new sections of the tenant
// As after a kill of which this folder is left of the event log, a copy. Without real SIP phones
// have to register again.
void sim_restart(const char *log_folder);
struct calls *sim_calls(void);
struct eventlog *sim_log(void);
uint64_t sim_now_ms(void);
void sim_set_wall(int64_t by_s); // the wall clock: so much on, or back
void sim_violation(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
bool sim_recordings_wait(unsigned count); // real time: until so many results have come
unsigned sim_troubles(void);		  // RECORDING_FAILED events
void sim_judge_idle(void);		  // nobody waits where an agent is ready
const char *sim_agents(void);		  // "alice:ready bob:away"

// --- agents' phones ---
void phone_register(const char *agent);
void phone_unregister(const char *agent);
void phone_binds(const char *agent, unsigned phone, unsigned expires_s); // another of its phones
void phone_answers(const char *agent, unsigned after_ms);
void phone_rejects(const char *agent, unsigned after_ms, uint16_t status);
void phone_redirects(const char *agent);
void phone_unusable(const char *agent); // a 200 without a codec of ours
void phone_silent(const char *agent);	// rings, and nobody comes
void phone_stuck(const char *agent);	// the same, and it answers no CANCEL for 100 s
void phone_pick_up(const char *agent);	// now
void phone_hang_up(const char *agent);
void phone_hold(const char *agent, bool on);
void phone_directs(const char *agent, uint8_t direction); // MEDIA_SEND and RECV, as we see it
void phone_dies(const char *agent);			  // answers no probe any more
void phone_rtp_lost(const char *agent);
void phone_media_fails(const char *agent, const char *what);
unsigned phone_invites(const char *agent);  // so far
const char *phone_sees(const char *agent);  // of the latest INVITE: "Anna <100>", "<100>", "hidden"
bool phone_busy(const char *agent);	    // rings or talks
const char *phone_hears(const char *agent); // as caller_hears

// --- callers ---
struct caller_setup {
	const char *from;   // also its name in what others hear
	const char *to;	    // NULL: "400"
	const char *agent;  // a registered agent calls; NULL: the trunk
	const char *tenant; // whose trunk; NULL: the first there is
	unsigned trunk;	    // which of them, from 0
	// bad_offer: could be met when it came, and cannot when it is answered. One that never can
	// be is refused before the calls hear of it.
	bool late_offer, no_ack, bad_offer;
	const char *name, *privacy, *original_called; // NULL: none
	bool bad_answer;			      // to our offer: in the ACK
};
struct sim_caller;
struct sim_caller *caller_dials(const struct caller_setup *setup);
// Before the calls hear of it, as the user agent would say.
struct sim_caller *caller_is_refused(
	const struct caller_setup *setup, const char *why, uint16_t status);
struct sim_caller *dial(const char *from, const char *to); // from the trunk
struct sim_caller *ann_talks_to_alice(void);		   // who has registered for it
void caller_cancels(struct sim_caller *c);
void caller_hangs_up(struct sim_caller *c);
void caller_presses(struct sim_caller *c, const char *digits); // 100 ms apart; runs the time
void caller_sends_info(struct sim_caller *c, char digit);
void caller_holds(struct sim_caller *c, bool on);
void caller_directs(struct sim_caller *c, uint8_t direction);
void caller_dies(struct sim_caller *c);
unsigned sim_probes(void); // of all legs so far
void caller_rtp_lost(struct sim_caller *c);
void caller_rtp_found(struct sim_caller *c);
void caller_media_fails(struct sim_caller *c, const char *what);
struct media_voice *caller_voice(const struct sim_caller *c); // NULL: none, or no SDP names it yet
struct media_voice *phone_voice(const char *agent);
// Without a gate: what the engine says of a voice (enum media_event_kind), or of all there are.
void sim_voice_tells(struct media_voice *v, unsigned kind);
void sim_voices_fail(const char *what);
void sim_trunk_full(const char *trunk); // takes no call out; "": all do
void sim_media_full(bool on);		// media_open: -ENOBUFS
void sim_media_mask_full(bool on);
void sim_media_mix_full(bool on);
bool caller_masked(const struct sim_caller *c); // in the engine and in the trace
bool caller_alive(const struct sim_caller *c);
bool caller_refused(const struct sim_caller *c);	 // the user agent was told so
bool caller_rings(const struct sim_caller *c);		 // was told that somebody's phone does
uint16_t caller_status(const struct sim_caller *c);	 // final SIP status, 0: none yet
const char *caller_hears(const struct sim_caller *c);	 // "prompt", "agent alice", "" …
const char *caller_story(const struct sim_caller *c);	 // its events, one word each
const char *caller_segments(const struct sim_caller *c); // "sales/alice/agent-hangup …"
const char *caller_record(const struct sim_caller *c, const char *member); // of CALL_ENDED
struct callid caller_id(const struct sim_caller *c);

#define ck_story(c, expected) ck_assert_str_eq(caller_story(c), expected)

// --- between the doubles ---
struct config;
struct event;
struct media_voice;
struct rebuild;
struct ua_leg;
struct sim_story;
struct ua *far_ua(void);
struct ua_registration;
void sim_also_tells(void (*also)(const struct event *e, void *arg), void *arg); // news
void sim_bindings_tell(
	void (*binding)(const struct ua_registration *r, const char *gone, void *arg), void *arg);
void sim_ua_make(void);
void sim_ua_begin(const struct ua_handlers *handlers);
void sim_ua_configure(const struct config *config);
void sim_ua_end(void);	// legs left are violations
void sim_ua_kill(void); // it is gone, and nobody is told; a new one can begin
void sim_ua_restore(const struct rebuild *found);
void *sim_calloc(size_t bytes); // of the doubles: never refused
struct media *sim_media_begin(void);
void sim_media_turn(void); // what voices do besides their timers
void sim_media_end(void);  // voices left are violations
unsigned sim_legs(void);
struct media_voice *sim_voice_at(uint16_t port); // by the address that SDP carried
void sim_voice_name(struct media_voice *v, const char *name);
void sim_voice_digit(struct media_voice *v, char digit);
void sim_voice_fails(struct media_voice *v, const char *what);
bool sim_voice_masked(const struct media_voice *v);
void sim_voice_lost(struct media_voice *v);
void sim_voice_found(struct media_voice *v);
bool sim_voice_talks(const struct media_voice *v); // is bridged or mixed
const char *sim_voice_hears(const struct media_voice *v);
const struct addr *sim_voice_sends_to(const struct media_voice *v); // NULL: nowhere yet
const char *sim_prompt_name(uint32_t id);
void sim_story_begin(bool lax_order);
void sim_story_free(void);
void sim_story_end(void); // each call has a beginning and an end
void sim_story_event(const struct event *e, void *arg);
const char *sim_story_text(const char *sip_call_id);
const char *sim_story_segments(const char *sip_call_id);
const char *sim_story_record(const char *sip_call_id, const char *member);
struct callid sim_story_call(const char *sip_call_id);
