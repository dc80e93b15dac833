// Concealment over SpanDSP's plc.
#include "dsp/conceal.h"

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

void conceal_lost(struct conceal *c, int16_t samples[], uint32_t n)
{
	plc_fillin(&c->plc, samples, (int)n);
}
