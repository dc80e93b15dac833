// Adding sound, saturating at int16.
//
// Many parties: each one's gain saturates by itself (mix_gain), their sum is exact in 32 bits
// (mix_sum_add), each one's own sound is taken off it, and what is left saturates once
// (mix_sum_out). So the order of parties changes nothing. Compiled for AVX-512, AVX2 and any
// x86-64, chosen when the program starts; all give the same samples.
#pragma once

#include <stdint.h>

void mix_add(int16_t into[], const int16_t from[], uint32_t n);
// gain in 1/256 (256 = unchanged)
void mix_gain(int16_t samples[], uint32_t n, uint32_t gain_256);

void mix_sum_add(int32_t sum[], const int16_t from[], uint32_t n);
// own: what the listener says itself; NULL: nothing.
void mix_sum_out(int16_t out[], const int32_t sum[], const int16_t own[], uint32_t n);
