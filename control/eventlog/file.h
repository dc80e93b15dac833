// The event log's way to the disk: batches in order through one io_uring, one at a time.
//
// While one batch is written the next fills, so the disk's pace sets the size of a batch and the
// order in the file is that of appending. What fails is tried again every second; batches wait.
// What the kernel does not take from the queue for now (EAGAIN, ENOMEM) is offered again by a
// timer: no completion will come for it.
#pragma once

#include <liburing.h>
#include <stdbool.h>
#include <stdint.h>

#include "control/eventlog/eventlog.h"
#include "control/eventlog/alive.h"
#include "control/base/timer.h"
#include "engine/base/dlist.h"

#define BATCH_BYTES (256u << 10) // holds the largest record

struct batch {
	struct dlist link;
	uint64_t segment; // first sequence of the segment that it opens; 0: goes on in the open one
	uint64_t last_sequence, last_ns;
	uint32_t len, done; // bytes; done: of them in the file
	uint8_t data[BATCH_BYTES];
};

struct segment {
	uint64_t first, last, bytes, last_ns; // last: sequence; last_ns: wall time of its end
};

enum file_step { FILE_IDLE, FILE_OPEN, FILE_SYNC_DIR, FILE_WRITE, FILE_SYNC, FILE_WAIT };

struct eventlog_file {
	struct timers *timers; // NULL: see eventlog.h
	struct io_uring ring;
	int efd; // completions, for the loop
	int dir, lock, fd;
	enum eventlog_sync sync;
	enum file_step step;  // the operation in flight
	bool begun;	      // it is in the queue; else it found no room there
	bool refused;	      // the kernel did not take the queue
	struct timer again;   // offers it again
	int error;	      // of the last attempt; 0: all is well
	uint64_t offset;      // where the next batch goes
	uint64_t written;     // last sequence in the file
	uint64_t news_bytes;  // of the last segment when it was opened
	uint64_t wall_ns;     // time of the last append: for retention
	struct dlist batches; // in order; the first is being written
	struct dlist spare;   // a few batches that were written
	uint32_t spare_count;
	uint64_t held; // bytes in batches
	struct segment *segments;
	uint32_t segment_count;
	uint64_t passed, retention_bytes, retention_ns;
	uint64_t snapshot;     // first sequence of the last segment that has one: it stays
	uint64_t snapshot_end; // sequence that ends the next one, on its way to the file; 0: none
	bool snapshot_lacks;   // the last segment has none and needs one, when it was opened
	struct {
		struct timer timer; // EVENTLOG_SYNC_SECOND
		uint64_t to;	    // sequence that the one in flight makes safe; 0: none is
		unsigned closing;   // segments before, on their way
	} syncing;
	uint64_t synced;
	struct {
		struct alive_mark mark; // in flight while busy
		int fd;			// -1: none
		bool busy;
	} alive;
	int sync_error;
	bool quiet;	   // completions wake nobody (control/eventlog/quiet.c)
	struct timer look; // at those
	struct __kernel_timespec retry;
	char opening[64];   // name of the segment being made: a refused request still needs it
	char unlinking[64]; // name of the segment being removed; empty: none
	// Batches came into the file, or the state of error changed.
	void (*moved)(void *arg);
	void *arg;
};

// Opens directory and the last segment, cuts its tail. 0 or -errno with report->error.
int eventlog_file_open(struct eventlog_file *f, const struct eventlog_options *options,
	struct eventlog_report *report);
void eventlog_file_close(struct eventlog_file *f); // writes what it can first
// A new last batch, NULL without memory. segment: see struct batch.
struct batch *eventlog_file_batch(struct eventlog_file *f, uint64_t segment);
// Memory for the next, so that one refusal loses nothing.
void eventlog_file_reserve(struct eventlog_file *f);
// The record with this sequence, the last one appended, ends a snapshot of its segment.
void eventlog_file_snapshot_ends(struct eventlog_file *f, uint64_t sequence);
// Writes the sign of life; not while the one before is in flight.
void eventlog_file_alive(struct eventlog_file *f, const struct alive_mark *mark);
void eventlog_file_start(struct eventlog_file *f); // begins the next operation if none is in flight
int eventlog_file_offer(struct eventlog_file *f);  // the queue, again; 0 or why it is not taken
void eventlog_file_poll(struct eventlog_file *f);
void eventlog_file_reap(struct eventlog_file *f);   // the same of completions, whoever told of them
void eventlog_file_wake(struct eventlog_file *f);   // its poll shall come, though nothing is owed
void eventlog_file_retain(struct eventlog_file *f); // removes one segment that may go
