// What a configuration must be told of queues: control/modules.c hands it in.
#pragma once

#include <stdio.h>

struct config_read;

void queue_check(struct config_read *r); // policies and agents of each
void queue_reference(FILE *out);	 // the policies
