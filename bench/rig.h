// An engine under full load without a network: one worker over a ring port, many sessions, a
// packet of speech for each of them every 20 ms. Only the worker's own turns are timed.
#pragma once

#include <stdint.h>

#include "engine/gate.h"

#define RIG_SESSIONS_MAX 60000

struct rig_round { // what 20 ms brought
	double worker_ns;
	uint64_t in, out; // packets
};

// sessions: of one worker, all PCMU, receiving and sending; prompt 1 is ten seconds of speech.
void rig_begin(uint32_t sessions);
// Posts a command for each session, which fill may make differ; false from fill: none for this.
typedef bool rig_fill_h(struct gate_msg *m, uint32_t session);
void rig_all(enum gate_kind kind, rig_fill_h *fill);
gate_session rig_session(uint32_t session);
struct rig_round rig_run(void); // 20 ms
void rig_explain(void);		// checks that every packet is delivered or dropped by name
uint64_t rig_dropped(void);	// packets
void rig_end(void);		// the last: DPDK starts once in a process
