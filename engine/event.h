// telephone-event (RFC 4733): its four bytes, and telling presses apart in a stream of them.
//
// A press is a run of packets with one RTP timestamp. Real senders lose the first packets, forget
// the marker bit, send the end once instead of three times, and name odd durations: so a press
// begins with the first packet that is seen of a new timestamp, whatever it carries. A press
// longer than 65,535 units goes on under a new timestamp (section 2.5.1.3), and some senders
// move the timestamp with every packet: neither is a new press.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define EVENT_BYTES	4
#define EVENT_CODES	16  // 0-9, *, #, A-D; others are no digits
#define EVENT_SILENT_MS 200 // a press without an end is over after that

struct event_packet {
	uint8_t code, volume; // volume: -dBm0
	bool end;
	uint16_t duration; // timestamp units since the press began
};

int event_parse(const uint8_t *payload, uint32_t len, struct event_packet *out); // 0 or -EINVAL
void event_write(uint8_t out[EVENT_BYTES], const struct event_packet *e);
char event_digit(uint8_t code); // 0: not a digit
int event_code(char digit);	// -EINVAL: not a digit

struct rtp_packet;
// From one clock onto another: the duration that a packet tells (payload is room for what it says
// then), and a timestamp. Scales as codec_clock_scale says.
void event_rescale(struct rtp_packet *p, uint8_t payload[EVENT_BYTES], uint32_t from, uint32_t to);
uint32_t event_rescale_ts(uint32_t ts, uint32_t from, uint32_t to);

struct event_rx {
	uint32_t ts;	   // of the latest press
	uint32_t begun_ts; // of its first segment
	uint32_t seen_ms;
	uint16_t duration;
	uint8_t code;
	bool known, open;
	bool wide; // the clock is of 48 kHz and not of 8
};

enum event_change { EVENT_SAME, EVENT_BEGUN, EVENT_ENDED, EVENT_BEGUN_AND_ENDED, EVENT_OLD };

enum event_change event_rx_take(struct event_rx *r, const struct event_packet *e, uint32_t ts,
	bool marker, uint32_t now_ms);
// True once when the press that is open has fallen silent.
bool event_rx_expire(struct event_rx *r, uint32_t now_ms);
// The far end began a new stream: timestamps so far mean nothing.
void event_rx_reset(struct event_rx *r);
