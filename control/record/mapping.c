// The shared mapping under /dev/shm: its layout, its lock, its chunks.
#include "control/record/mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/hash.h"
#include "engine/base/str.h"

#define MAPPING_MAGIC	"RHCHUNK"
#define MAPPING_VERSION 2
#define MAPPING_FOLDER	"/dev/shm"
#define PAGE		4096u
#define HUGE_PAGE	(2u << 20)
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 // Linux 6.1
#endif
#define LOCK_WAIT_MS 5000
#define LOCK_STEP_MS 10

static size_t round_page(size_t bytes)
{
	return (bytes + PAGE - 1) & ~(size_t)(PAGE - 1);
}

static size_t layout_sound_at(uint32_t recordings)
{
	size_t at = PAGE + round_page(recordings * sizeof(struct mapping_recording)) +
		round_page(2 * recordings * sizeof(struct tap_lane));

	return (at + HUGE_PAGE - 1) & ~(size_t)(HUGE_PAGE - 1);
}

static size_t layout_bytes(uint32_t recordings)
{
	return layout_sound_at(recordings) + (size_t)recordings * 2 * TAP_LANE_BYTES;
}

static void layout_set(struct mapping *m)
{
	uint8_t *at = m->memory;

	m->head = m->memory;
	at += PAGE;
	m->recordings = (void *)at;
	at += round_page(m->head->recordings * sizeof(struct mapping_recording));
	m->lanes = (void *)at;
	m->sound = (uint8_t *)m->memory + layout_sound_at(m->head->recordings);
}

static bool layout_valid(const struct mapping_head *h, size_t bytes)
{
	return h->version == MAPPING_VERSION && h->bytes == bytes &&
		layout_bytes(h->recordings) == bytes;
}

