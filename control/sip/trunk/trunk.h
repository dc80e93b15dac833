// Trunks by the source address of their peers, and what came over each since start.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/config/config.h"
#include "control/sip/ua.h"

struct timers;
struct trunks; // the list, of one user agent

struct trunk {
	struct trunk *next;
	struct trunks *of;
	char name[CONFIG_NAME_MAX], tenant[CONFIG_NAME_MAX];
	const struct config_trunk *config; // NULL: no longer configured
	struct ua_trunk_status status;
	bool counted; // and not asked for since
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
bool trunk_begin(struct trunk *t);			     // may it have one more call?
void trunk_reject(struct trunk *t);			     // one that came is refused
void trunk_end(struct trunk *t);

// As ua.h's of the same names.
typedef void trunk_each_h(const struct ua_trunk_status *t, void *arg);
void trunks_walk(struct trunks *ts, trunk_each_h *each, void *arg);
void trunks_counted(struct trunks *ts, trunk_each_h *each, void *arg);
void trunks_restore(struct trunks *ts, const char *tenant, const char *name,
	const struct ua_trunk_status *from);
