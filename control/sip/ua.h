// SIP as the rest of control sees it: legs (RFC 3261 INVITE dialogs), registrations, trunks.
// No libre type appears here; behind it stands libre (control/sip/transport) or, in whole-call
// tests in simulated time, a scripted peer. Control thread only.
//
// The user agent owns transactions, dialogs, retransmissions, forks, ACKs and SDP text. A leg's
// owner hears settled facts: rings, answered with these media, media changed, ended. There may be
// several in a process, of one thread and its loop (control/sip/transport/libre.h).
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/base/transports.h"
#include "control/media/media.h"
#include "engine/base/addr.h"

struct config;
struct config_listen;
struct config_trunk;
struct config_agent;
struct ua;     // a user agent
struct ua_leg; // knows its own

#define UA_TEXT_MAX 128

enum ua_event_kind {
	UA_TRYING = 1, // outgoing: a 1xx other than 180/183 came
	UA_RINGING,    // outgoing: 180 or 183
	UA_ANSWERED,   // outgoing: 200 with an answer that fits, ACK sent; media is valid.
	// incoming: our 200 was acknowledged; media is valid (late offer: now known)
	UA_MEDIA, // a re-INVITE or UPDATE (hold, resume, new address) was answered: media changed
	UA_KEPT,  // what ua_reoffer asked for was refused, status says how: media stay as they were
	UA_ALIVE, // the answer to ua_probe
	UA_DIGIT, // SIP INFO, application/dtmf-relay or application/dtmf
	UA_ENDED, // last event of a leg, always: the pointer is dead when the handler returns
};

enum ua_end {		   // why a leg ended
	UA_END_BYE = 1,	   // far end hung up
	UA_END_CANCEL,	   // caller cancelled before the answer
	UA_END_LOCAL,	   // ua_hangup or ua_reject
	UA_END_REJECTED,   // outgoing: 4xx–6xx; status says which
	UA_END_REDIRECTED, // outgoing: 3xx to a target that the configuration does not allow
	UA_END_TIMEOUT,	   // no answer to a request, no ACK to our 200
	UA_END_EXPIRED,	   // the session timer is over, or its refresh was not answered
	UA_END_MEDIA,	   // offer and answer do not meet (488)
	UA_END_ERROR,	   // transport or internal; status is the nearest SIP code
};

struct ua_event {
	enum ua_event_kind kind;
	struct media_params media; // ANSWERED, MEDIA
	char digit;		   // DIGIT
	uint16_t duration_ms;	   // DIGIT
	enum ua_end end;	   // ENDED
	uint16_t status;	   // ENDED: SIP status code where there was one, else 0
	char reason[UA_TEXT_MAX];  // ENDED: reason phrase or our own words
};

typedef void ua_event_h(struct ua_leg *leg, const struct ua_event *event, void *arg);

// An incoming call from a known trunk or a registered agent.
struct ua_incoming {
	const struct config_trunk *trunk; // NULL when an agent calls
	const struct config_agent *agent; // NULL when a trunk calls
	// Users and names are UTF-8 that people can read; "": none. Of numbers message/party.h.
	char called[UA_TEXT_MAX];      // of the request URI
	char caller[UA_TEXT_MAX];      // of P-Asserted-Identity (a trunk's) or From
	char caller_name[UA_TEXT_MAX]; // display name
	char privacy[32]; // what the caller asked for: "id", "user", "anonymous"; and "history"
	char original_called[UA_TEXT_MAX], redirected_by[UA_TEXT_MAX]; // first and last diversion
	char redirect_reason[32];				       // RFC 5806's words
	char call_id[UA_TEXT_MAX];
	struct addr source;
	enum ua_transport transport;
	bool registered;     // an agent: a phone of its stands registered at this address
	bool late_offer;     // INVITE without SDP: our 200 carries the offer
	enum codec_id codec; // that our answer would name now; CODEC_NONE: a late offer
};

