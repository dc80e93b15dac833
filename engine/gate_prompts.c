// The store of prompts: built apart, published whole, freed when no worker uses it any more.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/base/check.h"
#include "engine/gate.h"
#include "engine/gate_view.h"

#define PROMPTS_ALIGN 64

struct prompts_entry {
	uint64_t offset; // bytes from the start of the mapping
	uint32_t bytes;	 // 0: none in this codec
	uint32_t pad;
};

struct prompts_map { // position independent, a mapping of its own
	uint64_t used;
	uint32_t count, pad;
	struct prompts_entry entries[][CODEC_COUNT];
};

struct gate_prompts { // this process's view
	struct prompts_map *map;
	size_t bytes; // mapped
	int fd;
	uint64_t generation;	   // 0: not published yet
	struct gate_prompts *next; // retired before this one
};

// Makes the mapping at least so large; everything in it may move.
static int prompts_map_init(struct gate_prompts *p, size_t bytes)
{
	size_t want = p->bytes ? p->bytes : 1 << 20;
	void *mem;

	if (bytes <= p->bytes)
		return 0;
	while (want < bytes)
		want *= 2;
	if (ftruncate(p->fd, (off_t)want) < 0)
		return -ENOMEM;
	mem = p->map ? mremap(p->map, p->bytes, want, MREMAP_MAYMOVE)
		     : mmap(NULL, want, PROT_READ | PROT_WRITE, MAP_SHARED, p->fd, 0);
	if (mem == MAP_FAILED)
		return -ENOMEM;
	p->map = mem;
	p->bytes = want;
	return 0;
}

int gate_prompts_new(uint32_t count, struct gate_prompts **out)
{
	size_t head = sizeof(struct prompts_map) +
		(size_t)count * CODEC_COUNT * sizeof(struct prompts_entry);
	struct gate_prompts *p;

	if (count > PROMPTS_MAX)
		return -EINVAL;
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	p->fd = memfd_create("ringhall-prompts", MFD_CLOEXEC);
	if (p->fd < 0 || prompts_map_init(p, head) < 0) {
		gate_prompts_free(p);
		return -ENOMEM;
	}
	p->map->count = count;
	p->map->used = (head + PROMPTS_ALIGN - 1) & ~(size_t)(PROMPTS_ALIGN - 1);
	*out = p;
	return 0;
}

void gate_prompts_free(struct gate_prompts *p)
{
	if (!p)
		return;
	if (p->map)
		munmap(p->map, p->bytes);
	if (p->fd >= 0)
		close(p->fd);
	free(p);
}

int gate_prompts_set(struct gate_prompts *p, uint32_t id, enum codec_id codec,
	const uint8_t *payload, uint32_t bytes)
{
	struct prompts_entry *entry;
	int error;

	check(p->generation == 0);
	if (id >= p->map->count || codec <= CODEC_NONE || codec >= CODEC_COUNT || bytes == 0)
		return -EINVAL;
	error = prompts_map_init(p, p->map->used + bytes + PROMPTS_ALIGN);
	if (error)
		return error;
	entry = &p->map->entries[id][codec];
	entry->offset = p->map->used;
	entry->bytes = bytes;
	memcpy((uint8_t *)p->map + entry->offset, payload, bytes);
	p->map->used = (entry->offset + bytes + PROMPTS_ALIGN - 1) & ~(uint64_t)(PROMPTS_ALIGN - 1);
	return 0;
}

void gate_prompts_publish(struct gate *g, struct gate_prompts *p)
{
	struct gate_prompts *old = atomic_load_explicit(&g->prompts, memory_order_relaxed);

	check(p->generation == 0);
	p->generation = ++g->generation;
	atomic_store_explicit(&g->prompts, p, memory_order_release);
	if (old) {
		old->next = g->retired;
		g->retired = old;
	}
	gate_prompts_reap(g);
}

// Every worker has entered this generation or a later one, so it uses none before it.
static uint64_t prompts_oldest_used(const struct gate *g)
{
	uint64_t oldest = UINT64_MAX;

	for (unsigned i = 0; i < g->map->workers; i++) {
		uint64_t seen =
			atomic_load_explicit(&g->map->seen[i].prompts, memory_order_acquire);

		oldest = seen < oldest ? seen : oldest;
	}
	return oldest;
}

void gate_prompts_reap(struct gate *g)
{
	uint64_t oldest = prompts_oldest_used(g);
	struct gate_prompts **at = &g->retired;

	while (*at) {
		struct gate_prompts *p = *at;

		if (p->generation >= oldest) {
			at = &p->next;
			continue;
		}
		*at = p->next;
		gate_prompts_free(p);
	}
}

void gate_prompts_drop(struct gate *g)
{
	struct gate_prompts *p = atomic_load_explicit(&g->prompts, memory_order_relaxed);

	atomic_store_explicit(&g->prompts, NULL, memory_order_relaxed);
	gate_prompts_free(p);
	while (g->retired) {
		p = g->retired;
		g->retired = p->next;
		gate_prompts_free(p);
	}
}

const struct gate_prompts *gate_prompts_enter(struct gate *g, unsigned worker)
{
	struct gate_prompts *p = atomic_load_explicit(&g->prompts, memory_order_acquire);

	if (p)
		atomic_store_explicit(
			&g->map->seen[worker].prompts, p->generation, memory_order_release);
	return p;
}

const uint8_t *gate_prompt_payload(
	const struct gate_prompts *p, uint32_t id, enum codec_id codec, uint32_t *bytes)
{
	const struct prompts_entry *entry;

	*bytes = 0;
	if (!p || id >= p->map->count || codec <= CODEC_NONE || codec >= CODEC_COUNT)
		return NULL;
	entry = &p->map->entries[id][codec];
	if (entry->bytes == 0)
		return NULL;
	*bytes = entry->bytes;
	return (const uint8_t *)p->map + entry->offset;
}
