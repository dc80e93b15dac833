// Calls: each a story with one owner at a time (flow, queue, conversation, conference), from the
// INVITE to its call record. Every call that is taken has exactly one CALL_STARTED and one
// CALL_ENDED in the event log, every other one a CALL_REFUSED (refused.c).
//
//     INVITE → opening → answering → flow ⇄ waiting → talking → ended
//     originate → opening → calling → flow or waiting, and so on
//     originate, for an agent → opening → fetching → calling → talking → ended
//     an agent's phone dials → opening → calling → answering → talking → ended
//                               ⇅
//                               conference → ended
//
// Control thread only.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/base/callid.h"
#include "control/call/record.h"
#include "control/queue/floor.h"
#include "control/sip/ua.h"

struct calls;
struct config;
struct config_conference;
struct eventlog;
struct floor;
struct media;
struct media_voice;
struct recorder;
struct timers;
struct troubles;

// The call's states; each has one owner.
enum call_state {
	CALL_OPENING,	// voice and log record on their way, no answer sent
	CALL_ANSWERING, // 200 sent, ACK on its way: to who called, a caller or an agent
	CALL_FETCHING,	// an agent's phone rings, for somebody whom we shall call then
	CALL_CALLING,	// called by us: INVITE sent
	CALL_FLOW,
	CALL_WAITING, // in a queue, or an agent's phone rings
	CALL_TALKING,
	CALL_CONFERENCE,
	CALL_ENDED, // told; legs on their way out
	CALL_STATES,
};

// What a flow's lookup step wants to know of the caller's last call to the tenant; calls_answer
// comes later, never within. The texts stay until it is asked.
struct calls_question {
	uint64_t call;
	uint32_t ticket;
	const char *tenant, *caller;
	const char *what; // "last_agent", "last_queue"
};
struct calls_history {
	int (*ask)(const struct calls_question *q, void *arg); // 0 or -errno; NULL: there is none
	void *arg;
};

struct calls_env {
	const char *node; // its name, for the calls' numbers
	struct timers *timers;
	struct media *media;
	struct config *config; // held
	struct eventlog *log;
	struct recorder *recorder; // NULL: nothing is recorded
	struct ua *ua;		   // that is started with calls_handlers
	struct calls_history history;
	uint64_t seed; // of the router; 0: drawn from the kernel
	bool router_thread;
	struct troubles *troubles; // NULL: nobody is told
};

// text: "": there was none, or it cannot be known. Once for each question that was taken.
void calls_answer(struct calls *c, uint64_t call, uint32_t ticket, const char *text);
int calls_start(const struct calls_env *env, struct calls **out); // 0 or -errno
// For ua_start; binding is left to whoever logs registrations.
const struct ua_handlers *calls_handlers(struct calls *c);
void calls_configure(struct calls *c, struct config *config); // calls in progress keep theirs, but
// who waits in a queue that is removed leaves it, on with the flow
// No new calls; empty is called (from the loop) once there is none left. empty NULL: no more
// draining.
void calls_drain(struct calls *c, void (*empty)(void *arg), void *arg);
// Ends what is left, each call with its record; BYEs are on their way. Then, when the user agent
// and the recorder have been stopped and before the event log is closed, calls_free.
void calls_stop(struct calls *c);
void calls_free(struct calls *c);

// The agent wants calls or does not. Set away, a phone that rings is let go, and the caller keeps
// its place; during a conversation it takes effect at its end. 0, -ENOENT.
int calls_agent_set(struct calls *c, const char *name, bool ready);
int calls_agent_away(struct calls *c, const char *name, const char *pause); // floor_agent_away
int calls_agent_pause(struct calls *c, const char *name, const char *code); // floor_agent_pause

struct floor *calls_floor(struct calls *c);
// With router_thread: the loop sleeps on this and calls calls_poll (true: there may be more); else
// NULL.
struct ring_wake *calls_wake(struct calls *c);
bool calls_poll(struct calls *c);

// For the event log's snapshot: a piece of the records from which agents, open calls and recordings
// are rebuilt; false: that was all of them.
struct eventlog_place;
#define CALLS_SNAPSHOT_PARTS 3 // place->part when all is said
bool calls_snapshot(struct calls *c, struct eventlog *log, struct eventlog_place *place);

// What became of a recording, as an event; calls_start sets it as the recorder's handler.
// recording_repair's results are given to it by hand.
struct recording_result;
void calls_recording_result(const struct recording_result *r, void *calls);
// A recording that a killed process left open: its event will name the tenant. 0 or -ENOMEM.
int calls_expect_recording(
	struct calls *c, const struct callid *call, const char *tenant, const char *file);

// Calls a number through a trunk; who answers there is led on.
enum call_connect { CALL_CONNECT_FLOW, CALL_CONNECT_QUEUE, CALL_CONNECT_AGENT };
struct call_originate {
	const char *tenant; // NULL: of the trunk, if there is but one of that name
	const char *trunk, *to;
	const char *from; // one of the tenant's numbers; NULL: the trunk's caller
	enum call_connect connect;
	const char
		*name; // of the flow, the queue, the agent: its phone is called before the number
};
// NULL, and *id is the call's; else why not, and there is none. What comes of it later (the trunk
// is full, nobody answers) is in its record.
const char *call_originate(struct calls *c, const struct call_originate *q, struct callid *id);

