// Packet-loss concealment over SpanDSP's plc (pitch repetition after ITU-T G.711 appendix I):
// the last pitch period repeats and fades from the first sample on, to silence after 50 ms.
//
// A hole's end is joined to what follows by a cross-fade of a quarter of a pitch period (10 to 30
// samples). Where what follows is there already the joint lies inside the hole, against that sound
// turned round in time, and nothing but the hole changes. Only where it is not, because a loss ran
// to the end of what was known, does the first good sound after it fade in over that stretch, as
// appendix I has it: a step there would be heard as a click.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "dsp/frame.h"

struct conceal;

size_t conceal_size(void); // bytes of state; the caller owns them
struct conceal *conceal_init(void *mem);
// Good sound: kept as history. After a loss it fades in, in place; returns how many samples, from
// the first on, that may have changed: 0 without one.
uint32_t conceal_good(struct conceal *c, int16_t samples[], uint32_t n);
// A lost stretch, and what follows is not known: fills samples with n samples of made-up sound.
void conceal_lost(struct conceal *c, int16_t samples[], uint32_t n);
// The same where `after` samples of what follows stand behind the n already: the joint is made
// inside the hole, and the good sound that comes next stays as it is. n and after at least 1.
void conceal_hole(struct conceal *c, int16_t samples[], uint32_t n, uint32_t after);
