// Adaptive jitter buffer: puts a stream's payload back on its own time line.
//
// What: packets arrive late, early, twice, out of order or not at all; every 20 ms the owner
// pulls exactly one frame. No clock, packet, lock or callback in here: time is an argument.
//
// How: for codecs of a constant 8 bytes a millisecond (G.711, G.722) the buffer is a ring of
// JITTER_MS milliseconds addressed by RTP timestamp, with one presence bit per millisecond. So
// reorder, duplicates and any ptime from 1 to 200 ms cost nothing special.
//
// The delay: a packet's margin is the time from its arrival to the pull that needs it. The first
// packet of a stream or talkspurt waits min_ms, or the measured spread of margins if that is more.
// Sound that comes late moves the play-out point back to itself at once, up to max_ms: what was
// pulled meanwhile was absent, so nothing is heard twice. When every packet of the last seconds
// had 20 ms too many, 20 ms are skipped: absent or quiet sound first, other sound after 8 s.
// Pulls stand on a grid of 20 ms, so min_ms and max_ms may be passed by less than one tick.
//
// The time line: play-out follows the owner's clock. When pulls stop for 60 ms or more, what they
// would have taken is dropped, so late sound is never replayed. A new SSRC or a timestamp beyond
// the ring is joined to the end of what waits. Old timestamps are late, unless they keep coming at
// the clock's pace for 40 to 60 ms while nothing newer waits: then the sender went back, and they
// are joined too.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "dsp/frame.h"
#include "dsp/jitter_bits.h"
#include "dsp/margin.h"

#define JITTER_BYTES_PER_MS 8
#define JITTER_DELAY_MAX    200 // ms: leaves room for a packet of 60 ms less a tick
#define JITTER_PACKET_MAX   200 // ms; what is longer than 60 leaves less room for delay

struct jitter_config {
	uint16_t min_ms; // least delay, 0 … JITTER_DELAY_MAX; 20 is usual
	uint16_t max_ms; // most delay, min_ms … JITTER_DELAY_MAX
	uint8_t silence; // the codec's silence byte: an absent millisecond reads as this
};

struct jitter_counts {	    // of the buffer's life
	uint32_t put;	    // packets taken in
	uint32_t late;	    // packets that came after their time was over
	uint32_t duplicate; // packets that brought nothing new
	uint32_t concealed; // milliseconds pulled absent while newer sound was there: lost
	uint32_t starved;   // milliseconds pulled absent with nothing newer: late, or silence
	uint32_t played;    // milliseconds pulled that were there
	uint32_t skipped;   // milliseconds of sound dropped to shrink the delay or after a stall
	uint32_t anchored;  // times the time line was set anew, the first one included
};

// Positions are milliseconds on the buffer's own time line; they never go back to what was played.
struct jitter {
	int64_t play_ms;      // next millisecond to pull
	int64_t head_ms;      // after the newest millisecond put
	int64_t floor_ms;     // after the newest millisecond played
	int64_t stall_end_ms; // what stood before was lost to missed pulls, not to lateness
	int64_t map_ms;	      // the position at which timestamp map_ts stands
	uint64_t due_ms;      // when the next pull is due
	uint64_t present[JITTER_MS / 64]; // a bit per millisecond of the ring
	uint64_t heard[JITTER_MS / 64];	  // the same for the milliseconds before play_ms
	// Times of which only the distance to now counts, so that they may wrap.
	uint32_t stray_ms; // arrival of the first of a run of old timestamps
	uint32_t late_ms;  // arrival of the last late packet
	uint32_t skip_ms;  // time of the last skip in sound
	uint32_t stray_ts;
	uint32_t map_ts;
	uint32_t ssrc;
	uint16_t min_ms, max_ms;
	uint8_t hold;	// pulls that are to pass before play-out goes on
	uint8_t strays; // length of that run
	uint8_t silence;
	bool running; // an anchor stands
	bool clocked; // a pull has happened
	struct jitter_counts counts;
	struct margin margin;
	uint8_t ring[JITTER_MS * JITTER_BYTES_PER_MS];
};

struct jitter_sound {
	uint32_t ssrc, ts;
	uint32_t len; // bytes, 8 a millisecond; a part of one at the end is dropped
	const uint8_t *payload;
};

enum jitter_put {
	JITTER_OK,
	JITTER_LATE,
	JITTER_DUPLICATE,
	JITTER_OVERSIZE, // more than JITTER_PACKET_MAX
	JITTER_EMPTY,	 // not one millisecond
};

void jitter_init(struct jitter *j, const struct jitter_config *config);
// Forgets the time line, keeps the counts: after hold, a codec change.
void jitter_reset(struct jitter *j);
// now_ms: the arrival's time on the puller's clock.
enum jitter_put jitter_put(struct jitter *j, const struct jitter_sound *p, uint64_t now_ms);
// Writes one frame of FRAME_BYTES; absent milliseconds are the silence byte. Returns a bit per
// millisecond that was present (bit 0 the first): 0xfffff = whole, 0 = nothing (also: no stream).
// One pull for each 20 ms of now_ms: a pull a whole tick before its time gets nothing and changes
// nothing, so ticks missed in a stall may be made up for or left out.
uint32_t jitter_pull(struct jitter *j, uint64_t now_ms, uint8_t frame[FRAME_BYTES]);
// What waits is wanted at once: the next pull is due now.
void jitter_hurry(struct jitter *j, uint64_t now_ms);
// The millisecond at the play-out point, that the next pull brings first; NULL: absent so far.
const uint8_t *jitter_peek(const struct jitter *j);
// The timestamp of that millisecond, whether it is there or not.
uint32_t jitter_ts(const struct jitter *j);
// Milliseconds that lie between the play-out point and the newest sound.
uint32_t jitter_depth_ms(const struct jitter *j);
// How long the quickest packet of the last two seconds waited: the delay that the buffer adds.
uint32_t jitter_delay_ms(const struct jitter *j);
