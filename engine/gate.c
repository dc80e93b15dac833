// The gate's mapping: rings of messages and blocks of counters under sequence locks.
#include "engine/gate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/base/check.h"
#include "engine/gate_view.h"

#define GATE_LINE 64

// A block under a sequence lock: odd while its one writer is at work. The words are stored with
// release and loaded with acquire order, so that no fence is needed and nothing races.
struct gate_block {
	_Atomic uint32_t sequence;
	uint32_t pad;
	_Atomic uint64_t words[];
};

_Static_assert(sizeof(struct gate_live) % 8 == 0, "whole words");
_Static_assert(sizeof(struct gate_worker) % 8 == 0, "whole words");
_Static_assert(sizeof(struct gate_port) % 8 == 0, "whole words");
_Static_assert(sizeof(struct gate_media) % 8 == 0, "whole words");
_Static_assert(GATE_EVENT_SLOTS >= 2 * (GATE_RESERVED + GATE_DIGITS), "half is for all notices");

static size_t gate_line_up(size_t bytes)
{
	return (bytes + GATE_LINE - 1) & ~(size_t)(GATE_LINE - 1);
}

static size_t gate_block_bytes(size_t content)
{
	size_t bytes = sizeof(struct gate_block) + content;

	// A session's neighbours are its own worker's: their blocks may share a line.
	return content == sizeof(struct gate_live) ? bytes : gate_line_up(bytes);
}

static struct gate_block *gate_block_at(
	const struct gate *g, uint64_t first, uint64_t index, size_t content)
{
	unsigned char *base = (unsigned char *)g->map;

	return (struct gate_block *)(void *)(base + first + index * gate_block_bytes(content));
}

static void gate_block_write(struct gate_block *b, const void *content, size_t bytes)
{
	const unsigned char *from = content;
	uint32_t sequence = atomic_load_explicit(&b->sequence, memory_order_relaxed);

	atomic_store_explicit(&b->sequence, sequence + 1, memory_order_relaxed);
	for (size_t i = 0; i < bytes / 8; i++) {
		uint64_t word;

		memcpy(&word, from + i * 8, 8);
		atomic_store_explicit(&b->words[i], word, memory_order_release);
	}
	atomic_store_explicit(&b->sequence, sequence + 2, memory_order_release);
}

static void gate_block_read(struct gate_block *b, void *content, size_t bytes)
{
	unsigned char *to = content;
	uint32_t before, after;

	do {
		before = atomic_load_explicit(&b->sequence, memory_order_acquire);
		for (size_t i = 0; i < bytes / 8; i++) {
			uint64_t word = atomic_load_explicit(&b->words[i], memory_order_acquire);

			memcpy(to + i * 8, &word, 8);
		}
		after = atomic_load_explicit(&b->sequence, memory_order_relaxed);
	} while ((before & 1) || before != after);
}

static size_t gate_map_layout(struct gate_map *m)
{
	size_t at = gate_line_up(sizeof(*m));

	m->command_bytes = ring_bytes(RING_SPSC, GATE_COMMAND_SLOTS, sizeof(struct gate_msg));
	m->event_bytes = ring_bytes(RING_SPSC, GATE_EVENT_SLOTS, sizeof(struct gate_msg));
	m->commands = at;
	at += m->workers * m->command_bytes;
	m->events = at;
	at += m->workers * m->event_bytes;
	m->worker_blocks = at;
	at += m->workers * gate_block_bytes(sizeof(struct gate_worker));
	m->port_blocks = at;
	at += m->ports * gate_block_bytes(sizeof(struct gate_port));
	m->media_blocks = at;
	at += m->media * gate_block_bytes(sizeof(struct gate_media));
	m->lives = at;
	at += gate_line_up(
		(size_t)m->workers * m->sessions * gate_block_bytes(sizeof(struct gate_live)));
	return at;
}

static struct gate_map *gate_map_new(const struct gate_shape *shape)
{
	struct gate_map layout = {
		.magic = GATE_MAGIC,
		.version = GATE_VERSION,
		.workers = shape->workers,
		.ports = shape->ports,
		.media = shape->media,
		.sessions = shape->sessions,
	};
	size_t bytes = layout.bytes = gate_map_layout(&layout);
	int fd = memfd_create("ringhall-gate", MFD_CLOEXEC);
	void *mem = MAP_FAILED;

	if (fd < 0)
		return NULL;
	if (ftruncate(fd, (off_t)bytes) == 0)
		mem = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (mem == MAP_FAILED)
		return NULL;
	memcpy(mem, &layout, sizeof(layout));
	return mem;
}

static void gate_rings_init(struct gate *g)
{
	unsigned char *base = (unsigned char *)g->map;

	for (unsigned i = 0; i < g->map->workers; i++) {
		g->commands[i] = ring_init(base + g->map->commands + i * g->map->command_bytes,
			RING_SPSC, GATE_COMMAND_SLOTS, sizeof(struct gate_msg));
		g->events[i] = ring_init(base + g->map->events + i * g->map->event_bytes, RING_SPSC,
			GATE_EVENT_SLOTS, sizeof(struct gate_msg));
	}
}