// At an address that huge pages can stand at.
static int mapping_map(struct mapping *m, size_t bytes)
{
	uint8_t *room = mmap(NULL, bytes + HUGE_PAGE, PROT_NONE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (room == MAP_FAILED)
		return -errno;
	uint8_t *at = (uint8_t *)(((uintptr_t)room + HUGE_PAGE - 1) & ~(uintptr_t)(HUGE_PAGE - 1));
	size_t before = at - room;
	size_t after = (HUGE_PAGE - before) & ~(size_t)(PAGE - 1);
	void *memory = mmap(at, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, m->fd, 0);
	int rc = memory == MAP_FAILED ? -errno : 0;

	if (before)
		munmap(room, before);
	if (after)
		munmap(at + round_page(bytes), after);
	if (rc)
		return rc;
	m->memory = memory;
	m->bytes = bytes;
	return 0;
}

// All of it is taken now: a tmpfs that is full kills whoever touches a page that it has not got.
// A huge page is asked for where its first small one stands alone, before there is much to move.
static int mapping_populate(struct mapping *m)
{
	for (size_t at = 0; at + HUGE_PAGE <= m->bytes; at += HUGE_PAGE) {
		int rc = posix_fallocate(m->fd, (off_t)at, PAGE);

		if (rc)
			return -rc;
		if (madvise((uint8_t *)m->memory + at, HUGE_PAGE, MADV_COLLAPSE))
			break; // small ones do as well, at a cost
	}
	return -posix_fallocate(m->fd, 0, (off_t)m->bytes);
}

static void mapping_unmap(struct mapping *m)
{
	if (m->memory)
		munmap(m->memory, m->bytes);
	m->memory = NULL;
}

// The lock of a killed process stands until the last write that it had with the kernel is done
// (disk_hold); writing the same files before that would fail.
static int lock_wait(int fd)
{
	for (unsigned waited_ms = 0; flock(fd, LOCK_EX | LOCK_NB); waited_ms += LOCK_STEP_MS) {
		if (errno != EWOULDBLOCK || waited_ms >= LOCK_WAIT_MS)
			return -errno;
		poll(NULL, 0, LOCK_STEP_MS); // before the loop runs
	}
	return 0;
}

int mapping_open(struct mapping *m, const char *directory, char error[512])
{
	char real[PATH_MAX];
	struct stat file;

	*m = (struct mapping){.fd = -1};
	if (!realpath(directory, real))
		return -errno;
	str_format(m->path, sizeof(m->path), MAPPING_FOLDER "/ringhall-%016llx",
		(unsigned long long)hash_str(real, 0));
	m->fd = open(m->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (m->fd < 0) {
		int rc = -errno;

		str_format(error, 512,
			"cannot open %s: %s; it holds what is being recorded: mount a tmpfs "
			"at " MAPPING_FOLDER " that the service's user may write",
			m->path, strerror(-rc));
		return rc;
	}
	if (lock_wait(m->fd)) {
		str_format(error, 512,
			"another instance records into %s; stop it or name another folder in "
			"recording.directory",
			directory);
		close(m->fd);
		m->fd = -1;
		return -EBUSY;
	}
	if (fstat(m->fd, &file) || !file.st_size || mapping_map(m, file.st_size))
		return 0;
	const struct mapping_head *h = m->memory;
	bool ours = m->bytes >= PAGE && !memcmp(h->magic, MAPPING_MAGIC, sizeof(h->magic));
	m->foreign = ours && h->version != MAPPING_VERSION;
	if (ours && layout_valid(h, m->bytes))
		layout_set(m);
	else
		mapping_unmap(m);
	return 0;
}

int mapping_reset(struct mapping *m, uint32_t recordings, char error[512])
{
	size_t bytes = layout_bytes(recordings);

	mapping_unmap(m);
	int rc = ftruncate(m->fd, 0) || ftruncate(m->fd, (off_t)bytes) ? -errno : 0;
	if (!rc)
		rc = mapping_map(m, bytes);
	if (!rc)
		rc = mapping_populate(m);
	if (rc) {
		str_format(error, 512,
			"%s: %s: %u recordings at once need %zu MiB in " MAPPING_FOLDER
			"; enlarge it (mount -o remount,size=…) or lower recording.calls_max",
			m->path, strerror(-rc), recordings, bytes >> 20);
		return rc;
	}
	m->head = m->memory;
	*m->head = (struct mapping_head){
		.magic = MAPPING_MAGIC,
		.version = MAPPING_VERSION,
		.recordings = recordings,
		.bytes = bytes,
	};
	layout_set(m);
	return 0;
}

void mapping_give(struct mapping *m, struct tap *tap)
{
	struct tap_windows w = {
		.lanes = m->lanes,
		.sound = m->sound,
		.recordings = m->head->recordings,
		.memory = m->memory,
		.bytes = m->bytes,
	};

	tap_attach(tap, &w);
	m->given = true;
}

void mapping_close(struct mapping *m, bool keep)
{
	if (!m->given)
		mapping_unmap(m);
	if (m->fd < 0)
		return;
	if (!keep)
		unlink(m->path);
	close(m->fd);
	m->fd = -1;
}

uint32_t mapping_filled(const struct mapping *m, uint32_t recording, unsigned side, uint32_t chunk)
{
	const struct tap_lane *l = mapping_lane(m, recording, side);
	uint64_t word = atomic_load_explicit(&l->filled[chunk % TAP_CHUNKS], memory_order_acquire);

	return word >> 32 == chunk ? (uint32_t)word : 0;
}

struct recording_ledger mapping_ledger(const struct mapping *m, uint32_t recording, unsigned side)
{
	const struct tap_lane *l = mapping_lane(m, recording, side);

	return (struct recording_ledger){
		.seen = atomic_load_explicit(&l->seen, memory_order_relaxed),
		.written = atomic_load_explicit(&l->written, memory_order_relaxed),
		.lost = atomic_load_explicit(&l->lost, memory_order_relaxed),
		.late = atomic_load_explicit(&l->late, memory_order_relaxed),
	};
}
