// Recordings' way to the disk: each file a row of operations on one io_uring, one at a time.
//
//   open ─ watch ─ allocate ─ header ─ chunk … (allocate ahead, flush, watch)
//        ─ name ─ sync ─ header ─ truncate ─ sync ─ look ─ close
//
// O_DIRECT, registered files and buffers, space allocated 1 MiB ahead; what a file system does
// not know is left out with a warning. An error ends the file with the chunks that it has.
//
// Against a power cut: a write that has ended lies in a disk's cache, in space that reads as zeros
// until a sync, for which the owner cares (saver.h) while the recording goes on. The header that
// says a length is written when name and sound are safe.
#pragma once

#include <liburing.h>
#include <stdbool.h>
#include <stdint.h>

#include "control/record/placing.h"
#include "engine/base/dlist.h"

#define DISK_BUFFERS 64u // chunks on their way to the disk at once
#define OP_FTRUNCATE 55	 // IORING_OP_FTRUNCATE (Linux 6.9), which liburing 2.3 has no name for

enum disk_op {
	DISK_IDLE,
	DISK_OPEN,
	DISK_WATCH, // whether the file is still there
	DISK_ALLOCATE,
	DISK_HEADER,
	DISK_CHUNK,
	DISK_FLUSH, // what the open chunk has
	// The end, in this order.
	DISK_NAME, // opens the folder, whose sync saves the file's name
	DISK_NAME_SYNC,
	DISK_SOUND_SYNC,
	DISK_LAST_HEADER,
	DISK_TRUNCATE,
	DISK_SYNC,
	DISK_LOOK, // as DISK_WATCH, for the last time
	DISK_CLOSE,
	DISK_DONE,
};

struct disk_file {
	struct placing place;
	uint32_t index;	   // of the registered file
	enum disk_op op;   // in flight
	enum disk_op last; // next one of the end
	uint64_t op_ns;	   // since when
	uint32_t buffer, op_bytes, op_samples, op_crc;
	bool opened, header, made_folders;
	bool ending, done;	// all sound is placed; the file is whole and told
	bool flush_due;		// write what the open chunk has
	bool watch_due;		// look for the file: what is removed is told while it is recorded
	bool gone;		// it was not there, or another one was
	uint64_t device, inode; // of the file; 0: not known yet
	int folder;		// while its sync saves the name
	unsigned tries;		// that the kernel refused the operation, in a row
	uint64_t written_ns;	// sound that was heard until then is in the file
	uint32_t flushed;	// samples of the open chunk that are in the file already
	uint64_t allocated;	// bytes
	uint32_t crc32c;	// of the sound in the file, whole chunks and the last
	int error;		// 0 or -errno: the first one
	struct dlist waiting;	// for a buffer, or for another try
};

struct disk {
	uint32_t files; // slots for recordings
	struct io_uring ring;
	bool direct, allocate, fixed, truncate_op, sync; // what kernel and file system can
	uint8_t *buffers;
	uint32_t free[DISK_BUFFERS], free_count;
	struct dlist waiting; // files that want a buffer
	struct dlist refused; // files whose operation the kernel refused: disk_retry
	uint64_t bytes_written;
	uint64_t now_ns; // written by the owner
	uint64_t write_max_ns;
	uint32_t in_flight; // operations
	bool full;	    // an operation met a full disk; the owner clears it
	void (*done)(struct disk_file *f, void *arg);
	void *arg;
};

int disk_init(struct disk *d, uint32_t files, char error[512]); // 0 or -errno and a sentence
int disk_enable(struct disk *d); // by the thread that uses it, first of all; 0 or -errno
// Ties fd's life to the ring's: when the process is killed, fd (and a lock on it) stays open
// until the last request in flight is done. 0 or -errno.
int disk_hold(struct disk *d, int fd);
void disk_fini(struct disk *d);
// place is initialised by the caller before.
void disk_file_init(struct disk_file *f, uint32_t index);
void disk_step(struct disk *d, struct disk_file *f); // begins what there is to do
void disk_completed(struct disk *d, struct disk_file *f, int res);
// What the kernel refused for want of memory or room in its queues is asked for again: for a timer.
void disk_retry(struct disk *d);
uint64_t disk_file_samples(const struct disk_file *f); // that the finished file has
