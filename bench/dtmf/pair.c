// Two receivers of one channel, compared frame by frame.
#include "bench/dtmf/pair.h"

#include <stdatomic.h>
#include <stdio.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "dsp/frame.h"
#include "engine/base/check.h"

#define SHOWN_MAX   10 // differences told one by one
#define PER_MS	    (FRAME_RATE / 1000)
#define HOLE_FRAMES 5 // 100 ms
#define WHOLE	    ((1u << TICK_MS) - 1)

// The linker leads the gate's calls of the receiver through here (--wrap), so that what it lets
// through is counted without a counter in the engine.
uint32_t __real_dtmf_rx_frame(
	struct dtmf_rx *d, const int16_t samples[], uint32_t n, struct dtmf_edge edges[]);
uint32_t __wrap_dtmf_rx_frame(
	struct dtmf_rx *d, const int16_t samples[], uint32_t n, struct dtmf_edge edges[]);

static _Thread_local uint64_t passed;

uint32_t __wrap_dtmf_rx_frame(
	struct dtmf_rx *d, const int16_t samples[], uint32_t n, struct dtmf_edge edges[])
{
	passed += n;
	return __real_dtmf_rx_frame(d, samples, n, edges);
}

struct ears { // of one call
	struct dtmf_gate *gate;
	struct dtmf_rx *plain;
	uint32_t frame, absent;
	struct rng *rng;
};

static void tell(struct pair *p, const struct ears *e, uint32_t plain, uint32_t gated)
{
	static atomic_uint shown;

	p->tally.differences++;
	if (atomic_fetch_add(&shown, 1) < SHOWN_MAX)
		fprintf(stderr,
			"difference: %s %lu frame %u: %u edges plain, %u gated; digit %c %c\n",
			p->corpus, (unsigned long)p->item, e->frame, plain, gated,
			dtmf_rx_digit(e->plain) ? dtmf_rx_digit(e->plain) : '-',
			dtmf_gate_digit(e->gate) ? dtmf_gate_digit(e->gate) : '-');
}

// A run of sound within one frame.
static void run(struct pair *p, struct ears *e, const uint8_t *bytes, uint32_t n)
{
	struct dtmf_edge plain[DTMF_EDGES_MAX], gated[DTMF_EDGES_MAX];
	int16_t samples[FRAME_SAMPLES];

	codec_get(p->law)->decode(samples, bytes, n);
	uint32_t want = __real_dtmf_rx_frame(e->plain, samples, n, plain);
	uint32_t got = dtmf_gate_frame(e->gate, bytes, n, gated);
	bool same = want == got && dtmf_rx_digit(e->plain) == dtmf_gate_digit(e->gate);
	for (uint32_t i = 0; i < want; i++) {
		p->tally.digits += plain[i].begin;
		same = same && plain[i].digit == gated[i].digit &&
			plain[i].begin == gated[i].begin &&
			plain[i].level_dbm0 == gated[i].level_dbm0;
	}
	if (!same)
		tell(p, e, want, got);
}

// Which milliseconds of the next frame are there. A burst goes on with nine frames of ten.
static uint32_t present(const struct pair *p, const struct ears *e)
{
	if (p->loss == 0)
		return WHOLE;
	uint32_t dice = (uint32_t)rng_u64(e->rng);
	double share = e->absent >= 2 ? 0.9 : p->loss;
	if (dice >= (uint32_t)(share * 4294967295.0))
		return WHOLE;
	if (e->absent == 0 && rng_below(e->rng, 4) == 0) {
		uint32_t ms = 1 + rng_below(e->rng, TICK_MS - 1);
		return WHOLE & ~(((1u << ms) - 1) << rng_below(e->rng, TICK_MS));
	}
	return 0;
}

static void hear_frame(struct pair *p, struct ears *e, const uint8_t *bytes)
{
	uint32_t there = present(p, e);

	p->tally.frames++;
	if (there == WHOLE) {
		e->absent = 0;
		run(p, e, bytes, FRAME_BYTES);
		return;
	}
	if (there == 0) {
		if (++e->absent == HOLE_FRAMES) {
			dtmf_rx_reset(e->plain);
			dtmf_gate_reset(e->gate);
		}
		return;
	}
	for (uint32_t ms = 0; ms < TICK_MS; ms++) {
		uint32_t n = 0;
		while (there >> (ms + n) & 1)
			n++;
		if (n > 0)
			run(p, e, bytes + ms * PER_MS, n * PER_MS);
		ms += n;
	}
}

void pair_hear(struct pair *p, const int16_t samples[], uint32_t count, struct rng *r)
{
	static _Thread_local uint8_t bytes[PAIR_SAMPLES_MAX];
	struct ears e = {.rng = r};

	check(count <= PAIR_SAMPLES_MAX);
	check(dtmf_gate_size() <= sizeof(p->gate) && dtmf_rx_size() <= sizeof(p->plain));
	e.gate = dtmf_gate_start(p->gate, p->law);
	e.plain = dtmf_rx_start(p->plain);
	codec_get(p->law)->encode(bytes, samples, count);
	passed = 0;
	for (; e.frame < count / FRAME_SAMPLES; e.frame++)
		hear_frame(p, &e, bytes + e.frame * FRAME_BYTES);
	p->tally.passed += passed;
}

void pair_add(struct pair_tally *sum, const struct pair_tally *t)
{
	sum->frames += t->frames;
	sum->digits += t->digits;
	sum->differences += t->differences;
	sum->passed += t->passed;
}

void pair_thread_setup(void)
{
#if defined(__x86_64__)
	_mm_setcsr(_mm_getcsr() | 0x8040); // FTZ and DAZ
#endif
}
