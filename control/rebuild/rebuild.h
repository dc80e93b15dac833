// What was alive when the node ended: read from the event log's last snapshot and what follows.
// Blocks on the disk; for main, before the loop runs.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/base/callid.h"
#include "control/eventlog/figures.h"

#define REBUILD_NAME_MAX 64

struct rebuild_call { // open: no CALL_ENDED in the log
	struct callid call;
	char tenant[REBUILD_NAME_MAX];
	// A CALL_ENDED body, ready to be appended: the members known, "ended" = the node's last
	// sign of life, "why":"node-killed", "by":"system".
	char *record;
	char *segment; // a CALL_SEGMENT body, to be appended before; NULL: none is open
};

struct rebuild_recording { // started, neither ended nor failed
	struct callid call;
	char tenant[REBUILD_NAME_MAX];
	char id[64];
	char file[512];
};

struct rebuild_registration { // not expired at the time that was asked for
	char tenant[REBUILD_NAME_MAX], agent[REBUILD_NAME_MAX];
	char contact[512], instance[128], source[64], transport[8];
	char call_id[256], user_agent[128];
	uint32_t cseq;
	uint64_t expires_ns; // wall clock
};

struct rebuild_agent {
	char tenant[REBUILD_NAME_MAX], agent[REBUILD_NAME_MAX];
	char state[32], why[REBUILD_NAME_MAX];
	bool ready;		      // wants calls
	char pause[REBUILD_NAME_MAX]; // what it is away for
	char pause_code[REBUILD_NAME_MAX];
	char queue[REBUILD_NAME_MAX]; // whose call it works for; "": none
	uint64_t since_ns;	      // wall clock
	uint64_t until_ns;	      // of a pause or after-call work; 0: no end of its own
};

struct rebuild_figures {
	enum figures_of of;
	char tenant[REBUILD_NAME_MAX], name[REBUILD_NAME_MAX];
	struct figures n;
};

enum rebuild_end { REBUILD_FIRST_START, REBUILD_STOPPED, REBUILD_KILLED };

struct rebuild {
	enum rebuild_end previous; // how the last process ended
	uint64_t last_sequence;	   // of the last record
	uint64_t last_ns; // the node's last sign of life: that record, or what `alive` says
	uint64_t damaged; // places that could not be read
	struct rebuild_call *calls;
	struct rebuild_recording *recordings;
	struct rebuild_registration *registrations;
	struct rebuild_agent *agents;
	struct rebuild_figures *figures;
	size_t call_count, recording_count, registration_count, agent_count, figures_count;
};

// 0 or -errno. An empty or missing directory is a first start.
int rebuild_load(const char *directory, uint64_t now_wall_ns, struct rebuild *out);
void rebuild_free(struct rebuild *r);
