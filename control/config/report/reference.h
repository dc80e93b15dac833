// docs/configuration.md, written from the same tables that check a configuration.
#pragma once

#include <stdio.h>

#include "control/config/modules.h"

void config_reference(const struct config_modules *modules, FILE *out); // Markdown
