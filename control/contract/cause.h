// Why a command could not be done: one sentence and one exit code for each cause, whichever
// command meets it. Of names control/ops/names.h tells what is wrong; what a word should have been
// is said as "expected X, got Y".
#pragma once

#include <stddef.h>

#include "control/contract/wire.h"

enum cause {
	CAUSE_NO_CALL,	    // of its beginning
	CAUSE_NO_LIVE_CALL, // the same
	CAUSE_NO_RECORDING, // the same
	CAUSE_MANY_CALLS,   // the same
	CAUSE_NO_CONFERENCE,
	CAUSE_NOT_ANSWERED,
	CAUSE_STORE, // of its error
	CAUSE_STORE_BUSY,
	CAUSE_MEMORY,
};

// what: the call, or the error; "" where the sentence has none. Returns out.
char *cause_text(enum cause cause, const char *what, char *out, size_t size);
enum request_exit cause_exit(enum cause cause);
