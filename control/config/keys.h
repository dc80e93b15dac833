// The keys of a map: those that stand twice, and those that the schema does not know.
#pragma once

#include "control/config/read.h"

void config_keys_double(struct config_read *r, config_node map);
void config_keys_known(struct config_read *r, const struct config_schema *s, config_node map);