struct ua_registration { // for the CLI and the event log
	char agent[UA_TEXT_MAX], tenant[UA_TEXT_MAX], contact[256];
	char instance[UA_TEXT_MAX]; // +sip.instance; "": it has none
	char user_agent[UA_TEXT_MAX], call_id[UA_TEXT_MAX];
	struct addr source;
	enum ua_transport transport;
	uint64_t expires_wall_ns;
	uint32_t cseq;
};

struct ua_refusal {	 // of an INVITE, before it was a call
	const char *why; // one word of docs/sip.md; static
	uint16_t status;
};
struct ua_refused; // one that is not answered yet

enum ua_refused_how {
	UA_REFUSED_TOLD,    // is written down: it is answered now
	UA_REFUSED_COUNTED, // is counted alone, as there are too many: answered now, none is kept
	UA_REFUSED_HELD,    // is being written down: ua_refuse will be called
};
// After wrong passwords (transport/lockout.h). A lock is of an address, or of an account from
// anywhere but where its phones stand, or of the account at the address.
struct ua_lockout {
	struct addr address; // family ADDR_NONE: of the account, from anywhere
	unsigned bits;	     // of the address that are meant
	char account[64];    // as it was said; "": of the address, whatever the account
	unsigned failures;
	unsigned for_ms, left_ms; // so far (of one that begins: in all), and from now on
};
#define UA_PLACE_MAX (ADDR_TEXT_MAX + 8)
char *ua_lockout_place(const struct ua_lockout *l, char out[UA_PLACE_MAX]); // "2001:db8::/64"

struct ua_handlers {
	// A new call; answered with 100 already. The handler sets the leg's owner by ua_accept or
	// refuses by ua_reject before it returns.
	void (*incoming)(struct ua_leg *leg, const struct ua_incoming *in, void *arg);
	// An INVITE of a known peer that is refused before `incoming` could hear of it. NULL: all
	// are answered at once. held NULL: it cannot be held.
	enum ua_refused_how (*refused)(const struct ua_incoming *in, const struct ua_refusal *r,
		struct ua_refused *held, void *arg);
	// An agent's registration came, was refreshed (not reported) or went; of every agent behind
	// a reload, news or not.
	void (*registered)(const struct config_agent *agent, bool registered, void *arg);
	// Some trunk has counted something: ua_trunks_counted. Or NULL.
	void (*trunk_counted)(void *arg);
	// A binding (one contact) as it came, each time it was refreshed, and when it went: gone
	// then says why ("unregistered", "expired", "replaced"), else it is NULL.
	void (*binding)(const struct ua_registration *r, const char *gone, void *arg);
	// A lock begins. NULL: nobody asks.
	void (*lockout)(const struct ua_lockout *l, void *arg);
	void *arg;
	void *told_arg; // of trunk_counted, binding and lockout: who keeps what is told
};

struct ua *ua_new(void);     // NULL: no memory. Says and hears nothing before it is started
void ua_free(struct ua *ua); // stops it where it was started; NULL allowed

struct ua_env { // what it stands on, and whom it tells
	struct timers *timers;
	struct media *media; // of whose coders codecs are; NULL: those without state alone
	const struct config *config;
	const struct ua_handlers *handlers;
};

// 0 or -errno, logged; then it is as new.
int ua_start(struct ua *ua, const struct ua_env *env);
// Whether this host has the address, as a socket on any free port of it tells: 0, or -errno.
int ua_look(const struct config_listen *listen);
// Before a reload: 0, or -ENOMEM, and the configuration in force must stay so.
int ua_prepare(struct ua *ua, const struct config *config);
// Reload, prepared: legs in progress stay as they are. The old configuration may be freed on
// return, but listen addresses stay what they were at start.
void ua_configure(struct ua *ua, const struct config *config);
// BYE or CANCEL to what is left, then closes. No event comes any more; all legs are dead.
void ua_stop(struct ua *ua);
unsigned ua_legs(const struct ua *ua);		   // alive
void ua_drain(struct ua *ua, bool on);		   // on: new calls get 503 with Retry-After
void ua_overload(struct ua *ua, unsigned percent); // of new calls get it
void ua_overloaded(struct ua *ua, bool on);	   // on: balancers are told so

