// Whole calls over the real gate: the daemon's own voices (control/media), and behind the
// gate workers of the simulation, in the place of media.c. They may lose a notice, say it twice
// or late, and stand still.
#pragma once

#include <stdint.h>

#include "tests/flow/sim/sim.h"

enum sim_fault { SIM_LOST, SIM_TWICE, SIM_LATE, SIM_FAULTS };

#define SIM_LATE_MS 8000 // when nobody waits for it any more

// What becomes of the n-th notice of this kind (enum gate_kind; of a DONE: command) from now on.
void sim_gate_fault(uint16_t kind, uint16_t command, unsigned n, enum sim_fault how);
unsigned sim_gate_matched(void);    // notices of that kind so far; n is among them or not
void sim_gate_stand_still(bool on); // no worker takes a command
unsigned sim_gate_sessions(void);   // open
uint64_t sim_gate_surprises(void);  // of the voices
