// RIFF/WAVE headers as bytes: chunks walked one by one, every length checked against what is there.
#include "dsp/wav.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define RIFF_HEAD	12
#define CHUNK_HEAD	8
#define FMT_BYTES	16
#define FMT_EXTENSIBLE	0xfffe
#define EXTENSIBLE_MIN	40
#define EXTENSIBLE_GUID 24 // where the sub-format's GUID stands; its first two bytes are the format
#define CHANNELS_MAX	2

// The 14 bytes that follow the format code in every KSDATAFORMAT_SUBTYPE GUID.
static const uint8_t guid_tail[14] = {
	0x00, 0x00, 0x00, 0x00, 0x10, 0x00, 0x80, 0x00, 0x00, 0xaa, 0x00, 0x38, 0x9b, 0x71};

static uint16_t get_u16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t get_u32(const uint8_t *p)
{
	return get_u16(p) | (uint32_t)get_u16(p + 2) << 16;
}

static uint8_t *put_u16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
	return p + 2;
}

static uint8_t *put_u32(uint8_t *p, uint32_t v)
{
	return put_u16(put_u16(p, v), v >> 16);
}

static uint8_t *put_chunk(uint8_t *p, const char id[4], uint32_t bytes)
{
	memcpy(p, id, 4);
	return put_u32(p + 4, bytes);
}

static uint32_t sample_bytes(enum wav_format format)
{
	return format == WAV_PCM16 ? 2 : 1;
}

static bool format_known(uint32_t format)
{
	return format == WAV_PCM16 || format == WAV_ALAW || format == WAV_ULAW;
}

static int parse_fmt(const uint8_t *body, uint32_t bytes, struct wav_info *out)
{
	uint32_t format, align;

	if (bytes < FMT_BYTES)
		return -EINVAL;
	format = get_u16(body);
	out->channels = get_u16(body + 2);
	out->rate_hz = get_u32(body + 4);
	if (format == FMT_EXTENSIBLE) {
		if (bytes < EXTENSIBLE_MIN)
			return -EINVAL;
		if (memcmp(body + EXTENSIBLE_GUID + 2, guid_tail, sizeof(guid_tail)) != 0)
			return -ENOTSUP;
		format = get_u16(body + EXTENSIBLE_GUID);
	}
	if (out->channels == 0 || out->rate_hz == 0)
		return -EINVAL;
	if (!format_known(format) || out->channels > CHANNELS_MAX)
		return -ENOTSUP;
	out->format = (enum wav_format)format;
	if (get_u16(body + 14) != 8 * sample_bytes(out->format))
		return -ENOTSUP;
	align = out->channels * sample_bytes(out->format);
	return get_u16(body + 12) == align ? 0 : -EINVAL;
}

// What the chunk walk has found so far.
struct wav_chunks {
	bool fmt, data, cut;
	uint64_t data_bytes;
};

static int parse_chunk(
	const uint8_t *file, size_t len, size_t at, struct wav_info *out, struct wav_chunks *found)
{
	uint64_t bytes = get_u32(file + at + 4);
	uint64_t left = len - at - CHUNK_HEAD;

	if (memcmp(file + at, "fmt ", 4) == 0 && !found->fmt) {
		found->fmt = true;
		return bytes <= left ? parse_fmt(file + at + CHUNK_HEAD, bytes, out) : -EINVAL;
	}
	if (memcmp(file + at, "data", 4) == 0 && !found->data) {
		bool open = bytes == 0 || bytes == UINT32_MAX;

		found->data = true;
		found->cut = !open && bytes > left;
		found->data_bytes = open || found->cut ? left : bytes;
		out->data_offset = (uint32_t)(at + CHUNK_HEAD);
	}
	return 0;
}

int wav_parse(const uint8_t *file, size_t len, struct wav_info *out)
{
	struct wav_chunks found = {0};
	uint64_t at = RIFF_HEAD;
	uint32_t align;

	*out = (struct wav_info){0};
	if (len < RIFF_HEAD || len > UINT32_MAX || memcmp(file, "RIFF", 4) != 0 ||
		memcmp(file + 8, "WAVE", 4) != 0)
		return -EINVAL;
	while (at + CHUNK_HEAD <= len && !(found.fmt && found.data)) {
		int rc = parse_chunk(file, len, at, out, &found);

		if (rc != 0)
			return rc;
		at += CHUNK_HEAD;
		// An open data chunk reaches to the end, so nothing can follow it.
		if (found.data && at == out->data_offset)
			at += found.data_bytes + (found.data_bytes & 1);
		else
			at += (uint64_t)get_u32(file + at - 4) + (file[at - 4] & 1);
	}
	if (!found.fmt || !found.data)
		return -EINVAL;
	align = out->channels * sample_bytes(out->format);
	out->data_bytes = (uint32_t)(found.data_bytes - found.data_bytes % align);
	return found.cut ? -ENODATA : 0;
}

int wav_write_header(uint8_t *out, size_t size, const struct wav_info *info)
{
	uint32_t align = info->channels * sample_bytes(info->format);
	uint8_t *p = out;

	if (size < WAV_HEADER_MIN || size % 2 != 0 || size > UINT32_MAX - info->data_bytes ||
		!format_known(info->format) || info->channels == 0 || info->channels > CHANNELS_MAX)
		return -EINVAL;
	memset(out, 0, size);
	p = put_chunk(p, "RIFF", (uint32_t)size - CHUNK_HEAD + info->data_bytes);
	memcpy(p, "WAVE", 4);
	p = put_chunk(p + 4, "fmt ", FMT_BYTES + 2);
	p = put_u16(p, info->format);
	p = put_u16(p, info->channels);
	p = put_u32(p, info->rate_hz);
	p = put_u32(p, info->rate_hz * align);
	p = put_u16(p, align);
	p = put_u16(p, 8 * sample_bytes(info->format));
	p = put_u16(p, 0); // no extension follows
	p = put_chunk(p, "fact", 4);
	p = put_u32(p, info->data_bytes / align);
	put_chunk(p, "JUNK", (uint32_t)(size - WAV_HEADER_MIN));
	put_chunk(out + size - CHUNK_HEAD, "data", info->data_bytes);
	return 0;
}
