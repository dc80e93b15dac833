// SpanDSP's receiver as it is, a frame at a time, on the sounds that a channel carries.
#include "bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "bench/speech.h"
#include "dsp/dtmf.h"
#include "dsp/dtmf_gate.h"

#define CHANNELS_MAX 10000
#define FRAMES	     200000 // heard in a run
#define SOUND_FRAMES 50
#define AHEAD	     4 // gates fetched before their turn, as the tick does

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

// Ten thousand channels of speech, each at its own place in it: the receiver alone, and gated.
struct heard {
	struct channels *channels;
	uint8_t *gates; // of gate_bytes each; NULL: the receiver alone
	size_t gate_bytes;
	struct speech speech;
	uint32_t at[CHANNELS_MAX];
};

static double speech_run(void *arg)
{
	struct heard *h = arg;
	struct dtmf_edge edges[DTMF_EDGES_MAX];
	int16_t samples[FRAME_SAMPLES];
	unsigned ticks = FRAMES / CHANNELS_MAX;
	uint64_t start = bench_ns();

	for (unsigned t = 0; t < ticks; t++) {
		for (unsigned i = 0; i < CHANNELS_MAX; i++) {
			const uint8_t *bytes = h->speech.bytes + h->at[i];
			struct dtmf_rx *rx = h->channels->rx[i];
			if (h->gates) {
				uint8_t *gate = h->gates + i * h->gate_bytes;
				for (unsigned k = 0; k < 4; k++)
					__builtin_prefetch(gate + AHEAD * h->gate_bytes + k * 64);
				dtmf_gate_frame((void *)gate, bytes, FRAME_BYTES, edges);
			} else {
				codec_get(CODEC_PCMU)->decode(samples, bytes, FRAME_BYTES);
				dtmf_rx_frame(rx, samples, FRAME_SAMPLES, edges);
			}
			bench_keep(edges);
			h->at[i] += FRAME_BYTES;
			if (h->at[i] + FRAME_BYTES > h->speech.count)
				h->at[i] = 0;
		}
	}
	return (double)(bench_ns() - start) / (ticks * CHANNELS_MAX);
}

struct speedup {
	double plain, gated;
};

static double speedup_value(void *arg)
{
	struct speedup *s = arg;

	return s->plain / s->gated;
}

static void measure_speech(struct bench *b, struct channels *c)
{
	static struct heard h;
	struct speedup speedup;

	h.channels = c;
	if (speech_load(&h.speech, CODEC_PCMU, 32u << 20))
		return;
	for (unsigned i = 0; i < CHANNELS_MAX; i++)
		h.at[i] = (uint32_t)((uint64_t)i * 2654435761u % (h.speech.count - FRAME_BYTES));
	speedup.plain = bench_measure(
		b, &(struct bench_metric){"plain_ns_per_frame_10000", "ns", 0}, speech_run, &h);
	h.gate_bytes = (dtmf_gate_size() + 15) / 16 * 16;
	h.gates = aligned_alloc(64, h.gate_bytes * (CHANNELS_MAX + AHEAD * 4));
	if (!h.gates)
		return;
	const char *kind = dtmf_gate_name(dtmf_gate_setup(DTMF_GATE_AVX512, DTMF_GATE_PERCENT));
	if (!b->json)
		printf("gate: %s, speech: %u files\n", kind, h.speech.files);
	for (unsigned i = 0; i < CHANNELS_MAX; i++)
		(void)dtmf_gate_start(h.gates + i * h.gate_bytes, CODEC_PCMU);
	speedup.gated = bench_measure(
		b, &(struct bench_metric){"gated_ns_per_frame_10000", "ns", 80}, speech_run, &h);
	bench_measure(b, &(struct bench_metric){"speedup_10000", "x", -8}, speedup_value, &speedup);
	free(h.gates);
	speech_free(&h.speech);
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
	measure_speech(&b, &c);
	free(memory);
	return bench_end(&b);
}
