// SpanDSP's receiver as it is, a frame at a time, on the sounds that a channel carries.
#include "bench/bench.h"

#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "dsp/dtmf.h"

#define CHANNELS_MAX 10000
#define FRAMES	     200000 // heard in a run
#define SOUND_FRAMES 50

enum kind { SILENCE, NOISE, DIGITS };

struct channels {
	struct dtmf_rx *rx[CHANNELS_MAX];
	unsigned count;
	int16_t sound[SOUND_FRAMES][FRAME_SAMPLES];
};

static void make(struct channels *c, enum kind kind)
{
	uint32_t noise = 1;
	struct dtmf_tx tx = {.on_left = 0};

	memset(c->sound, 0, sizeof(c->sound));
	for (int f = 0; f < SOUND_FRAMES; f++) {
		for (int i = 0; kind == NOISE && i < FRAME_SAMPLES; i++) {
			noise = noise * 1664525 + 1013904223;
			c->sound[f][i] = (int16_t)((int32_t)noise >> 20);
		}
		if (kind != DIGITS)
			continue;
		if (f % 10 == 0)
			dtmf_tx_start(&tx, (char)('1' + f / 10), -10, 100, 100);
		dtmf_tx_mix(&tx, c->sound[f], FRAME_SAMPLES);
	}
}

static double channels_run(void *arg)
{
	struct channels *c = arg;
	struct dtmf_edge edges[DTMF_EDGES_MAX];
	unsigned ticks = FRAMES / c->count;
	uint64_t start = bench_ns();

	for (unsigned t = 0; t < ticks; t++)
		for (unsigned i = 0; i < c->count; i++) {
			dtmf_rx_frame(c->rx[i], c->sound[t % SOUND_FRAMES], FRAME_SAMPLES, edges);
			bench_keep(edges);
		}
	return (double)(bench_ns() - start) / (ticks * c->count);
}

static void measure(struct bench *b, struct channels *c, const char *name, enum kind kind)
{
	make(c, kind);
	for (unsigned i = 0; i < c->count; i++)
		dtmf_rx_reset(c->rx[i]);
	bench_measure(b, &(struct bench_metric){name, "ns", 0}, channels_run, c);
}

int main(int argc, char **argv)
{
	static struct channels c;
	size_t bytes = (dtmf_rx_size() + 63) / 64 * 64;
	uint8_t *memory = aligned_alloc(64, bytes * CHANNELS_MAX);
	struct bench b;

	bench_init(&b, "dtmf", argc, argv);
	if (!memory)
		return EXIT_FAILURE;
#if defined(__x86_64__)
	_mm_setcsr(_mm_getcsr() | 0x8040); // FTZ and DAZ, as a worker has them
#endif
	for (unsigned i = 0; i < CHANNELS_MAX; i++)
		c.rx[i] = dtmf_rx_start(memory + i * bytes);
	c.count = 64;
	measure(&b, &c, "silence_64", SILENCE);
	measure(&b, &c, "noise_64", NOISE);
	measure(&b, &c, "digits_64", DIGITS);
	c.count = CHANNELS_MAX;
	measure(&b, &c, "noise_10000", NOISE);
	free(memory);
	return bench_end(&b);
}
