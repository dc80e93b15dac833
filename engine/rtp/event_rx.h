// Telling presses apart in a stream of telephone-events (RFC 4733).
//
// A press is a run of packets with one RTP timestamp: one press is one digit, whatever is lost,
// doubled, late or odd in it. Real senders lose the first packets, forget the marker bit or set it
// on each packet, send the end once or never, name odd durations, send events under an SSRC and
// sequence numbers of their own beside the sound's, and begin these anew in the midst of a press.
// So a press begins with the first packet that is seen of it, whatever it carries, and a packet
// under another timestamp is the same press where the key cannot have been let go in between:
//   - a press longer than the duration's field goes on in another segment (section 2.5.1.3), where
//     the field was full but for one packet;
//   - some senders move the timestamp with each packet, as its duration grows, or its end is sent
//     again;
//   - the new timestamp is within the time that the press is known to have lasted, or within
//     50 ms of the last;
//   - where timestamps cannot be compared (another SSRC, a clock that jumped), a duration that
//     reaches back to what was seen of the press before.
// A marker bit beats what is only likely.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/rtp/event.h"
#include "engine/rtp/rtp.h"

#define EVENT_SILENT_MS 200 // a press without an end is over after that

struct event_rx {
	uint32_t ts, ssrc; // of the latest press, as its last packet had them
	uint32_t seen_ms;
	uint16_t seq, duration;
	uint16_t moved; // since the segment's first packet, in units of durations
	uint8_t code;
	bool known : 1, open : 1;
	bool ended : 1;	     // its end has come
	bool anew : 1;	     // its numbers mean nothing any more
	bool wide_clock : 1; // timestamps count 48 kHz and not 8
	bool wide_count : 1; // durations do
} __attribute__((packed, aligned(4)));

enum event_change {
	EVENT_SAME, // the press goes on
	EVENT_BEGUN,
	EVENT_ENDED,
	EVENT_BEGUN_AND_ENDED,
	EVENT_AGAIN, // of the press that is over: its end sent again
	EVENT_OLD,   // late, of a press before: not to be passed on
};

enum event_change event_rx_take(struct event_rx *r, const struct event_packet *e,
	const struct rtp_packet *p, uint32_t now_ms);
// The timestamp under which a packet just taken may be passed on: of its segment's first packet.
uint32_t event_rx_pass_ts(const struct event_rx *r);
// True once when the press that is open has fallen silent.
bool event_rx_expire(struct event_rx *r, uint32_t now_ms);
// This source's numbers begin anew: those so far mean nothing. A press that is open goes on.
void event_rx_restart(struct event_rx *r, uint32_t ssrc);
