// The recorder's inside: what its two halves, control's and the thread's, share.
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "control/record/disk.h"
#include "control/record/recorder.h"
#include "control/record/recover.h"
#include "control/record/saver.h"
#include "engine/base/pool.h"
#include "engine/base/ring.h"

struct tap;

enum recorder_command_kind { RECORDER_OPEN = 1, RECORDER_CLOSE, RECORDER_STOP };

struct recorder_command {
	uint32_t kind, slot;
};

struct recorder_file { // written by recorder
	struct disk_file file;
	uint32_t number; // 0: never used
	bool closing;
	uint8_t turns; // chunks that the clock has passed since the file was looked for
	uint64_t lost; // frames of both sides, as far as the status has them
	uint64_t close_at_ns;
	struct dlist close_link;	// in order of that time
	struct recording_result result; // once done: control's, until the slot is opened anew
};

struct space {		    // what a disk says that has room by its figures and none to give
	bool refused, lost; // quota, inodes; its figures cannot be had
	uint64_t try_ns, pause_ns, left; // bytes by its figures when it refused
	uint64_t folder_ns;		 // when the folder could not be written last
};

struct recorder {
	// Constant once started.
	struct tap *tap;
	uint32_t recordings_max;
	uint64_t sync_ns;  // the disk is synced so often,
	uint64_t flush_ns; // and sound that is so old is in the file
	uint64_t free_min_bytes;
	char directory[256];
	struct mapping mapping;
	int lock;	       // of the folder; of one that is made again by recorder
	struct ring *commands; // control to recorder
	struct ring_wake command_wake;
	struct ring *results; // recorder to control: pointers into recordings
	struct ring_wake result_wake;
	pthread_t thread;

	// Written by control.
	struct pool slots;
	struct {
		bool closed, told, logged;
	} * slot_state;
	uint32_t open;
	struct recovered recovered;
	const char **recovered_files; // of its results, sorted
	size_t recovered_next;	      // to be told
	bool recovered_told;
	struct eventlog *log; // NULL: what is told need not be written
	uint64_t log_found;   // its last sequence at the start
	// Told and not yet written there, in that order: a ring.
	struct recorder_told {
		uint64_t sequence; // of the log when it was told
		struct mapping_recording *entry;
		uint32_t slot; // POOL_NONE: of a killed process
	} * told;
	uint32_t told_size, told_first, told_count;
	recorder_result_h *handler;
	void *handler_arg;

	// Written by recorder.
	struct disk disk;
	struct saver saver;
	uint64_t sync_at_ns, synced_bytes;
	struct recorder_file *recordings;
	uint64_t *turn_ns;     // by slot: when its next chunk closes,
	uint64_t *flush_at_ns; // and when what the open one has must be in the file
	uint32_t active;       // not yet told
	bool stopping, command_polled, tap_polled;
	struct dlist closing;
	bool refused; // by io_uring, and told
	struct space space;
	uint64_t now_ns, turned_ns, disk_checked_ns;
	uint64_t lost;
	_Atomic uint64_t bytes_written, frames_lost, disk_free_bytes;
	_Atomic uint64_t write_max_ns;
	_Atomic bool disk_full;
	_Atomic int folder_error; // 0 or errno
};

void *recorder_thread(void *recorder);
// Folder and room: into the status. True: the folder was made again, and has none of the files
// that are being written.
bool recorder_check_disk(struct recorder *r);
bool recorder_in_trouble(const struct recorder *r); // the disk is to be looked at
