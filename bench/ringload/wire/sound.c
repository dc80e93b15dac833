// Reads speech and prompts, makes digits; everything becomes bytes of the profile's law.
#include "bench/ringload/wire/sound.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dsp/g711.h"
#include "dsp/sine.h"
#include "dsp/wav.h"
#include "engine/base/str.h"

#define FILE_MAX   (64u << 20)
#define SPEECH_MAX 4096u
#define SPEECH_MIN 480u // bytes: a packet of 60 ms
#define RATE_HZ	   8000u

static int sound_new(struct sound *s, uint32_t len)
{
	*s = (struct sound){malloc(len ? len : 1), len};
	return s->bytes ? 0 : -ENOMEM;
}

static void sound_encode(struct sound *s, const int16_t *pcm, uint32_t codec)
{
	if (codec == LAW_PCMU)
		g711_ulaw_encode(s->bytes, pcm, s->len);
	else
		g711_alaw_encode(s->bytes, pcm, s->len);
}

int sound_read_file(const char *path, uint32_t most, struct sound *out)
{
	FILE *f = fopen(path, "re");
	if (!f)
		return -errno;
	long len = fseek(f, 0, SEEK_END) == 0 ? ftell(f) : -1;
	int err = len < 0 || len > (long)most ? -EINVAL : sound_new(out, (uint32_t)len);

	if (!err) {
		rewind(f);
		err = fread(out->bytes, 1, out->len, f) == out->len ? 0 : -EIO;
		if (err)
			free(out->bytes);
	}
	fclose(f);
	return err;
}

// From one law's bytes to the profile's.
static void sound_relaw(struct sound *s, enum wav_format law, uint32_t codec)
{
	if (law == WAV_ULAW && codec == LAW_PCMA)
		g711_ulaw_to_alaw(s->bytes, s->bytes, s->len);
	else if (law == WAV_ALAW && codec == LAW_PCMU)
		g711_alaw_to_ulaw(s->bytes, s->bytes, s->len);
}

static int sound_from_wav(const struct sound *file, uint32_t codec, struct sound *out)
{
	struct wav_info info;

	if (wav_parse(file->bytes, file->len, &info) || info.channels != 1 ||
		info.rate_hz != RATE_HZ)
		return -EINVAL;
	const uint8_t *data = file->bytes + info.data_offset;
	uint32_t samples = info.format == WAV_PCM16 ? info.data_bytes / 2 : info.data_bytes;
	if (sound_new(out, samples))
		return -ENOMEM;
	if (info.format != WAV_PCM16) {
		memcpy(out->bytes, data, samples);
		sound_relaw(out, info.format, codec);
		return 0;
	}
	int16_t *pcm = malloc(samples * 2 + 2);
	if (!pcm)
		return -ENOMEM;
	memcpy(pcm, data, samples * 2);
	sound_encode(out, pcm, codec);
	free(pcm);
	return 0;
}

static bool sound_ends(const char *path, const char *end)
{
	size_t a = strlen(path), b = strlen(end);

	return a > b && str_equal(path + a - b, end);
}

// Raw files are of the law that their name says, .raw of the profile's.
static int sound_load(const char *path, uint32_t codec, struct sound *out)
{
	struct sound file;
	int err = sound_read_file(path, FILE_MAX, &file);

	if (err)
		return err;
	if (!sound_ends(path, ".wav")) {
		*out = file;
		if (sound_ends(path, ".ul"))
			sound_relaw(out, WAV_ULAW, codec);
		else if (sound_ends(path, ".al"))
			sound_relaw(out, WAV_ALAW, codec);
		return 0;
	}
	err = sound_from_wav(&file, codec, out);
	free(file.bytes);
	return err;
}

// Without a corpus: a note of a second and a pause of a second, no digit of Q.23 in it.
static int sound_note(struct sound *s, uint32_t codec)
{
	int16_t pcm[2 * RATE_HZ] = {0};
	struct sine sine;

	sine_start(&sine, 440, -20);
	sine_mix(&sine, pcm, RATE_HZ);
	if (sound_new(s, 2 * RATE_HZ))
		return -ENOMEM;
	sound_encode(s, pcm, codec);
	return 0;
}

