// A leg: one party, as a SIP leg and a voice in the engine. Its owner hears settled facts of both
// through one handler; LEG_GONE is the last, the leg is freed when its handler returns.
//
//     new → open → calling | answering → up → ending → gone
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/media/media.h"
#include "control/call/hearing.h"
#include "control/sip/ua.h"

struct leg;
struct machine;
struct timers;

extern const struct machine leg_machine;

enum leg_kind {
	LEG_OPENED = 1, // the voice is there: it can be called or answered
	LEG_RINGING,
	LEG_UP, // answered, media settled
	LEG_HELD,
	LEG_RESUMED,
	LEG_DIGIT,
	LEG_PLAYED,
	LEG_LOST, // no RTP for the time-out, though some is due
	LEG_FOUND,
	LEG_UNMASKED, // the engine could not mask it
	LEG_UNMIXED,  // it has no place in the mixing bridge
	LEG_FAILED,   // the engine refused something that the call cannot do without
	LEG_GONE,
};

struct leg_event {
	enum leg_kind kind;
	char digit;	  // DIGIT
	uint8_t sources;  // DIGIT: as in struct media_event
	int error;	  // FAILED: -errno
	enum ua_end end;  // GONE
	uint16_t status;  // GONE: SIP, 0: none
	const char *text; // FAILED: what; GONE: reason phrase
};

typedef void leg_event_h(struct leg *leg, const struct leg_event *e, void *arg);

struct leg_owner {
	struct timers *timers;
	struct media *media;
	leg_event_h *h;
	void *arg;
	uint64_t *surprises; // counts events that the leg's state does not know
};

// Both: 0 or -errno of media_open, and then no leg. OPENED or FAILED follows.
int leg_new_incoming(struct ua_leg *ua, const struct media_place *at, const struct leg_owner *owner,
	struct leg **out);
int leg_new_outgoing(
	unsigned media, const struct leg *near, const struct leg_owner *owner, struct leg **out);
// OPENED before; 0 or -ENOENT.
int leg_call(struct leg *l, struct ua *ua, const struct ua_target *target);
void leg_ring(struct leg *l);  // 180, to who called: not answered yet
int leg_answer(struct leg *l); // OPENED before; 0: UP or GONE follows, -errno: GONE
// Its digits are ours alone: no other leg, listener, recording or trace gets them.
void leg_mask(struct leg *l, bool on);
void leg_reject(struct leg *l, uint16_t status, const char *reason);
void leg_hangup(struct leg *l, const char *reason); // once; GONE follows from the loop, alone

bool leg_is_open(const struct leg *l);		    // OPENED came
bool leg_holds(const struct leg *l);		    // the party does not want to hear us
struct hearer *leg_ear(struct leg *l);		    // what it hears
struct media_voice *leg_voice(const struct leg *l); // NULL while ending
// Why the engine did not record it since this was asked last: -errno; 0: it did.
int leg_untapped(struct leg *l);
const char *leg_sip_call_id(const struct leg *l);	   // "" without
const struct config_trunk *leg_trunk(const struct leg *l); // that it goes by; NULL: none
enum codec_id leg_codec(const struct leg *l);		   // settled, else CODEC_NONE
