// Adaptive jitter buffer: puts a stream's payload back on its own time line.
//
// What: packets arrive late, early, twice, out of order or not at all; every 20 ms the owner
// pulls exactly one frame. No clock, packet, lock or callback in here: time is an argument.
//
// How: for codecs of a constant 8 bytes a millisecond (G.711, G.722) the buffer is a ring of
// JITTER_MS milliseconds addressed by RTP timestamp, with one presence bit per millisecond. So
// reorder, duplicates and any ptime from 1 to 60 ms cost nothing special. The play-out point
// trails the newest sound by a delay that follows the measured spread of arrivals: it grows at
// once when sound comes late (a gap is concealed) and shrinks a millisecond or more at a time
// while the spread stays small (sound is skipped, silence first). A new SSRC or a timestamp jump
// past the ring anchors the time line anew.
//
// Numbers: interarrival jitter as RFC 3550 appendix A.8, in timestamp units.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "dsp/frame.h"

#define JITTER_MS	    256 // reach of the ring
#define JITTER_BYTES_PER_MS 8

struct jitter_config {
	uint16_t min_ms; // least delay, 0 … 200; 20 is usual
	uint16_t max_ms; // most delay, min_ms … 200
	uint8_t silence; // the codec's silence byte: an absent millisecond reads as this
};

struct jitter_counts {	    // of the buffer's life
	uint32_t put;	    // packets taken in
	uint32_t late;	    // packets whose every millisecond was already played
	uint32_t duplicate; // packets that brought nothing new
	uint32_t concealed; // milliseconds pulled that were absent
	uint32_t skipped;   // milliseconds dropped to shrink the delay
	uint32_t anchored;  // times the time line was set anew, the first one included
};

struct jitter {
	uint64_t present[JITTER_MS / 64]; // a bit per millisecond of the ring
	uint32_t anchor_ts;		  // RTP timestamp that stands at position 0
	uint32_t ssrc;
	uint64_t play_ms; // position of the next millisecond to pull
	uint64_t head_ms; // position after the newest millisecond put
	uint16_t delay_ms, min_ms, max_ms;
	uint8_t silence;
	bool running; // an anchor stands
	struct jitter_counts counts;
	// The measurement of arrivals is the .c file's business; room is kept here.
	uint32_t spread[24];
	uint8_t ring[JITTER_MS * JITTER_BYTES_PER_MS];
};

struct jitter_sound { // of one packet
	uint32_t ssrc, ts;
	const uint8_t *payload; // 8 bytes a ms; a part of a millisecond at its end is dropped
	uint32_t len;
};

enum jitter_put { JITTER_OK, JITTER_LATE, JITTER_DUPLICATE, JITTER_OVERSIZE };

void jitter_init(struct jitter *j, const struct jitter_config *config);
// Forgets the time line, keeps the counts: after hold, a codec change, a stall.
void jitter_reset(struct jitter *j);
// now_ms: the arrival's time on the puller's clock.
enum jitter_put jitter_put(struct jitter *j, const struct jitter_sound *sound, uint64_t now_ms);
// Writes one frame of FRAME_BYTES; absent milliseconds are the silence byte. Returns a bit per
// millisecond that was present (bit 0 the first): 0xfffff = whole, 0 = nothing (also: no stream).
uint32_t jitter_pull(struct jitter *j, uint64_t now_ms, uint8_t frame[FRAME_BYTES]);
// Milliseconds that lie between the play-out point and the newest sound.
uint32_t jitter_depth_ms(const struct jitter *j);
