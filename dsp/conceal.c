// Concealment over SpanDSP's plc.
#include "dsp/conceal.h"

#include <string.h>

#include <spandsp.h>

#include "dsp/guard.h"

struct conceal {
	plc_state_t plc;
	// The begin of a loss that was made but not asked for yet.
	uint8_t ahead, ahead_end;
	int16_t begin[PLC_PITCH_OVERLAP_MAX];
};

size_t conceal_size(void)
{
	return sizeof(struct conceal);
}

struct conceal *conceal_init(void *mem)
{
	struct conceal *c = mem;

	plc_init(guard_both(&c->plc, sizeof(c->plc)));
	guard_end();
	c->ahead = c->ahead_end = 0;
	return c;
}

static void hear_sound(struct conceal *c, int16_t samples[], uint32_t n)
{
	plc_rx(guard_both(&c->plc, sizeof(c->plc)), guard_both(samples, n * sizeof(*samples)),
		(int)n);
	guard_end();
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t joint(const struct conceal *c)
{
	return (uint32_t)c->plc.pitch >> 2;
}

// What was made and not asked for is over: the loss stands where it was asked for up to.
static void forget_ahead(struct conceal *c)
{
	c->plc.pitch_offset -= c->ahead_end - c->ahead;
	c->ahead = c->ahead_end = 0;
}

uint32_t conceal_good(struct conceal *c, int16_t samples[], uint32_t n)
{
	uint32_t fades = c->plc.missing_samples ? least(joint(c), n) : 0;

	forget_ahead(c);
	hear_sound(c, samples, n);
	return fades;
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

static uint32_t take_ahead(struct conceal *c, int16_t samples[], uint32_t n)
{
	uint32_t have = least(n, (uint32_t)(c->ahead_end - c->ahead));
	int missing = c->plc.missing_samples;

	if (have == 0)
		return 0;
	memcpy(samples, c->begin + c->ahead, have * sizeof(samples[0]));
	c->ahead += (uint8_t)have;
	c->plc.missing_samples = 0; // into history as it is
	hear_sound(c, samples, have);
	c->plc.missing_samples = missing + (int)have;
	return have;
}

// Writes `room` samples at most.
static void make(struct conceal *c, int16_t samples[], uint32_t n, uint32_t room)
{
	plc_fillin(guard_both(&c->plc, sizeof(c->plc)),
		guard_both(samples, room * sizeof(*samples)), (int)n);
	guard_end();
}

// At a loss's begin plc_fillin writes a quarter of a pitch period, PLC_PITCH_OVERLAP_MAX samples
// at most, however few it is asked for.
static void begin_short(struct conceal *c, int16_t samples[], uint32_t n)
{
	make(c, c->begin, n, PLC_PITCH_OVERLAP_MAX);
	memcpy(samples, c->begin, n * sizeof(samples[0]));
	if (n < joint(c)) {
		c->ahead = (uint8_t)n;
		c->ahead_end = (uint8_t)joint(c);
	}
}

void conceal_lost(struct conceal *c, int16_t samples[], uint32_t n)
{
	uint32_t have = take_ahead(c, samples, n);

	if (have == n)
		return;
	put_in_order(&c->plc);
	if (c->plc.missing_samples == 0 && n < PLC_PITCH_OVERLAP_MAX)
		begin_short(c, samples, n);
	else
		make(c, samples + have, n - have, n - have);
}

void conceal_hole(struct conceal *c, int16_t samples[], uint32_t n, uint32_t after)
{
	plc_state_t *p = &c->plc;

	conceal_lost(c, samples, n);
	uint32_t over = least(joint(c), least(n, after));
	for (uint32_t i = 0; i < over; i++) { // backwards from the joint
		float made = (float)(i + 1) / (float)(over + 1);
		int16_t *to = samples + n - 1 - i;
		*to = (int16_t)((float)*to * made + (float)samples[n + i] * (1 - made));
		p->history[((size_t)p->buf_ptr + PLC_HISTORY_LEN - 1 - i) % PLC_HISTORY_LEN] = *to;
	}
	forget_ahead(c);
	p->missing_samples = 0;
}
