// The far end's inside over the wire, shared by wire.c, phones.c and callers.c: what sim.h tells is
// done by scripts that speak SIP text with the daemon's own user agent.
#pragma once

#include "control/sip/shared.h"
#include "tests/flow/sim/sim.h"
#include "tests/flow/sim/parts.h"
#include "tests/flow/wire/line.h"
#include "tests/flow/wire/world.h"

enum phone_script { PHONE_SILENT, PHONE_ANSWERS, PHONE_REJECTS, PHONE_REDIRECTS, PHONE_UNUSABLE };

struct phone { // an agent's, or that of a number which is called through a trunk
	struct dlist link;
	char agent[64]; // or the number
	struct peer peer;
	bool outside; // has no place of its own
	enum phone_script script;
	unsigned after_ms, invites, number;
	uint16_t status;
	char sees[300];
	bool stuck, dead;
	struct line *line; // rings or talks
	struct timer timer;
	// its registration
	bool wanted, stands;
	struct ask *ask;
	struct timer refresh;
	char challenge[512], call_id[40];
	unsigned count, tries; // over this challenge; since the last success
	unsigned boots;
	uint32_t cseq;
};

struct sim_caller {
	struct dlist link;
	struct caller_setup setup;
	char from[64], to[64], call_id[64];
	struct line *line; // NULL: gone
	uint16_t status;
	bool answered;
};

struct trunk_peer {
	struct dlist link;
	struct peer peer;
};

struct far_end {
	struct ua *ua;
	struct dlist phones, callers, trunks, lines, missed, owed;
	struct timer watch;
	struct addr node; // where it listens
	unsigned next, phone_next, places;
	unsigned probes;
	bool sessions;
};

static inline struct far_end *far_end(void)
{
	return sim_parts()->far;
}

struct phone *wire_phone(const char *agent); // made when it is new; or of a number
// An INVITE for it, which came there.
void wire_invited(struct phone *p, struct peer *at, struct tell *t, const struct text *m);
void wire_trunks_open(void); // where calls go out to
// The trunk there wants a password, and was given none: it has been answered.
bool wire_challenges(struct peer *at, struct tell *t, const struct text *m);
void wire_phones_end(void);
void wire_callers_end(void);
bool wire_registered(const char *agent);		// as the daemon has it
void wire_over(struct line *l);				// frees it
struct media_voice *wire_voice(const struct line *l);	// ours, by the SDP that we got; NULL: gone
void wire_name(const struct line *l, const char *name); // whose it is, as soon as SDP tells
const char *wire_direction(uint8_t direction);		// as SDP says it of the other side
void wire_register(struct phone *p);
void wire_miss(const struct line *l); // its sound comes no more
void wire_missed_end(void);
void owed_end(void);
struct wire_counts *wire_count(void);
