// Jitter buffer for packets whose length in bytes says nothing of their length in time (Opus).
//
// How: the packets themselves lie in slots; a `struct jitter` (jitter.h) keeps the time line. What
// that one stores, eight bytes a millisecond, is here which slot a millisecond is in and which one
// of its packet it is. So delay, loss, reordering, duplicates and jumps are judged by the same
// code for every codec, and what a pull brings is a tick's milliseconds with their packets.
//
// The same contract: time is an argument; no clock, lock or callback.
#pragma once

#include "dsp/codec.h"
#include "dsp/jitter.h"

#define JITTER_PACKETS 32 // 256 ms in packets of 10 ms and a few more

struct jitter_packet {
	uint32_t ssrc, ts; // ts in units of the stream's own clock
	uint32_t ms;	   // how long it is
	uint32_t len;
	const uint8_t *payload;
};

struct jitter_slot {
	uint16_t number; // of its packet, so that an overwritten slot is recognised
	uint16_t len;
	uint8_t ms;
	uint8_t payload[CODEC_PAYLOAD_MAX];
};

struct jitter_packets {
	uint64_t ts; // of the newest packet, since the buffer's start
	uint32_t last_ts;
	uint16_t units_per_ms;
	uint16_t number; // of the next packet; its slot is number % JITTER_PACKETS
	struct jitter_slot slots[JITTER_PACKETS];
};

// A tick of a time line: where its milliseconds lie. To be read with jitter_packets_at, and sound
// to nobody.
struct jitter_tokens {
	uint8_t bytes[FRAME_BYTES];
};

void jitter_packets_init(struct jitter_packets *p, unsigned units_per_ms);
// line: jitter_init by the caller, and used with nothing but this.
enum jitter_put jitter_packets_put(struct jitter_packets *p, struct jitter *line,
	const struct jitter_packet *in, uint64_t now_ms);
// Where the newest packet put stands on the line, as jitter_ts says it.
uint32_t jitter_packets_ts(const struct jitter_packets *p);
// As jitter_pull.
uint32_t jitter_packets_pull(struct jitter *line, uint64_t now_ms, struct jitter_tokens *out);
// The packet of a millisecond that is present, and which one of its milliseconds that is. NULL:
// its slot was needed for a newer packet.
const struct jitter_slot *jitter_packets_at(const struct jitter_packets *p,
	const struct jitter_tokens *tokens, unsigned ms, unsigned *offset_ms);
// The packet at the play-out point, that the next pull will bring; NULL: none has come yet.
const struct jitter_slot *jitter_packets_next(
	const struct jitter_packets *p, const struct jitter *line, unsigned *offset_ms);
