// The budget of descriptors: what the configuration may come to need, and who gets what when the
// system allows fewer. The log, the recorder, ringctl and known peers first, strangers last.
// Control thread only.
#pragma once

#include <stdint.h>

struct config;

struct files {
	uint64_t limit; // RLIMIT_NOFILE as it is now; strangers are cut when it is lowered
	uint32_t own;	// open at the end of the start
	uint32_t recordings, clients, known, strangers;
	uint32_t needed; // all of these, and room for what comes and goes
};

// Raises the soft limit to what config needs, as far as the hard one lets it. Returns how many
// descriptors a loop must be able to watch; -EMFILE with a sentence when the parts could not even
// start, each of which would blame something else.
int files_raise(const struct config *config, char error[512]);
// Divides what there is, from what is open now; *out is that of before, whose `own` stays, for what
// is open at a reload is of the others, too: {} at the start. 0, with a line in the log when
// strangers get fewer than configured; -EMFILE with a sentence when not even operation is sure.
int files_settle(const struct config *config, struct files *out, char error[512]);
