// What a killed process left in the shared mapping, written out into its files; files made whole.
#pragma once

#include <stddef.h>

#include "control/record/mapping.h"

struct recovered {
	struct mapping *mappings; // as they were found, their entries MAPPING_DONE once saved
	size_t mapping_count;
	struct recording_result *list;
	struct mapping_recording **entries; // of the results
	size_t count;
};

// Writes out what there is for `directory`. A mapping with sound that could not be saved is put
// aside and named in the log. 0, or -errno with a sentence.
int recover_mappings(const char *directory, struct recovered *out, char error[512]);
// Unmaps; files whose results are all told (told) are removed.
void recover_fini(struct recovered *r, bool told);

int recording_write(int fd, const uint8_t *data, size_t bytes, uint64_t offset); // 0 or -errno
// Header and length as they have to be, and all of it on the disk. 0 or -errno.
int recording_finish(int fd, enum codec_id law, uint64_t samples);
