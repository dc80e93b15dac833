// What a frame of sound costs: each codec of the table, law to law, mixing, level.
#include "bench/bench.h"

#include <math.h>

#include "dsp/codec.h"
#include "dsp/frame.h"
#include "dsp/g711.h"
#include "dsp/level.h"
#include "dsp/mix.h"
#include "dsp/opus.h"

#define CHANNELS 64 // their frames stay in the first two caches
#define ROUNDS	 4000

struct sound {
	const struct codec *codec;
	uint32_t lens[CHANNELS];
	int16_t samples[CHANNELS][FRAME_SAMPLES];
	int16_t mixed[FRAME_SAMPLES];
	uint8_t bytes[CHANNELS][CODEC_PAYLOAD_MAX];
	int16_t decoded[FRAME_SAMPLES * 3];
};

// Of codecs with state: one stream, whose frames follow each other.
#define CODED_ROUNDS 40

static _Alignas(64) uint8_t tx[65536], rx[65536];
static int16_t voice[CHANNELS][2 * FRAME_SAMPLES];
static uint32_t rate_hz;

static void encode_state_step(struct sound *s, unsigned c)
{
	uint32_t n = rate_hz / 1000 * TICK_MS;

	s->lens[c] = s->codec->coder->encode(tx, s->bytes[c], voice[c], n);
}

static void decode_state_step(struct sound *s, unsigned c)
{
	s->codec->coder->decode(rx, s->decoded, s->bytes[c], s->lens[c]);
}

static void lost_step(struct sound *s, unsigned c)
{
	(void)c;
	opus_rx_lost(rx, s->decoded, rate_hz / 1000 * TICK_MS);
}

typedef void(step_h)(struct sound *s, unsigned channel);

struct work {
	struct sound *sound;
	step_h *step;
	unsigned rounds; // 0: ROUNDS
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

static const struct g711_set *set; // that is measured

static void set_encode_step(struct sound *s, unsigned c)
{
	set->ulaw_encode(s->bytes[c], s->samples[c], FRAME_SAMPLES);
}

static void set_decode_step(struct sound *s, unsigned c)
{
	set->ulaw_decode(s->samples[c], s->bytes[c], FRAME_BYTES);
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
	unsigned n = (w->rounds ? w->rounds : ROUNDS) * CHANNELS;
	uint64_t start = bench_ns();

	for (unsigned i = 0; i < n; i++) {
		w->step(w->sound, i % CHANNELS);
		bench_keep(w->sound);
	}
	return (double)(bench_ns() - start) / n;
}

static void measure(struct bench *b, struct bench_metric metric, struct work work)
{
	metric.unit = "ns";
	bench_measure(b, &metric, work_run, &work);
}

// Something like a voice: harmonics that swell and fade, and a little noise.
static void speak(void)
{
	uint32_t seed = 1;

	for (unsigned c = 0; c < CHANNELS; c++) {
		for (unsigned i = 0; i < rate_hz / 1000 * TICK_MS; i++) {
			double t = (double)(c * rate_hz / 1000 * TICK_MS + i) / rate_hz, x = 0;
			for (int h = 1; h < 12; h++)
				x += sin(2 * M_PI * 140 * h * t) / h;
			seed = seed * 1664525 + 1013904223;
			x = 4000 * x * (1 + sin(2 * M_PI * 4 * t)) + (double)(seed >> 24);
			voice[c][i] = (int16_t)(x > 32767 ? 32767 : x);
		}
	}
}

static void measure_coded(struct bench *b, struct sound *s, enum codec_id id, uint32_t hz)
{
	static const char *const names[][3] = {
		{"g722_encode_8k", "g722_decode_8k"},
		{"g722_encode_16k", "g722_decode_16k"},
		{"opus_encode_8k", "opus_decode_8k", "opus_conceal_8k"},
		{"opus_encode_16k", "opus_decode_16k", "opus_conceal_16k"},
	};
	const char *const *name = names[2 * (id == CODEC_OPUS) + (hz == 16000)];
	struct codec_tx how = {.rate_hz = hz};

	s->codec = codec_get(id);
	if (!s->codec)
		return;
	rate_hz = hz;
	speak();
	s->codec->coder->tx_init(tx, &how);
	s->codec->coder->rx_init(rx, hz);
	measure(b, (struct bench_metric){.name = name[0]},
		(struct work){s, encode_state_step, CODED_ROUNDS});
	measure(b, (struct bench_metric){.name = name[1]},
		(struct work){s, decode_state_step, CODED_ROUNDS});
	if (name[2])
		measure(b, (struct bench_metric){.name = name[2]},
			(struct work){s, lost_step, CODED_ROUNDS});
}

static void measure_sets(struct bench *b, struct sound *s)
{
	static const char *const names[G711_KINDS][2] = {
		[G711_PLAIN] = {"pcmu_encode_plain", "pcmu_decode_plain"},
		[G711_AVX2] = {"pcmu_encode_avx2", "pcmu_decode_avx2"},
		[G711_AVX512] = {"pcmu_encode_avx512", "pcmu_decode_avx512"},
	};

	for (int kind = G711_PLAIN; kind < G711_KINDS; kind++) {
		set = g711_set_of((enum g711_kind)kind);
		if (!set)
			continue;
		measure(b, (struct bench_metric){.name = names[kind][0]},
			(struct work){s, set_encode_step});
		measure(b, (struct bench_metric){.name = names[kind][1]},
			(struct work){s, set_decode_step});
	}
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
	for (int id = CODEC_NONE + 1; !codec_has_state((enum codec_id)id); id++) {
		sound.codec = codec_get((enum codec_id)id);
		measure(&b, (struct bench_metric){.name = names[id].encode},
			(struct work){&sound, encode_step});
		measure(&b, (struct bench_metric){.name = names[id].decode},
			(struct work){&sound, decode_step});
	}
	measure_sets(&b, &sound);
	for (uint32_t hz = 8000; hz <= 16000; hz *= 2) {
		measure_coded(&b, &sound, CODEC_G722, hz);
		measure_coded(&b, &sound, CODEC_OPUS, hz);
	}
	measure(&b, (struct bench_metric){.name = "law_to_law"}, (struct work){&sound, law_step});
	measure(&b, (struct bench_metric){.name = "mix_add"}, (struct work){&sound, mix_step});
	measure(&b, (struct bench_metric){.name = "gain"}, (struct work){&sound, gain_step});
	measure(&b, (struct bench_metric){.name = "level"}, (struct work){&sound, level_step});
	return bench_end(&b);
}
