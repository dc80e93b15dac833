// A leg: one INVITE dialog and whoever owns it. Lives in the table by its local tag; what the
// owner is told, and when its memory may go, is decided here.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/base/timer.h"
#include "control/sip/dialog/answer.h"
#include "control/sip/dialog/ask.h"
#include "control/sip/dialog/change.h"
#include "control/sip/dialog/dialog.h"
#include "control/sip/dialog/early.h"
#include "control/sip/dialog/nat.h"
#include "control/sip/sdp/sdp.h"
#include "control/sip/trunk/out.h"
#include "control/sip/ua.h"
#include "engine/base/dlist.h"
#include "engine/base/hash.h"

#define LEG_FORKS_MAX  4
#define LEG_ECHOES_MAX 8

enum ua_leg_state {
	LEG_CALLING,   // outgoing: contacts ring
	LEG_INCOMING,  // incoming: not answered yet
	LEG_ANSWERING, // incoming: our 200 is not acknowledged yet
	LEG_UP,
	LEG_OVER, // only echoes are handled: late 200s, an ACK that is missing
	LEG_STATES,
};

enum ua_leg_input {
	LEG_IN_PROGRESS, // of our INVITE: a contact's 1xx, …
	LEG_IN_ANSWER,	 // … 2xx, …
	LEG_IN_STRAY,	 // … 2xx of which no transaction knows (any more), …
	LEG_IN_REDIRECT, // … 3xx, …
	LEG_IN_REFUSAL,	 // … another end
	LEG_IN_SILENCE,	 // it rang too long
	LEG_IN_BYE,	 // requests within the dialog
	LEG_IN_REINVITE,
	LEG_IN_UPDATE,
	LEG_IN_INFO,
	LEG_IN_REQUEST, // any other
	LEG_IN_ACK,	// the one that our 200 waits for
	LEG_IN_CANCEL,
	LEG_IN_UNACKED, // our 200 was
	LEG_IN_PROBED,	// the far end was asked whether it is there: its answer, or none
	LEG_IN_DOUBT,	// somebody else says that it hung up
	LEG_IN_CHANGE,	// we change the session or give a sign of life, …
	LEG_IN_CHANGED, // … its end
	LEG_IN_EXPIRED, // the session timer is over
	LEG_IN_ACCEPT,	// our owner answers, …
	LEG_IN_REJECT,
	LEG_IN_HANGUP,
	LEG_IN_PROBE, // … asks whether it is there
	LEG_IN_TOLD,  // the owner's turn to hear of the end
	LEG_IN_REAP,  // the network has had time
	LEG_INPUTS,
};

enum ua_leg_act { // what the table wants done: the input's own business, or
	LEG_IGNORES,
	LEG_DOES,
	LEG_ENDS_ANSWER, // ACK and BYE to a 200 that nobody wants
	LEG_KNOWS_NOT,	 // 481
};

struct fork { // one contact of an outgoing leg
	struct ua_leg *leg;
	struct sip_request *req; // NULL: its final answer came
	struct flow flow;
	char *uri;
	struct trunk *trunk;		 // that it goes out through, held; NULL: an agent's phone
	struct credentials *credentials; // NULL: none were asked for
	uint32_t cseq;			 // of its latest INVITE
	unsigned hops;			 // redirects followed
	uint16_t status;		 // final, 0: none yet
	bool refused;			 // a redirect that is not allowed
	bool left;	 // for the next target: what it refuses is nobody's any more
	const char *why; // our words for its refusal; NULL: its own
	enum dialog_path path;
};

struct outside { // of a leg that goes out through trunks: whom it calls, and where that is tried
	char number[NUMBER_TEXT_MAX], caller[NUMBER_TEXT_MAX];
	char caller_name[UA_TEXT_MAX], call[UA_TEXT_MAX];
	bool hidden, rings; // rings: at somebody's
	enum codec_id codec;
	struct out_try tries[CONFIG_TARGETS_MAX];
	unsigned count, next;
	unsigned of_fork[LEG_FORKS_MAX]; // which try each is
	struct timer quiet;
};

