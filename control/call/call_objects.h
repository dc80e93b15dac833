// What calls consist of, for the files that make them up: call_private.h says which these are.
#pragma once

#include "control/config/config.h"
#include "control/base/hold.h"
#include "control/base/timer.h"
#include "control/call/call.h"
#include "control/call/call_inputs.h"
#include "control/call/offer.h"
#include "control/call/party.h"
#include "control/call/record.h"
#include "control/ivr/run.h"
#include "control/queue/floor.h"
#include "engine/base/dlist.h"
#include "engine/base/hash.h"
#include "engine/base/machine.h"
#include "engine/base/tree.h"

struct recording; // recording.c

struct conference {	       // as long as somebody is in it
	struct hash_node node; // by tenant and name
	char tenant[CONFIG_NAME_MAX], name[CONFIG_NAME_MAX];
	struct media_mixer *mixer;
	struct dlist seats;
	unsigned count;
	unsigned places;  // held in the mixing bridge: the callers' and their supervisors'
	uint8_t whispers; // groups in use
};

struct call_seat {		       // in a conference
	struct conference *conference; // NULL: in none
	struct dlist link;
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

struct call_desk {			  // an agent's phone in a call of its own (desk.c)
	const struct config_agent *agent; // of the call's configuration; NULL: none is in it
	struct call_party party;
	enum codec_id codec; // that it would have; CODEC_NONE: not known
	bool dialled;	     // by that phone; else we call it first
	struct floor_held held;
	unsigned next;	    // of the agent's trunks, the one to try next
	struct timer renew; // what the floor was told
};

struct call_out {			  // of a call to somebody whom we call
	const struct config_trunk *trunk; // of the call's configuration
	struct config_step step;	  // its queue, once somebody answers; NULL: the flow
	struct call_desk desk;
};

struct call {
	struct dlist link;     // in calls->live, or calls->dead
	struct hash_node node; // by key
	struct tree_node by_id;
	uint64_t key; // the router's name for it
	struct calls *calls;
	struct config *config; // held: the one it began with
	enum call_state state;
	struct call_parties parties;
	struct call_party first; // who the call is about
	struct call_out *out;	 // NULL: it came to us
	struct ivr ivr;
	struct call_verdict flow_said; // within an action; STAY: nothing
	struct floor_wait wait;
	const struct config_queue *queue; // the latest
	const struct config_step *queue_step;
	// CALL_TIMER: opening: patience with the log; waiting: wait_max; talking: short_call.
	struct timer timer;
	bool acting;   // an action runs
	bool written;  // its first record, or our patience is over
	bool log_owes; // the log will call back
	// Why the queue is left when the agent whose phone rings does not take the call; NULL: it
	// is not.
	const char *leaves;
	struct media_mixer *mixer; // of the conversation, of more than two; NULL: the two alone
	bool masked, masked_step, masked_operator; // in force; who wants it
	uint64_t began_ms, connected_ms;
	uint64_t segment_ns; // in the call's time, when that which is open began; 0: none is
	const struct floor_unit *unit; // of the agent that it talks to; NULL: to none
	struct hold held[2]; // of that one: by the caller, by the agent; in the call's time
	struct call_seat seat;
	struct trunk_use *trunk; // NULL: an agent calls one of our numbers, or it is over
	bool record_whole;	 // its number asks for that
	struct recording *recording;
	char id_text[CALLID_TEXT_MAX];
	struct call_record record; // grows as the call goes on
};

// The machine stands above what it does: whoever is to be called later gets these.
struct call_entrance {
	void (*timer)(void *call);
	struct leg_owner (*first_leg)(struct call *c);
	struct leg_owner (*desk_leg)(struct call *c);
	const struct ivr_handlers *flow;
	void (*begun)(struct call *c, uint64_t sequence); // its first record is on its way
	offer_h *offer;
	void (*hear)(struct call *c);
	void (*supervisor)(struct call_party *p, enum call_input in, const char *why);
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
	struct calls_history history;
	struct callids ids;
	uint64_t next_key;
	bool draining;
	void (*empty)(void *arg);
	void *empty_arg;
	struct calls_counts counts;
};
