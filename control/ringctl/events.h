// `events follow`: a line an event.
#pragma once

#include <jansson.h>

#include "control/ringctl/print/text.h"

void events_print(const struct output *o, const json_t *row);
