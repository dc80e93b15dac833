// Adding sound, saturating at int16.
#pragma once

#include <stdint.h>

void mix_add(int16_t into[], const int16_t from[], uint32_t n);
// gain in 1/256 (256 = unchanged)
void mix_gain(int16_t samples[], uint32_t n, uint32_t gain_256);
