// Speech for benches out of a folder of WAV files.
#include "bench/speech.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dsp/frame.h"
#include "dsp/g711.h"
#include "dsp/wav.h"
#include "engine/base/rng.h"

#define SPEECH_FILES "/usr/share/asterisk/sounds/*/*.wav"
#define FILE_MAX     (8u << 20)
#define PIECE	     (4 * FRAME_RATE) // samples of a piece of speech_vary
#define ONE	     65536	      // of gain and pitch

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
	if (s->count <= PIECE)
		make_up(s, law, most);
	return 0;
}

// PCMU in and out; linear interpolation, whose faults do not matter here.
static uint32_t vary(uint8_t *out, const int16_t *piece, uint32_t most, struct rng *rng)
{
	uint32_t pitch = ONE * 8 / 10 + rng_below(rng, ONE * 45 / 100);
	int32_t gain = (int32_t)(ONE / 4 + rng_below(rng, ONE * 116 / 100));
	static int16_t varied[PIECE * 2];
	uint32_t n = 0;

	for (uint64_t at = 0; (at >> 16) + 1 < PIECE && n < most; at += pitch, n++) {
		const int16_t *p = piece + (at >> 16);
		int64_t x = p[0] + (((p[1] - p[0]) * (int64_t)(at & (ONE - 1))) >> 16);

		x = (x * gain) >> 16;
		varied[n] = (int16_t)(x > 32767 ? 32767 : x < -32768 ? -32768 : x);
	}
	return g711_ulaw_encode(out, varied, n);
}

int speech_vary(struct speech *out, const struct speech *s, uint32_t bytes, uint64_t seed)
{
	static int16_t piece[PIECE];
	struct rng rng;

	*out = (struct speech){.bytes = malloc(bytes), .files = s->files};
	if (!out->bytes)
		return -ENOMEM;
	rng_seed(&rng, seed);
	while (out->count < bytes) {
		uint32_t at = rng_below(&rng, s->count - PIECE);

		g711_ulaw_decode(piece, s->bytes + at, PIECE);
		out->count += vary(out->bytes + out->count, piece, bytes - out->count, &rng);
	}
	return 0;
}

void speech_free(struct speech *s)
{
	free(s->bytes);
}
