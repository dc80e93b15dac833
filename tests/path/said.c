// Milliseconds that name themselves.
#include "tests/path/said.h"

#include <string.h>

#define DIGITS 4

// Sixteen levels that the other law and back leaves apart: sign, segments 3 … 6, two in each.
static uint8_t level(unsigned digit)
{
	unsigned segment = 3 + (digit >> 1 & 3), step = digit & 1 ? 12 : 4;

	return (uint8_t) ~((digit >> 3) << 7 | segment << 4 | step);
}

static int digit_of(uint8_t byte)
{
	unsigned bits = (uint8_t)~byte, segment = bits >> 4 & 7;

	if (segment < 3 || segment > 6)
		return -1;
	return (int)((bits >> 7) << 3 | (segment - 3) << 1 | ((bits & 15) >= 8));
}

static unsigned sum_of(unsigned who, uint32_t ms)
{
	return (ms ^ ms >> 2 ^ ms >> 4 ^ ms >> 6 ^ ms >> 8 ^ ms >> 10 ^ who) & 3;
}

void said_write(uint8_t out[SAID_BYTES], unsigned who, uint32_t ms)
{
	ms %= SAID_WRAP;
	unsigned digit[DIGITS] = {ms & 15, ms >> 4 & 15, ms >> 8 & 15, who << 2 | sum_of(who, ms)};

	for (unsigned i = 0; i < SAID_BYTES; i++)
		out[i] = level(digit[i % DIGITS]);
}

bool said_read(const uint8_t in[SAID_BYTES], uint32_t about, unsigned *who, uint32_t *ms)
{
	int digit[DIGITS];

	for (unsigned i = 0; i < DIGITS; i++) {
		digit[i] = digit_of(in[i]);
		if (digit[i] < 0 || digit[i] != digit_of(in[i + DIGITS]))
			return false;
	}
	uint32_t number = (uint32_t)(digit[0] | digit[1] << 4 | digit[2] << 8);
	*who = (unsigned)digit[3] >> 2;
	if (((unsigned)digit[3] & 3) != sum_of(*who, number))
		return false;
	int32_t off = (int32_t)((number - about) % SAID_WRAP);
	*ms = about + (uint32_t)(off >= SAID_WRAP / 2 ? off - SAID_WRAP : off);
	return true;
}
