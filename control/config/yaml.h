// What libyaml finds wrong, in our words: what was expected, what stands there, how to mend it.
#pragma once

#include <stddef.h>

#include "control/config/config.h"

struct config_yaml_fault {
	const char *problem, *context; // libyaml's texts, "" where it has none
	struct config_mark at, from;   // the problem's place, and where that began which it ends
	const char *text;	       // the file
	size_t len;
	size_t offset; // bytes that could not be read at all; SIZE_MAX: they could
};

// Writes the sentence and returns the place to show for it.
struct config_mark config_yaml_say(const struct config_yaml_fault *fault, char out[256]);
