// The oscillator behind DTMF and call-progress tones.
#include "dsp/sine.h"

#include <math.h>

#include "dsp/frame.h"

#define FULL_SCALE_DBM0 3.14f

// sin(π·t) for |t| ≤ 1/2 by its series; the next term would be 4e-6.
static inline float sine_half(float t)
{
	float q = t * t;

	return t *
		(3.14159265f +
			q *
				(-5.16771278f +
					q * (2.55016404f + q * (-0.59926453f + q * 0.08214589f))));
}

void sine_start(struct sine *s, float hz, float level_dbm0)
{
	s->phase = 0;
	s->step = (uint32_t)(hz / FRAME_RATE * 4294967296.0f);
	s->peak = 32767 * powf(10, (level_dbm0 - FULL_SCALE_DBM0) / 20);
}

void sine_mix(struct sine *s, int16_t samples[], uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		float t = (float)(int32_t)(s->phase + i * s->step) / 2147483648.0f;
		float folded = t > 0.5f ? 1 - t : t < -0.5f ? -1 - t : t;
		float x = (float)samples[i] + s->peak * sine_half(folded);

		x = x < INT16_MAX ? x : INT16_MAX;
		x = x > INT16_MIN ? x : INT16_MIN;
		samples[i] = (int16_t)(x < 0 ? x - 0.5f : x + 0.5f);
	}
	s->phase += n * s->step;
}
