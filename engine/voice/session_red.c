// Red zones of a worker's tables and mbufs.
#include "engine/voice/red.h"

#include <string.h>

#include <rte_mbuf.h>

#include "engine/base/check.h"
#include "engine/voice/session_state.h"

#if defined(__SANITIZE_ADDRESS__)
#define POISON 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POISON 1
#endif
#endif
#ifdef POISON
#include <sanitizer/asan_interface.h>
#endif

#define PATTERN	  0xa5
#define MBUF_ZONE 64

#ifdef POISON

static void begin(void *zone, size_t bytes)
{
	__asan_poison_memory_region(zone, bytes);
}

static void look(void *zone, size_t bytes)
{
	(void)zone;
	(void)bytes;
}

static void end(void *zone, size_t bytes)
{
	__asan_unpoison_memory_region(zone, bytes);
}

#else

static void begin(void *zone, size_t bytes)
{
	memset(zone, PATTERN, bytes);
}

static void look(void *zone, size_t bytes)
{
	const uint8_t *at = zone;

	check(at[0] == PATTERN && memcmp(at, at + 1, bytes - 1) == 0);
}

static void end(void *zone, size_t bytes)
{
	look(zone, bytes);
}

#endif

struct red_row { // pieces behind each other, each with a zone that ends at `to`
	void *mem;
	size_t stride, to;
	uint32_t count;
};

#define ROWS_MAX 14

static unsigned rows_of(struct session_table *t, struct red_row rows[ROWS_MAX])
{
	size_t ear_gate = sizeof(struct jitter) + RED_ZONE;
	const struct red_row fixed[] = {
		{t->sessions, sizeof(struct session), sizeof(struct session), t->slots},
		{t->ears, t->ear_bytes, ear_gate, t->slots},
		{t->ears, t->ear_bytes, t->ear_bytes, t->slots},
		{t->conceal_mem, t->conceal_bytes, t->conceal_bytes, t->conceals.slots},
		{t->pack_mem, PACK_STRIDE, PACK_STRIDE, t->packs.slots},
		{t->mask_mem, t->mask_bytes, t->mask_bytes, t->masks.slots},
		{t->mute_mem, t->mute_bytes, t->mute_bytes, t->mutes.slots},
	};
	unsigned n = sizeof(fixed) / sizeof(fixed[0]);

	memcpy(rows, fixed, sizeof(fixed));
	for (enum codec_id id = CODEC_G722; id < CODEC_COUNT; id++) {
		const struct coder_pool *p = &t->coders[id];
		uint32_t count = p->pool.slots;
		rows[n++] = (struct red_row){p->mem, p->bytes, p->tx_at, count};
		rows[n++] = (struct red_row){p->mem, p->bytes, p->rx_at, count};
		rows[n++] = (struct red_row){p->mem, p->bytes, p->bytes, count};
	}
	return n;
}

static void each(struct session_table *t, void (*what)(void *zone, size_t bytes))
{
	struct red_row rows[ROWS_MAX];
	unsigned n = rows_of(t, rows);

	for (unsigned i = 0; i < n; i++)
		for (uint32_t k = 0; k < rows[i].count; k++)
			what((uint8_t *)rows[i].mem + k * rows[i].stride + rows[i].to - RED_ZONE,
				RED_ZONE);
}

void red_table_begin(struct session_table *t)
{
	each(t, begin);
}

void red_table_check(struct session_table *t)
{
	each(t, look);
}

void red_table_end(struct session_table *t)
{
	if (t->memory && t->mask_mem && t->mute_mem)
		each(t, end);
}

static size_t behind(const struct rte_mbuf *m, uint8_t **at)
{
	size_t room = rte_pktmbuf_tailroom(m);

	*at = rte_pktmbuf_mtod(m, uint8_t *) + m->data_len;
#ifdef POISON
	return room;
#else
	return room < MBUF_ZONE ? room : MBUF_ZONE;
#endif
}

void red_mbuf_begin(struct rte_mbuf *m)
{
	uint8_t *at;
	size_t bytes = behind(m, &at);

	if (m->nb_segs == 1 && bytes > 1)
		begin(at, bytes);
}

void red_mbuf_end(struct rte_mbuf *m)
{
	uint8_t *at;
	size_t bytes = m ? behind(m, &at) : 0;

	if (bytes > 1 && m->nb_segs == 1)
		end(at, bytes);
}
