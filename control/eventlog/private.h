// The event log's inside: eventlog/write.c (events, who waits) over eventlog/snapshot.c (segments
// and what leads them) over eventlog/put.c (records) over eventlog/file.h. Of when a write is begun
// and who hears of its end eventlog/quiet.c knows.
#pragma once

#include "control/eventlog/eventlog.h"
#include "control/eventlog/file.h"
#include "control/base/late.h"

enum snapshot_state {
	SNAPSHOT_NONE,
	SNAPSHOT_WANTED, // this segment has none yet that is whole
	SNAPSHOT_RUNS,
};

struct eventlog {
	bool in_memory; // no directory
	uint64_t last;	// sequence of the last record appended
	uint64_t segment_max;
	uint32_t piece_max;    // records
	uint64_t news_bytes;   // of the segment, without its snapshot
	bool turn;	       // the next record begins a segment
	bool restates;	       // a snapshot's records are being appended
	uint64_t dropped;      // records that found no room
	int told_error;	       // TROUBLE was appended about it
	uint64_t told_dropped; // dropped, when a segment was begun because of that
	struct dlist waiters;  // by sequence
	void (*clock)(uint64_t *wall_ns, uint64_t *mono_ns, void *arg);
	void *clock_arg;
	void (*feed)(const struct event *e, void *arg);
	void *feed_arg;
	struct {
		enum snapshot_state state;
		eventlog_snapshot_h *write;
		void *arg;
		struct eventlog_place place;
		uint64_t dropped; // when it began
	} snapshot;
	struct { // of a snapshot: what it has done so far
		uint32_t records, bytes, looks;
		bool over; // its measure is full
	} piece;
	struct loop_late late; // begins what the turn appended
	struct eventlog_file file;
};

// --- eventlog/put.c ---
// Encodes *e behind the last record, with the next sequence; opens: it begins a segment. False:
// the bound on held bytes is met, the record is lost. Runs nobody else's code but the feed.
bool eventlog_record(struct eventlog *l, struct event *e, bool opens);

// --- eventlog/snapshot.c ---
// Where *e, the next record, does not fit the segment: begins another one with a snapshot. True:
// with *e itself.
bool eventlog_turn(struct eventlog *l, const struct event *e);
// A record has begun a segment that no snapshot leads.
void eventlog_opened(struct eventlog *l, uint64_t sequence);
// Goes on with the snapshot that this segment lacks: one piece.
void eventlog_snapshot_step(struct eventlog *l);

// --- eventlog/quiet.c ---
// What was appended goes on its way: with the end of the loop's turn, before what that sends, or at
// once where none runs.
void eventlog_soon(struct eventlog *l);
// Completions wake the loop again. True: some that woke nobody are there already.
bool eventlog_loud(struct eventlog *l);
void eventlog_heed(struct eventlog *l);	     // the same, and those wake it, too
void eventlog_quiet_end(struct eventlog *l); // takes back what was asked of loop and timers