static int sound_digit(struct sound *s, unsigned event, const struct profile *p)
{
	static const uint16_t row_hz[] = {697, 770, 852, 941},
			      column_hz[] = {1209, 1336, 1477, 1633};
	static const char places[] = "123A456B789C*0#D"; // ITU-T Q.23, row by row
	unsigned at = (unsigned)(strchr(places, DIGIT_NAMES[event]) - places);
	uint32_t packets = (p->digit_on_ms + p->ptime_ms - 1) / p->ptime_ms;
	uint32_t samples = packets * p->ptime_ms * RATE_HZ / 1000;
	struct sine low, high;
	int16_t *pcm = calloc(samples, sizeof(*pcm));

	if (!pcm || sound_new(s, samples)) {
		free(pcm);
		return -ENOMEM;
	}
	sine_start(&low, row_hz[at / 4], (float)p->digit_level_dbm0);
	sine_start(&high, column_hz[at % 4], (float)p->digit_level_dbm0);
	sine_mix(&low, pcm, samples);
	sine_mix(&high, pcm, samples);
	sound_encode(s, pcm, p->codec);
	free(pcm);
	return 0;
}

static int speech_load(struct sound_set *set, const struct profile *p, char error[256])
{
	struct dirent **entries;
	int n = scandir(p->speech, &entries, NULL, alphasort), err = 0;

	for (int i = 0; i < n; i++) {
		const char *name = entries[i]->d_name;
		char path[600];

		str_format(path, sizeof(path), "%s/%s", p->speech, name);
		if (!err && set->count < SPEECH_MAX &&
			(sound_ends(name, ".wav") || sound_ends(name, ".ul") ||
				sound_ends(name, ".al"))) {
			err = sound_load(path, p->codec, &set->speech[set->count]);
			err = err ? err : set->speech[set->count++].len < SPEECH_MIN ? -EINVAL : 0;
			if (err)
				str_format(error, 256, "%.200s: not 8 kHz mono G.711 or PCM", path);
		}
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	if (!err && set->count == 0) {
		str_format(error, 256, "%.200s: no speech in it", p->speech);
		err = -EINVAL;
	}
	return err;
}

// "NUMBER=FILE" belongs to that number, "FILE" to all.
static int prompts_load(struct sound_set *set, const struct profile *p, char error[256])
{
	for (uint32_t i = 0; i < p->expect_prompt.count; i++) {
		const char *text = p->expect_prompt.item[i], *equal = strchr(text, '=');
		const char *path = equal ? equal + 1 : text;

		for (uint32_t n = 0; n < PROFILE_LIST_MAX; n++) {
			const char *number = p->number.item[n];

			if (equal &&
				(n >= p->number.count || strlen(number) != (size_t)(equal - text) ||
					!str_starts(text, number)))
				continue;
			free(set->prompt[n].bytes);
			if (sound_load(path, p->codec, &set->prompt[n])) {
				set->prompt[n] = (struct sound){0};
				str_format(error, 256, "%.200s: no prompt to read", path);
				return -EINVAL;
			}
		}
	}
	return 0;
}

int sound_set_init(struct sound_set *set, const struct profile *p, char error[256])
{
	int err = 0;

	*set = (struct sound_set){.speech = calloc(SPEECH_MAX, sizeof(struct sound))};
	str_copy(error, 256, "no memory for the sounds");
	if (!set->speech || sound_new(&set->silence, RATE_HZ))
		return -ENOMEM;
	memset(set->silence.bytes, p->codec == LAW_PCMU ? ULAW_SILENCE : ALAW_SILENCE, RATE_HZ);
	for (unsigned event = 0; !err && event < 16; event++)
		err = sound_digit(&set->digit[event], event, p);
	if (!err)
		err = prompts_load(set, p, error);
	if (err)
		return err;
	if (p->speech[0])
		return speech_load(set, p, error);
	set->count = 1;
	return sound_note(&set->speech[0], p->codec);
}

void sound_set_fini(struct sound_set *set)
{
	for (uint32_t i = 0; i < set->count; i++)
		free(set->speech[i].bytes);
	for (unsigned i = 0; i < 16; i++)
		free(set->digit[i].bytes);
	for (unsigned i = 0; i < PROFILE_LIST_MAX; i++)
		free(set->prompt[i].bytes);
	free(set->silence.bytes);
	free(set->speech);
}
