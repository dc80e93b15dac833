// What a party of a mixing bridge costs a frame: decode, gain, sum, everyone but oneself, encode.
// Sound is G.711.
#include "bench/bench.h"
#include "dsp/codec.h"
#include "dsp/frame.h"
#include "dsp/mix.h"

#define FRAMES	    20000u // of every party in a run
#define PARTIES_MAX 32

struct bridge {
	unsigned parties;
	uint32_t gain_256;
	uint8_t in[PARTIES_MAX][FRAME_BYTES], out[PARTIES_MAX][FRAME_BYTES];
	int16_t sound[PARTIES_MAX][FRAME_SAMPLES];
};

static void mix_frame(struct bridge *b)
{
	const struct codec *codec = codec_get(CODEC_PCMA);
	int32_t sum[FRAME_SAMPLES] = {0};
	int16_t mixed[FRAME_SAMPLES];

	for (unsigned i = 0; i < b->parties; i++) {
		codec->decode(b->sound[i], b->in[i], FRAME_BYTES);
		mix_gain(b->sound[i], FRAME_SAMPLES, b->gain_256);
		mix_sum_add(sum, b->sound[i], FRAME_SAMPLES);
	}
	for (unsigned i = 0; i < b->parties; i++) {
		mix_sum_out(mixed, sum, b->sound[i], FRAME_SAMPLES);
		codec->encode(b->out[i], mixed, FRAME_SAMPLES);
	}
}

static double run(void *arg)
{
	struct bridge *b = arg;
	uint64_t t0 = bench_ns();

	for (unsigned i = 0; i < FRAMES / b->parties; i++) {
		mix_frame(b);
		bench_keep(b->out);
	}
	return (double)(bench_ns() - t0) / (FRAMES / b->parties * b->parties);
}

static double run_mix_alone(void *arg)
{
	struct bridge *b = arg;
	int32_t sum[FRAME_SAMPLES] = {0};
	int16_t mixed[FRAME_SAMPLES];
	uint64_t t0 = bench_ns();

	for (unsigned i = 0; i < FRAMES; i++) {
		mix_sum_add(sum, b->sound[i % b->parties], FRAME_SAMPLES);
		mix_sum_out(mixed, sum, b->sound[i % b->parties], FRAME_SAMPLES);
		bench_keep(mixed);
		bench_keep(sum);
	}
	return (double)(bench_ns() - t0) / FRAMES;
}

int main(int argc, char **argv)
{
	static struct bridge b;
	struct bench bench;

	bench_init(&bench, "mix", argc, argv);
	for (unsigned i = 0; i < sizeof(b.in); i++)
		b.in[i / FRAME_BYTES][i % FRAME_BYTES] = (uint8_t)(i * 31 + i / 7);
	b.gain_256 = 256;
	b.parties = 3;
	bench_measure(&bench, &(struct bench_metric){"ns_per_party_frame_3", "ns", 0}, run, &b);
	b.parties = PARTIES_MAX;
	bench_measure(&bench, &(struct bench_metric){"ns_per_party_frame_32", "ns", 0}, run, &b);
	b.gain_256 = 300;
	bench_measure(
		&bench, &(struct bench_metric){"ns_per_party_frame_32_gain", "ns", 0}, run, &b);
	bench_measure(&bench, &(struct bench_metric){"ns_per_party_frame_mix_alone", "ns", 0},
		run_mix_alone, &b);
	return bench_end(&bench);
}