void ua_refuse(struct ua_refused *r); // answers what was held, and forgets it

// --- incoming legs ---
void ua_accept(struct ua_leg *leg, ua_event_h *h, void *arg);
void ua_ring(struct ua_leg *leg); // 180
// Its voice, until the leg ends: coders are held for what is offered and answered (media_hold).
void ua_voice(struct ua_leg *leg, struct media_voice *voice);
// 200 with SDP for this local RTP address. 0; -EPROTO: the offer cannot be met (488 was sent);
// -ECANCELED: the caller is gone. After an error ENDED follows from the loop. media is filled
// unless it was a late offer (then with ANSWERED).
int ua_answer(struct ua_leg *leg, const struct addr *local, struct media_params *media);
// ua_reject will come: the trunk counts it now, as the caller's CANCEL may be faster.
void ua_refusing(struct ua_leg *leg);
// ENDED follows from the loop if the leg was accepted; else the leg is dead on return.
void ua_reject(struct ua_leg *leg, uint16_t status, const char *reason);

// --- outgoing legs ---
struct ua_target {			  // an agent, or a trunk and a number
	const struct config_agent *agent; // call its registered contacts
	const struct config_trunk *trunk; // its targets in turn, then those it fails over to
	const char *number;		  // as the tenant's plan writes it (number_normal)
	const char *caller;		  // From user and P-Asserted-Identity
	const char *caller_name;
	// The caller does not want to be seen: neither is sent to a phone, and a carrier is told to
	// show them to nobody.
	bool hidden;
	const char *queue; // X-Ringhall-Queue, may be NULL
	const char *call;  // X-Ringhall-Call: our call id as text
	struct addr local; // RTP
	// Offered first when the agent has it (the caller's: relayed, not transcoded);
	// CODEC_NONE: the agent's own order.
	enum codec_id codec;
	struct media_voice *voice; // as of ua_voice
};
// Every contact of the agent rings; the first 200 wins. Of a trunk one target after the other is
// tried as long as it says nothing, cannot be reached or answers 5xx, until somebody's phone rings.
// 0; -ENOENT: not registered, no such trunk any more or none of its targets takes calls now;
// -ENOBUFS: no coder is free for any of their codecs. Of a trunk: -EBUSY, -EAGAIN: it has as many
// calls out as it may at once, a second; -EHOSTUNREACH.
int ua_invite(struct ua *ua, const struct ua_target *target, ua_event_h *h, void *arg,
	struct ua_leg **out);

// --- all legs ---
// CANCEL, BYE or 480, whatever fits. ENDED follows from the loop (never from within the call), and
// nothing else does: what the far end still answers is acknowledged and ended behind the scenes.
void ua_hangup(struct ua_leg *leg, const char *reason);
// On: the digits of this leg's INFO bodies are blanked in the trace from here on.
void ua_mask(struct ua_leg *leg, bool on);
// Is the far end of an established leg still there? ALIVE follows, or ENDED with UA_END_TIMEOUT
// where it does not answer, cannot be reached, or knows of no such call. Asked once at a time.
void ua_probe(struct ua_leg *leg);
void ua_probe_over(struct ua_leg *leg); // it is: no answer is waited for any more
// A re-INVITE of an established leg, with all codecs that it may have and with this RTP address of
// ours. 0: MEDIA follows, or KEPT where it is refused, or ENDED where nobody answers; -EAGAIN:
// another change is under way; -ECANCELED: the leg is over; -ENOBUFS: no coder is free; -errno.
int ua_reoffer(struct ua_leg *leg, const struct addr *local);
const char *ua_call_id(const struct ua_leg *leg);
// By which it came or goes out; NULL: none, or it is no longer configured.
const struct config_trunk *ua_trunk(const struct ua_leg *leg);
bool ua_media(const struct ua_leg *leg, struct media_params *out); // last settled

// --- registrations ---
void ua_registrations(
	struct ua *ua, void (*each)(const struct ua_registration *r, void *arg), void *arg);
void ua_registrations_of(struct ua *ua, const char *agent,
	void (*each)(const struct ua_registration *r, void *arg), void *arg);
