// What a frame of sound costs: each codec of the table, law to law, mixing, level.
#include "bench/bench.h"

#include "dsp/codec.h"
#include "dsp/frame.h"
#include "dsp/g711.h"
#include "dsp/level.h"
#include "dsp/mix.h"

#define CHANNELS 64 // their frames stay in the first two caches
#define ROUNDS	 4000

struct sound {
	const struct codec *codec;
	int16_t samples[CHANNELS][FRAME_SAMPLES];
	int16_t mixed[FRAME_SAMPLES];
	uint8_t bytes[CHANNELS][FRAME_BYTES];
};

typedef void(step_h)(struct sound *s, unsigned channel);

struct work {
	struct sound *sound;
	step_h *step;
};

static void encode_step(struct sound *s, unsigned c)
{
	s->codec->encode(s->bytes[c], s->samples[c], FRAME_SAMPLES);
}

static void decode_step(struct sound *s, unsigned c)
{
	s->codec->decode(s->samples[c], s->bytes[c], FRAME_BYTES);
}

static void law_step(struct sound *s, unsigned c)
{
	g711_ulaw_to_alaw(s->bytes[c], s->bytes[c], FRAME_BYTES);
}

static void mix_step(struct sound *s, unsigned c)
{
	mix_add(s->mixed, s->samples[c], FRAME_SAMPLES);
}

static void gain_step(struct sound *s, unsigned c)
{
	mix_gain(s->samples[c], FRAME_SAMPLES, 250);
}

static void level_step(struct sound *s, unsigned c)
{
	s->mixed[0] = (int16_t)level_dbm0(s->samples[c], FRAME_SAMPLES);
}

// One run: nanoseconds a frame.
static double work_run(void *arg)
{
	struct work *w = arg;
	uint64_t start = bench_ns();

	for (unsigned i = 0; i < ROUNDS * CHANNELS; i++) {
		w->step(w->sound, i % CHANNELS);
		bench_keep(w->sound);
	}
	return (double)(bench_ns() - start) / (ROUNDS * CHANNELS);
}

static void measure(struct bench *b, struct bench_metric metric, struct work work)
{
	metric.unit = "ns";
	bench_measure(b, &metric, work_run, &work);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *encode, *decode;
	} names[CODEC_COUNT] = {
		[CODEC_PCMU] = {"pcmu_encode", "pcmu_decode"},
		[CODEC_PCMA] = {"pcma_encode", "pcma_decode"},
	};
	static struct sound sound;
	struct bench b;

	bench_init(&b, "codec", argc, argv);
	for (unsigned c = 0; c < CHANNELS; c++)
		for (unsigned i = 0; i < FRAME_SAMPLES; i++)
			sound.samples[c][i] = (int16_t)(i * 977 + c * 4001);
	for (int id = CODEC_NONE + 1; id < CODEC_COUNT; id++) {
		sound.codec = codec_get((enum codec_id)id);
		measure(&b, (struct bench_metric){.name = names[id].encode},
			(struct work){&sound, encode_step});
		measure(&b, (struct bench_metric){.name = names[id].decode},
			(struct work){&sound, decode_step});
	}
	measure(&b, (struct bench_metric){.name = "law_to_law"}, (struct work){&sound, law_step});
	measure(&b, (struct bench_metric){.name = "mix_add"}, (struct work){&sound, mix_step});
	measure(&b, (struct bench_metric){.name = "gain"}, (struct work){&sound, gain_step});
	measure(&b, (struct bench_metric){.name = "level"}, (struct work){&sound, level_step});
	return bench_end(&b);
}
