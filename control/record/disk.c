// The disk's operations: which comes next for a file, how it is asked for, what its end means.
#include "control/record/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/record/name.h"
#include "dsp/wav.h"
#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/base/str.h"

LOG_TOPIC("record");

#define ALLOCATE_BYTES (1u << 20)
#define BLOCK	       4096u // O_DIRECT writes whole ones
#define TRIES_MAX      100   // about 6 s

// f->place is set.
void disk_file_init(struct disk_file *f, uint32_t index)
{
	*f = (struct disk_file){
		.place = f->place,
		.index = index,
		.last = DISK_NAME,
		.buffer = UINT32_MAX,
		.folder = -1,
		.written_ns = f->place.entry->start_mono_ns,
		.watch_due = true,
	};
	dlist_init(&f->waiting);
}

uint64_t disk_file_samples(const struct disk_file *f)
{
	uint64_t in_file = (uint64_t)f->place.in_file * CHUNK_SAMPLES;

	return f->error && in_file < f->place.samples ? in_file : f->place.samples;
}

static bool disk_is_write(enum disk_op op)
{
	return op == DISK_HEADER || op == DISK_CHUNK || op == DISK_FLUSH || op == DISK_LAST_HEADER;
}

static bool disk_is_sync(enum disk_op op)
{
	return op == DISK_NAME_SYNC || op == DISK_SOUND_SYNC || op == DISK_SYNC;
}

static bool disk_is_look(enum disk_op op)
{
	return op == DISK_WATCH || op == DISK_LOOK;
}

// The others put text and answers there; and they are so many at once at most.
static bool disk_needs_buffer(enum disk_op op)
{
	return disk_is_write(op) || disk_is_look(op) || op == DISK_NAME;
}

static enum disk_op disk_choose(const struct disk *d, struct disk_file *f)
{
	struct placing *p = &f->place;
	uint64_t next_end = WAV_HEADER + (uint64_t)(p->in_file + 1) * CHUNK_BYTES;

	if (!f->opened)
		return f->error ? DISK_DONE : DISK_OPEN;
	if (f->error)
		return f->last;
	if (f->watch_due)
		return DISK_WATCH;
	bool chunk = p->in_file < p->data_to;
	bool flush = f->flush_due && !chunk && placing_chunk_samples(p, p->in_file) > f->flushed;

	if (d->allocate && (!f->header || chunk || flush) && f->allocated < next_end)
		return DISK_ALLOCATE;
	if (!f->header)
		return DISK_HEADER;
	if (chunk)
		return DISK_CHUNK;
	if (f->ending)
		return f->last;
	return flush ? DISK_FLUSH : DISK_IDLE;
}

static uint32_t disk_fill_header(struct disk_file *f, uint8_t *out, bool last)
{
	struct wav_info info = {
		.format = f->place.entry->law == CODEC_PCMA ? WAV_ALAW : WAV_ULAW,
		.channels = 2,
		.rate_hz = 8000,
		.data_bytes = last ? 2 * disk_file_samples(f) : 0,
	};

	check(!wav_write_header(out, WAV_HEADER, &info));
	return WAV_HEADER;
}

// Fills the buffer of the next operation; bytes to write.
static uint32_t disk_fill(struct disk *d, struct disk_file *f, enum disk_op op, uint64_t *offset)
{
	uint8_t *out = d->buffers + (size_t)f->buffer * CHUNK_BYTES;
	struct placing *p = &f->place;

	*offset = 0;
	f->op_ns = d->now_ns;
	if (op == DISK_HEADER || op == DISK_LAST_HEADER)
		return disk_fill_header(f, out, op == DISK_LAST_HEADER);
	f->op_samples = placing_chunk_samples(p, p->in_file);
	uint32_t bytes = (2 * f->op_samples + BLOCK - 1) & ~(BLOCK - 1);

	f->op_crc = placing_interleave(p, p->in_file, out, f->op_samples, f->crc32c);
	memset(out + 2 * f->op_samples, p->silence, bytes - 2 * f->op_samples);
	*offset = WAV_HEADER + (uint64_t)p->in_file * CHUNK_BYTES;
	return bytes;
}

