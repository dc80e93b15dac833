// The frame of a benchmark program: options, repeated runs, medians, printing. A program is
//
//	int main(int argc, char **argv)
//	{
//		struct bench b;
//
//		bench_init(&b, "timer", argc, argv);
//		bench_measure(&b, &(struct bench_metric){"start_ns", "ns", 200}, start_run, &state);
//		return bench_end(&b);
//	}
//
// Options of every program: --json (one object a line), --runs N (5), --strict (exit 1 when a
// median misses its budget), --seconds N, --only METRIC, --help. Values are medians; the spread is
// shown, since a shared machine drifts by some 15 % and stands still now and then.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define BENCH_RUNS_MAX 101

struct bench {
	const char *name;
	bool json, strict;
	unsigned runs;
	unsigned seconds; // of load, where a program takes it; 0: its short form
	const char *only; // this metric, where a program has each by itself; NULL: all
	unsigned missed;  // metrics over, or under, their budget
};

struct bench_metric {
	const char *name, *unit;
	double budget; // 0: none; the value may be at most this, or at least -budget when negative
};

// One run: returns the metric's value, for example nanoseconds divided by iterations.
typedef double(bench_run_h)(void *arg);

// Reads the options (--help and wrong ones end the program) and prints machine and heading.
void bench_init(struct bench *b, const char *name, int argc, char **argv);
// One run to warm up, then b->runs that count; prints and returns the median.
double bench_measure(struct bench *b, const struct bench_metric *m, bench_run_h *run, void *arg);
// For programs that measure several metrics in one run: prints the median of values, which it
// sorts. count is 1 to BENCH_RUNS_MAX.
double bench_report(struct bench *b, const struct bench_metric *m, double *values, unsigned count);
bool bench_wants(const struct bench *b, const char *metric);
int bench_end(const struct bench *b); // the exit status

uint64_t bench_ns(void); // monotonic
// Tells the compiler that what p points at is used, so that computing it is not left out.
static inline void bench_keep(const void *p)
{
	__asm__ volatile("" : : "r"(p) : "memory");
}

// Runs it in a process of its own, for what may start only once in one (DPDK). 0: it returned 0.
int bench_in_child(int (*run)(void *arg), void *arg);
