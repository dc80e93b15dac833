// Sound and telephone-events on their way out: the session's one RTP stream (rtp_out.h) written
// into frames of tx.h. Sound of the session's own clock comes in frames of a tick and is packed
// to the packet length that the far end asked for; relayed packets keep theirs.
#pragma once

#include "engine/rtp/rtp_out.h"
#include "engine/voice/session_state.h"

// Where the next 20 ms of payload in the session's codec are to be written; never NULL. Nothing
// else may be sent before its encode_end.
uint8_t *encode_begin(struct worker *w, struct session *s);
void encode_end(struct worker *w, struct session *s); // they are written: of the last begin
void encode_samples(struct worker *w, struct session *s, const int16_t samples[FRAME_SAMPLES]);
// A frame of G.711, whatever the session's codec is.
void encode_law(
	struct worker *w, struct session *s, enum codec_id law, const uint8_t bytes[FRAME_BYTES]);
// Octets of a codec to a session of it; to another's, whose re-INVITE they crossed, silence.
void encode_octets(struct worker *w, struct session *s, enum codec_id codec,
	const struct codec_octets *octets);

void encode_silence(struct worker *w, struct session *s); // 20 ms
// A packet of the session's own clock, ready in its codec, of 20 ms.
void encode_ready(struct worker *w, struct session *s, const uint8_t *payload, uint32_t len);

// A peer's packet on arrival, and a telephone-event of the peer's.
void encode_relay(
	struct worker *w, struct session *s, const struct rtp_packet *in, enum codec_id codec);
void encode_relay_event(struct worker *w, struct session *s, const struct rtp_packet *in);
// An event of our own.
struct event_packet;
void encode_event(struct worker *w, struct session *s, const struct event_packet *e, uint32_t ts,
	bool marker);
// The length of packets towards the far end. Other lengths than a tick need a pack: where none
// is free 20 ms are sent, which every far end takes.
void encode_set_ptime(struct session_table *t, struct session *s, unsigned ptime_ms);
void encode_flush(struct worker *w, struct session *s); // sends what waits in the pack

// Law to law; false where the codecs need more than a table.
bool encode_convert(
	uint8_t *out, enum codec_id to, const uint8_t *in, enum codec_id from, uint32_t len);
