// Trunks by the source address of their peers, and what came over each since start.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/config/config.h"
#include "control/sip/ua.h"

struct trunk {
	struct trunk *next;
	char name[CONFIG_NAME_MAX], tenant[CONFIG_NAME_MAX];
	const struct config_trunk *config; // NULL: no longer configured
	struct ua_trunk_status status;
	bool counted; // and not asked for since
};

void trunks_watch(void (*counted)(void *arg), void *arg); // called when one counts; NULL: nobody

// Room for those that a configuration adds: 0, or -ENOMEM and all are as they were.
int trunks_reserve(const struct config *config);
// Reserved before. Counts of a trunk of the same name go on.
void trunks_configure(const struct config *config);
void trunks_free(void);
struct trunk *trunk_find(const struct addr *source); // most specific prefix; NULL: a stranger
void trunk_seen(struct trunk *t, const struct addr *source); // a call came; each is counted once
bool trunk_begin(struct trunk *t);			     // may it have one more call?
void trunk_reject(struct trunk *t);			     // one that came is refused
void trunk_end(struct trunk *t);
