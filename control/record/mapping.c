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

#include "engine/base/check.h"
#include "engine/base/hash.h"
#include "engine/base/str.h"

#define MAPPING_MAGIC	"RHCHUNK"
#define MAPPING_VERSION 1
#define MAPPING_FOLDER	"/dev/shm"
#define PAGE		4096u
#define LOCK_WAIT_MS	5000
#define LOCK_STEP_MS	10

static size_t round_page(size_t bytes)
{
	return (bytes + PAGE - 1) & ~(size_t)(PAGE - 1);
}

static size_t layout_bytes(uint32_t recordings, uint32_t chunks)
{
	return PAGE + round_page(recordings * sizeof(struct mapping_recording)) +
		round_page(chunks * sizeof(struct mapping_chunk)) + (size_t)chunks * CHUNK_BYTES;
}

static void layout_set(struct mapping *m)
{
	uint8_t *at = m->memory;

	m->head = m->memory;
	at += PAGE;
	m->recordings = (void *)at;
	at += round_page(m->head->recordings * sizeof(struct mapping_recording));
	m->chunks = (void *)at;
	at += round_page(m->head->chunks * sizeof(struct mapping_chunk));
	m->sound = at;
}

static bool layout_valid(const struct mapping_head *h, size_t bytes)
{
	return bytes >= PAGE && !memcmp(h->magic, MAPPING_MAGIC, sizeof(h->magic)) &&
		h->version == MAPPING_VERSION && h->bytes == bytes &&
		layout_bytes(h->recordings, h->chunks) == bytes;
}

static int mapping_map(struct mapping *m, size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, m->fd, 0);

	if (memory == MAP_FAILED)
		return -errno;
	m->memory = memory;
	m->bytes = bytes;
	return 0;
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
	if (layout_valid(m->memory, m->bytes))
		layout_set(m);
	else
		mapping_unmap(m);
	return 0;
}

int mapping_reset(struct mapping *m, uint32_t recordings, char error[512])
{
	uint32_t chunks = recordings * CHUNKS_PER_RECORDING + 16;
	size_t bytes = layout_bytes(recordings, chunks);

	mapping_unmap(m);
	int rc = ftruncate(m->fd, 0) ? -errno : -posix_fallocate(m->fd, 0, bytes);
	if (!rc)
		rc = mapping_map(m, bytes);
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
		.chunks = chunks,
		.bytes = bytes,
	};
	layout_set(m);
	m->free = malloc(chunks * sizeof(*m->free));
	if (!m->free)
		return -ENOMEM;
	for (uint32_t i = 0; i < chunks; i++)
		m->free[i] = chunks - 1 - i;
	m->free_count = chunks;
	return 0;
}

void mapping_close(struct mapping *m, bool keep)
{
	mapping_unmap(m);
	free(m->free);
	m->free = NULL;
	if (m->fd < 0)
		return;
	if (!keep)
		unlink(m->path);
	close(m->fd);
	m->fd = -1;
}

uint32_t mapping_take_chunk(struct mapping *m, uint32_t recording, uint32_t index)
{
	if (!m->free_count)
		return UINT32_MAX;
	uint32_t chunk = m->free[--m->free_count];
	struct mapping_chunk *c = &m->chunks[chunk];

	c->index = index;
	atomic_store_explicit(&c->end[0], 0, memory_order_relaxed);
	atomic_store_explicit(&c->end[1], 0, memory_order_relaxed);
	atomic_store_explicit(&c->owner, recording + 1, memory_order_release);
	return chunk;
}

void mapping_free_chunk(struct mapping *m, uint32_t chunk)
{
	atomic_store_explicit(&m->chunks[chunk].owner, 0, memory_order_release);
	m->free[m->free_count++] = chunk;
}
