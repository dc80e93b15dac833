// How evenly packets leave: the time between two packets of a session, which should be 20 ms, at
// several loads of the worker. Callers in a menu, as in ivr_bench.
//
// Time is the rig's: a turn lasts as long as the worker's CPU was busy with it, so neither the
// generator nor the machine's own gaps are in it. The load is set by making those times longer or
// shorter: first it is measured what a frame costs, then the worker is made as slow as it takes.
// A packet counts as sent at the end of its turn.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "bench/rig.h"
#include "bench/traffic.h"
#include "dsp/frame.h"
#include "engine/base/check.h"

#define SESSIONS      20000u
#define SPEECH_BYTES  (64u << 20)
#define PROMPT_FRAMES 20000u
#define WARM_ROUNDS   75
#define RUN_ROUNDS    25
#define TICK_NS	      20000000.0
#define STEP_US	      10
#define FOLLOW	      4	   // rounds that the cost of a round is found over
#define STEPS	      4000 // up to 40 ms off

static struct speech speech;

static struct {
	double sent_ns[SESSIONS]; // of its packet before; 0: none
	uint64_t off[STEPS];	  // packets by how far their spacing was from 20 ms
	uint64_t count;
	double slower;
} spacing;

static bool fill_collect(struct gate_msg *m, uint32_t session)
{
	m->collect.on = 1;
	return true;
}

static bool fill_play(struct gate_msg *m, uint32_t session)
{
	m->play = (struct gate_play){
		.prompt = RIG_PROMPT, .flags = PLAY_LOOP, .offset_ms = session * TICK_MS};
	return true;
}

static void sent(uint32_t session, double turn_ns)
{
	double now_ns = (double)rig_now_ns() + turn_ns * spacing.slower;
	double off_us = (now_ns - spacing.sent_ns[session] - TICK_NS) / 1000;
	unsigned step = (unsigned)((off_us < 0 ? -off_us : off_us) / STEP_US);

	if (spacing.sent_ns[session] > 0) {
		spacing.off[step < STEPS ? step : STEPS - 1]++;
		spacing.count++;
	}
	spacing.sent_ns[session] = now_ns;
}

static double percentile_us(double share)
{
	uint64_t below = 0;
	unsigned step = 0;

	while (step < STEPS - 1 && below + spacing.off[step] < share * (double)spacing.count)
		below += spacing.off[step++];
	return (step + 1.0) * STEP_US;
}

static double rounds_run(unsigned rounds)
{
	double ns = 0;

	for (unsigned i = 0; i < rounds; i++)
		ns += traffic_round();
	return ns;
}

// round_ns: what a round costs. Followed, since a busy machine's caches change from moment to
// moment, and that is not the load that is asked for.
static void paced_run(unsigned rounds, double load, double round_ns)
{
	for (unsigned i = 0; i < rounds; i++) {
		spacing.slower = load * TICK_NS / round_ns;
		traffic_pace(spacing.slower);
		round_ns += (traffic_round() - round_ns) / FOLLOW;
	}
}

static int at_load(struct bench *b, const char *name, double load)
{
	struct bench_metric m = {.name = name, .unit = "us", .budget = load == 0.8 ? 1000 : 0};
	struct rig_config config = {.sessions = SESSIONS,
		.prompt = speech.bytes,
		.prompt_bytes = PROMPT_FRAMES * FRAME_BYTES};
	struct traffic_shape shape = {
		.sessions = SESSIONS, .burst = 50, .jitter_ms = 20, .rtcp = true, .seed = 13};
	double values[BENCH_RUNS_MAX];

	rig_begin(&config);
	traffic_begin(&shape, &speech);
	rig_all(GATE_COLLECT, fill_collect);
	rig_all(GATE_PLAY, fill_play);
	rounds_run(WARM_ROUNDS);
	for (unsigned i = 0; i < b->runs; i++) {
		traffic_pace(0);
		paced_run(RUN_ROUNDS, load, rounds_run(RUN_ROUNDS) / RUN_ROUNDS);
		memset(spacing.sent_ns, 0, sizeof(spacing.sent_ns));
		memset(spacing.off, 0, sizeof(spacing.off));
		spacing.count = 0;
		rig_on_sent(sent);
		paced_run(RUN_ROUNDS, load, load * TICK_NS / spacing.slower);
		rig_on_sent(NULL);
		values[i] = percentile_us(0.999);
	}
	bench_report(b, &m, values, b->runs);
	rig_end();
	return bench_end(b);
}

struct job {
	struct bench *bench;
	const char *name;
	double load;
};

static int job_run(void *arg)
{
	const struct job *job = arg;

	return at_load(job->bench, job->name, job->load);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		double load;
	} loads[] = {{"spacing_off_p999_25", 0.25}, {"spacing_off_p999_50", 0.5},
		{"spacing_off_p999_80", 0.8}, {"spacing_off_p999_95", 0.95}};
	struct bench b;
	int failed = 0;

	bench_init(&b, "tick", argc, argv);
	traffic_speech(&speech, SPEECH_BYTES);
	for (unsigned i = 0; i < sizeof(loads) / sizeof(loads[0]); i++) {
		struct job job = {&b, loads[i].name, loads[i].load};

		if (bench_wants(&b, loads[i].name))
			failed |= bench_in_child(job_run, &job);
	}
	return failed;
}
