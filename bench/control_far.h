// The far side of control_world: the user agent and the engine, under its calls.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/config/config.h"
#include "control/sip/ua.h"

// Over a gate of its own; config, timers: the node's, which stay.
struct media *far_media(const struct config *config, struct timers *timers, uint32_t sessions);
void far_start(const struct ua_handlers *h);
void far_stop(void);
bool far_engine(void); // what the engine owes; false: nothing
struct ua_leg *far_incoming(const struct config_trunk *trunk, const char *number, unsigned n);
void far_hang_up(struct ua_leg *leg);
void far_phones_ring(void);	     // agents' phones do not answer from now on, and …
void far_phones_busy(unsigned most); // … so many of them say 486
unsigned far_ringing(void);
