// Trunks by the source address of their peers, what came and went over each since start, and what
// each may take.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/base/rate.h"
#include "control/config/config.h"
#include "control/sip/ua.h"

struct timers;
struct trunks; // the list, of one user agent

struct trunk_rest { // a target that is let alone
	struct config_listen at;
	uint64_t until_ms; // 0: the place is free
	bool asked;	   // by itself (Retry-After); else it was silent
};

struct trunk_login { // as configured last: its calls go on when a reload has removed it
	char user[CONFIG_NAME_MAX], password[CONFIG_NAME_MAX];
	struct config_listen targets[CONFIG_TARGETS_MAX]; // who may ask for it
	unsigned target_count;
};

struct trunk {
	struct trunk *next;
	struct trunks *of;
	char name[CONFIG_NAME_MAX], tenant[CONFIG_NAME_MAX];
	const struct config_trunk *config; // NULL: no longer configured
	struct trunk_login login;	   // wiped with the last that may need it
	struct ua_trunk_status status;
	bool counted;  // and not asked for since
	unsigned held; // by legs that may yet go out through it
	struct rate in, out;
	struct trunk_rest rests[CONFIG_TARGETS_MAX];
};

// counted: called when one counts; NULL: nobody. NULL: no memory.
struct trunks *trunks_new(struct timers *timers, void (*counted)(void *arg), void *arg);
void trunks_free(struct trunks *ts); // NULL allowed
// Room for those that a configuration adds: 0, or -ENOMEM and all are as they were.
int trunks_reserve(struct trunks *ts, const struct config *config);
// Reserved before. Counts of a trunk of the same name go on.
void trunks_configure(struct trunks *ts, const struct config *config);
// By the most specific prefix; NULL: a stranger.
struct trunk *trunk_find(const struct trunks *ts, const struct addr *source);
void trunk_seen(struct trunk *t, const struct addr *source); // a call came; each is counted once
bool trunk_paces(struct trunk *t);			     // may one come now, by the rate?
bool trunk_begin(struct trunk *t);			     // may it have one more call?
void trunk_reject(struct trunk *t);			     // one that came is refused

// --- calls out ---
// By its name, wherever this configuration comes from; NULL: it is no longer configured.
struct trunk *trunk_of(const struct trunks *ts, const struct config_trunk *config);
// One more call out: 0, -EBUSY (as many as may be at once) or -EAGAIN (a second).
int trunk_begin_out(struct trunk *t);
void trunk_failed(struct trunk *t); // one that went out was never answered
void trunk_hold(struct trunk *t);   // it stays, whatever a reload removes
void trunk_release(struct trunk *t);
// Leaves a target alone for so long, since it asked for that or was silent.
void trunk_rest(struct trunk *t, const struct config_listen *at, const struct trunk_rest *rest);
// NULL: it is not left alone now.
const struct trunk_rest *trunk_rests(const struct trunk *t, const struct config_listen *at);

void trunk_end(struct trunk *t, bool out); // a call that began

// As ua.h's of the same names.
typedef void trunk_each_h(const struct ua_trunk_status *t, void *arg);
void trunks_walk(struct trunks *ts, trunk_each_h *each, void *arg);
void trunks_counted(struct trunks *ts, trunk_each_h *each, void *arg);
void trunks_restore(struct trunks *ts, const char *tenant, const char *name,
	const struct ua_trunk_status *from);
