// A flow as a graph, checked whole when the configuration is loaded.
//
// Every step can be reached from the first one, and no way leads in a circle that neither a
// caller's digit nor a wait in a queue interrupts: such a call would go on for ever by itself.
#pragma once

#include "control/ivr/circle.h"

enum flow_fault {
	FLOW_UNREACHED,	   // no way leads to the step
	FLOW_ENDLESS_PLAY, // the step is in a circle of prompts alone
	// the step is in a circle of queues and conferences alone: all full, it would spin
	FLOW_ENDLESS_QUEUE,
	FLOW_ENDLESS, // the step is in a circle of steps that take no time
};

// to: of a circle, the step in it that this one leads to.
typedef void flow_fault_h(unsigned step, enum flow_fault fault, uint16_t to, void *arg);

// Successors must be indices of steps or STEP_NONE. 0 or -ENOMEM; faults in the order of steps.
int flow_check(const struct config_flow *flow, flow_fault_h *h, void *arg);
