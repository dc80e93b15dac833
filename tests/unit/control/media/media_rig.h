// Voices over a real gate, with workers of the test's own behind it that are slow, forgetful or
// say things twice.
#pragma once

#include "tests/unit/unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/media/gate.h"
#include "control/media/private.h"
#include "control/base/timer.h"

#define OWED_MS 45000 // by then nobody waits for it any more

struct party { // a voice's owner
	struct media_voice *v;
	unsigned opened, played, failed;
	int error;
	const char *what;
	bool close_at_failure;
};

struct rig {
	struct media *media;
	struct timers timers;
	struct gate *gate;
	uint64_t now_ms;
	uint32_t open; // sessions
	// Notices of this kind are lost, said twice, or kept for later; command: of a DONE, 0: any.
	uint16_t lose, twice, keep, command;
	struct gate_msg kept;
	unsigned late, disorder; // bridged to nobody; out of order
	bool asking;		 // nobody may be told anything
	unsigned still;		 // workers that do nothing, as bits
};

extern struct rig rig;

void rig_begin(uint32_t slots);
// With coders of Opus, of all workers together; a worker refuses a REMOTE that finds none.
void rig_begin_coders(uint32_t slots, unsigned opus);
void rig_end(void);
void rig_say(unsigned worker, const struct gate_msg *m);
void rig_done(unsigned worker, const struct gate_msg *m, gate_session session, int error);
void rig_turn(unsigned commands); // each worker takes so many, then control hears
void rig_turns(void);		  // until all is answered
void rig_wait_ms(uint64_t ms);
unsigned rig_writer(gate_session session); // who lays what it says into its recording
void rig_nothing_left(void);
void party_open(struct party *p, const struct media_voice *near);
void party_open_at(struct party *p, const struct media_place *at);