static void disk_prepare_write(
	struct disk *d, struct disk_file *f, struct io_uring_sqe *sqe, enum disk_op op)
{
	uint8_t *data = d->buffers + (size_t)f->buffer * CHUNK_BYTES;
	uint64_t offset;

	f->op_bytes = disk_fill(d, f, op, &offset);
	if (d->fixed)
		io_uring_prep_write_fixed(sqe, f->index, data, f->op_bytes, offset, f->buffer);
	else
		io_uring_prep_write(sqe, f->index, data, f->op_bytes, offset);
	io_uring_sqe_set_flags(sqe, IOSQE_FIXED_FILE);
}

static void disk_prepare_folder(struct disk *d, struct disk_file *f, struct io_uring_sqe *sqe)
{
	char *path = (char *)d->buffers + (size_t)f->buffer * CHUNK_BYTES;

	str_copy(path, RECORDING_FILE_MAX, f->place.entry->file);
	*strrchr(path, '/') = 0;
	io_uring_prep_openat(sqe, AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
}

static void disk_prepare_look(struct disk *d, struct disk_file *f, struct io_uring_sqe *sqe)
{
	struct statx *out = (void *)(d->buffers + (size_t)f->buffer * CHUNK_BYTES);

	*out = (struct statx){0};
	io_uring_prep_statx(
		sqe, AT_FDCWD, f->place.entry->file, AT_SYMLINK_NOFOLLOW, STATX_INO, out);
}

static void disk_prepare(
	struct disk *d, struct disk_file *f, struct io_uring_sqe *sqe, enum disk_op op)
{
	uint64_t bytes = WAV_HEADER + 2 * disk_file_samples(f);

	switch (op) {
	case DISK_OPEN:
		io_uring_prep_openat_direct(sqe, AT_FDCWD, f->place.entry->file,
			O_WRONLY | O_CREAT | O_TRUNC | (d->direct ? O_DIRECT : 0), 0640, f->index);
		return;
	case DISK_NAME:
		disk_prepare_folder(d, f, sqe);
		return;
	case DISK_NAME_SYNC:
		io_uring_prep_fsync(sqe, f->folder, 0);
		return;
	case DISK_WATCH:
	case DISK_LOOK:
		disk_prepare_look(d, f, sqe);
		return;
	case DISK_CLOSE:
		io_uring_prep_close_direct(sqe, f->index);
		return;
	case DISK_ALLOCATE:
		io_uring_prep_fallocate(sqe, f->index, 0, f->allocated, ALLOCATE_BYTES);
		break;
	case DISK_TRUNCATE:
		io_uring_prep_rw(OP_FTRUNCATE, sqe, f->index, NULL, 0, bytes);
		break;
	case DISK_SOUND_SYNC:
	case DISK_SYNC:
		io_uring_prep_fsync(sqe, f->index, IORING_FSYNC_DATASYNC);
		break;
	default:
		disk_prepare_write(d, f, sqe, op);
	}
	io_uring_sqe_set_flags(sqe, IOSQE_FIXED_FILE);
}

// NULL: the queue is full and the kernel takes nothing from it.
static struct io_uring_sqe *disk_sqe(struct disk *d)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&d->ring);

	if (sqe)
		return sqe;
	io_uring_submit(&d->ring);
	return io_uring_get_sqe(&d->ring);
}

static void disk_give_buffer(struct disk *d, struct disk_file *f)
{
	if (f->buffer != UINT32_MAX)
		d->free[d->free_count++] = f->buffer;
	f->buffer = UINT32_MAX;
}

static void disk_refused(struct disk *d, struct disk_file *f)
{
	f->op = DISK_IDLE;
	disk_give_buffer(d, f);
	dlist_remove(&f->waiting);
	dlist_push_back(&d->refused, &f->waiting);
}

