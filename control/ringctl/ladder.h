// `trace sip` as a ladder diagram: parties as columns in the order of their first appearance.
#pragma once

#include "control/ringctl/sip.h"
#include "control/ringctl/print/text.h"

void ladder_print(const struct output *o, const struct sip_message *messages, size_t count);
