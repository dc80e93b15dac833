// Packet-loss concealment over SpanDSP's plc (pitch repetition after ITU-T G.711 appendix I):
// the last pitch period repeats and fades from the first sample on, to silence after 50 ms.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "dsp/frame.h"

struct conceal;

size_t conceal_size(void); // bytes of state; the caller owns them
struct conceal *conceal_init(void *mem);
// A good frame: kept as history; fades in over the joint after a loss, in place.
void conceal_good(struct conceal *c, int16_t samples[], uint32_t n);
// A lost stretch: fills samples with n samples of made-up sound.
void conceal_lost(struct conceal *c, int16_t samples[], uint32_t n);
