// The shapes that sound has inside the engine.
//
// Everything that is clocked moves in ticks of 20 ms. A frame is one tick of mono sound:
// 160 samples at 8 kHz, int16, full scale ±32767 = +3.14 dBm0 (µ-law) or +3.17 dBm0 (A-law),
// as ITU-T G.711 section 3 defines the overload point.
#pragma once

#include <stdint.h>

#define TICK_MS	      20
#define FRAME_RATE    8000
#define FRAME_SAMPLES (FRAME_RATE / 1000 * TICK_MS)
#define FRAME_BYTES   FRAME_SAMPLES // of a G.711 frame: a byte a sample

_Static_assert(FRAME_SAMPLES == 160, "160 samples are 20 ms at 8 kHz");
