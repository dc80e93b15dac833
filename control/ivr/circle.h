// Circles in a flow of which nothing but what the kinds of its steps say brings a call out.
#pragma once

#include "control/config/config.h"

// Of the steps whose kind's circle has its bit in `kinds`: circle[step] is the first step of the
// circle that the step is in, STEP_NONE where it is in none. Steps that lead in several circles
// with one another are all of one. Time and memory as of the steps and their ways. 0 or -ENOMEM.
int flow_circles(const struct config_flow *flow, unsigned kinds, uint16_t *circle);

// Successors of a step, by the keys of its kind, without STEP_NONE; returns how many. A menu has
// the most: 16 digits, time-out and invalid.
#define FLOW_SUCCESSORS_MAX 18
unsigned flow_successors(const struct config_step *step, uint16_t out[FLOW_SUCCESSORS_MAX]);
