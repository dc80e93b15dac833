// The stage of a path test: a capture goes in at a ring port, workers are polled in the test's
// own time, and what they send and tell comes out as a capture and a list of events.
//
// A test first writes its input with the gen_ functions, then begins, posts commands between
// stage_until's, and ends; then it looks at what came out. Captures stay in the build folder as
// NAME-WORKERS.in.pcap and .out.pcap. One far end calls, the other is called; with two workers
// their sessions are on different ones. A third far end is there where a test opens its session,
// beside the one that is called.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/gate.h"
#include "engine/path.h"
#include "engine/rtp/rtp.h"
#include "engine/tap.h"
#include "tests/unit/unit.h"

#define MS	       1000000ull
#define LOCAL_IP       "192.0.2.1"
#define STAGE_EVENTS   512
#define STAGE_PATH_MAX 128
#define STAGE_START_NS 1000000000000ull

enum far { CALLER, AGENT, SUPERVISOR, STRANGER, FARS };

struct stage {
	char name[64];
	unsigned workers;	 // 1 or 2: of the command line
	gate_session session[3]; // of the last one: 0 until stage_open
	struct gate_msg event[STAGE_EVENTS];
	unsigned events;
	struct gate_worker counters[2]; // at the end
	uint64_t injected;
	uint64_t closing_ns; // RTP from then on is not heard
	bool unheard;	     // more comes out than heard_rtp holds: the test reads the capture
	// What sessions recorded brought, by side, each sample at its place.
	uint8_t tape[2][TAP_LANE_BYTES];
	uint32_t taped[2]; // end of it
};

extern struct stage stage;

// --- input ---
struct talker { // one far end's stream; gen_ functions move seq, ts and at_ms on
	enum far far, to;
	uint64_t at_ms;
	uint32_t ssrc, ts;
	uint16_t seq;
	uint8_t pt, event_pt;
	bool marker, lost; // lost: what comes next is not written
};

void gen_begin(const char *name);
struct talker gen_talker(enum far far, uint64_t at_ms);
void gen_sound(struct talker *t, const uint8_t *payload, uint32_t len);
void gen_fill(struct talker *t, uint8_t byte, uint32_t len, unsigned packets); // len at a time
// on_ms and off_ms of a digit in packets of 20 ms, PCMU; event: as telephone-event beside it.
enum gen_digit { GEN_TONE = 1, GEN_EVENT = 2 };
void gen_digit(struct talker *t, char digit, unsigned how, unsigned on_ms, unsigned off_ms);
struct event_packet;
void gen_event(struct talker *t, const struct event_packet *e, uint32_t ts);
void gen_udp(enum far far, uint64_t at_ms, uint16_t port, const void *data, uint32_t len);
void gen_frame(uint64_t at_ms, const void *frame, uint32_t len);
void gen_end(void);
uint16_t stage_port(enum far side);				    // local RTP port of its session
const char *stage_far(enum far far);				    // its address and port
const char *stage_path(char out[STAGE_PATH_MAX], const char *kind); // of a capture

// --- the run ---
void stage_begin(void); // both sessions are open, prompts 1 (PCMU, 1,000 bytes) and 2 published
// With far ends too; NULL: as stage_remote says.
void stage_begin_two(const struct gate_remote *caller, const struct gate_remote *agent);
void stage_open(enum far side);			// a session for the SUPERVISOR
struct gate_remote stage_remote(enum far side); // PCMU, events as 101, 20 ms, RTCP on the odd port
void stage_command(enum far side, enum gate_kind kind, struct gate_msg *m); // must succeed
void stage_set_remote(enum far side, const struct gate_remote *r);
// With flags of enum gate_remote_flag.
void stage_set_remote_as(enum far side, const struct gate_remote *r, unsigned flags);
void stage_play(enum far side, uint32_t prompt, unsigned flags);
void stage_collect(enum far side);
void stage_bridge(void);						       // both ways
void stage_mix(enum far side, uint8_t says, uint8_t hears, uint16_t gain_256); // one bridge for all
void stage_mask(enum far side, bool on);
void stage_record(enum far side, enum codec_id law); // caller left, others right
const struct tap_windows *stage_windows(void);	     // of both sides, for who reads them under way
void stage_until(uint64_t at_ms);		     // plays the input on up to there
void stage_stall(uint64_t at_ms); // the same, but the workers stand still: what comes in waits
bool stage_live(enum far side, struct gate_live *out); // its figures of the last second
// A datagram that comes now, and is in no capture.
void stage_udp(enum far far, uint16_t port, const void *data, uint32_t len);
void stage_end(void); // closes, checks that each packet is explained
uint8_t stage_prompt_byte(uint32_t prompt, uint32_t i);

// --- output ---
struct heard {		// an RTP or RTCP packet that came out
	uint64_t at_ns; // since the start
	enum far far;
	uint16_t port; // that it went to
	bool rtcp;
	struct rtp_packet rtp;
	uint32_t len;
	uint8_t data[1500];
};

void heard_load(void); // reads the capture that came out: RTP up to the closing, all RTCP
// The i-th RTP (or RTCP) packet to a far end; NULL: there are not so many.
const struct heard *heard_rtp(enum far far, unsigned i);
const struct heard *heard_rtcp(enum far far, unsigned i);
unsigned heard_count(enum far far);
const char *told_digits(enum far side);
unsigned told(enum gate_kind kind, enum far side);
uint64_t stage_dropped(unsigned reason); // of all workers

// The end of a program: PATH_MAIN("bridge", first_test, second_test).
#define PATH_MAIN(name, ...)                                                    \
	int main(int argc, char **argv)                                         \
	{                                                                       \
		const TTest *const tests[] = {__VA_ARGS__};                     \
		stage.workers = argc > 1 && argv[1][0] == '2' ? 2 : 1;          \
		return unit_run(name, tests, sizeof(tests) / sizeof(tests[0])); \
	}
