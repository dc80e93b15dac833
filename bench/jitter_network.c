// A talker, a network and a jitter buffer in simulated time.
#include "bench/jitter_network.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "dsp/jitter.h"
#include "engine/base/check.h"
#include "engine/base/rng.h"

#define RUN_MS	     600000
#define PACKETS	     (RUN_MS / TICK_MS + 100)
#define START_MS     1000
#define OVERTAKEN_MS 50
#define WAITING_MAX  64 // packets under way at once

struct packet {
	uint64_t arrival_ms;
	uint32_t ssrc, ts;
	uint32_t number; // of the packet, which its payload repeats in every millisecond
};

struct run {
	const struct network *net;
	struct rng rng;
	struct jitter jitter;
	struct packet waiting[WAITING_MAX]; // by arrival
	unsigned waits;
	uint64_t talk_us; // the talker's clock, in ours
	uint32_t sent, ssrc, ts;
	uint64_t sent_ms[PACKETS];
	uint8_t arrived[PACKETS], played[PACKETS]; // played: milliseconds
	uint64_t delay_sum_ms, delays, delay_most_ms, pulled_ms, gap_ms, twice_ms;
};

static bool chance(struct run *r, uint32_t permille)
{
	return permille && rng_below(&r->rng, 1000) < permille;
}

static void under_way(struct run *r, const struct packet *p)
{
	unsigned i = r->waits++;

	check(r->waits <= WAITING_MAX);
	for (; i > 0 && r->waiting[i - 1].arrival_ms > p->arrival_ms; i--)
		r->waiting[i] = r->waiting[i - 1];
	r->waiting[i] = *p;
}

static void talk(struct run *r)
{
	const struct network *n = r->net;
	struct packet p = {.number = r->sent, .ssrc = r->ssrc, .ts = r->ts};

	if (n->jump_s && r->sent % (n->jump_s * 1000 / TICK_MS) == 0) {
		p.ssrc = ++r->ssrc;
		p.ts = r->ts += (uint32_t)rng_u64(&r->rng);
	}
	r->ts += FRAME_SAMPLES;
	r->talk_us += TICK_MS * 1000 + TICK_MS * n->drift_ppm / 1000;
	p.arrival_ms = r->talk_us / 1000;
	r->sent_ms[r->sent++] = p.arrival_ms;
	if (n->jitter_ms)
		p.arrival_ms += rng_below(&r->rng, n->jitter_ms + 1);
	if (n->burst_ms)
		p.arrival_ms += n->burst_ms - p.arrival_ms % n->burst_ms;
	if (chance(r, n->loss_permille))
		return;
	if (chance(r, n->overtaken_permille))
		p.arrival_ms += OVERTAKEN_MS;
	under_way(r, &p);
	if (chance(r, n->duplicate_permille))
		under_way(r, &p);
}

static void arrive(struct run *r, uint64_t now_ms)
{
	uint8_t payload[FRAME_BYTES];
	unsigned n = 0;

	for (; n < r->waits && r->waiting[n].arrival_ms <= now_ms; n++) {
		const struct packet *p = &r->waiting[n];
		for (unsigned i = 0; i < FRAME_BYTES; i += JITTER_BYTES_PER_MS)
			memcpy(payload + i, &p->number, sizeof(p->number));
		r->arrived[p->number] = 1;
		jitter_put(&r->jitter, &(struct jitter_sound){p->ssrc, p->ts, FRAME_BYTES, payload},
			p->arrival_ms);
	}
	r->waits -= n;
	memmove(r->waiting, r->waiting + n, r->waits * sizeof(r->waiting[0]));
}

static void pull(struct run *r, uint64_t now_ms)
{
	uint8_t frame[FRAME_BYTES];
	uint32_t have = jitter_pull(&r->jitter, now_ms, frame), number;

	r->pulled_ms += TICK_MS;
	for (unsigned ms = 0; ms < TICK_MS; ms++) {
		if (!(have >> ms & 1)) {
			r->gap_ms++;
			continue;
		}
		memcpy(&number, frame + ms * JITTER_BYTES_PER_MS, sizeof(number));
		check(number < r->sent);
		r->twice_ms += r->played[number] == TICK_MS;
		r->played[number] += r->played[number] < TICK_MS;
		uint64_t delay_ms = now_ms - r->sent_ms[number];
		r->delay_sum_ms += delay_ms;
		r->delays++;
		if (delay_ms > r->delay_most_ms)
			r->delay_most_ms = delay_ms;
	}
}

static void judge(const struct run *r, struct network_result *out)
{
	uint64_t arrived_ms = 0, played_ms = 0, sent_ms = (uint64_t)r->sent * TICK_MS;

	for (uint32_t i = 0; i < r->sent; i++) {
		arrived_ms += r->arrived[i] * TICK_MS;
		played_ms += r->arrived[i] * r->played[i];
	}
	double lost_ms = (double)sent_ms - (double)arrived_ms;
	*out = (struct network_result){
		.lost_percent = 100 * (1 - (double)played_ms / (double)arrived_ms),
		.extra_percent = 100 * ((double)r->gap_ms - lost_ms) / (double)r->pulled_ms,
		.delay_ms = (double)r->delay_sum_ms / (double)r->delays,
		.delay_most_ms = (double)r->delay_most_ms,
		.played_twice_ms = (uint32_t)r->twice_ms,
	};
}

void network_run(const struct network *n, struct network_result *out)
{
	static const struct jitter_config config = {20, 200, 0xff};
	struct run *r = calloc(1, sizeof(*r));

	check(r);
	r->net = n;
	rng_seed(&r->rng, 42);
	jitter_init(&r->jitter, &config);
	r->talk_us = START_MS * 1000 + 7000;
	for (uint64_t now_ms = START_MS; now_ms < START_MS + RUN_MS; now_ms += TICK_MS) {
		while (r->talk_us / 1000 < now_ms + TICK_MS)
			talk(r);
		arrive(r, now_ms);
		pull(r, now_ms);
	}
	judge(r, out);
	free(r);
}
