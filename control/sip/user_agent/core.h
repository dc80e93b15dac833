// What the rooms of a user agent share, made and freed.
#pragma once

#include "control/sip/shared.h"

// What needs no other part; the rest is NULL. 0 or -ENOMEM.
int core_init(struct ua *ua, const struct ua_env *env);
void core_fini(struct ua *ua);
void core_limit(struct ua *ua); // takes limits over from the configuration
