// The gate: what a command with its answer, a live block and the counters of a worker cost.
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "engine/base/check.h"
#include "engine/gate.h"

#define COMMANDS 200000u
#define BURST	 64u
#define SESSIONS 50000u

static struct gate *gate;

// A burst of commands as control posts them, the worker takes and answers them, control reads.
static double commands_run(void *arg)
{
	uint64_t start_ns = bench_ns();
	struct gate_msg m = {.head = {.kind = GATE_PLAY}};

	for (unsigned i = 0; i < COMMANDS; i += BURST) {
		for (unsigned k = 0; k < BURST; k++)
			check(gate_post(gate, 0, &m) == 0);
		while (gate_command(gate, 0, &m)) {
			m.head.kind = GATE_DONE;
			m.done.error = 0;
			gate_emit(gate, 0, &m);
		}
		gate_wake_control(gate);
		while (gate_take(gate, 0, &m))
			;
		m.head.kind = GATE_PLAY;
	}
	return (double)(bench_ns() - start_ns) / COMMANDS;
}

static double live_write_run(void *arg)
{
	uint64_t start_ns = bench_ns();
	struct gate_live live = {.session = 1};

	for (uint32_t i = 0; i < SESSIONS; i++)
		gate_live_write(gate, 0, i, &live);
	return (double)(bench_ns() - start_ns) / SESSIONS;
}

static double live_read_run(void *arg)
{
	uint64_t start_ns = bench_ns();
	struct gate_live live;

	for (uint32_t i = 0; i < SESSIONS; i++) {
		gate_live_at(gate, 0, i, &live);
		bench_keep(&live);
	}
	return (double)(bench_ns() - start_ns) / SESSIONS;
}

static double worker_write_run(void *arg)
{
	uint64_t start_ns = bench_ns();
	struct gate_worker block = {0};

	for (unsigned i = 0; i < COMMANDS; i++) {
		block.ticks = i;
		gate_worker_write(gate, 0, &block);
	}
	return (double)(bench_ns() - start_ns) / COMMANDS;
}

int main(int argc, char **argv)
{
	struct gate_shape shape = {.workers = 1, .ports = 1, .media = 1, .sessions = SESSIONS};
	struct bench b;

	bench_init(&b, "gate", argc, argv);
	check(gate_new(&shape, &gate) == 0);
	bench_measure(
		&b, &(struct bench_metric){"command_and_done", "ns", 200}, commands_run, NULL);
	// A session writes once a second: 50,000 of them are 1 % of a core at 200 ns.
	bench_measure(&b, &(struct bench_metric){"live_write", "ns", 200}, live_write_run, NULL);
	bench_measure(&b, &(struct bench_metric){"live_read", "ns", 400}, live_read_run, NULL);
	bench_measure(
		&b, &(struct bench_metric){"worker_write", "ns", 400}, worker_write_run, NULL);
	gate_free(gate);
	return bench_end(&b);
}
