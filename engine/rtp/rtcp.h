// RTCP (RFC 3550 section 6): compound packets read and written, the interval between them, and
// the round trip. Plain logic: no session, no clock.
//
// The NTP timestamps sent count from the host's start and not from 1900, as section 6.4.1 allows
// a sender without a wall clock: they are only ever compared with themselves.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/rng.h"
#include "engine/rtp/rtp.h"

#define RTCP_CNAME_BYTES 16
#define RTCP_BYTES_MAX	 (28 + 24 + 8 + 2 + RTCP_CNAME_BYTES + 4 + 8) // what we send
#define RTCP_MIN_MS	 5000					      // Tmin of section 6.2

struct rtcp_block { // a report on us
	uint8_t fraction_lost;
	int32_t lost;
	uint32_t highest_seq, jitter, lsr, dlsr;
};

struct rtcp_info {     // what a compound packet says to one receiver
	uint32_t ssrc; // of its sender
	bool sender, reported, bye;
	uint32_t ntp_mid; // of its SR
	struct rtcp_block block;
};

// my_ssrc: the source whose report block is wanted. 0, or -EINVAL: malformed (section A.2).
int rtcp_parse(const uint8_t *data, uint32_t len, uint32_t my_ssrc, struct rtcp_info *out);

struct rtcp_out {
	uint32_t ssrc;
	uint8_t cname[RTCP_CNAME_BYTES];
	uint64_t now_ns;
	bool sender; // SR and not RR
	uint32_t ts; // RTP timestamp of now_ns
	uint32_t packets, bytes;
	bool reports; // a report block follows
	struct rtp_report report;
	uint32_t lsr, dlsr; // of the last SR received, 0: none
	bool bye;
};

uint32_t rtcp_write(uint8_t out[RTCP_BYTES_MAX], const struct rtcp_out *o); // bytes written
void rtcp_cname(uint8_t out[RTCP_CNAME_BYTES], struct rng *rng); // random, RFC 7022 section 4.2
uint32_t rtcp_ntp_mid(uint64_t now_ns); // middle 32 bits: units of 1/65,536 s
// Round trip in µs from a report on us that came now; 0: unknown.
uint32_t rtcp_round_trip_us(const struct rtcp_block *b, uint64_t now_ns);
// Milliseconds to the next report: two members, so Tmin decides; halved at first, randomised.
uint32_t rtcp_interval_ms(bool first, struct rng *rng);
