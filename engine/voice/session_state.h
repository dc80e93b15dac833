// What a session and a worker's table of sessions consist of. Private to the rooms of sessions
// (voice, digits, bridge, session): everyone else sees session/session.h.
//
// A session's memory is in two parts, in two arrays: `struct session` with what every session
// needs, so that relayed sessions lie close together, and an ear (jitter buffer, DTMF receiver
// behind its gate) for what listens. Concealment and packets of other lengths than a tick's are
// rare and come from small pools.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "dsp/dtmf.h"
#include "dsp/dtmf_gate.h"
#include "dsp/jitter.h"
#include "dsp/tone.h"
#include "engine/base/pool.h"
#include "engine/base/red.h"
#include "engine/base/ring.h"
#include "engine/base/rng.h"
#include "engine/net/tx.h"
#include "engine/rtp/event_rx.h"
#include "engine/rtp/learn.h"
#include "engine/rtp/rtcp.h"
#include "engine/rtp/rtp.h"
#include "engine/rtp/rtp_out.h"
#include "engine/voice/digits.h"
#include "engine/voice/frame.h"
#include "engine/worker.h"

enum in_flag {		       // of what arrives
	IN_REMOTE = 1 << 0,    // REMOTE has come: codec and far end are known
	IN_RECV = 1 << 1,      // the far end may send
	IN_LOCKED = 1 << 2,    // session.locked is the only source
	IN_COLLECT = 1 << 3,   // digits are reported, tones are listened for
	IN_REPACK = 1 << 4,    // the bridge goes through jitter buffer and tick
	IN_EAR = 1 << 5,       // the ear is running
	IN_TAPPED = 1 << 6,    // a recording takes what arrives
	IN_FOUND = 1 << 7,     // RTP_FOUND was told
	IN_LOST = 1 << 8,      // RTP_LOST was told
	IN_MASKED = 1 << 9,    // what arrives is held back until it is known to hold no digit
	IN_MUTED = 1 << 10,    // digits are silenced as far as that is known at once
	IN_CODED = 1 << 11,    // the codec has state: a coder is held
	IN_WATCHED = 1 << 12,  // speech and silence are told
	IN_SPEAKS = 1 << 13,   // SPEECH was the last of them
	IN_EVENT_8K = 1 << 14, // durations of telephone-events count 8 kHz
};

enum out_flag {		      // of what is sent
	OUT_SEND = 1 << 0,    // we may
	OUT_CLOCKED = 1 << 1, // in the list of its sub-slot
	OUT_SOUNDED = 1 << 2, // has sent sound: silence follows at once when there is none
	OUT_TONE = 1 << 3,    // a call-progress tone is sent
	OUT_REPORTS = 1 << 4, // RTCP is sent
	OUT_MUX = 1 << 5,     // to the RTP port
	OUT_PACKED = 1 << 6,  // sound waits in the pack
};

struct bridge_to {	   // what this session receives goes there
	gate_session peer; // 0: nowhere
	gate_session self; // this session, as the peer knows it
	uint16_t bytes;	   // a packet's payload as the peer wants it
	uint8_t codec;	   // peer's, CODEC_NONE: not known yet
	uint8_t repack_in; // packets until the way through the tick is given up
	uint16_t gain_256; // in a mixing bridge, as the next two
	uint8_t says, hears;
};

_Static_assert(PROMPTS_MAX <= UINT16_MAX, "a prompt's id is 16 bits in a play queue");

struct play_entry {
	uint32_t ticket, offset_ms;
	uint16_t prompt;
	uint16_t flags; // enum gate_play_flag
};

struct play {	     // session.playing says how many
	uint32_t at; // bytes
	bool begun;  // `at` stands in the first of the queue
	uint8_t head;
	union {
		struct play_entry queue[PLAY_QUEUE_MAX];
		struct tone tone; // OUT_TONE: instead of prompts
	};
};

enum dial_phase { DIAL_IDLE, DIAL_NEXT, DIAL_ON, DIAL_OFF };

