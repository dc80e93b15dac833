// Concealment over SpanDSP's plc.
#include "dsp/conceal.h"

#include <string.h>

#include <spandsp.h>

struct conceal {
	plc_state_t plc;
};

size_t conceal_size(void)
{
	return sizeof(struct conceal);
}

struct conceal *conceal_init(void *mem)
{
	struct conceal *c = mem;

	plc_init(&c->plc);
	return c;
}

void conceal_good(struct conceal *c, int16_t samples[], uint32_t n)
{
	plc_rx(&c->plc, samples, (int)n);
}

// Turns the ring of history so that its oldest sample comes first. plc_fillin would do so itself
// with a memcpy whose ranges overlap while the ring's end is in its first half.
static void put_in_order(plc_state_t *p)
{
	int16_t newest[PLC_HISTORY_LEN];
	size_t n = (size_t)p->buf_ptr, rest = PLC_HISTORY_LEN - n;

	memcpy(newest, p->history, n * sizeof(newest[0]));
	memmove(p->history, p->history + n, rest * sizeof(newest[0]));
	memcpy(p->history + rest, newest, n * sizeof(newest[0]));
	p->buf_ptr = 0;
}

void conceal_lost(struct conceal *c, int16_t samples[], uint32_t n)
{
	put_in_order(&c->plc);
	plc_fillin(&c->plc, samples, (int)n);
}
