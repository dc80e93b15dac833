// A gate in front of SpanDSP's DTMF receiver: what cannot be a digit never reaches it.
//
// Why: dtmf_rx costs some 600 ns a frame whatever it hears; a core with tens of thousands of
// channels hears speech, music and silence nearly all the time.
//
// What makes it exact: the receiver looks at blocks of 102 samples, its Goertzel filters and its
// energy start anew with each block, and a digit begins only after two successive blocks hit with
// the same digit. While nothing is in progress (dtmf_rx_status() is 0), a pair of blocks whose
// second one cannot hit leaves the receiver as it was. So every second block is looked at, by
// integer dot products (8 frequencies, cosine and sine) and the receiver's own tests relaxed by
// 3 %; rounding moves the weakest tone by 0.13 % at most. Where it may hit, both blocks are fed to
// the receiver, which then hears everything until it is at rest again at the end of a block. Its
// digits are therefore SpanDSP's, in the same frame and with the same level.
//
// Where the CPU has neither AVX-512 VNNI nor AVX2 every block goes to the receiver.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dsp/codec.h"
#include "dsp/dtmf.h"

#define DTMF_GATE_PERCENT 3 // how much the tests are relaxed

enum dtmf_gate_kind { DTMF_GATE_NONE, DTMF_GATE_AVX2, DTMF_GATE_AVX512 };

// Before the first gate is used, once: kind is the best that may be taken, the CPU decides.
// Returns what was taken. percent: how much the tests are relaxed; 3 but in tests.
enum dtmf_gate_kind dtmf_gate_setup(enum dtmf_gate_kind kind, int percent);
const char *dtmf_gate_name(enum dtmf_gate_kind kind);

struct dtmf_gate;

size_t dtmf_gate_size(void); // bytes, the receiver included; the caller owns them, aligned to 8
// The memory must not move while it is in use.
struct dtmf_gate *dtmf_gate_start(void *mem, enum codec_id law); // PCMU or PCMA
void dtmf_gate_reset(struct dtmf_gate *g);			 // forgets what it has heard
// The next n bytes of payload; like dtmf_rx_frame.
uint32_t dtmf_gate_frame(struct dtmf_gate *g, const uint8_t *payload, uint32_t n,
	struct dtmf_edge edges[DTMF_EDGES_MAX]);
char dtmf_gate_digit(const struct dtmf_gate *g); // the one that sounds now, or 0
bool dtmf_gate_live(const struct dtmf_gate *g);	 // the receiver hears everything
