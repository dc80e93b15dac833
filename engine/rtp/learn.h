// The source lock: from where a session takes packets, and to where it sends them.
//
// A far end behind NAT does not send from the address in its SDP, so the address is learnt from
// what arrives (symmetric RTP, RFC 4961). What is learnt for ever can be stolen (RTP bleed), so
// learning is a window after each REMOTE:
//   - the address that SDP told wins as soon as it sends, at any time of the window;
//   - else the first source of the told IP address that sends valid RTP of a negotiated type from
//     another port, two packets in a row, is taken, on trial until the window ends; a second one is
//     a stranger;
//   - any other IP address is a stranger, from the first packet on, and gets nothing: unless
//     REMOTE_ANYWHERE says that the told one need not be where packets come from. Then a source has
//     to go on for LEARN_TRIAL_MS without one of the told IP address, and loses to that in the
//     window;
//   - after a re-INVITE the source so far is taken on, but a new one takes over from it: at once
//     when SDP now tells another address, else when it has been silent for LEARN_SILENT_MS. Where
//     SDP tells another address packets go there, until the source so far has gone on sending
//     for LEARN_SILENT_MS;
//   - when the window ends the source on trial is locked until the next REMOTE. A far end that
//     was silent throughout is then taken from the told IP address alone, any port. With
//     REMOTE_ANYWHERE from elsewhere too, which opens a window: where it sends from is not told,
//     and it may be muted, or told early what it sends when it answers.
//
// A NAT that forgets gives its far end another address in the midst of a call. So when the source
// has been silent for LEARN_SILENT_MS, a packet of the same SSRC with a sequence number that goes
// on, and a second one, move it, wherever they come from: not twice within LEARN_MOVE_MS, and
// LEARN_MOVES_MAX times until the next REMOTE. Control is told of each.
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
#define LEARN_TRIAL_MS	400
#define LEARN_MOVE_MS	2000
#define LEARN_MOVES_MAX 20

enum learn_state { LEARN_CLOSED, LEARN_OPEN, LEARN_LOCKED };

struct learn {
	struct addr from;  // in use; family 0: none yet
	struct addr told;  // by SDP
	uint32_t since_ms; // when the window opened
	uint32_t heard_ms; // last packet taken while open
	uint32_t first;	   // address and SSRC, hashed, of packets that wait for further ones
	uint32_t first_ms, last_ms; // when the first and the last of them came
	uint32_t moved_ms;
	uint16_t first_seq; // of the last
	uint8_t moves;
	uint8_t state;	       // enum learn_state
	bool first_told : 1;   // they come from the told IP address
	bool row : 1;	       // there were two in a row
	bool former : 1;       // `from` is of before the last REMOTE
	bool told_changed : 1; // by the last REMOTE
	bool anywhere : 1;     // packets may come from another IP address than told
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

// Opens the window; anywhere: see above. Returns true when packets now go to another address than
// before.
bool learn_start(struct learn *l, const struct addr *told, bool anywhere, uint32_t now_ms);
// Looks at the source of a valid packet: false, it is a stranger. *moved: `from` is another one
// than before, so packets go there from now on.
bool learn_take(struct learn *l, const struct learn_packet *p, uint32_t now_ms, bool *moved);
// A packet of a stranger that fits what the source sent until it fell silent. True: it has moved
// there, and is locked.
bool learn_move(struct learn *l, const struct learn_packet *p, uint32_t now_ms);
// Where to send: what was learnt, else what was told.
const struct addr *learn_to(const struct learn *l);

struct learn_rtcp {
	struct addr from, told; // family 0: none yet
	uint8_t state;		// enum learn_state
};

// RTP has moved, so RTCP may have.
static inline void learn_rtcp_move(struct learn_rtcp *l)
{
	if (l->state == LEARN_LOCKED)
		l->state = LEARN_OPEN;
}

void learn_rtcp_start(struct learn_rtcp *l, const struct addr *told);
// rtp is the lock of the same session's RTP.
bool learn_rtcp_take(struct learn_rtcp *l, const struct learn *rtp, const struct addr *source);
const struct addr *learn_rtcp_to(const struct learn_rtcp *l);
