// What a configuration must be told of flows: control/modules.c hands it in.
#pragma once

#include <stdio.h>

struct config_read;

void ivr_check(struct config_read *r); // each step's own check, then the flow as a graph
void ivr_reference(FILE *out);
