// An engine under load without a network: one worker over a ring port and many sessions. Only the
// worker's own turns are timed.
#pragma once

#include <stdint.h>

#include "engine/gate.h"

#define RIG_SESSIONS_MAX 60000
#define RIG_HEAD	 54 // Ethernet to RTP
#define RIG_PROMPT	 1
#define RIG_SSRC	 1 // of session 0; the others follow

struct rte_mbuf;
struct worker;

struct rig_config {
	uint32_t sessions;     // all PCMU, receiving and sending
	bool plain;	       // DTMF is listened for without the gate
	bool mute;	       // no session has its far end yet: see rig_fill_remote
	const uint8_t *prompt; // PCMU, may be NULL
	uint32_t prompt_bytes;
};

struct rig_counts {
	uint64_t in, out;	    // packets, ARP among them
	uint64_t missed;	    // that found the port's ring full
	uint64_t rtp_out, rtcp_out; // of those
};

void rig_begin(const struct rig_config *config);
// Posts a command for each session, which fill may make differ; false from fill: none for this.
typedef bool rig_fill_h(struct gate_msg *m, uint32_t session);
void rig_all(enum gate_kind kind, rig_fill_h *fill);
bool rig_fill_remote(struct gate_msg *m, uint32_t session); // what GATE_REMOTE says of its far end
gate_session rig_session(uint32_t session);
struct worker *rig_worker(void);
// What a packet of this far end begins with, lengths of 20 ms of G.711, checksum of UDP open.
const uint8_t *rig_head(uint32_t session);
uint32_t rig_rtcp(uint32_t session, uint8_t *frame, const void *rtcp, uint16_t len); // whole frame

uint64_t rig_now_ns(void); // of the rig's own clock
void rig_forward(uint64_t ns);
struct rte_mbuf *rig_mbuf(void);
void rig_offer(struct rte_mbuf **m, unsigned n);
unsigned rig_room(void); // packets that the port still takes
// One turn of the worker at the rig's time; then takes what it sent, untimed. Returns
// the nanoseconds that it took, 0 when it had nothing to do; where the process lost its CPU
// meanwhile, those of the CPU alone.
double rig_turn(void);
// Told of each RTP packet that is sent, at the rig's time behind the turn that sent it.
typedef void rig_sent_h(uint32_t session, double late_ns);
void rig_on_sent(rig_sent_h *h);
bool rig_notice(struct gate_msg *m); // the next one
void rig_idle(uint64_t ns);	     // so much of the rig's time without packets
const struct rig_counts *rig_counts(void);
void rig_explain(void); // checks that every packet was delivered or dropped by name
uint64_t rig_dropped(void);
uint64_t rig_resident(void); // bytes of this process in memory, huge pages among them
// A recording for each two sessions, one a side: windows that are always open.
void rig_tap(void);
uint64_t rig_tapped(void); // frames that lie in them
void rig_end(void);	   // the last: DPDK starts once in a process
