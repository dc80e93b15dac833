// One or two workers without a port: sessions are real, time is the test's, and what they send,
// tell and tap is recorded. The doubles of tx.h and worker.h stand in rig.c.
#pragma once

#include "engine/session/session.h"
#include "engine/net/tx.h"
#include "tests/unit/unit.h"

#define RIG_PACKETS  8192
#define RIG_EVENTS   1024
#define RIG_TAPS     4096
#define RIG_SESSIONS 40
#define RIG_CODED    3 // sessions of a worker that may be G.722 at once; the same of Opus
#define MS	     1000000ull

struct rig_packet { // sent
	uint64_t at_ns;
	struct addr to;
	unsigned worker;
	uint16_t from_port;
	uint32_t len;
	uint8_t data[700];
};

struct rig {
	struct engine_config config;
	struct worker w[2];
	struct gate_worker stats[2];
	struct gate *gate;
	struct gate_prompts *prompts;
	uint64_t now_ns;
	unsigned packets, events, taps;
	bool tx_blocked;
	struct rig_packet packet[RIG_PACKETS];
	struct gate_msg event[RIG_EVENTS];
	struct tap_frame tap[RIG_TAPS];
	uint8_t tapped[RIG_TAPS][TAP_PAYLOAD_MAX];
};

extern struct rig rig;

void rig_start(unsigned workers);
void rig_stop(void);
void rig_forget(void);	      // what was sent, told and tapped so far
void rig_run_ms(uint32_t ms); // ticks, sub-slot by sub-slot
// Posts a command, checks that exactly one DONE answers it, and returns its error.
int rig_command(gate_session s, enum gate_kind kind, struct gate_msg *m);
gate_session rig_open(unsigned worker); // media address 0
struct session *rig_session(gate_session s);
int rig_close(gate_session s);
// REMOTE to 10.0.0.port/256…: PCMU, event type 101, 20 ms, both directions.
struct gate_remote rig_remote(const char *rtp);
int rig_set_remote(gate_session s, const struct gate_remote *r);
int rig_play(gate_session s, uint32_t prompt, unsigned flags, uint32_t ticket);
int rig_bridge(gate_session s, gate_session peer);
int rig_collect(gate_session s, bool on);
struct addr rig_addr(const char *text);
// A prompt of the store: byte i is (seed + i * 7) with values that are silence left out.
void rig_prompt(uint32_t id, enum codec_id codec, uint32_t bytes, uint8_t seed);
void rig_publish(void);
uint8_t rig_prompt_byte(uint8_t seed, uint32_t i);

struct rig_stream { // a far end that sends
	gate_session to;
	struct addr from;
	uint32_t ssrc, ts;
	uint16_t seq;
	uint8_t pt;
	bool marker;
};

struct rig_stream rig_stream(gate_session to, const char *from);
int rig_send(struct rig_stream *f, const uint8_t *payload, uint32_t len); // seq and ts move on
int rig_send_tone(struct rig_stream *f, uint8_t byte, uint32_t len);	  // len times that byte
int rig_send_event(struct rig_stream *f, char digit, bool end, uint16_t duration); // ts stays
int rig_udp(gate_session to, const struct addr *from, bool rtcp, const void *data, uint32_t len);

// Of what was sent to an address: the i-th RTP packet; NULL past the last.
struct rtp_packet;
const struct rig_packet *rig_rtp(const char *to, unsigned i, struct rtp_packet *out);
unsigned rig_rtp_count(const char *to);
unsigned rig_told(enum gate_kind kind); // notices of that kind
const struct gate_msg *rig_event(enum gate_kind kind, unsigned i);
char *rig_digits(gate_session s); // reported, as text
