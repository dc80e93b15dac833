// docs/configuration.md, written from the same tables that check a configuration.
#pragma once

#include <stdio.h>

void config_reference(FILE *out); // Markdown
