// What a recording must hold: frames pushed into a tap and, beside it, the file that they make.
#pragma once

#include <fcntl.h>

#include "control/record/recorder.h"
#include "dsp/wav.h"
#include "engine/tap.h"
#include "tests/unit/control/record/folder.h"

#define SOUND_SAMPLES (8000u * 60)
#define SOUND_FRAME   160u

struct sound {
	uint8_t silence;
	uint8_t side[2][SOUND_SAMPLES];
	uint64_t samples; // to the end of the latest frame
	uint32_t pushed[2];
};

static inline void sound_init(struct sound *s, enum codec_id law)
{
	memset(s, 0, sizeof(*s));
	s->silence = codec_get(law)->silence;
	memset(s->side, s->silence, sizeof(s->side));
}

static uint8_t sound_payload[SOUND_FRAME]; // of the frame made last

// A payload that names its side and place, and no other.
static inline void sound_frame(
	struct tap_frame *f, uint32_t number, unsigned side, uint64_t position, unsigned salt)
{
	uint64_t x = position * 2 + side + salt * 0x9e3779b97f4a7c15ull;

	*f = (struct tap_frame){
		.kind = TAP_SOUND,
		.side = side,
		.bytes = SOUND_FRAME,
		.recording = number,
		.position = position,
		.payload = sound_payload,
	};
	for (unsigned i = 0; i < SOUND_FRAME; i++) {
		x = x * 6364136223846793005ull + 1442695040888963407ull;
		sound_payload[i] = x >> 56;
	}
}

static inline void sound_place(struct sound *s, const struct tap_frame *f)
{
	memcpy(&s->side[f->side][f->position], f->payload, f->bytes);
	if (f->position + f->bytes > s->samples)
		s->samples = f->position + f->bytes;
}

// The file's sound must be exactly this up to `samples`, both sides.
static inline void sound_expect(const struct sound *s, const char *file, uint64_t samples)
{
	static uint8_t data[4096 + 2 * SOUND_SAMPLES];
	struct wav_info info;
	int fd = open(file, O_RDONLY);

	ck_assert_msg(fd >= 0, "%s", file);
	ssize_t got = read(fd, data, sizeof(data));
	close(fd);
	ck_assert_int_ge(got, 4096);
	ck_assert_int_eq(wav_parse(data, got, &info), 0);
	ck_assert_uint_eq(info.channels, 2);
	ck_assert_uint_eq(info.data_offset, 4096);
	ck_assert_uint_eq(info.data_bytes, 2 * samples);
	ck_assert_uint_eq(got, 4096 + 2 * samples);
	ck_assert_int_eq(info.format, s->silence == 0xff ? WAV_ULAW : WAV_ALAW);
	for (uint64_t i = 0; i < samples; i++)
		for (unsigned side = 0; side < 2; side++)
			if (data[4096 + 2 * i + side] != s->side[side][i])
				ck_abort_msg("%s: side %u sample %llu: %02x, not %02x", file, side,
					(unsigned long long)i, data[4096 + 2 * i + side],
					s->side[side][i]);
}
