// Level of a frame from its mean power.
#include "dsp/level.h"

#include <math.h>

// Mean power of a full-scale sine, and what G.711 table 2a says its level is.
#define FULL_SCALE_POWER (32767.0f * 32767.0f / 2)
#define FULL_SCALE_DBM0	 3.14f

int level_dbm0(const int16_t samples[], uint32_t n)
{
	uint64_t energy = 0;
	float level;

	for (uint32_t i = 0; i < n; i++)
		energy += (uint32_t)(samples[i] * samples[i]);
	if (energy == 0)
		return LEVEL_SILENCE_DBM0;
	level = 10 * log10f((float)energy / (float)n / FULL_SCALE_POWER) + FULL_SCALE_DBM0;
	return level > LEVEL_SILENCE_DBM0 ? (int)lrintf(level) : LEVEL_SILENCE_DBM0;
}