struct dial { // digits being sent; session.dialing is its phase
	char digits[DIGITS_OUT_MAX];
	uint8_t next, count;
	uint16_t on_ms, off_ms;
	bool tone; // in-band and not as an event
	union {
		struct dtmf_tx tx;
		struct {
			bool begins;	   // its first packet is still to go
			uint8_t ends_left; // repeats of its end
			uint16_t left_ms;
			uint16_t duration; // so far
			uint32_t ts;
		} event;
	};
};

struct tap_side { // of one recording
	uint64_t start_ns;
	// In samples from start_ns on.
	int64_t anchor_position; // where anchor_ts stands
	int64_t line_position;	 // where the line's first sound lies,
	uint32_t line_samples;	 // from there to its last
	uint32_t room;		 // before it, up to the line before
	uint32_t window_end;	 // an arrival
	// How late packets came for the place that they have, in samples: the quickest one of this
	// window and of the one before.
	int32_t least, least_before;
	int32_t owed; // silence
	uint32_t recording;
	uint32_t anchor_ts, line;
	uint8_t side, law;
	uint8_t writer; // worker that lays it
	bool anchored : 1;
	bool sounded : 1; // something was laid
};
_Static_assert(sizeof(struct tap_side) == 64, "one line for each packet that is recorded");

struct speech_watch { // how IN_WATCHED is decided
	int8_t speech_dbm0, silence_dbm0;
	uint8_t speech_ticks, silence_ticks;
};

struct report { // RTCP
	struct learn_rtcp source;
	uint32_t due_ms;	// 0: never
	uint32_t lsr, lsr_came; // the last SR, and when it came (rtcp_ntp_mid)
	// Sent when the last report went out, and the one before it.
	uint32_t packets_then, packets_earlier;
	// Sent as another source, before the stream's clock changed.
	uint32_t packets_before, bytes_before;
	uint32_t round_trip_us, far_lost, far_jitter;
	uint8_t far_fraction_lost;
	bool first;
	bool sent;     // a report was, so a BYE is due
	bool collided; // another SSRC was taken, since collided_ms
	uint32_t collided_ms;
};

// A packet that is relayed touches four cache lines: two of the session that it came to, from
// in_flags on, and of its peer the first one and the first of its path.
struct session {
	// what a packet that is sent touches
	_Alignas(64) gate_session handle; // 0: free
	gate_session fed_by;		  // the session whose sound goes out here, 0: none
	uint16_t out_flags;		  // enum out_flag
	uint8_t out_codec, out_pt, out_event_pt;
	uint8_t playing; // prompts in the play queue
	uint8_t dialing; // enum dial_phase
	struct rtp_out out;
	// what a tick touches besides
	uint16_t packet_bytes; // of a packet to the far end, 8 a millisecond whatever the codec
	uint16_t packed;       // bytes waiting in the pack; Opus has its own in the coder
	uint32_t pack;	       // in the table's pool, POOL_NONE: none
	uint32_t slot, clock_index;
	uint32_t conceal;   // in the table's pool, POOL_NONE: none
	uint32_t coder;	    // in its codec's pool, POOL_NONE: none
	uint16_t absent_ms; // sound missing in a row
	int8_t level_dbm0;
	uint8_t level_run; // ticks: IN_WATCHED: that speak for a change; else until the next level
	struct event_rx event;
	_Alignas(64) struct tx_path path;
	uint32_t digits_count;
	uint64_t send_ns; // since when it may send
	uint64_t fed_ns;  // last word of the feeding session on another worker
	// what a packet that arrives touches
	_Alignas(64) uint16_t in_flags; // enum in_flag
	uint8_t in_codec, in_pt, in_event_pt;
	uint8_t media;
	uint16_t port; // of RTP
	struct bridge_to to;
	uint32_t rx_ms; // last packet taken
	struct addr locked;
	uint32_t rx_packets, rx_bytes;
	struct rtp_rx rx;
	// what happens now and then
	uint32_t rx_dropped, rx_late, rx_moves;
	struct learn source;
	_Alignas(64) struct play play;
	struct dial dial;
	struct digits digits;
	uint8_t jitter_min_ms, jitter_max_ms, rtp_timeout_s;
	uint8_t turns; // of housekeeping since the last full second
	struct speech_watch watch;
	uint32_t concealed_ms;
	_Alignas(64) struct tap_side tap;
	struct report report;
	uint64_t opened_ns;
	uint32_t mask, mute; // in the table's pools, POOL_NONE: none
	uint8_t red[RED_ZONE];
};

