// What bridge_fuzz drives: a whole engine of two workers over a ring port, polled in the fuzzer's
// own time; far ends that send to it; and a judge of every frame that comes out.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/gate.h"
#include "engine/rtp/rtp.h"

#define LEGS	 5
#define WORKERS	 2
#define SINE	 8000 // samples, a whole number of periods
#define OPUS_MAX 50   // packets of each length

struct far_out { // what a far end has got so far, of one source
	uint32_t ssrc;
	uint16_t seq;			// the highest
	uint64_t window;		// bit n: seq - n was there
	bool known, may_change;		// a new clock was agreed on since the last packet
	_Alignas(64) uint8_t rx[32768]; // its decoder
};

struct leg {
	gate_session session; // 0: closed
	uint16_t port;
	struct gate_remote remote; // the last that was taken
	bool connected, recorded;
	bool neat;	     // it sends packets of the length that it wants, mostly in order
	uint8_t law;	     // of the recording
	uint64_t changed_ns; // its shape was
	// what its far end sends
	uint32_t ssrc, ts;
	uint16_t seq;
	struct far_out out;
};

struct fuzz_node {
	struct leg leg[LEGS];
	uint64_t now_ns, packets, sent, rounds;
	bool quiet;  // what all far ends say is quiet sound of the right codec
	bool stolen; // pools are empty
};

extern struct fuzz_node node;

void finding(const char *format, ...) __attribute__((format(printf, 1, 2)));

// --- bridge_node.c: the engine ---
void node_start(void);			      // once in a process
void node_run(uint64_t ns, uint64_t step_ns); // time passes
// Posts a command and returns its error. Nothing else happens at that time.
int node_command(unsigned leg, enum gate_kind kind, struct gate_msg *m);
void node_open(unsigned leg, unsigned worker);
void node_steal(bool steal); // empties the pools that sessions need now and then, or gives back
void node_check_idle(void);  // all legs are closed: nothing may be left
void node_lane(unsigned leg, bool begins); // of its recording: emptied, or judged at its end

struct far_udp {
	unsigned leg;	  // that it comes from
	bool stranger;	  // its address
	uint16_t to_port; // of the node
	const void *data;
	uint32_t len;
};
void node_udp(const struct far_udp *u);
void node_frame(const void *frame, uint32_t len);

// --- bridge_sound.c: what far ends say ---
void sound_start(void); // once
struct sound {
	const uint8_t *payload;
	uint32_t len, units; // of the timestamp
};
// Quiet sound in a codec at a place of its time line: len octets, or ms of Opus.
struct sound sound_at(enum codec_id codec, uint32_t at, uint32_t len, unsigned ms);
void sound_publish(struct gate *g);		       // prompts 0 … 5 of it
void sound_sent(const uint8_t *payload, uint32_t len); // a far end sent that as Opus
bool sound_was_sent(const uint8_t *payload, uint32_t len);

// --- bridge_judge.c ---
void judge_rtp(struct leg *leg, const uint8_t *data, uint32_t len);
void judge_law(const uint8_t *octets, uint32_t len, enum codec_id law, const char *where);
