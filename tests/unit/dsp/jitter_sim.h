// A sender, a network and a puller around a jitter buffer, in simulated time. Every millisecond of
// sound carries its own number, so that whatever is pulled tells where it comes from.
#pragma once

#include <check.h>
#include <string.h>

#include "dsp/codec.h"
#include "dsp/jitter.h"
#include "tests/unit/dsp/sound.h"

#define SILENCE	  0xff
#define PACKETS	  40000
#define SOUND_MAX 800000 // milliseconds
#define CHECKED	  0x5eed1234u
#define WHOLE	  0xfffffu

// ck_assert() marks its place in a file each time; too slow for every byte of hours of sound.
#define must(c) ((c) ? (void)0 : ck_abort_msg("%s at %lu, seed %lu", #c, sim.now_ms, sim.w.seed))

struct packet {
	uint64_t arrival_ms;
	uint32_t ssrc, ts;
	uint32_t sound; // number of its first millisecond
	uint32_t n;	// milliseconds
};

// What one run is made of; zero means: none of that.
struct world {
	uint64_t seed;
	uint32_t ptime; // 0: each packet another
	uint32_t start_ts;
	int drift_ppm; // of the sender against the puller
	uint32_t jitter_ms, loss_pct, duplicate_pct, burst_ms;
	uint32_t phase_ms; // of the puller
	uint32_t pull_late_ms;
	uint32_t slow_ms, slow_every; // one packet of so many is overtaken
	struct jitter_config config;
	bool unordered; // jitter may overtake
};

struct sim {
	struct world w;
	struct jitter jitter;
	uint64_t chance;
	struct packet packets[PACKETS];
	uint32_t count, next;
	uint32_t sounds;     // milliseconds sent
	uint32_t ts, ssrc;   // of the next packet sent
	uint64_t clock_us;   // the sender's
	uint64_t arrival_ms; // of the last packet sent
	uint64_t now_ms;
	uint32_t sent_ms[SOUND_MAX]; // when each millisecond was complete and sent
	uint8_t played[SOUND_MAX];
	uint32_t last, heard; // newest number played, how many
	uint32_t oldest_ms;   // the oldest sound that was ever played
	uint64_t whole_ms;    // time of the last pull that was not whole
};

static struct sim sim;

static void sim_init(const struct world *w)
{
	memset(&sim, 0, sizeof(sim));
	sim.w = *w;
	sim.chance = w->seed * 2 + 1;
	sim.ssrc = 1;
	sim.ts = w->start_ts;
	sim.clock_us = 1000000;
	sim.now_ms = 900 + w->phase_ms;
	jitter_init(&sim.jitter, &w->config);
}

static uint32_t ptime_of(void)
{
	static const uint32_t ptimes[] = {10, 20, 30, 40, 60};

	return sim.w.ptime ? sim.w.ptime : ptimes[chance_below(&sim.chance, 5)];
}

static void sim_arrive(const struct packet *p)
{
	uint32_t i = sim.count++;

	must(i < PACKETS);
	for (; i > sim.next && sim.packets[i - 1].arrival_ms > p->arrival_ms; i--)
		sim.packets[i] = sim.packets[i - 1];
	sim.packets[i] = *p;
}

// Sends one packet: it leaves when its last millisecond has been spoken.
static void sim_send(void)
{
	struct packet p = {0, sim.ssrc, sim.ts, sim.sounds, ptime_of()};
	uint64_t sent_ms;

	sim.clock_us += p.n * 1000 + (int64_t)p.n * sim.w.drift_ppm / 1000;
	sent_ms = sim.clock_us / 1000;
	must(sim.sounds + p.n <= SOUND_MAX);
	for (uint32_t i = 0; i < p.n; i++)
		sim.sent_ms[sim.sounds++] = (uint32_t)sent_ms;
	sim.ts += p.n * JITTER_BYTES_PER_MS;
	p.arrival_ms = sent_ms + chance_below(&sim.chance, sim.w.jitter_ms + 1);
	if (sim.w.burst_ms)
		p.arrival_ms += sim.w.burst_ms - p.arrival_ms % sim.w.burst_ms;
	if (!sim.w.unordered && p.arrival_ms < sim.arrival_ms)
		p.arrival_ms = sim.arrival_ms;
	sim.arrival_ms = p.arrival_ms;
	if (chance_below(&sim.chance, 100) < sim.w.loss_pct)
		return;
	if (sim.w.slow_every && sim.count % sim.w.slow_every == 0)
		p.arrival_ms += sim.w.slow_ms;
	sim_arrive(&p);
	if (chance_below(&sim.chance, 100) < sim.w.duplicate_pct) {
		p.arrival_ms += chance_below(&sim.chance, 100);
		sim_arrive(&p);
	}
}

static enum jitter_put sim_put(const struct packet *p, uint64_t now_ms)
{
	uint8_t payload[CODEC_PAYLOAD_MAX];

	for (uint32_t i = 0; i < p->n; i++) {
		uint32_t tag[2] = {p->sound + i, (p->sound + i) ^ CHECKED};

		memcpy(payload + 8 * i, tag, 8);
	}
	return jitter_put(
		&sim.jitter, &(struct jitter_sound){p->ssrc, p->ts, p->n * 8, payload}, now_ms);
}

static void sim_hear(const uint8_t ms[8])
{
	uint32_t tag[2];

	memcpy(tag, ms, 8);
	must((tag[0] ^ CHECKED) == tag[1]);
	must(tag[0] < sim.sounds);
	must(!sim.played[tag[0]]);
	must(sim.heard == 0 || tag[0] > sim.last);
	sim.played[tag[0]] = 1;
	sim.last = tag[0];
	sim.heard++;
	if (sim.now_ms - sim.sent_ms[tag[0]] > sim.oldest_ms)
		sim.oldest_ms = (uint32_t)(sim.now_ms - sim.sent_ms[tag[0]]);
}

static uint32_t sim_pull(void)
{
	uint8_t frame[FRAME_BYTES];
	uint32_t have = jitter_pull(&sim.jitter, sim.now_ms, frame);

	for (int i = 0; i < TICK_MS; i++) {
		if (have >> i & 1) {
			sim_hear(frame + 8 * i);
			continue;
		}
		for (int k = 0; k < 8; k++)
			must(frame[8 * i + k] == SILENCE);
	}
	if (have != WHOLE)
		sim.whole_ms = sim.now_ms;
	return have;
}

static void sim_deliver(uint64_t until_ms)
{
	while (sim.next < sim.count && sim.packets[sim.next].arrival_ms <= until_ms) {
		const struct packet *p = &sim.packets[sim.next++];

		sim_put(p, p->arrival_ms);
	}
}

// Sends and pulls for so long; nothing is sent after the sender's mute_ms.
static void sim_run(uint64_t ms, bool talking)
{
	uint64_t end = sim.now_ms + ms;

	if (!talking)
		sim.clock_us += ms * 1000;
	while (sim.now_ms < end) {
		uint64_t grid = sim.now_ms + TICK_MS;

		while (talking && sim.clock_us / 1000 <= grid + 1)
			sim_send();
		sim.now_ms = grid + chance_below(&sim.chance, sim.w.pull_late_ms + 1);
		sim_deliver(sim.now_ms);
		sim_pull();
		sim.now_ms = grid;
	}
}

static const struct world plain = {
	.seed = 1, .ptime = 20, .start_ts = 12345, .config = {20, 200, SILENCE}};
