// Red zones of a worker's tables.
#include "engine/voice/session_red.h"

#include <string.h>

#include "engine/voice/session_state.h"

struct red_row { // pieces behind each other, each with a zone that ends at `to`
	void *mem;
	size_t stride, to;
	uint32_t count;
};

#define ROWS_MAX (7 + 3 * CODEC_COUNT)

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
	for (enum codec_id id = CODEC_NONE + 1; id < CODEC_COUNT; id++) {
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
	each(t, red_begin);
}

void red_table_check(struct session_table *t)
{
	each(t, red_look);
}

void red_table_end(struct session_table *t)
{
	if (t->memory && t->mask_mem && t->mute_mem)
		each(t, red_end);
}
