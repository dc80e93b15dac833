// What two bridged sessions on two workers say to each other, by value.
#pragma once

#include "dsp/codec.h"
#include "engine/gate.h"
#include "engine/voice/frame.h"

enum bridge_kind {
	BRIDGE_PACKET, // relayed on arrival
	BRIDGE_EVENT,  // telephone-event
	// 20 ms out of the jitter buffer: each shape is a kind
	BRIDGE_LAW,
	BRIDGE_OCTETS,
	BRIDGE_SAMPLES, // or to and from a mixing bridge
	BRIDGE_JOIN,	// from feeds to, from now on
	BRIDGE_STAY,	// still does
	BRIDGE_LEAVE,
	BRIDGE_SHAPE,	// codec and bytes that `from` sends to its far end: to its feeder
	BRIDGE_REFUSED, // a mixing bridge has no place: to who would be its party
};

struct bridge_head {
	gate_session to, from;
	uint8_t kind;  // enum bridge_kind
	uint8_t codec; // of PACKET's payload and of OCTETS; LAW: which; SHAPE: of the session
	char begun;    // EVENT: digit that begins with it, or 0
	bool marker;
	uint8_t run;
	uint16_t len;	// of payload: PACKET and EVENT
	uint16_t bytes; // SHAPE: a packet's payload
	uint32_t line, ts;
	uint16_t seq;
	uint16_t gain_256; // JOIN and STAY to a mixing bridge, as the next two
	uint8_t says, hears;
	uint8_t error; // REFUSED: errno
};

struct bridge_msg {
	struct bridge_head head;
	union { // by head.kind
		uint8_t payload[CODEC_PAYLOAD_MAX];
		uint8_t law[FRAME_BYTES];
		struct codec_octets octets;
		int16_t samples[FRAME_SAMPLES];
	};
};
