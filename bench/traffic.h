// What far ends send to the rig, a packet of 20 ms each, so that nothing is easy to foresee: every
// session stands at its own place in the speech and at its own time in the tick, packets come with
// jitter, so their order is another one in every frame, some are lost or overtaken, some sessions
// send digits as tones, each sends RTCP every five seconds.
//
// A packet that carries a digit, or neighbours one, is neither lost nor overtaken, so that what is
// sent must be what is reported.
#pragma once

#include <stdint.h>

#include "bench/speech.h"
#include "engine/gate.h"

struct traffic_shape {
	uint32_t sessions;
	uint32_t burst;	    // packets in a turn of the worker, about
	uint32_t jitter_ms; // each packet is up to so late
	uint32_t lost_ppm, overtaken_ppm;
	uint32_t digits_share; // one of so many sessions sends digits, 0: none
	bool rtcp;
	uint64_t seed;
};

struct traffic_counts {
	uint64_t sent, rtcp; // packets that were offered
	uint64_t lost, overtaken;
	uint64_t digits_sent, digits_reported; // of sessions that send some, in their order
	uint64_t digits_heard;		       // that nobody sent
};

// So many bytes of PCMU for all sessions to speak from.
void traffic_speech(struct speech *out, uint32_t bytes);
// speech: PCMU, stays the caller's.
void traffic_begin(const struct traffic_shape *shape, const struct speech *speech);
void traffic_digits(bool on); // begins, or begins no further one
double traffic_round(void);   // 20 ms; returns the worker's nanoseconds
// Makes the rig's time that of a worker so many times as slow: its turns last, and what comes
// meanwhile waits. 0: turns take no time.
void traffic_pace(double slower);
void traffic_end(void); // what is still on its way comes, and 500 ms without packets pass
const struct traffic_counts *traffic_counts(void);
