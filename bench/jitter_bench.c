// One packet into and one frame out of a jitter buffer, with few and with many of them: at 50,000
// the state lies in main memory and the misses are the price.
#include "bench/bench.h"

#include <stdlib.h>

#include "bench/jitter_network.h"
#include "dsp/jitter.h"
#include "engine/base/check.h"
#include "engine/base/str.h"

#define BUFFERS_MAX 50000
#define FRAMES	    2000000 // put and pulled in a run

struct streams {
	struct jitter *jitter;
	unsigned count;
	bool reordered;
	uint32_t tick;
};

// Each stream's packet of one tick, two swapped when reordered, then each stream's pull.
static void tick(struct streams *s)
{
	uint8_t payload[FRAME_BYTES] = {0}, frame[FRAME_BYTES];
	uint64_t now_ms = 1000 + (uint64_t)s->tick * TICK_MS;
	uint32_t number = s->reordered ? s->tick ^ 1 : s->tick;

	for (unsigned i = 0; i < s->count; i++)
		jitter_put(&s->jitter[i],
			&(struct jitter_sound){i, number * FRAME_SAMPLES, FRAME_BYTES, payload},
			now_ms);
	for (unsigned i = 0; i < s->count; i++) {
		jitter_pull(&s->jitter[i], now_ms + 10, frame);
		bench_keep(frame);
	}
	s->tick++;
}

static double streams_run(void *arg)
{
	struct streams *s = arg;
	unsigned ticks = FRAMES / s->count;
	uint64_t start = bench_ns();

	for (unsigned i = 0; i < ticks; i++)
		tick(s);
	return (double)(bench_ns() - start) / (ticks * s->count);
}

static void measure(struct bench *b, const char *name, struct streams s)
{
	const struct jitter_config config = {20, 200, 0xd5};

	for (unsigned i = 0; i < s.count; i++)
		jitter_init(&s.jitter[i], &config);
	bench_measure(b, &(struct bench_metric){name, "ns", 0}, streams_run, &s);
}

// What is heard over networks of all kinds: sound lost in the buffer, and delay.
static void networks(struct bench *b)
{
	static const struct network all[] = {
		{"clean"},
		{"jitter_20", .jitter_ms = 20},
		{"jitter_60", .jitter_ms = 60},
		{"jitter_150", .jitter_ms = 150},
		{"bursts_60", .burst_ms = 60},
		{"bursts_100", .burst_ms = 100},
		{"loss_1", .loss_permille = 10, .jitter_ms = 20},
		{"loss_5", .loss_permille = 50, .jitter_ms = 20},
		{"reordered_1", .overtaken_permille = 10},
		{"duplicates_5", .duplicate_permille = 50, .jitter_ms = 20},
		{"drift_plus_500", .drift_ppm = 500, .jitter_ms = 20},
		{"drift_minus_500", .drift_ppm = -500, .jitter_ms = 20},
		{"new_ssrc_10s", .jump_s = 10, .jitter_ms = 20},
	};

	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct network_result r;
		char name[64];
		network_run(&all[i], &r);
		check(r.played_twice_ms == 0);
		str_format(name, sizeof(name), "%s_lost", all[i].name);
		bench_report(b, &(struct bench_metric){name, "%", 0}, &r.lost_percent, 1);
		str_format(name, sizeof(name), "%s_gaps", all[i].name);
		bench_report(b, &(struct bench_metric){name, "%", 0}, &r.extra_percent, 1);
		str_format(name, sizeof(name), "%s_delay", all[i].name);
		bench_report(b, &(struct bench_metric){name, "ms", 0}, &r.delay_ms, 1);
		str_format(name, sizeof(name), "%s_delay_most", all[i].name);
		bench_report(b, &(struct bench_metric){name, "ms", 0}, &r.delay_most_ms, 1);
	}
}

int main(int argc, char **argv)
{
	struct jitter *jitter = calloc(BUFFERS_MAX, sizeof(*jitter));
	struct bench b;

	bench_init(&b, "jitter", argc, argv);
	if (!jitter)
		return EXIT_FAILURE;
	measure(&b, "put_pull_64", (struct streams){.jitter = jitter, .count = 64});
	measure(&b, "put_pull_64_reordered",
		(struct streams){.jitter = jitter, .count = 64, .reordered = true});
	measure(&b, "put_pull_10000", (struct streams){.jitter = jitter, .count = 10000});
	measure(&b, "put_pull_50000", (struct streams){.jitter = jitter, .count = BUFFERS_MAX});
	networks(&b);
	free(jitter);
	return bench_end(&b);
}
