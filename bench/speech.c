// Speech for benches out of a folder of WAV files.
#include "bench/speech.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dsp/frame.h"
#include "dsp/wav.h"

#define SPEECH_FILES "/usr/share/asterisk/sounds/*/*.wav"
#define FILE_MAX     (8u << 20)

static void append_file(struct speech *s, enum codec_id law, uint32_t most, const char *path)
{
	static uint8_t file[FILE_MAX];
	struct wav_info info;
	FILE *f = fopen(path, "rb");

	if (!f)
		return;
	size_t len = fread(file, 1, sizeof(file), f);
	fclose(f);
	if (wav_parse(file, len, &info) || info.format != WAV_PCM16 || info.rate_hz != FRAME_RATE ||
		info.channels != 1)
		return;
	uint32_t samples = info.data_bytes / 2;
	if (samples > most - s->count)
		samples = most - s->count;
	const int16_t *sound = (const int16_t *)(const void *)(file + info.data_offset);
	s->count += codec_get(law)->encode(s->bytes + s->count, sound, samples);
	s->files++;
}

// Syllables of noise, four a second: as loud and as uneven as speech, if not as tonal.
static void make_up(struct speech *s, enum codec_id law, uint32_t most)
{
	uint32_t noise = 1;

	for (; s->count + FRAME_SAMPLES <= most; s->count += FRAME_SAMPLES) {
		int16_t frame[FRAME_SAMPLES];
		int loud = (int)(s->count / FRAME_SAMPLES % 12);
		for (int i = 0; i < FRAME_SAMPLES; i++) {
			noise = noise * 1664525 + 1013904223;
			frame[i] = (int16_t)(((int32_t)noise >> 20) * loud / 4);
		}
		codec_get(law)->encode(s->bytes + s->count, frame, FRAME_SAMPLES);
	}
}

int speech_load(struct speech *s, enum codec_id law, uint32_t most)
{
	glob_t found;

	*s = (struct speech){.bytes = malloc(most)};
	if (!s->bytes)
		return -ENOMEM;
	if (glob(SPEECH_FILES, 0, NULL, &found) == 0) {
		for (size_t i = 0; i < found.gl_pathc && s->count < most; i++)
			append_file(s, law, most, found.gl_pathv[i]);
		globfree(&found);
	}
	if (s->count < FRAME_RATE)
		make_up(s, law, most);
	return 0;
}

void speech_free(struct speech *s)
{
	free(s->bytes);
}
