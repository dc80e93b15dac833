// The disk's operations: which comes next for a file, how it is asked for, what its end means.
#include "control/record/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "control/record/name.h"
#include "dsp/wav.h"
#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/base/str.h"

LOG_TOPIC("record");

#define ALLOCATE_BYTES (1u << 20)
#define BLOCK	       4096u // O_DIRECT writes whole ones
#define RING_ENTRIES   1024
#define HUGE_PAGE      (2u << 20)
#define OP_FTRUNCATE   55 // IORING_OP_FTRUNCATE (Linux 6.9), which liburing 2.3 has no name for

static int disk_register(struct disk *d, uint32_t files, char error[512])
{
	struct rlimit limit;
	struct iovec iov[DISK_BUFFERS];
	int rc;

	// The kernel counts registered files against the limit on open ones.
	if (!getrlimit(RLIMIT_NOFILE, &limit) && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	rc = io_uring_register_files_sparse(&d->ring, files + 1); // and the one of disk_hold
	if (rc) {
		str_format(error, 512,
			"io_uring refuses %u registered files: %s; raise the limit on open files "
			"(LimitNOFILE) or lower recording.calls_max",
			files, strerror(-rc));
		return rc;
	}
	for (unsigned i = 0; i < DISK_BUFFERS; i++)
		iov[i] = (struct iovec){d->buffers + (size_t)i * CHUNK_BYTES, CHUNK_BYTES};
	rc = io_uring_register_buffers(&d->ring, iov, DISK_BUFFERS);
	d->fixed = !rc;
	if (rc)
		log_warn("buffers cannot be registered, recording costs more: raise the limit on "
			 "locked memory (LimitMEMLOCK) error=%s",
			strerror(-rc));
	return 0;
}

int disk_hold(struct disk *d, int fd)
{
	int rc = io_uring_register_files_update(&d->ring, d->files, &fd, 1);

	return rc < 0 ? rc : 0;
}

// Completions wait until the thread asks for them, instead of waking it one by one (Linux 6.1).
static int disk_ring_init(struct disk *d)
{
	int rc = io_uring_queue_init(RING_ENTRIES, &d->ring,
		IORING_SETUP_R_DISABLED | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN);

	if (rc == -EINVAL)
		rc = io_uring_queue_init(RING_ENTRIES, &d->ring, IORING_SETUP_R_DISABLED);
	return rc;
}

int disk_enable(struct disk *d)
{
	// liburing 2.3 has io_uring_enable_rings in its header alone.
	if (syscall(__NR_io_uring_register, d->ring.ring_fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0))
		return -errno;
	return 0;
}

int disk_init(struct disk *d, uint32_t files, char error[512])
{
	int rc;

	*d = (struct disk){
		.files = files, .direct = true, .allocate = true, .free_count = DISK_BUFFERS};
	dlist_init(&d->waiting);
	for (uint32_t i = 0; i < DISK_BUFFERS; i++)
		d->free[i] = i;
	rc = disk_ring_init(d);
	if (rc) {
		str_format(error, 512,
			"io_uring is refused here: %s; allow io_uring_setup (a container's seccomp "
			"profile, kernel.io_uring_disabled)",
			strerror(-rc));
		return rc;
	}
	struct io_uring_probe *probe = io_uring_get_probe_ring(&d->ring);
	d->truncate_op = probe && io_uring_opcode_supported(probe, OP_FTRUNCATE);
	io_uring_free_probe(probe);
	d->buffers = aligned_alloc(HUGE_PAGE, (size_t)DISK_BUFFERS * CHUNK_BYTES);
	if (d->buffers) // the kernel then takes each write as one piece
		madvise(d->buffers, (size_t)DISK_BUFFERS * CHUNK_BYTES, MADV_HUGEPAGE);
	rc = d->buffers ? disk_register(d, files, error) : -ENOMEM;
	if (rc)
		disk_fini(d);
	return rc;
}

void disk_fini(struct disk *d)
{
	io_uring_queue_exit(&d->ring);
	free(d->buffers);
	d->buffers = NULL;
}

void disk_file_init(struct disk_file *f, uint32_t index)
{
	f->index = index;
	f->op = DISK_IDLE;
	f->last = DISK_LAST_HEADER;
	f->buffer = UINT32_MAX;
	f->opened = f->header = f->made_folders = f->ending = f->flush_due = false;
	f->done = false;
	f->flushed = f->crc32c = 0;
	f->allocated = 0;
	f->error = 0;
	dlist_init(&f->waiting);
}

uint64_t disk_file_samples(const struct disk_file *f)
{
	uint64_t in_file = (uint64_t)f->place.in_file * CHUNK_SAMPLES;

	return f->error && in_file < f->place.samples ? in_file : f->place.samples;
}

static bool disk_needs_buffer(enum disk_op op)
{
	return op == DISK_HEADER || op == DISK_CHUNK || op == DISK_FLUSH || op == DISK_LAST_HEADER;
}

static enum disk_op disk_choose(const struct disk *d, struct disk_file *f)
{
	struct placing *p = &f->place;
	uint64_t next_end = WAV_HEADER + (uint64_t)(p->in_file + 1) * CHUNK_BYTES;

	if (!f->opened)
		return f->error ? DISK_DONE : DISK_OPEN;
	if (f->error)
		return f->last;
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

static void disk_prepare(
	struct disk *d, struct disk_file *f, struct io_uring_sqe *sqe, enum disk_op op)
{
	uint64_t bytes = WAV_HEADER + 2 * disk_file_samples(f);

	switch (op) {
	case DISK_OPEN:
		io_uring_prep_openat_direct(sqe, AT_FDCWD, f->place.entry->file,
			O_WRONLY | O_CREAT | O_TRUNC | (d->direct ? O_DIRECT : 0), 0640, f->index);
		return;
	case DISK_ALLOCATE:
		io_uring_prep_fallocate(sqe, f->index, 0, f->allocated, ALLOCATE_BYTES);
		break;
	case DISK_TRUNCATE:
		io_uring_prep_rw(OP_FTRUNCATE, sqe, f->index, NULL, 0, bytes);
		break;
	case DISK_SYNC:
		io_uring_prep_fsync(sqe, f->index, IORING_FSYNC_DATASYNC);
		break;
	case DISK_CLOSE:
		io_uring_prep_close_direct(sqe, f->index);
		return;
	default:
		disk_prepare_write(d, f, sqe, op);
	}
	io_uring_sqe_set_flags(sqe, IOSQE_FIXED_FILE);
}

static struct io_uring_sqe *disk_sqe(struct disk *d)
{
	struct io_uring_sqe *sqe;

	while (!(sqe = io_uring_get_sqe(&d->ring)))
		io_uring_submit(&d->ring);
	return sqe;
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
	d->in_flight++;
	f->op_ns = d->now_ns;
	disk_prepare(d, f, sqe, op);
	io_uring_sqe_set_data(sqe, f);
}

static void disk_failed(struct disk *d, struct disk_file *f, enum disk_op op, int error)
{
	static const char *const names[] = {[DISK_OPEN] = "open",
		[DISK_ALLOCATE] = "allocate",
		[DISK_HEADER] = "header",
		[DISK_CHUNK] = "write",
		[DISK_FLUSH] = "flush",
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
	return res == -EINTR || res == -EAGAIN;
}

static void disk_chunk_written(struct disk_file *f)
{
	f->crc32c = f->op_crc;
	f->flushed = 0;
	placing_in_file(&f->place, f->crc32c);
}

static void disk_succeeded(struct disk_file *f, enum disk_op op)
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
		break;
	default:
		break;
	}
}

void disk_completed(struct disk *d, struct disk_file *f, int res)
{
	enum disk_op op = f->op;

	f->op = DISK_IDLE;
	if (disk_needs_buffer(op)) {
		uint64_t took_ns = d->now_ns - f->op_ns;

		d->write_max_ns = took_ns > d->write_max_ns ? took_ns : d->write_max_ns;
		if (res >= 0 && (uint32_t)res < f->op_bytes)
			res = -ENOSPC; // a file's end that does not fit
		else if (res > 0)
			d->bytes_written += res;
	}
	if (res >= 0)
		disk_succeeded(f, op);
	else if (!disk_forgives(d, f, op, res))
		disk_failed(d, f, op, res);
	if (op >= DISK_LAST_HEADER && res != -EINTR && res != -EAGAIN)
		f->last = op + 1; // whatever came of it: the end goes on
	if (f->buffer != UINT32_MAX) {
		d->free[d->free_count++] = f->buffer;
		f->buffer = UINT32_MAX;
	}
	disk_step(d, f);
	while (d->free_count && !dlist_empty(&d->waiting)) {
		struct disk_file *other = container_of(d->waiting.next, struct disk_file, waiting);

		dlist_remove(&other->waiting);
		disk_step(d, other);
	}
}
