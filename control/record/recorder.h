// The recorder: what sessions receive, from the tap to stereo WAV files, with a ledger.
//
// A thread of its own waits on its io_uring. Control opens and closes recordings by messages and
// hears what became of them; a disk that is full or behind is a loud, counted loss, never a delay.
// kill -9 loses at most 40 ms: chunks being filled lie in a shared mapping that the next start
// writes out.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/base/callid.h"
#include "dsp/codec.h"

struct tap;
struct config;
struct eventlog;
struct recorder;

struct recording_ledger { // of one side
	uint32_t seen;	  // frames the worker tapped
	uint32_t written; // frames placed into the file
	uint32_t lost;	  // frames that found no room: the disk was behind
	uint32_t late;	  // frames for a part that was already on disk
};

struct recording_result {
	uint32_t number;
	struct callid call;
	char id[64]; // name without ".wav"
	char file[512];
	int error;	// 0 or -errno: the file then holds what could be written, if anything
	bool recovered; // written out after a kill
	uint64_t start_wall_ns;
	uint64_t samples; // per channel
	uint32_t crc32c;  // of the sound bytes in the file
	enum codec_id law;
	struct recording_ledger side[2];
};

typedef void recorder_result_h(const struct recording_result *r, void *arg);

struct recorder_status {
	uint32_t open, open_max;
	uint64_t bytes_written, frames_lost;
	uint64_t disk_free_bytes;
	bool disk_full;
	int folder_error; // errno: it cannot be written; ENOENT: it was removed, and is made again
	uint64_t write_max_ns; // the longest that a write has taken
	unsigned ring_fill_permille;
};

// tap NULL: no engine (tests). Writes out what a killed process left in the shared mapping first
// and reports it through result. On failure returns -errno and one sentence in error.
// What recorder_start would say of shared memory, io_uring and the limit on files; nothing is made.
// Of room only what could never be enough. 0, or -errno and one sentence.
int recorder_look(const struct config *config, char error[512]);
int recorder_start(
	const struct config *config, struct tap *tap, struct recorder **out, char error[512]);
// Results are kept in the shared mapping until this log has written what their handler appended: a
// kill before that has the next start tell them again. found: its last sequence when it was opened.
// recorder_free is then due after its close.
void recorder_set_log(struct recorder *r, struct eventlog *log, uint64_t found);
void recorder_stop(struct recorder *r); // ends what is open, waits for the disk
void recorder_free(struct recorder *r); // without a log recorder_stop has done it
// Whether the start has written this file out: its result comes with the first poll.
bool recorder_recovers(const struct recorder *r, const char *file);
// result is called on the control thread (by recorder_poll), once per recording: after
// recorder_close, or before it when the recording failed (disk full): then loudly, at once.
void recorder_set_result(struct recorder *r, recorder_result_h *h, void *arg);
int recorder_fd(const struct recorder *r); // eventfd for the loop
void recorder_poll(struct recorder *r);

struct recording_request {
	struct callid call;
	const char *tenant, *queue, *caller; // go into folder and file name, made safe
	enum codec_id law;		     // PCMU or PCMA
	uint64_t wall_ns;
};
// *number goes with media_record to the voices, *start_ns is sample 0 on the monotonic clock,
// file is where it will lie. -ENOSPC: disk full; -EMFILE: recordings at their limit.
int recorder_open(struct recorder *r, const struct recording_request *q, uint32_t *number,
	uint64_t *start_ns, char file[512]);
// Both voices' taps have been stopped; the result comes when all is on disk. Always called, also
// after a failure: the number is free only then.
void recorder_close(struct recorder *r, uint32_t number);
void recorder_status(const struct recorder *r, struct recorder_status *out);

// Checks a file against its ledger (sample count, CRC): 0, or -EBADMSG with a sentence.
int recording_check(const struct recording_result *expected, char why[256]);
// The same of an open file that may be read.
int recording_check_open(int fd, const struct recording_result *expected, char why[256]);

// What a power cut left: a recording that the event log calls open and that recorder_start did
// not report. Mends header and unwritten tail; out->recovered is set, the ledger unknown (all 0).
// out->error -ENOENT: it never had a file. Blocks: for main, at start.
void recording_repair(const struct callid *call, const char *file, struct recording_result *out);
