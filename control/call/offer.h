// An offer: one agent's phone, called for one caller, from the router's word to the end of the
// agent's leg. However it ends, the router hears of it once, when the leg is gone.
//
//     opening → calling → prompt → ready → talking → ending
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/call/leg.h"
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
	struct timers *timers;
	struct media *media;
	struct floor *floor;
	struct ua *ua;
	const struct router_message *message; // ROUTER_OFFER
	const struct leg *caller;	      // its voice is the near one
	struct ua_target target; // all but agent and local; its texts outlive the offer
	uint32_t answer_prompt;	 // id in the prompt store; UINT32_MAX: none
	offer_h *h;
	void *arg;
	uint64_t *surprises;
};

// 0, or -errno: then the router has been told and there is no offer.
int offer_new(const struct offer_request *q, struct offer **out);
// Ends it, ringing or talking, if nothing else has; OVER follows from the loop.
void offer_cancel(struct offer *o, enum router_why why);
// The same, but its owner hears no more of it: a leg that does not end shall hold up no caller.
void offer_abandon(struct offer *o, enum router_why why);
// In the handler of OVER: what the router shall hear instead.
void offer_blame(struct offer *o, enum router_why why);
void offer_connected(struct offer *o); // READY before: the conversation began, the lease is kept

uint64_t offer_number(const struct offer *o);
uint32_t offer_agent_id(const struct offer *o);
enum router_why offer_why(const struct offer *o); // OVER
uint16_t offer_status(const struct offer *o);	  // OVER: SIP, 0: none
enum ua_end offer_leg_end(const struct offer *o); // OVER: how its leg ended
bool offer_answered(const struct offer *o);	  // its phone, whatever became of it
bool offer_rings(const struct offer *o);
bool offer_holds(const struct offer *o);
struct hearer *offer_ear(struct offer *o);
int offer_untapped(struct offer *o);			// as leg_untapped
struct media_voice *offer_voice(const struct offer *o); // NULL while ending
const char *offer_sip_call_id(const struct offer *o);
