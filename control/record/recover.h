// What a killed process left in the shared mapping, written out into its files.
#pragma once

#include <stddef.h>

#include "control/record/mapping.h"

struct recovered {
	struct recording_result *list; // malloc'd
	size_t count;
	size_t unsaved; // of them: sound that could not be written (disk full, folder gone)
};

int recover_mapping(const struct mapping *m, struct recovered *out); // 0 or -ENOMEM