// Kernels without the operation: the call on the path, which a file of ours seldom waits in.
static bool disk_truncate_here(struct disk *d, struct disk_file *f, enum disk_op op)
{
	if (op != DISK_TRUNCATE || d->truncate_op)
		return false;
	int rc = truncate(f->place.entry->file, WAV_HEADER + 2 * disk_file_samples(f));

	disk_completed(d, f, rc ? -errno : 0);
	return true;
}

void disk_step(struct disk *d, struct disk_file *f)
{
	if (f->op != DISK_IDLE || f->done)
		return;
	enum disk_op op = disk_choose(d, f);

	if (op == DISK_IDLE)
		return;
	if (op == DISK_DONE) {
		f->done = true;
		dlist_remove(&f->waiting);
		d->done(f, d->arg);
		return;
	}
	if (disk_needs_buffer(op)) {
		if (!d->free_count) {
			if (dlist_empty(&f->waiting))
				dlist_push_back(&d->waiting, &f->waiting);
			return;
		}
		f->buffer = d->free[--d->free_count];
	}
	f->op = op;
	if (disk_truncate_here(d, f, op))
		return;
	struct io_uring_sqe *sqe = disk_sqe(d);
	if (!sqe) {
		disk_refused(d, f);
		return;
	}
	d->in_flight++;
	f->op_ns = d->now_ns;
	disk_prepare(d, f, sqe, op);
	io_uring_sqe_set_data(sqe, f);
}

void disk_retry(struct disk *d)
{
	struct dlist again;

	dlist_init(&again);
	dlist_for_each_safe (it, &d->refused) {
		dlist_remove(it);
		dlist_push_back(&again, it);
	}
	while (!dlist_empty(&again)) {
		struct disk_file *f = container_of(again.next, struct disk_file, waiting);

		dlist_remove(&f->waiting);
		disk_step(d, f);
	}
}

static void disk_failed(struct disk *d, struct disk_file *f, enum disk_op op, int error)
{
	static const char *const names[] = {[DISK_OPEN] = "open",
		[DISK_WATCH] = "look for it",
		[DISK_ALLOCATE] = "allocate",
		[DISK_HEADER] = "header",
		[DISK_CHUNK] = "write",
		[DISK_FLUSH] = "flush",
		[DISK_NAME] = "open its folder",
		[DISK_NAME_SYNC] = "sync its folder",
		[DISK_SOUND_SYNC] = "sync",
		[DISK_LOOK] = "look for it",
		[DISK_LAST_HEADER] = "last header",
		[DISK_TRUNCATE] = "truncate",
		[DISK_SYNC] = "sync",
		[DISK_CLOSE] = "close"};

	if (error == -ENOSPC || error == -EDQUOT)
		d->full = true;
	if (f->error)
		return; // one error is enough; the end goes on
	f->error = error;
	placing_close(&f->place, false);
	log_error("recording failed op=%s error=%s file=%s", names[op], strerror(-error),
		f->place.entry->file);
}

// What a file system cannot do is done without; true: the operation is to be tried again.
static bool disk_forgives(struct disk *d, struct disk_file *f, enum disk_op op, int res)
{
	if (op == DISK_OPEN && res == -EINVAL && d->direct) {
		log_warn("the file system refuses O_DIRECT, recording costs more file=%s",
			f->place.entry->file);
		d->direct = false;
		return true;
	}
	if (op == DISK_OPEN && res == -ENOENT && !f->made_folders) {
		f->made_folders = true;
		return !recording_make_folders(f->place.entry->file);
	}
	if (op == DISK_ALLOCATE && (res == -EOPNOTSUPP || res == -EINVAL || res == -ENOSYS)) {
		d->allocate = false;
		return true;
	}
	if (disk_is_sync(op) && res == -EINVAL) {
		if (d->sync)
			log_warn("the file system cannot sync, a power cut may take whole "
				 "recordings file=%s",
				f->place.entry->file);
		d->sync = false;
		return true;
	}
	// Without a descriptor the name is as safe as the file system's own sync makes it.
	return op == DISK_NAME && (res == -EMFILE || res == -ENFILE);
}

