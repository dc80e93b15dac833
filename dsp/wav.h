// RIFF/WAVE headers, read and written as bytes; no files in here.
// Formats: 1 = 16-bit PCM, 6 = A-law, 7 = µ-law (RFC 2361), 1 or 2 channels; also in the clothes of
// WAVE_FORMAT_EXTENSIBLE. Chunks may stand in any order and unknown ones are passed over.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum wav_format { WAV_PCM16 = 1, WAV_ALAW = 6, WAV_ULAW = 7 };

struct wav_info {
	enum wav_format format;
	uint16_t channels;
	uint32_t rate_hz;
	uint32_t data_offset; // bytes from the file's start
	uint32_t data_bytes;  // whole sample frames only
};

#define WAV_HEADER_MIN 66 // bytes: RIFF, fmt, fact, an empty JUNK and the head of data

// Reads a whole file that lies in memory (map it). A data size of 0 or 0xffffffff, as a writer that
// could not seek leaves it, means: to the end of the file.
// 0; -EINVAL: not RIFF/WAVE or broken; -ENOTSUP: another format, out tells rate and
// channels; -ENODATA: the sound ends before its header says so, and out tells how much is there.
int wav_parse(const uint8_t *file, size_t len, struct wav_info *out);
// Writes a header padded with a JUNK chunk so that sound starts at exactly `size` bytes (even,
// ≥ WAV_HEADER_MIN; 4096 keeps O_DIRECT writes of the data aligned). data_offset is not read.
// 0 or -EINVAL.
int wav_write_header(uint8_t *out, size_t size, const struct wav_info *info);
