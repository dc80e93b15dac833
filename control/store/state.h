// The store's inside: what its halves, control's and the thread's, share.
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "control/store/store.h"
#include "control/store/alarm.h"
#include "control/store/db.h"
#include "engine/base/dlist.h"
#include "engine/base/ring.h"

enum store_question_kind {
	STORE_CALLS,
	STORE_RECORDINGS,
	STORE_FILE,
	STORE_NAMES,
	STORE_STATS,
	STORE_OFFERS
};

// A question and its answer: control makes it, the thread fills rows in, control gives them out.
struct store_question {
	struct dlist link; // of open ones; control's
	enum store_question_kind kind;
	struct store_filter filter;
	struct store_stats stats; // STORE_STATS
	uint64_t written;	  // the log was in the file so far when it was asked
	struct store_answer answer;
	store_opened_h *opened; // NULL: no file is asked for, or it was given out
	_Atomic bool forgotten; // control's
	struct db_rows rows;	// written by store until it is answered
	int fd;			// of the file, or -errno; of whoever has the question
	size_t given;		// rows that control has given out
	int error;
	struct store_question *next; // store's: of figures that it has in hand
	struct db_stats *reading;    // store's: how far they are
};

struct store {
	char directory[256];
	char recordings_folder[256];
	uint64_t log_end;	// of the event log when it was opened
	uint64_t gather_ns;	// store_options.gather_ms
	struct ring *questions; // control to store: pointers
	struct ring_wake store_wake;
	struct ring *answers; // store to control: the same pointers
	struct ring_wake control_wake;
	pthread_t thread;

	// Written by control.
	_Atomic uint64_t written; // the log is in the file so far
	_Atomic bool stopping;
	_Atomic unsigned history_days, recording_days; // struct store_bounds
	_Atomic uint64_t history_bytes, recording_bytes;
	struct dlist open;
	unsigned open_count, open_files; // questions; those of them for a file
	struct dlist answered;		 // questions with rows to give out
	uint64_t passed_told;
	void (*passed_h)(uint64_t sequence, void *arg);
	void *passed_arg;
	store_trouble_h *trouble_h;
	void *trouble_arg;
	char standing[STORE_TROUBLES][STORE_TEXT_MAX]; // empty: all is well

	// Written by store.
	struct db *db; // NULL: none can be opened now
	struct store_alarms alarms;
	uint64_t rescued_ns, aside_ns; // monotonic; 0: not yet
	_Atomic uint64_t passed, calls, recordings, damaged;
	_Atomic int error;
	_Atomic bool gathering; // it looks again soon by itself: records need not wake it
};
