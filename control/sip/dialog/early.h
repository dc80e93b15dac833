// Session descriptions that came before the 200: a phone may put its answer into a 180 or 183 and
// leave it out of the 200 (RFC 6337 3.1.1). Of each dialog the first one counts (RFC 3261 13.2.1).
#pragma once

#include <stdint.h>

#include "control/base/re.h"
#include "control/sip/sdp/sdp.h"

#define EARLY_MAX 4 // dialogs of one INVITE whose answer is kept: as many as phones are rung

struct early {	       // zeroed but for its seed: nothing came
	uint64_t seed; // of hashes over what strangers choose
	struct {
		uint64_t tag; // its hash
		char *sdp;
	} kept[EARLY_MAX];
	unsigned count;
};

void early_keep(struct early *e, const struct sip_msg *provisional);
// What this 200 answers with: its own body, else what came before it; else empty.
struct sdp_text early_answer(const struct early *e, const struct sip_msg *ok);
void early_drop(struct early *e);
