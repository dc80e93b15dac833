// Corpora, their share of the hours, and the n-th sound of each.
#include "bench/dtmf/corpus.h"

#include <errno.h>
#include <glob.h>
#include <math.h>
#include <string.h>

#include "dsp/frame.h"
#include "engine/base/hash.h"
#include "engine/base/str.h"

#define SPEECH_FOLDER "/usr/share/asterisk/sounds"
#define MUSIC_FOLDER  "/usr/share/asterisk/moh"
#define SPEECH_WEIGHT 45 // of all hours, in per cent
#define MUSIC_WEIGHT  5
#define LEVELS	      46
#define PLACES	      (LEVELS * DTMF_BLOCK) // levels by offsets
#define PASS_STRIDE   1601 // coprime to PLACES, so that each pass finds a new place
#define CLIP_STRIDE   2311
#define LOSS_MAX      0.02

static const double sound_weights[SOUND_KINDS] = {6, 5, 6, 5, 4, 4, 5, 3, 4, 4, 4};

static struct corpus *add(
	struct corpora *c, const char *name, const struct corpora_wish *wish, double weight)
{
	struct corpus *at = &c->corpus[c->count];

	if (c->count == CORPORA_MAX || (wish->only && strcmp(name, wish->only)))
		return NULL;
	*at = (struct corpus){.weight = weight, .level = wish->level};
	str_copy(at->name, sizeof(at->name), name);
	c->count++;
	return at;
}

static int add_folder(
	struct corpora *c, const char *path, const struct corpora_wish *wish, double weight)
{
	const char *slash = strrchr(path, '/');
	struct corpus *at = add(c, slash + 1, wish, weight);

	if (!at)
		return 0;
	int err = clips_load(&at->clips, path);
	if (err || at->clips.count == 0) {
		c->count--;
		return err;
	}
	c->folders++;
	c->files += at->clips.files;
	c->samples += at->clips.samples;
	return 0;
}

// Speech is shared by how much of it there is.
static void weigh_speech(struct corpora *c)
{
	for (unsigned i = 0; i < c->count; i++) {
		struct corpus *at = &c->corpus[i];
		at->weight = SPEECH_WEIGHT * (double)at->clips.samples / (double)c->samples;
	}
}

int corpora_load(struct corpora *c, const struct corpora_wish *wish)
{
	char pattern[512];
	glob_t found;
	int err = str_format(
		pattern, sizeof(pattern), "%s/[!.]*", wish->speech ? wish->speech : SPEECH_FOLDER);

	if (err)
		return err;
	if (glob(pattern, 0, NULL, &found) == 0) {
		for (size_t i = 0; i < found.gl_pathc && !err; i++)
			err = add_folder(c, found.gl_pathv[i], wish, 0);
		globfree(&found);
	}
	weigh_speech(c);
	if (!err)
		err = add_folder(c, MUSIC_FOLDER, wish, MUSIC_WEIGHT);
	for (int k = 0; k < SOUND_KINDS && !wish->level; k++) {
		const char *name = sound_name((enum sound_kind)k);
		struct corpus *at = add(c, name, wish, sound_weights[k]);
		if (at)
			at->kind = (enum sound_kind)k;
	}
	return err ? err : c->count == 0 ? -ENOENT : 0;
}

int corpora_share(struct corpora *c, double hours)
{
	double weights = 0;

	for (unsigned i = 0; i < c->count; i++)
		weights += c->corpus[i].weight;
	for (unsigned i = 0; i < c->count; i++) {
		struct corpus *at = &c->corpus[i];
		double samples = hours * 3600 * FRAME_RATE * at->weight / weights;
		double whole = at->clips.count ? (double)at->clips.samples / at->clips.count
					       : SOUND_SAMPLES;
		// The offset and the last frame's part are not heard.
		double item = whole - DTMF_BLOCK / 2.0 - FRAME_SAMPLES / 2.0;
		at->items = (uint64_t)ceil(samples / item);
		uint64_t places = at->level ? DTMF_BLOCK : PLACES;
		if (at->clips.count && at->items > at->clips.count * places)
			return -ERANGE;
	}
	return 0;
}

// Where the item-th clip begins and how loud it is: no place twice for one clip.
static void place_clip(const struct corpus *c, uint64_t seed, uint64_t item, struct corpus_sound *s)
{
	uint64_t number = (item + seed) % c->clips.count, pass = item / c->clips.count;
	uint64_t place = (pass * PASS_STRIDE + number * CLIP_STRIDE + seed) % PLACES;
	const struct clip *clip = &c->clips.clip[number];
	uint32_t offset = (uint32_t)(place % DTMF_BLOCK);
	double dbm0 = c->level ? *c->level : -(double)(place / DTMF_BLOCK);
	float gain = (float)pow(10, (dbm0 - clip->dbm0) / 20);

	s->count = clip->count - offset;
	tones_gain(s->sound.samples, clip->samples + offset, s->count, gain);
	s->samples = s->sound.samples;
}

void corpus_item(const struct corpus *c, uint64_t seed, uint64_t item, struct corpus_sound *s)
{
	rng_seed(&s->rng, hash_str(c->name, seed) + item);
	s->law = rng_below(&s->rng, 2) ? CODEC_PCMU : CODEC_PCMA;
	s->loss = rng_below(&s->rng, 2) ? rng_between(&s->rng, 0, LOSS_MAX) : 0;
	if (c->clips.count) {
		place_clip(c, seed, item, s);
		return;
	}
	uint32_t offset = rng_below(&s->rng, DTMF_BLOCK);
	sound_make(&s->sound, c->kind, &s->rng);
	s->samples = s->sound.samples + offset;
	s->count = SOUND_SAMPLES - offset;
}