struct credentials;
struct machine_cell;
struct trunk;

struct ua_leg {
	struct ua *ua;
	struct hash_node node, masked_node, branch_node;
	struct dlist link;
	enum ua_leg_state state;
	const struct machine_cell *cell; // at work
	bool incoming, owned, told, masked;
	bool cancellable; // branch_node is in its table
	struct dialog dialog;
	enum dialog_path path;
	struct addr peer; // from where the far end spoke last: its INVITE, its answer
	ua_event_h *h;
	void *arg;
	struct ua_event over; // ENDED, once known
	struct timer timer;   // no answer in time; later ENDED; later the end of its echoes
	uint64_t begun_ms;

	struct sdp_local sdp;
	char *offer;		 // our session description that was sent last
	enum codec_id codecs[4]; // that it may have, by preference; sdp's: those there is room for
	unsigned codec_count;
	struct media_voice *voice; // NULL: not known yet, or over
	struct media_params media; // as SDP told it
	struct nat nat;
	bool settled; // media is valid
	struct answer answer;
	struct refresh refresh;
	struct change change;
	bool bye_after_ack;
	struct ask *probe;   // NULL: none is under way
	bool asked;	     // its owner waits for the answer
	uint64_t doubted_ms; // a BYE came from elsewhere: when the far end was asked; 0: not
	bool doubted;	     // and has not answered

	struct trunk *trunk; // that it came from, or goes out through; NULL: an agent's; it is over

	// incoming
	bool refused;	      // and counted so there
	enum codec_id likely; // that our answer to its offer will name
	struct sip_msg *invite;
	struct sip_strans *st; // NULL once a final answer went out
	struct timer ringing;

	char agent[UA_TEXT_MAX]; // whose phone it is; "": a trunk's

	// outgoing
	char *headers; // of the INVITE, from To on
	struct fork forks[LEG_FORKS_MAX];
	unsigned fork_count;
	uint32_t cseq;		 // of the latest INVITE
	struct outside *outside; // NULL: an agent is called; it is over
	bool trying_told, ringing_told;
	struct early early;
	uint64_t echoes[LEG_ECHOES_MAX]; // hashes of tags whose 200 was ended
	unsigned echo_count;
};

struct ua_leg *ua_leg_new(struct ua *ua, bool incoming); // NULL: no memory; in no table yet
void leg_enter(struct ua_leg *leg); // into the table, its dialog's local tag being known
// NULL: none.
struct ua_leg *leg_find(const struct ua *ua, const struct pl *local_tag, const struct pl *call_id);

extern const struct machine dialog_machine;
// What the leg's state does with it. A state that follows is set by ua_leg_become.
enum ua_leg_act ua_leg_input(struct ua_leg *leg, enum ua_leg_input in);
void ua_leg_become(struct ua_leg *leg, enum ua_leg_state to);

void leg_hold_codecs(struct ua_leg *leg); // before an offer or answer is written: into sdp
void leg_said(struct ua_leg *leg, const char *sdp);		 // as an answer of ours: kept
void leg_tell(struct ua_leg *leg, const struct ua_event *event); // not ENDED
void leg_tell_kind(struct ua_leg *leg, enum ua_event_kind kind);
void leg_tell_media(struct ua_leg *leg, enum ua_event_kind kind, const struct media_params *m);

struct leg_end {
	enum ua_end end;
	uint16_t status;
	const char *reason;
};
// The leg is over. Now: the owner hears ENDED from within; only from a message's or a timer's
// handler. Later: from the loop, for ends that the owner brings about itself.
void leg_end_now(struct ua_leg *leg, const struct leg_end *end);
void leg_end_later(struct ua_leg *leg, const struct leg_end *end);
void leg_free(struct ua_leg *leg); // at once, whatever it waits for

// --- probe.c ---
// Somebody says that the far end hung up, and may be wrong: it is asked. Where it knows of no such
// call it did.
void probe_doubt(struct ua_leg *leg);

// --- change_client.c ---
// A sign of life, unless a change is under way, which is one.
void change_refresh(struct ua_leg *leg);