static void disk_chunk_written(struct disk_file *f)
{
	uint64_t end_ns;

	f->crc32c = f->op_crc;
	f->flushed = 0;
	placing_in_file(&f->place, f->crc32c);
	end_ns = f->place.entry->start_mono_ns + f->place.in_file * PLACING_CHUNK_NS;
	f->written_ns = end_ns > f->written_ns ? end_ns : f->written_ns;
}

static void disk_succeeded(struct disk_file *f, enum disk_op op, int res)
{
	switch (op) {
	case DISK_OPEN:
		f->opened = true;
		break;
	case DISK_ALLOCATE:
		f->allocated += ALLOCATE_BYTES;
		break;
	case DISK_HEADER:
		f->header = true;
		break;
	case DISK_CHUNK:
		disk_chunk_written(f);
		break;
	case DISK_FLUSH:
		f->flushed = f->op_samples;
		f->flush_due = false;
		f->written_ns = f->op_ns;
		break;
	case DISK_NAME:
		f->folder = res;
		break;
	default:
		break;
	}
}

// How a write went; what it tells of the disk.
static int disk_written(struct disk *d, const struct disk_file *f, int res)
{
	uint64_t took_ns = d->now_ns - f->op_ns;

	d->write_max_ns = took_ns > d->write_max_ns ? took_ns : d->write_max_ns;
	if (res >= 0 && (uint32_t)res < f->op_bytes)
		return -ENOSPC; // a file's end that does not fit
	if (res > 0)
		d->bytes_written += res;
	return res;
}

// What a look has found: the file that we made, or not.
static int disk_looked(struct disk *d, struct disk_file *f, enum disk_op op, int res)
{
	const struct statx *at = (void *)(d->buffers + (size_t)f->buffer * CHUNK_BYTES);

	f->watch_due = false;
	if (res < 0) {
		f->gone = res == -ENOENT || res == -ENOTDIR;
		return f->gone || op == DISK_LOOK ? res : 0; // else nothing is known yet
	}
	if (!(at->stx_mask & STATX_INO))
		return 0; // it is there
	uint64_t device = (uint64_t)at->stx_dev_major << 32 | at->stx_dev_minor;
	if (!f->inode) {
		f->inode = at->stx_ino;
		f->device = device;
	}
	f->gone = f->inode != at->stx_ino || f->device != device;
	return f->gone ? -ESTALE : 0;
}

static bool disk_again(struct disk_file *f, int res)
{
	bool refused = res == -EAGAIN || res == -ENOMEM || res == -EINTR;

	f->tries = refused ? f->tries + 1 : 0;
	return refused && f->tries <= TRIES_MAX;
}

static void disk_ended(struct disk *d, struct disk_file *f, enum disk_op op, int res)
{
	if (res >= 0)
		disk_succeeded(f, op, res);
	else if (!disk_forgives(d, f, op, res))
		disk_failed(d, f, op, res);
	if (op < DISK_NAME)
		return;
	f->last = op + 1; // whatever came of it: the end goes on
	if (op == DISK_NAME && f->folder < 0)
		f->last = DISK_SOUND_SYNC;
	if (op == DISK_NAME_SYNC && f->folder >= 0) {
		close(f->folder);
		f->folder = -1;
	}
}

void disk_completed(struct disk *d, struct disk_file *f, int res)
{
	enum disk_op op = f->op;

	f->op = DISK_IDLE;
	if (disk_is_write(op))
		res = disk_written(d, f, res);
	bool again = disk_again(f, res);
	if (!again && disk_is_look(op))
		res = disk_looked(d, f, op, res);
	if (again) {
		disk_refused(d, f);
	} else {
		disk_ended(d, f, op, res);
		disk_give_buffer(d, f);
		disk_step(d, f);
	}
	while (d->free_count && !dlist_empty(&d->waiting)) {
		struct disk_file *other = container_of(d->waiting.next, struct disk_file, waiting);

		dlist_remove(&other->waiting);
		disk_step(d, other);
	}
}
