// An offer: one agent's phone, called for one caller, from the router's word to the end of the
// agent's leg. However it ends, the router hears of it once, when the leg is gone.
//
//     opening → calling → prompt → ready → talking → ending
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/call/party.h"
#include "control/queue/floor.h"

struct machine;
struct offer;

extern const struct machine offer_machine;

enum offer_kind {
	OFFER_RINGS = 1,
	OFFER_READY,  // answered, and the answer prompt is over: it may be bridged
	OFFER_PLAYED, // what offer_voice was told to play is over
	OFFER_HELD,
	OFFER_RESUMED,
	OFFER_LOST,    // no RTP from the agent
	OFFER_UNMIXED, // as LEG_UNMIXED
	OFFER_FAILED,  // of the conversation: the engine refused the bridge
	OFFER_OVER,    // the last: freed when the handler returns
};

typedef void offer_h(struct offer *o, enum offer_kind kind, void *arg);

struct offer_request {
	struct call_parties *call; // whose party the agent will be
	const struct leg *near;	   // the caller's leg: its voice is the near one
	struct timers *timers;
	struct media *media;
	struct floor *floor;
	struct ua *ua;
	const struct router_message *message; // ROUTER_OFFER
	struct ua_target target; // all but agent and local; its texts outlive the offer
	uint32_t answer_prompt;	 // id in the prompt store; UINT32_MAX: none
	offer_h *h;
	void *arg;
	uint64_t *surprises;
};

// 0, or -errno: then the router has been told and there is no offer. Its party is of the call from
// then on, until OVER's handler has returned.
int offer_new(const struct offer_request *q, struct offer **out);
// Ends it, ringing or talking, if nothing else has; OVER follows from the loop.
void offer_cancel(struct offer *o, enum router_why why);
// The same, but its owner hears no more of it, and its party has left: a leg that does not end
// shall hold up no caller.
void offer_abandon(struct offer *o, enum router_why why);
// In the handler of OVER: what the router shall hear instead.
void offer_blame(struct offer *o, enum router_why why);
void offer_connected(struct offer *o); // READY before: the conversation began, the lease is kept

struct offer *offer_of(const struct call_party *p); // of an agent
struct call_party *offer_party(struct offer *o);
uint64_t offer_number(const struct offer *o);
uint32_t offer_agent_id(const struct offer *o);
enum router_why offer_why(const struct offer *o); // OVER
uint16_t offer_status(const struct offer *o);	  // OVER: SIP, 0: none
enum ua_end offer_leg_end(const struct offer *o); // OVER: how its leg ended
bool offer_answered(const struct offer *o);	  // its phone, whatever became of it
const char *offer_sip_call_id(const struct offer *o);
