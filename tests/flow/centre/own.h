// Agents' own calls: dialled to numbers outside, and judged. Who has one is offered nobody, is busy
// unless there is more to say of it, and busy no longer than the call lasts.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/queue/floor.h"

struct event;
struct rng;

void own_begin(unsigned agents);
void own_dials(unsigned agent, struct rng *rng); // unless it has one
void own_ends(unsigned agent, struct rng *rng);	 // by either side, if there is one
void own_hangs_up(unsigned agent);
void own_news(unsigned agent, const struct event *e); // of its own call
bool own_settled(unsigned agent, uint64_t ms);	      // has had one for longer than that
void own_look(unsigned agent, enum agent_state state, uint64_t since_ms);
void own_killed(void); // the node: no call is left
