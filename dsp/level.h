// Level of a frame in dBm0 (a full-scale sine is +3.14 in µ-law terms).
#pragma once

#include <stdint.h>

#define LEVEL_SILENCE_DBM0 (-90)

int level_dbm0(const int16_t samples[], uint32_t n); // ≥ LEVEL_SILENCE_DBM0
