// Oscillators and noise of the DTMF proofs.
#include "bench/dtmf/tones.h"

#include <math.h>

#include "dsp/frame.h"

#define FULL_SCALE_DBM0 3.14 // of a sine that just fits 16 bits
#define FULL_SCALE	32767.0f
#define SUM_RMS		26754.6f // of two uniform numbers of 16 bits added: 65536·√(2/12)

float tones_peak(double dbm0)
{
	return FULL_SCALE * (float)pow(10, (dbm0 - FULL_SCALE_DBM0) / 20);
}

void oscillator_set(struct oscillator *o, double hz, double dbm0)
{
	o->step = (uint32_t)lrint(hz / FRAME_RATE * 4294967296.0);
	o->peak = tones_peak(dbm0);
}

// sin(π·t) by its series; the next term is under 4e-6 where |t| ≤ 1/2.
static inline float sine(float t)
{
	float folded = t > 0.5f ? 1 - t : t < -0.5f ? -1 - t : t, q = folded * folded;
	float high = 2.55016404f + q * (-0.59926453f + q * 0.08214589f);

	return folded * (3.14159265f + q * (-5.16771278f + q * high));
}

void tones_sine(struct oscillator *o, float x[], uint32_t n)
{
	uint32_t phase = o->phase, step = o->step;
	float peak = o->peak;

	for (uint32_t i = 0; i < n; i++)
		x[i] += peak * sine((float)(int32_t)(phase + i * step) * (1 / 2147483648.0f));
	o->phase = phase + n * step;
}

static inline float noise(uint32_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 17;
	*s ^= *s << 5;
	return (float)(((int32_t)*s >> 16) + ((int32_t)(*s << 16) >> 16));
}

// Eight generators side by side (xorshift32); each number is two of 16 bits, which are added.
void tones_noise(float x[], uint32_t n, double dbm0, struct rng *r)
{
	float scale = tones_peak(dbm0) * (float)M_SQRT1_2 / SUM_RMS;
	uint32_t s[8], k = 0;

	for (int i = 0; i < 8; i++)
		s[i] = (uint32_t)rng_u64(r) | 1;
	for (; k + 8 <= n; k += 8)
		for (int i = 0; i < 8; i++)
			x[k + i] += scale * noise(&s[i]);
	for (; k < n; k++)
		x[k] += scale * noise(&s[k % 8]);
}

static inline int16_t limited(float y)
{
	y = y < FULL_SCALE ? y : FULL_SCALE;
	y = y > -FULL_SCALE ? y : -FULL_SCALE;
	return (int16_t)(y < 0 ? y - 0.5f : y + 0.5f);
}

void tones_limit(int16_t out[], const float x[], uint32_t n, float gain)
{
	for (uint32_t i = 0; i < n; i++)
		out[i] = limited(x[i] * gain);
}

void tones_gain(int16_t out[], const int16_t in[], uint32_t n, float gain)
{
	for (uint32_t i = 0; i < n; i++)
		out[i] = limited((float)in[i] * gain);
}
