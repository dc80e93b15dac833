// A packet from one leg to the other: received, checked, relayed, sent; with the sessions' share
// of the tick. One worker, ring port, pairs of PCMU sessions that are bridged.
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/bench.h"
#include "bench/rig.h"
#include "engine/base/check.h"
#include "engine/base/str.h"

#define ROUNDS 50 // a second

static bool fill_bridge(struct gate_msg *m, uint32_t session)
{
	m->bridge.peer = rig_session(session ^ 1);
	return true;
}

static double relay_run(void *arg)
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

static int relay(struct bench *b, uint32_t sessions)
{
	struct bench_metric m = {.unit = "ns", .budget = 60};
	char name[48];

	str_format(name, sizeof(name), "packet_%u_sessions", sessions);
	m.name = name;
	rig_begin(sessions);
	rig_all(GATE_BRIDGE, fill_bridge);
	relay_run(NULL); // sources are learnt, caches warm
	bench_measure(b, &m, relay_run, NULL);
	rig_explain();
	rig_end();
	return bench_end(b);
}

int main(int argc, char **argv)
{
	static const uint32_t sessions[] = {1000, 10000, 50000};
	struct bench b;
	int failed = 0;

	bench_init(&b, "relay", argc, argv);
	for (unsigned i = 0; i < sizeof(sessions) / sizeof(sessions[0]); i++) {
		int status = 1;
		pid_t child;

		fflush(stdout);
		child = fork(); // DPDK starts once in a process
		if (child == 0)
			exit(relay(&b, sessions[i]));
		failed |= child < 0 || waitpid(child, &status, 0) < 0 || status != 0;
	}
	return failed;
}