struct call_info {
	struct callid id;
	uint64_t key;
	enum call_state state;
	const char *where; // "opening", "menu", "queue", "ringing", "talking", "held", "ended", …
	const char *tenant, *trunk, *called, *flow, *step, *queue, *agent, *recording;
	// As lists show them: of who wants not to be seen "anonymous" and "". The record has both.
	const char *caller, *caller_name;
	const struct call_record *record;
	unsigned position;  // in the queue, from 1; 0: not in one
	uint32_t waited_ms; // in the queue so far or before the conversation
	uint32_t talked_ms;
	uint64_t total_ms;					       // since it came
	uint64_t started_wall_ns, answered_wall_ns, connected_wall_ns; // 0: not (yet)
	uint64_t segment_wall_ns; // when its open segment began: waits, or talks; 0: none is open
	const struct floor_unit *unit; // whose figures its conversation counts for; NULL: none is
	bool caller_holds, agent_holds;
	const char *conference; // "" where it is in none
	bool muted;		// there
	int gain_db;
	uint32_t conference_ms;			     // since when
	const char *monitor_agent, *monitor_mode;    // the supervisor on it; "" where none is
	bool masked;				     // the caller's digits are the flow's alone
	const char *sip_call_id, *agent_sip_call_id; // "" where there is none
	const struct media_voice *caller_voice, *agent_voice; // for media_quality; may be NULL
};

unsigned calls_count(const struct calls *c);
void call_each(struct calls *c, void (*each)(const struct call_info *i, void *arg), void *arg);
// A walk in pages, in the order of their numbers: zeroed at first, most set before each page to how
// many may be looked at in it. True: there is more. Between pages calls may come and go; of those
// that were there at the first page each comes once, but for what has gone before its turn.
struct call_place {
	struct callid next, last;
	unsigned most;
	bool begun;
};
bool call_page(struct calls *c, struct call_place *at,
	void (*each)(const struct call_info *i, void *arg), void *arg);
// text: a call id or its beginning; 0, -ENOENT, -EEXIST: more than one begins so.
int call_find(struct calls *c, const char *text, struct call_info *out);
bool call_by_key(struct calls *c, uint64_t key, struct call_info *out);
struct call_wants {
	char skills[FLOOR_SKILLS_TEXT_MAX]; // "german 5, billing 3"; "": none
	const char *lacks;		    // why no agent can have it; NULL: one may
	unsigned priority, ring;
};
bool call_waits_for(struct calls *c, uint64_t key, struct call_wants *out); // false: in no queue
struct floor_why;
struct floor_why_wait;
// What a caller in a queue waits for (floor_why.h). False: it waits in none.
struct call_why {
	uint64_t leaves_ms; // when it has waited long enough; 0: it waits for ever
	unsigned rings;	    // agents' phones that are called for it now
	uint32_t agent;	    // one of them
};
bool call_why(struct calls *c, uint64_t key, struct call_why *out, struct floor_why_wait *wait,
	struct floor_why *of);
int call_hangup(struct calls *c, const struct callid *id, const char *why); // 0 or -ENOENT
// Whether or not a step of the flow masks too. 0; -ENOENT; -EAGAIN: not answered yet, or ended.
int call_mask(struct calls *c, const struct callid *id, bool on);

// Of a call in a conference, until it leaves. 0; -ENOENT; -EAGAIN: it is in none.
int conference_mute(struct calls *c, const struct callid *id, bool on);
#define CONFERENCE_GAIN_MIN_DB -40
#define CONFERENCE_GAIN_MAX_DB 12
int conference_gain(struct calls *c, const struct callid *id, int db); // of what it says
unsigned conference_parties(const struct calls *c, const struct config_conference *conference);
// Who is in it, in the order of coming: as many as parties_max may be.
void conference_each(struct calls *c, const struct config_conference *conference,
	void (*each)(const struct call_info *i, void *arg), void *arg);

enum monitor_mode { MONITOR_OFF, MONITOR_LISTEN, MONITOR_WHISPER, MONITOR_BARGE };
int monitor_mode_parse(const char *name, enum monitor_mode *out); // 0 or -EINVAL
// Rings a supervisor's phone, an agent of the call's tenant that the router does not ring, and lets
// it hear the conversation; or changes how it does, or ends that. 0; -ENOENT: no such call, agent
// or supervisor; -EAGAIN: nobody talks; -EBUSY: another one is on it, or the agent takes calls;
// -ENOSPC: seven whisper in that conference already; -ENOSR: no place in a mixing bridge.
int call_monitor(
	struct calls *c, const struct callid *id, const char *agent, enum monitor_mode mode);
const char *call_state_name(enum call_state s);

struct calls_counts {
	uint64_t started, answered, connected, ended, refused;
	uint64_t surprises;		    // a state met an event that its table does not know
	uint64_t states_mended, legs_alone; // floor_held_counts
	uint64_t late_answers;		    // to a flow's question, when it no longer waited
	uint64_t answered_unwritten;	    // the event log was too slow to wait for
	unsigned alive, recording;
};
void calls_counts(const struct calls *c, struct calls_counts *out);