struct session_media { // a media address's pairs of ports that this worker owns
	uint16_t rtp_min;
	uint32_t first, pairs;
	uint32_t *slots;   // by pair - first: session, POOL_NONE: none
	struct pool ports; // freed pairs rest in its FIFO
};

// Coders of one codec; see coder.h.
struct coder_pool {
	struct pool pool;
	uint8_t *mem;
	size_t bytes, tx_at, rx_at; // of one; where encoder and decoder stand in it
};

struct session_table {
	struct session *sessions;
	uint8_t *ears;
	size_t ear_bytes;
	struct pool pool;
	uint32_t slots;
	struct session_media media[MEDIA_MAX];
	uint32_t *clocked[SUBSLOTS]; // slots of sessions with something to do each tick
	uint32_t clocked_count[SUBSLOTS];
	uint32_t turns[SUBSLOTS];
	struct pool conceals, packs, masks, mutes;
	uint8_t *conceal_mem, *pack_mem, *mask_mem, *mute_mem;
	size_t conceal_bytes, mask_bytes, mute_bytes;
	struct coder_pool coders[CODEC_COUNT];
	struct rng rng;
	uint64_t cname_seed;
	struct ring *from_peer[WORKERS_MAX]; // written by that worker
	struct mixers *mixers;
	unsigned workers;
	uint8_t *room;			  // that encode_begin got, until encode_end
	uint8_t scratch[FRAME_BYTES];	  // sound that cannot be sent goes there
	uint8_t muted[CODEC_PAYLOAD_MAX]; // a packet of silence
	void *memory;
	size_t memory_bytes;
};

#define PACK_BYTES  (CODEC_PAYLOAD_MAX + FRAME_BYTES)
#define PACK_STRIDE (((PACK_BYTES + 63) & ~63) + RED_ZONE)

// A session of this worker by its handle; NULL when it is closed or another's.
struct session *session_get(struct session_table *t, const struct worker *w, gate_session handle);
// Something may have to be done each tick: puts it into its sub-slot's list.
void session_clock(struct session_table *t, struct session *s);
void session_unclock(struct session_table *t, struct session *s);

// By place and not by s->slot, which is on a line that a packet need not touch.
static inline uint8_t *session_ear(struct session_table *t, const struct session *s)
{
	return t->ears + (size_t)(s - t->sessions) * t->ear_bytes;
}

static inline struct jitter *session_jitter(struct session_table *t, const struct session *s)
{
	return (struct jitter *)(void *)session_ear(t, s);
}

static inline struct dtmf_gate *session_gate(struct session_table *t, const struct session *s)
{
	return (struct dtmf_gate *)(void *)(session_ear(t, s) + sizeof(struct jitter) + RED_ZONE);
}

// For what waits for packets: see worker_awake_ns.
static inline uint32_t session_ms(const struct worker *w)
{
	return (uint32_t)(worker_awake_ns(w) / 1000000);
}

static inline uint64_t session_ms64(const struct worker *w)
{
	return w->now_ns / 1000000;
}

// Units of a telephone-event's duration in one of 8 kHz.
static inline uint32_t session_event_scale(const struct session *s)
{
	return s->in_flags & IN_EVENT_8K ? 1 : codec_clock_scale(s->in_codec);
}

// Something of our own goes out, so a peer's sound does not.
static inline bool session_busy(const struct session *s)
{
	return s->playing > 0 || s->dialing != DIAL_IDLE || (s->out_flags & OUT_TONE);
}
