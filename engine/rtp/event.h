// telephone-event (RFC 4733): its four bytes. Which of them are one press, event_rx.h knows.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define EVENT_BYTES 4
#define EVENT_CODES 16 // 0-9, *, #, A-D; others are no digits

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
