// Offer and answer (RFC 3264) on SDP text (RFC 4566): one audio stream, of a profile that is served
// (media/profile.h).
//
// Pure: text in, settled media or text out; no libre, no clock, no allocation. Codecs come from
// dsp/codec.h's table, on their static payload type or on a dynamic one; telephone-event
// (RFC 4733) on any. The first audio stream that can be met is taken, all others are answered
// with port 0. Host names are never looked up: an address must be a literal.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/media/media.h"
#include "control/sip/sdp/crypto.h"
#include "engine/base/addr.h"

#define SDP_TEXT_MAX	 4096
#define SDP_STREAMS_MAX	 16
#define SDP_PAYLOADS_MAX 32
#define SDP_CRYPTO_MAX	 4   // crypto attributes of a stream, the first that we can use
#define SDP_EVENT_PT	 101 // what we offer telephone-event as; 102 … for further clocks

struct sdp_slice { // into the text that was read
	const char *p;
	size_t len;
};

struct sdp_payload {
	uint8_t pt;
	enum codec_id codec; // CODEC_NONE: none of ours
	bool mapped;	     // an rtpmap was seen: the static meaning no longer holds
	bool event;	     // telephone-event, and events says which (bit per event 0 … 15)
	uint32_t clock_hz;
	uint16_t events;
	struct sdp_slice fmtp; // what follows the number; p NULL: none
};

struct sdp_stream {
	struct sdp_slice kind, protocol, formats; // m=kind port protocol formats
	enum media_profile profile;		  // what the protocol is
	uint16_t port;
	struct addr connection; // family ADDR_NONE: the session's holds
	bool unusable_address;	// c= was there and is no literal unicast address
	struct addr rtcp;	// a=rtcp; port 0: none; family ADDR_NONE: the connection's
	bool rtcp_mux;
	uint8_t direction;		// MEDIA_SEND | MEDIA_RECV as the writer of the text sees it
	uint16_t ptime_ms, maxptime_ms; // 0: not said
	struct sdp_payload payloads[SDP_PAYLOADS_MAX];
	unsigned payload_count;
	struct sdp_crypto crypto[SDP_CRYPTO_MAX];
	unsigned crypto_count;
};

struct sdp {
	struct addr connection;
	bool unusable_address;
	uint8_t direction;
	struct sdp_slice time; // of the first t=
	struct sdp_stream streams[SDP_STREAMS_MAX];
	unsigned stream_count;
};

bool sdp_slice_is(const struct sdp_slice *s, const char *word); // case-insensitive
// Reads text of len bytes, LF or CRLF, terminated or not. 0 or -EBADMSG.
int sdp_read(struct sdp *out, const char *text, size_t len);

enum sdp_refusal { // why offer and answer do not meet
	SDP_MEETS = 0,
	SDP_MALFORMED,
	SDP_NO_AUDIO, // no audio stream, or only disabled ones (port 0)
	SDP_PROTOCOL, // a profile that is not served, e.g. RTP/SAVP
	SDP_NETWORK,  // IPv6 where we have IPv4, or the other way round
	SDP_ADDRESS,  // a host name, multicast, or none
	// Where our packets would find nobody; but for a loopback of our own:
	SDP_LOOPBACK,  // the far end's own host, as it sees it
	SDP_BROADCAST, // all of a network, ours or any
	SDP_OURS,      // our own media address: nothing comes back from it
	SDP_NO_CODEC,
	SDP_TOO_LONG, // our answer would not fit
};

uint16_t sdp_warning(enum sdp_refusal r);	  // code of a Warning header (RFC 3261 20.43)
const char *sdp_refusal_text(enum sdp_refusal r); // its text, without quotes

// Our side of one dialog.
struct sdp_local {
	struct addr rtp; // as the far end must see it
	uint8_t bits;	 // of its network; 0: not known
	enum codec_id codecs[4];
	unsigned codec_count; // in order of preference
	uint8_t ptime_ms;
	uint64_t session;   // o=
	uint32_t version;   // of the last text written; sdp_* raises it when the text changes
	uint64_t text_hash; // of that text without its o= line
};

// All write at most size bytes into out, terminated.
// Our offer: every codec of ours. 0 or -EMSGSIZE.
int sdp_offer(struct sdp_local *local, char *out, size_t size);
// Our answer to their offer. On SDP_MEETS media is what both sides settled.
struct sdp_text {
	const char *p;
	size_t len;
};
enum sdp_refusal sdp_answer(struct sdp_local *local, const struct sdp_text *offer,
	struct media_params *media, char *out, size_t size);
// The same where theirs switches all streams off, audio among them (RFC 3264 8.2): a session that
// stands and carries nothing. SDP_NO_AUDIO: it does not.
enum sdp_refusal sdp_answer_off(
	struct sdp_local *local, const struct sdp_text *offer, char *out, size_t size);
// Their answer to our offer.
enum sdp_refusal sdp_accept(
	const struct sdp_local *local, const struct sdp_text *answer, struct media_params *media);
