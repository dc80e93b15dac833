// Scalar values of the configuration: from text into a field, and what would have been right.
#pragma once

#include "control/config/schema.h"

// Reads text as `type` (the field's own, or a list's item) into slot. 0 or -EINVAL: slot is as
// it was. Not for CONFIG_FILE, references and structures.
int config_scalar_read(
	const struct config_field *f, enum config_type type, const char *text, void *slot);
// The field that each item of a list is: its type and its room, not those of what points to them.
struct config_field config_scalar_item(const struct config_field *f);
// The default of a list: items with commas between, into an inline array.
void config_scalar_list(const struct config_field *f, char *base);
// "an integer from 1 to 64": what config_scalar_read takes.
void config_scalar_expected(const struct config_field *f, enum config_type type, char out[192]);
