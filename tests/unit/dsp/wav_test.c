// WAVE headers: what is written reads back, real-life variants are taken, broken files are refused.
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

#include "dsp/wav.h"
#include "tests/unit/dsp/sound.h"

struct file {
	uint8_t bytes[512];
	size_t len;
};

static void add(struct file *f, const void *bytes, size_t len)
{
	ck_assert_uint_le(f->len + len, sizeof(f->bytes));
	memcpy(f->bytes + f->len, bytes, len);
	f->len += len;
}

static void add_u16(struct file *f, unsigned v)
{
	add(f, (uint8_t[]){(uint8_t)v, (uint8_t)(v >> 8)}, 2);
}

static void add_chunk(struct file *f, const char *id, uint32_t bytes)
{
	add(f, id, 4);
	add_u16(f, bytes & 0xffff);
	add_u16(f, bytes >> 16);
}

static void add_fmt(struct file *f, unsigned format, unsigned channels, unsigned bits)
{
	add_chunk(f, "fmt ", 16);
	add_u16(f, format);
	add_u16(f, channels);
	add_u16(f, 8000);
	add_u16(f, 0);
	add_u16(f, 8000 * channels * bits / 8);
	add_u16(f, 0);
	add_u16(f, channels * bits / 8);
	add_u16(f, bits);
}

static struct file riff(void)
{
	struct file f = {.len = 0};

	add(&f, "RIFF\0\0\0\0WAVE", 12);
	return f;
}

static int parse(const struct file *f, struct wav_info *info)
{
	// An exact copy on the heap, so that a sanitizer sees a read past the end.
	uint8_t *copy = malloc(f->len + 1);
	int rc;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, f->bytes, f->len);
	copy = realloc(copy, f->len ? f->len : 1);
	rc = wav_parse(copy, f->len, info);
	free(copy);
	return rc;
}

START_TEST(what_is_written_reads_back)
{
	static const enum wav_format formats[] = {WAV_PCM16, WAV_ALAW, WAV_ULAW};
	static const size_t sizes[] = {WAV_HEADER_MIN, 68, 128, 4096};
	static uint8_t bytes[4096 + 320];

	for (size_t i = 0; i < 3 * 4 * 2; i++) {
		size_t size = sizes[i / 3 % 4];
		struct wav_info in = {formats[i % 3], (uint16_t)(1 + i / 12), 8000, 0, 320}, out;

		ck_assert_int_eq(wav_write_header(bytes, size, &in), 0);
		ck_assert_int_eq(wav_parse(bytes, size + 320, &out), 0);
		ck_assert_int_eq((int)out.format, (int)in.format);
		ck_assert_uint_eq(out.channels, in.channels);
		ck_assert_uint_eq(out.rate_hz, 8000);
		ck_assert_uint_eq(out.data_offset, size);
		ck_assert_uint_eq(out.data_bytes, 320);
	}
}
END_TEST

START_TEST(headers_that_cannot_be_are_not_written)
{
	uint8_t bytes[128];
	struct wav_info info = {WAV_ULAW, 2, 8000, 0, 320};

	ck_assert_int_eq(wav_write_header(bytes, WAV_HEADER_MIN - 2, &info), -EINVAL);
	ck_assert_int_eq(wav_write_header(bytes, 127, &info), -EINVAL);
	info.channels = 3;
	ck_assert_int_eq(wav_write_header(bytes, 128, &info), -EINVAL);
	info.channels = 0;
	ck_assert_int_eq(wav_write_header(bytes, 128, &info), -EINVAL);
	info = (struct wav_info){(enum wav_format)3, 1, 8000, 0, 320};
	ck_assert_int_eq(wav_write_header(bytes, 128, &info), -EINVAL);
	info = (struct wav_info){WAV_ULAW, 1, 8000, 0, UINT32_MAX - 100};
	ck_assert_int_eq(wav_write_header(bytes, 128, &info), -EINVAL);
}
END_TEST

START_TEST(chunks_come_in_any_order_and_odd_sizes_are_padded)
{
	struct file f = riff();
	struct wav_info info;

	add_chunk(&f, "LIST", 3);
	add(&f, "abc\0", 4);
	add_chunk(&f, "data", 5);
	add(&f, "12345\0", 6);
	add_chunk(&f, "JUNK", 0);
	add_fmt(&f, WAV_ULAW, 1, 8);
	ck_assert_int_eq(parse(&f, &info), 0);
	ck_assert_uint_eq(info.data_offset, 12 + 12 + 8);
	ck_assert_uint_eq(info.data_bytes, 5);
	ck_assert_int_eq((int)info.format, WAV_ULAW);
}
END_TEST

