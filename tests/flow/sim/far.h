// The far end's inside, shared by ua.c, phone.c and caller.c.
#pragma once

#include "control/base/timer.h"
#include "control/sip/shared.h"
#include "engine/base/dlist.h"
#include "tests/flow/sim/sim.h"
#include "tests/flow/sim/parts.h"

enum leg_state { LEG_OFFERED, LEG_EARLY, LEG_ANSWERED, LEG_TALKS, LEG_ENDING };
enum phone_script { PHONE_SILENT, PHONE_ANSWERS, PHONE_REJECTS, PHONE_REDIRECTS, PHONE_UNUSABLE };

struct phone {
	struct dlist link;
	char agent[64];
	enum phone_script script;
	unsigned after_ms, invites;
	uint16_t status;
	char sees[300];
	bool stuck, dead;   // dead: answers no probe
	struct ua_leg *leg; // rings or talks
};

struct sim_caller {
	struct dlist link;
	struct caller_setup setup;
	char from[64], to[64], call_id[32];
	struct ua_leg *leg; // NULL: gone
	uint16_t status;
	bool dead, refused; // refused: its trunk was told
	bool rings;	    // 180 was sent to it
};

struct ua_leg {
	struct dlist link;
	enum leg_state state;
	struct sim_caller *caller; // or
	struct phone *phone;
	ua_event_h *h;
	void *arg;
	struct timer timer, probe;
	char call_id[32], call[64];
	uint16_t port; // of our voice
	struct media_params media;
	struct ua_event end; // to come
	bool masked;	     // its trace
	bool queue;	     // called for a queue: offered a caller
};

struct ua_refused {
	struct dlist link;
	struct sim_caller *caller;
	uint16_t status;
};

struct far_end {
	struct ua ua; // its registrar alone
	uint32_t cseq;
	const struct ua_handlers *handlers;
	struct dlist refused, legs, phones, callers;
	unsigned next, probes;
	char full[64]; // a trunk that takes no call; "": none
};

static inline struct far_end *far_end(void)
{
	return sim_parts()->far;
}

struct ua_leg *far_leg_new(const char *prefix);
void far_leg_tell(struct ua_leg *l, enum ua_event_kind kind);
void far_leg_ended(struct ua_leg *l, enum ua_end end, uint16_t status); // frees it
void far_leg_answered(struct ua_leg *l);
void far_leg_bye(struct ua_leg *l);
void far_leg_direct(struct ua_leg *l, uint8_t direction);
void far_registrar_begin(const struct config *config);
void far_registrar_configure(const struct config *config);
void far_registrar_end(void);
void far_register(const char *agent, bool on);
bool far_registered(const char *agent);
struct phone *far_phone(const char *agent); // made when it is new
