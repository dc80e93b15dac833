// A node without its outer doors, for control_bench: calls, floor, voices and operations are the
// daemon's own, over a gate with no engine and a user agent with no SIP behind it. The clock stands
// still but for world_settle.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/config/config.h"
#include "control/call/call.h"

#define WORLD_CALLS	 100000u
#define WORLD_WAITING	 50000u // in one queue; …
#define WORLD_AGENTS	 10000u // … these talk, and the rest hears an announcement
#define WORLD_QUEUES	 20u
#define WORLD_KINDS	 64 // of what callers ask for and no agent has
#define WORLD_ROOMS	 1000u
#define WORLD_TRUNKS	 100u
#define WORLD_RECORDINGS 200000u // in the life of a world that records

void world_record(void); // before the start: each call has its recording, of no sound
void world_start(void);
void world_stop(void);
struct calls *world_calls(void);
struct eventlog *world_log(void); // in memory
struct ops *world_ops(void);
struct config *world_config(void);
struct timers *world_timers(void);
struct media *world_media(void);
const char *world_socket(void);
void world_settle(void); // until nothing is left to do at this moment

struct ua_leg *world_dial(const char *number); // the caller's leg, answered and settled
void world_hang_up(struct ua_leg *leg);	       // the far end does; not settled
struct callid world_newest(void);
struct ua_leg *world_talker(unsigned n); // of those that talk to an agent