int gate_new(const struct gate_shape *shape, struct gate **out)
{
	struct gate *g = calloc(1, sizeof(*g));
	int error = -ENOMEM;

	check(shape->workers > 0 && shape->workers <= WORKERS_MAX);
	check(shape->ports <= PORTS_MAX && shape->media <= MEDIA_MAX);
	if (!g)
		return -ENOMEM;
	g->shape = malloc(sizeof(*g->shape));
	g->map = gate_map_new(shape);
	if (!g->shape || !g->map)
		goto out;
	*g->shape = *shape;
	g->shape->mix = mix_sizes_of(&shape->mix, shape->sessions);
	error = ring_wake_init(&g->map->control_wake);
	if (error)
		goto out;
	gate_rings_init(g);
	*out = g;
	return 0;
out:
	if (g->map)
		munmap(g->map, g->map->bytes);
	free(g->shape);
	free(g);
	return error;
}

void gate_free(struct gate *g)
{
	if (!g)
		return;
	gate_prompts_drop(g);
	ring_wake_fini(&g->map->control_wake);
	munmap(g->map, g->map->bytes);
	free(g->shape);
	free(g);
}

const struct gate_shape *gate_shape(const struct gate *g)
{
	return g->shape;
}

// --- messages ---

// What a command is answered with at most: DONE, and CLOSED after a CLOSE.
static uint32_t gate_answers(uint16_t command)
{
	return command == GATE_CLOSE ? 2 : 1;
}

int gate_post(struct gate *g, unsigned worker, const struct gate_msg *m)
{
	check(worker < g->map->workers);
	if (g->owed[worker] + gate_answers(m->head.kind) > GATE_RESERVED)
		return -EAGAIN;
	if (!ring_push(g->commands[worker], m))
		return -EAGAIN;
	g->owed[worker] += gate_answers(m->head.kind);
	return 0;
}

bool gate_take(struct gate *g, unsigned worker, struct gate_msg *out)
{
	uint32_t answered = 0;

	check(worker < g->map->workers);
	if (!ring_pop(g->events[worker], out))
		return false;
	if (out->head.kind == GATE_CLOSED)
		answered = 1;
	else if (out->head.kind == GATE_DONE) // a CLOSE that failed brings no CLOSED
		answered = out->done.error ? gate_answers(out->done.command) : 1;
	// An answer that comes twice is the caller's to see; it shall not end the node.
	g->owed[worker] -= answered < g->owed[worker] ? answered : g->owed[worker];
	return true;
}

struct ring_wake *gate_control_wake(struct gate *g)
{
	return &g->map->control_wake;
}

bool gate_command(struct gate *g, unsigned worker, struct gate_msg *out)
{
	return ring_pop_wiped(g->commands[worker], out); // some have keys
}

bool gate_emit(struct gate *g, unsigned worker, const struct gate_msg *m)
{
	struct ring *r = g->events[worker];
	uint32_t keep = GATE_RESERVED + GATE_DIGITS;

	switch (m->head.kind) {
	case GATE_DONE:
	case GATE_CLOSED:
		check(ring_push(r, m));
		return true;
	case GATE_DIGIT:
		keep = GATE_RESERVED;
		break;
	}
	return ring_free_slots(r) > keep && ring_push(r, m);
}

void gate_wake_control(struct gate *g)
{
	ring_wake_reader(&g->map->control_wake);
}

// --- blocks ---

static struct gate_block *gate_live_block(const struct gate *g, unsigned worker, uint32_t slot)
{
	uint64_t index = (uint64_t)worker * g->map->sessions + slot;

	return gate_block_at(g, g->map->lives, index, sizeof(struct gate_live));
}

bool gate_live_at(const struct gate *g, unsigned worker, uint32_t slot, struct gate_live *out)
{
	if (worker >= g->map->workers || slot >= g->map->sessions)
		return false;
	gate_block_read(gate_live_block(g, worker, slot), out, sizeof(*out));
	return out->session != 0;
}

bool gate_live_read(const struct gate *g, gate_session s, struct gate_live *out)
{
	return gate_live_at(g, gate_session_worker(s), (uint32_t)s, out) && out->session == s;
}

void gate_live_write(struct gate *g, unsigned worker, uint32_t slot, const struct gate_live *l)
{
	check(worker < g->map->workers && slot < g->map->sessions);
	gate_block_write(gate_live_block(g, worker, slot), l, sizeof(*l));
}

void gate_worker_read(const struct gate *g, unsigned worker, struct gate_worker *out)
{
	check(worker < g->map->workers);
	gate_block_read(
		gate_block_at(g, g->map->worker_blocks, worker, sizeof(*out)), out, sizeof(*out));
}

void gate_worker_write(struct gate *g, unsigned worker, const struct gate_worker *block)
{
	check(worker < g->map->workers);
	gate_block_write(gate_block_at(g, g->map->worker_blocks, worker, sizeof(*block)), block,
		sizeof(*block));
}

void gate_port_read(const struct gate *g, unsigned port, struct gate_port *out)
{
	check(port < g->map->ports);
	gate_block_read(
		gate_block_at(g, g->map->port_blocks, port, sizeof(*out)), out, sizeof(*out));
}

void gate_port_write(struct gate *g, unsigned port, const struct gate_port *block)
{
	check(port < g->map->ports);
	gate_block_write(
		gate_block_at(g, g->map->port_blocks, port, sizeof(*block)), block, sizeof(*block));
}

void gate_media_read(const struct gate *g, unsigned media, struct gate_media *out)
{
	check(media < g->map->media);
	gate_block_read(
		gate_block_at(g, g->map->media_blocks, media, sizeof(*out)), out, sizeof(*out));
}

void gate_media_write(struct gate *g, unsigned media, const struct gate_media *block)
{
	check(media < g->map->media);
	gate_block_write(gate_block_at(g, g->map->media_blocks, media, sizeof(*block)), block,
		sizeof(*block));
}
