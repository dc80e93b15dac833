// A caller in a menu, all in: 20 ms of speech received, through the jitter buffer, decoded and
// listened to for DTMF, and 20 ms of prompt sent. One worker, ring port, PCMU.
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/bench.h"
#include "bench/rig.h"
#include "engine/base/check.h"
#include "engine/base/str.h"

#define ROUNDS	    25 // half a second
#define PROMPT_MS   10000
#define PROMPT_STEP 130 // callers are at different places of the prompt

static bool fill_collect(struct gate_msg *m, uint32_t session)
{
	m->collect.on = 1;
	return true;
}

static bool fill_play(struct gate_msg *m, uint32_t session)
{
	m->play = (struct gate_play){
		.prompt = 1, .flags = PLAY_LOOP, .offset_ms = session * PROMPT_STEP % PROMPT_MS};
	return true;
}

static double ivr_run(void *arg)
{
	struct rig_round sum = {0};

	for (unsigned i = 0; i < ROUNDS; i++) {
		struct rig_round r = rig_run();

		sum.worker_ns += r.worker_ns;
		sum.in += r.in;
		sum.out += r.out;
	}
	check(sum.out >= sum.in); // and RTCP
	return sum.worker_ns / (double)sum.in;
}

static int ivr(struct bench *b, uint32_t sessions)
{
	struct bench_metric m = {.unit = "ns", .budget = 400};
	char name[48];

	str_format(name, sizeof(name), "ns_per_frame_%u", sessions);
	m.name = name;
	rig_begin(sessions);
	rig_all(GATE_COLLECT, fill_collect);
	rig_all(GATE_PLAY, fill_play);
	ivr_run(NULL); // sources are learnt, jitter buffers are filled, caches warm
	bench_measure(b, &m, ivr_run, NULL);
	rig_explain();
	check(rig_dropped() == 0);
	rig_end();
	return bench_end(b);
}

int main(int argc, char **argv)
{
	static const uint32_t sessions[] = {1000, 10000, 50000};
	struct bench b;
	int failed = 0;

	bench_init(&b, "ivr", argc, argv);
	for (unsigned i = 0; i < sizeof(sessions) / sizeof(sessions[0]); i++) {
		int status = 1;
		pid_t child;

		fflush(stdout);
		child = fork(); // DPDK starts once in a process
		if (child == 0)
			exit(ivr(&b, sessions[i]));
		failed |= child < 0 || waitpid(child, &status, 0) < 0 || status != 0;
	}
	return failed;
}
