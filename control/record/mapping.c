// The shared mapping under /dev/shm: its layout, its making, its chunks.
#include "control/record/mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/hash.h"
#include "engine/base/log.h"
#include "engine/base/shortage.h"
#include "engine/base/str.h"

LOG_TOPIC("record");

#define MAPPING_MAGIC	"RHCHUNK"
#define MAPPING_VERSION 3
#define MAPPING_PREFIX	"ringhall-"
#define PAGE		4096u
#define HUGE_PAGE	(2u << 20)
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 // Linux 6.1
#endif

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

size_t mapping_bytes(uint32_t recordings)
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
		mapping_bytes(h->recordings) == bytes;
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

void mapping_take(struct mapping *m, size_t bytes)
{
	if (bytes < PAGE || mapping_map(m, bytes))
		return;
	const struct mapping_head *h = m->memory;
	bool ours = !memcmp(h->magic, MAPPING_MAGIC, sizeof(h->magic));

	m->foreign = ours && h->version != MAPPING_VERSION;
	if (ours && layout_valid(h, m->bytes))
		layout_set(m);
	else
		mapping_unmap(m);
}

void mapping_drop_sound(struct mapping *m)
{
	size_t at = layout_sound_at(m->head->recordings);

	// Only memory is lost if it cannot be.
	if (fallocate(m->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)at,
		    (off_t)(m->bytes - at)))
		log_debug("memory is not given back file=%s error=%s", m->path, strerror(errno));
}

int mapping_prefix(const char *directory, char out[MAPPING_PREFIX_MAX])
{
	char real[PATH_MAX];

	if (!realpath(directory, real))
		return -errno;
	return str_format(out, MAPPING_PREFIX_MAX, MAPPING_PREFIX "%016llx",
		(unsigned long long)hash_str(real, 0));
}

static int make_file(struct mapping *m, const char *directory)
{
	char prefix[MAPPING_PREFIX_MAX];
	uint64_t random;
	int rc = mapping_prefix(directory, prefix);

	if (rc)
		return rc;
	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		return -errno;
	str_format(m->path, sizeof(m->path), MAPPING_FOLDER "/%s-%016llx", prefix,
		(unsigned long long)random);
	m->fd = open(m->path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (m->fd < 0 || flock(m->fd, LOCK_EX | LOCK_NB))
		return -errno;
	return 0;
}

static int make_room(struct mapping *m, size_t bytes)
{
	char why[SHORTAGE_MAX];
	// Beyond its control group's limit the kernel would kill us without a word.
	int rc = shortage_of_group(&shortage_places, bytes, why);

	if (!rc && ftruncate(m->fd, (off_t)bytes))
		rc = -errno;
	if (!rc)
		rc = mapping_map(m, bytes);
	return rc ? rc : mapping_populate(m);
}

// A mapping that is refused is not for want of room in the folder.
static void room_refused(
	const struct mapping *m, int rc, uint32_t recordings, size_t bytes, char error[512])
{
	const char *cure = "enlarge it (mount -o remount,size=…) or lower recording.calls_max";
	char why[SHORTAGE_MAX];

	if (rc != -ENOSPC)
		cure = shortage_of(bytes + HUGE_PAGE, why) ? why : "lower recording.calls_max";
	str_format(error, 512,
		"%s: %s: %u recordings at once need %zu MiB in " MAPPING_FOLDER "; %s", m->path,
		strerror(-rc), recordings, (bytes >> 20) + 1, cure);
}

int mapping_make(struct mapping *m, const char *directory, uint32_t recordings, char error[512])
{
	size_t bytes = mapping_bytes(recordings);

	*m = (struct mapping){.fd = -1};
	int rc = make_file(m, directory);
	if (rc) {
		str_format(error, 512,
			"cannot make %s: %s; it holds what is being recorded: mount a tmpfs "
			"at " MAPPING_FOLDER " that the service's user may write",
			m->path, strerror(-rc));
		return rc;
	}
	rc = make_room(m, bytes);
	if (rc) {
		room_refused(m, rc, recordings, bytes, error);
		mapping_close(m, false);
		return rc;
	}
	m->head = m->memory;
	*m->head = (struct mapping_head){
		.version = MAPPING_VERSION,
		.recordings = recordings,
		.bytes = bytes,
	};
	layout_set(m);
	// Last: half of one is none.
	memcpy(m->head->magic, MAPPING_MAGIC, sizeof(m->head->magic));
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
	if (!keep && unlink(m->path))
		log_warn("cannot remove file=%s error=%s", m->path, strerror(errno));
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
