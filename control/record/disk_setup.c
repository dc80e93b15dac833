// The recorder's io_uring: its ring, registered files and buffers, what kernel and limits allow.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "control/record/disk.h"
#include "engine/base/log.h"
#include "engine/base/shortage.h"
#include "engine/base/str.h"

LOG_TOPIC("record");

#define RING_ENTRIES 1024
#define HUGE_PAGE    (2u << 20)

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
	d->sync = true;
	dlist_init(&d->waiting);
	dlist_init(&d->refused);
	for (uint32_t i = 0; i < DISK_BUFFERS; i++)
		d->free[i] = i;
	rc = disk_ring_init(d);
	if (rc) {
		str_format(error, 512, "io_uring is refused here: %s; %s", strerror(-rc),
			shortage_of_uring(rc));
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
