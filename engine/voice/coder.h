// Coders: what a session has besides when its codec has state (G.722, Opus): an encoder, a
// decoder, and for Opus its packets in the jitter buffer. They come from pools made at start,
// engine.g722_sessions and its like of all workers; a session holds one from the
// REMOTE that names the codec to the one that names another, or to its end.
//
// What such a session hears is decoded in the tick and goes on as G.711, so that digits, bridges,
// recordings and concealment need not know of it. What is relayed between two sessions of one
// codec, and prompts that the store has in the codec, touch no coder.
#pragma once

#include "dsp/jitter_packets.h"
#include "engine/voice/session_state.h"

#define CODER_LAW CODEC_PCMA // of what was heard

struct coder {		 // of one session; encoder and decoder follow in memory
	uint16_t flags;	 // enum gate_remote_flag that the encoder was begun with
	bool begun;	 // the encoder was
	bool silent;	 // the last packet sent did
	uint16_t packed; // samples in pack
	// Opus alone
	uint16_t pcm_number; // packet that pcm was decoded from
	uint16_t pcm_samples;
	int16_t pcm[FRAME_RATE / 1000 * 60];
	int16_t pack[FRAME_RATE / 1000 * 60]; // waits to be encoded
	struct jitter_packets packets;
};

size_t coder_bytes(enum codec_id codec); // of one; 0: none of this codec
void coder_pool_place(struct coder_pool *p, enum codec_id codec, uint8_t *mem);
uint32_t coder_count(const struct engine_config *c, enum codec_id codec); // of one worker

// The session is of this codec from now on. 0, or -ENOBUFS: all are taken, nothing has changed.
int coder_set(struct worker *w, struct session *s, enum codec_id codec);
void coder_give(struct worker *w, struct session *s);
void coder_shape(struct worker *w, struct session *s, uint16_t flags); // enum gate_remote_flag

struct coder *coder_of(struct session_table *t, const struct session *s);
void *coder_tx(struct session_table *t, const struct session *s);

// A frame out of the jitter buffer becomes one of CODER_LAW; what was present is told as it was.
void coder_decode(
	struct worker *w, struct session *s, const struct coded_frame *in, struct law_frame *out);
// The ear starts: decoder and packets begin anew.
void coder_listen(struct worker *w, struct session *s);
enum jitter_put coder_put(struct worker *w, struct session *s, const struct rtp_packet *p);
