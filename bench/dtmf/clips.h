// Folders of WAV files (16 bits, 8 kHz, mono) cut into clips of at most ten seconds. Files are
// mapped and not read, so that a corpus may be larger than what one would like to hold.
#pragma once

#include <stdint.h>

#define CLIP_SAMPLES_MAX 80000

struct clip {
	const int16_t *samples;
	uint32_t count;
	float dbm0; // of all of it
};

struct clips {
	struct clip *clip;
	uint32_t count, files, room;
	uint64_t samples;
};

// Adds every *.wav of the folder, sorted by name; other formats and what is under half a second
// are passed over. 0 or -ENOMEM.
int clips_load(struct clips *c, const char *folder);
