// A packet from one leg to the other: received, checked, relayed, sent; with the sessions' share
// of the tick. One worker, ring port, pairs of PCMU sessions that are bridged.
#include "bench/bench.h"
#include "bench/rig.h"
#include "bench/traffic.h"
#include "engine/base/check.h"

#define SPEECH_BYTES  (64u << 20)
#define WARM_ROUNDS   25
#define SECONDS_SHORT 5
#define ROUNDS_PER_S  50

static struct speech speech;

static bool fill_bridge(struct gate_msg *m, uint32_t session)
{
	m->bridge.peer = rig_session(session ^ 1);
	return true;
}

static double relay_run(unsigned rounds)
{
	uint64_t before = traffic_counts()->sent;
	double ns = 0;

	for (unsigned i = 0; i < rounds; i++)
		ns += traffic_round();
	return ns / (double)(traffic_counts()->sent - before);
}

struct job {
	struct bench *bench;
	struct bench_metric metric;
	uint32_t sessions;
};

static int relay(void *arg)
{
	struct job *job = arg;
	struct bench *b = job->bench;
	uint32_t sessions = job->sessions;
	struct rig_config config = {.sessions = sessions};
	struct traffic_shape shape = {
		.sessions = sessions, .burst = 50, .jitter_ms = 20, .rtcp = true, .seed = 12};
	unsigned seconds = b->seconds ? b->seconds : SECONDS_SHORT;
	double values[BENCH_RUNS_MAX];

	rig_begin(&config);
	traffic_begin(&shape, &speech);
	rig_all(GATE_BRIDGE, fill_bridge);
	relay_run(WARM_ROUNDS); // sources are learnt, caches warm
	uint64_t sent = traffic_counts()->sent, out = rig_counts()->rtp_out;
	for (unsigned i = 0; i < b->runs; i++)
		values[i] = relay_run((seconds * ROUNDS_PER_S + b->runs - 1) / b->runs);
	check(rig_counts()->rtp_out - out == traffic_counts()->sent - sent);
	bench_report(b, &job->metric, values, b->runs);
	rig_explain();
	check(rig_counts()->missed == 0);
	rig_end();
	return bench_end(b);
}

int main(int argc, char **argv)
{
	static const uint32_t sessions[] = {1000, 10000, 50000};
	static const char *const names[] = {
		"ns_per_packet_1000", "ns_per_packet_10000", "ns_per_packet_50000"};
	struct bench b;
	int failed = 0;

	bench_init(&b, "relay", argc, argv);
	traffic_speech(&speech, SPEECH_BYTES);
	for (unsigned i = 0; i < sizeof(sessions) / sizeof(sessions[0]); i++) {
		struct job job = {&b,
			{.name = names[i], .unit = "ns", .budget = sessions[i] == 50000 ? 60 : 0},
			sessions[i]};

		if (bench_wants(&b, names[i]))
			failed |= bench_in_child(relay, &job);
	}
	return failed;
}