START_TEST(extensible_is_looked_through)
{
	static const uint8_t tail[] = {0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71};

	for (int good = 0; good < 2; good++) {
		struct file f = riff();
		struct wav_info info;

		add_fmt(&f, 0xfffe, 2, 16);
		f.bytes[16] = 40;
		add_u16(&f, 22);
		add_u16(&f, 16);
		add_u16(&f, 3);
		add_u16(&f, 0);
		add_u16(&f, WAV_PCM16);
		add(&f, tail, sizeof(tail));
		f.bytes[f.len - 1] ^= !good;
		add_chunk(&f, "data", 7); // three bytes are no whole sample frame
		add(&f, "1234567\0", 8);
		ck_assert_int_eq(parse(&f, &info), good ? 0 : -ENOTSUP);
		if (good)
			ck_assert_uint_eq(info.data_bytes, 4);
	}
}
END_TEST

START_TEST(an_open_length_reaches_to_the_end)
{
	static const uint32_t open[] = {0, UINT32_MAX};

	for (int i = 0; i < 2; i++) {
		struct file f = riff();
		struct wav_info info;

		add_fmt(&f, WAV_ALAW, 1, 8);
		add_chunk(&f, "data", open[i]);
		add(&f, "123456789", 9);
		ck_assert_int_eq(parse(&f, &info), 0);
		ck_assert_uint_eq(info.data_bytes, 9);
	}
}
END_TEST

START_TEST(a_cut_file_says_so)
{
	struct file f = riff();
	struct wav_info info;

	add_fmt(&f, WAV_ALAW, 1, 8);
	add_chunk(&f, "data", 100);
	add(&f, "123456789", 9);
	ck_assert_int_eq(parse(&f, &info), -ENODATA);
	ck_assert_uint_eq(info.data_bytes, 9);
	for (size_t len = 0; len < 12 + 24 + 8; len++) {
		f.len = len;
		ck_assert_int_eq(parse(&f, &info), -EINVAL);
	}
}
END_TEST

START_TEST(other_formats_and_nonsense_are_told_apart)
{
	static const struct {
		unsigned format, channels, bits;
		int rc;
	} cases[] = {
		{WAV_PCM16, 1, 16, 0},
		{WAV_PCM16, 1, 8, -ENOTSUP},
		{WAV_PCM16, 1, 24, -ENOTSUP},
		{WAV_ULAW, 1, 16, -ENOTSUP},
		{3, 1, 32, -ENOTSUP},
		{49, 1, 0, -ENOTSUP},
		{WAV_PCM16, 6, 16, -ENOTSUP},
		{WAV_PCM16, 0, 16, -EINVAL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct file f = riff();
		struct wav_info info;

		add_fmt(&f, cases[i].format, cases[i].channels, cases[i].bits);
		add_chunk(&f, "data", 2);
		add(&f, "12", 2);
		ck_assert_int_eq(parse(&f, &info), cases[i].rc);
		ck_assert_uint_eq(info.rate_hz, 8000);
		ck_assert_uint_eq(info.channels, cases[i].channels);
		f.bytes[0] = 'X';
		ck_assert_int_eq(parse(&f, &info), -EINVAL);
	}
}
END_TEST

START_TEST(any_byte_may_be_wrong)
{
	uint64_t seed = 21;

	for (int round = 0; round < 20000; round++) {
		struct file f = riff();
		struct wav_info info;
		int rc;

		add_fmt(&f, WAV_ULAW, 1, 8);
		add_chunk(&f, "data", 16);
		add(&f, "0123456789abcdef", 16);
		for (uint32_t k = chance_below(&seed, 6); k > 0; k--)
			f.bytes[chance_below(&seed, (uint32_t)f.len)] = (uint8_t)chance_u32(&seed);
		f.len -= chance_below(&seed, 4) ? 0 : chance_below(&seed, (uint32_t)f.len);
		rc = parse(&f, &info);
		if (rc == 0 || rc == -ENODATA)
			ck_assert_uint_le((uint64_t)info.data_offset + info.data_bytes, f.len);
	}
}
END_TEST

UNIT_MAIN("wav", what_is_written_reads_back, headers_that_cannot_be_are_not_written,
	chunks_come_in_any_order_and_odd_sizes_are_padded, extensible_is_looked_through,
	an_open_length_reaches_to_the_end, a_cut_file_says_so,
	other_formats_and_nonsense_are_told_apart, any_byte_may_be_wrong)