// At start, from the event log: an unexpired registration stands again. -ENOENT: no such agent any
// more.
int ua_registration_restore(struct ua *ua, const struct ua_registration *r);

// --- lockouts (control/sip/user_agent/lockouts.c) ---
// Those that stand, in pieces, from *from (at first 0) on; false: that was the last.
bool ua_lockouts_page(struct ua *ua, uint32_t *from,
	void (*each)(const struct ua_lockout *l, void *arg), void *arg);
unsigned ua_lockouts(const struct ua *ua); // that stand
// Of this address (NULL: any) and this account (NULL: any); how many were lifted.
unsigned ua_lockouts_lift(struct ua *ua, const struct addr *address, const char *account);

// --- trunks ---
struct ua_trunk_status {
	const char *name, *tenant;
	const struct config_trunk *trunk; // NULL: removed by a reload, and calls of it go on
	uint64_t calls, rejected;
	uint64_t calls_out, failed_out; // that went out; of them those that were never answered
	uint32_t in_progress, out_in_progress; // both ways; out
	struct addr last_source;
	uint64_t last_wall_ns;
	uint64_t since_wall_ns; // of calls and what follows it; 0: none yet
	uint64_t serial;	// where it stands in the list, whatever comes and goes
};
// The greatest serial first.
void ua_trunks(struct ua *ua, void (*each)(const struct ua_trunk_status *t, void *arg), void *arg);
// Those of which something was counted since this was asked last.
void ua_trunks_counted(
	struct ua *ua, void (*each)(const struct ua_trunk_status *t, void *arg), void *arg);
// At start, from the event log: what a trunk of the configuration had counted.
void ua_trunk_restore(
	struct ua *ua, const char *tenant, const char *name, const struct ua_trunk_status *t);

struct ua_counts {
	uint64_t unknown_source, rate_limited, auth_failed, locked_out, malformed, loops,
		redirects_refused;
	uint64_t over_rate, overload; // new calls that got 503: past sip.calls_rate, for load
	uint64_t late_200, forks_ended, retransmitted;
	uint64_t dialog_refused; // requests within calls and CANCELs from where none may come
};
void ua_counts(const struct ua *ua, struct ua_counts *out);

// --- TCP connections (control/sip/transport/connections.c) ---
struct ua_connections {
	unsigned known;			   // trunks', phones' and those that we began
	unsigned strangers, strangers_max; // of unknown sources; the limit as it is now
	uint64_t refused, closed;	   // strangers: at the door, and to make room
	uint64_t accept_failed;		   // no descriptor or no memory; the listener rests
};
void ua_connections(const struct ua *ua, struct ua_connections *out);

struct ua_connection_limits {
	unsigned strangers_max, per_source, known_max;
	uint64_t files; // RLIMIT_NOFILE they were made for: below it strangers get fewer. 0: any
};
// After ua_start.
void ua_connections_limit(struct ua *ua, const struct ua_connection_limits *limits);

// --- tracing: messages of one call, kept in a bounded ring (control/sip/transport/trace.c) ---
struct ua_trace_entry {
	uint64_t wall_ns;
	struct addr from, to;
	enum ua_transport transport;
	bool sent;
	uint32_t bytes;
	const char *text; // the whole message, terminated; valid during the call of each
};
// call_id: of any leg. Digits of INFO bodies are blanked when the leg is masked.
void ua_trace(const struct ua *ua, const char *call_id,
	void (*each)(const struct ua_trace_entry *e, void *arg), void *arg);
// Every leg of a call: the caller's by its Call-ID, the agents' by the call's number that our
// INVITEs carry ("": none), in the order of time and in pages: true, there is more. NULL: no
// memory.
struct trace_search;
struct trace_search *ua_trace_search(const struct ua *ua, const char *call_id, const char *call);
bool ua_trace_page(const struct ua *ua, struct trace_search *s,
	void (*each)(const struct ua_trace_entry *e, void *arg), void *arg);
void ua_trace_end(struct trace_search *s); // NULL allowed
