// The corpora of the DTMF proof: folders of speech, hold music, and seeded sound of every kind; and
// how hours are shared among them.
//
// A clip of a recording is never heard twice at one level and offset: each pass over a folder gives
// it another of the 46 levels (-45 … 0 dBm0) and 102 offsets into the receiver's block.
#pragma once

#include <stdint.h>

#include "bench/dtmf/clips.h"
#include "bench/dtmf/pair.h"
#include "bench/dtmf/sound.h"

#define CORPORA_MAX 64

struct corpora_wish {
	const char *speech; // a folder of folders; NULL: Debian's
	const char *only;   // a corpus' name, or NULL
	const int *level;   // recordings alone, all at this level; NULL: everything, at any
};

struct corpus {
	char name[64];
	double weight;
	struct clips clips; // none: seeded sound
	const int *level;   // dBm0 of every clip, or NULL
	enum sound_kind kind;
	uint64_t items;
	struct pair_tally tally;
};

struct corpora {
	struct corpus corpus[CORPORA_MAX];
	unsigned count;
	unsigned folders, files;
	uint64_t samples; // of recordings
};

struct corpus_sound { // one item
	struct sound sound;
	const int16_t *samples;
	uint32_t count;
	enum codec_id law;
	double loss;
	struct rng rng; // for what is lost
};

int corpora_load(struct corpora *c, const struct corpora_wish *wish); // 0 or -errno
int corpora_share(struct corpora *c, double hours); // 0, or -ERANGE: a clip would be heard twice
void corpus_item(const struct corpus *c, uint64_t seed, uint64_t item, struct corpus_sound *s);
