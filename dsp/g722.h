// ITU-T G.722 at 64 kbit/s over SpanDSP: two sub-bands of ADPCM, 50 to 7,000 Hz in a byte for
// every two samples at 16 kHz. RFC 3551 section 4.5.2: the RTP clock says 8,000 by a historical
// error, so 20 ms are 160 bytes and 160 timestamp units, like G.711.
//
// Samples may be had and given at 8 kHz: then only the lower sub-band (to 4 kHz) is coded, without
// the band-splitting filters, at half the price. The far end hears narrow-band sound in either case
// where narrow-band sound is sent.
// A lost stretch leaves both ends with different predictors; they lean back to each other within
// some milliseconds, so a stream may be joined anywhere and payloads of two encoders follow each
// other.
#pragma once

#include "dsp/coder.h"

#define G722_SILENCE 0xfc // the smallest step of both sub-bands, for ever: a steady value near 0

extern const struct codec_coder g722_coder;
