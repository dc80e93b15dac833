// The source lock: from where a session takes packets, and to where it sends them.
//
// A far end behind NAT does not send from the address in its SDP, so the address is learnt from
// what arrives (symmetric RTP, RFC 4961). What is learnt for ever can be stolen (RTP bleed), so
// learning is a window after each REMOTE:
//   - the address that SDP told wins as soon as it sends, at any time of the window;
//   - else the first other source that sends valid RTP of a negotiated type, two packets in a
//     row, is taken, on trial until the window ends; a second one is a stranger;
//   - after a re-INVITE the source so far is taken on, but a new one takes over from it: at once
//     when SDP now tells another address, else when it has been silent for LEARN_SILENT_MS. Where
//     SDP tells another address packets go there, until the source so far has gone on sending
//     for LEARN_SILENT_MS;
//   - when the window ends the source on trial is locked until the next REMOTE. A far end that
//     was silent throughout is then taken from the told IP address alone, any port.
//
// RTCP needs no window, its first packet may come late: it is taken from the told address or
// from the IP address that RTP comes from, and its port is held from the first packet on.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "engine/base/addr.h"

#define LEARN_WINDOW_MS 4000
#define LEARN_SILENT_MS 500

enum learn_state { LEARN_CLOSED, LEARN_OPEN, LEARN_LOCKED };

struct learn {
	struct addr from;  // in use; family 0: none yet
	struct addr told;  // by SDP
	uint32_t since_ms; // when the window opened
	uint32_t heard_ms; // last packet taken while open
	uint32_t first;	   // address and SSRC, hashed, of a first packet that waits for a second
	uint16_t first_seq;
	uint8_t state;	   // enum learn_state
	bool former;	   // `from` is of before the last REMOTE
	bool told_changed; // by the last REMOTE
};

// Of each packet. In the words in which rx_sender wrote it: memcmp may read both addresses by one
// masked load, which waits until what was just written has left the store buffer.
static inline bool learn_same(const struct addr *a, const struct addr *b)
{
	uint64_t one[2], other[2];

	memcpy(one, a->ip, sizeof(one));
	memcpy(other, b->ip, sizeof(other));
	return a->port == b->port && a->family == b->family && one[0] == other[0] &&
		one[1] == other[1];
}

struct learn_packet {
	const struct addr *source;
	uint32_t ssrc;
	uint16_t seq;
};

// Opens the window. Returns true when packets now go to another address than before.
bool learn_start(struct learn *l, const struct addr *told, uint32_t now_ms);
// Looks at the source of a valid packet: false, it is a stranger. *moved: `from` is another one
// than before, so packets go there from now on.
bool learn_take(struct learn *l, const struct learn_packet *p, uint32_t now_ms, bool *moved);
// Where to send: what was learnt, else what was told.
const struct addr *learn_to(const struct learn *l);

struct learn_rtcp {
	struct addr from, told; // family 0: none yet
	uint8_t state;		// enum learn_state
};

void learn_rtcp_start(struct learn_rtcp *l, const struct addr *told);
// rtp is the lock of the same session's RTP.
bool learn_rtcp_take(struct learn_rtcp *l, const struct learn *rtp, const struct addr *source);
const struct addr *learn_rtcp_to(const struct learn_rtcp *l);
