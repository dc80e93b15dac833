// CRC-32C by the CPU's instruction, or four bits at a time where it has none.
#include "engine/base/crc32c.h"

#include <string.h>

// Remainders of the 16 nibbles for the reflected polynomial 0x82f63b78.
static const uint32_t crc32c_nibble[16] = {
	0x00000000,
	0x105ec76f,
	0x20bd8ede,
	0x30e349b1,
	0x417b1dbc,
	0x5125dad3,
	0x61c69362,
	0x7198540d,
	0x82f63b78,
	0x92a8fc17,
	0xa24bb5a6,
	0xb21572c9,
	0xc38d26c4,
	0xd3d3e1ab,
	0xe330a81a,
	0xf36e6f75,
};

static uint32_t crc32c_soft(uint32_t crc, const unsigned char *p, size_t len)
{
	for (; len; len--, p++) {
		crc ^= *p;
		crc = (crc >> 4) ^ crc32c_nibble[crc & 15];
		crc = (crc >> 4) ^ crc32c_nibble[crc & 15];
	}
	return crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t crc32c_sse(
	uint32_t crc, const unsigned char *p, size_t len)
{
	uint64_t acc = crc, word;

	for (; len >= sizeof(word); len -= sizeof(word), p += sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		acc = __builtin_ia32_crc32di(acc, word);
	}
	crc = (uint32_t)acc;
	for (; len; len--, p++)
		crc = __builtin_ia32_crc32qi(crc, *p);
	return crc;
}
#endif

uint32_t crc32c(uint32_t crc, const void *data, size_t len)
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("sse4.2"))
		return ~crc32c_sse(~crc, data, len);
#endif
	return ~crc32c_soft(~crc, data, len);
}
