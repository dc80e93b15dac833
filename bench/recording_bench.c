// What recording costs: the CPU of recorder thread and kernel workers for --calls N stereo calls
// (1000) whose frames come as a worker sends them, 20 sub-slots a tick, onto --directory DIR
// (the current one). The budget is 3 % of a core for 10,000 calls.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "bench/bench.h"
#include "control/base/config.h"
#include "control/record/recorder.h"
#include "engine/base/check.h"
#include "engine/base/clock.h"
#include "engine/base/str.h"
#include "engine/tap.h"

#define RUN_S	     4 // about a chunk of each call: each run has its share of writes
#define FRAME	     160u
#define SLOTS	     20u // of a tick of 20 ms
#define BUDGET_10000 3.0 // percent

struct subject {
	unsigned calls;
	char directory[256];
	struct tap *tap;
	struct recorder *recorder;
	uint32_t *numbers;
	uint64_t start_ns, tick; // ticks since the start
	uint64_t bytes, pushed, ring_full;
	double mb_per_s[BENCH_RUNS_MAX];
	unsigned run;
};

static double cpu_s(int who)
{
	struct rusage u;

	check(!getrusage(who, &u));
	return u.ru_utime.tv_sec + u.ru_stime.tv_sec +
		(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

// Each call has its sub-slot and its phase within a chunk, as calls that began at any time have.
static void push_slot(struct subject *s, unsigned slot)
{
	static struct tap_frame f = {.kind = TAP_SOUND, .bytes = FRAME};

	for (unsigned i = slot; i < s->calls; i += SLOTS) {
		f.recording = s->numbers[i];
		f.position = (s->tick + i % 205) * FRAME;
		f.payload[i % FRAME] ^= i;
		for (f.side = 0; f.side < 2; f.side++) {
			s->pushed++;
			s->ring_full += !tap_push(s->tap, 0, &f);
		}
	}
	tap_wake(s->tap);
}

static void sleep_until(uint64_t at_ns)
{
	struct timespec at = {at_ns / NS_PER_S, at_ns % NS_PER_S};

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

// Percent of a core that is not this thread's.
static double recording_run(void *arg)
{
	struct subject *s = arg;
	struct recorder_status before, after;
	uint64_t begin = bench_ns();
	double others = cpu_s(RUSAGE_SELF) - cpu_s(RUSAGE_THREAD);

	recorder_status(s->recorder, &before);
	for (unsigned t = 0; t < RUN_S * 50; t++, s->tick++)
		for (unsigned slot = 0; slot < SLOTS; slot++) {
			sleep_until(s->start_ns + (s->tick * SLOTS + slot) * NS_PER_MS);
			push_slot(s, slot);
		}
	recorder_status(s->recorder, &after);
	double seconds = (bench_ns() - begin) / 1e9;
	s->mb_per_s[s->run++] = (after.bytes_written - before.bytes_written) / seconds / 1e6;
	return (cpu_s(RUSAGE_SELF) - cpu_s(RUSAGE_THREAD) - others) / seconds * 100;
}

static void remove_all(const char *directory)
{
	char command[300];

	str_format(command, sizeof(command), "rm -rf '%s'", directory);
	check(!system(command));
}

static void subject_start(struct subject *s)
{
	struct config config = {.recording = {.calls_max = s->calls, .flush_s = 5}};
	struct recording_request q = {.tenant = "bench", .caller = "1", .law = CODEC_PCMA};
	char error[512], file[512];
	uint64_t start_ns;

	str_copy(config.recording.directory, sizeof(config.recording.directory), s->directory);
	check(!tap_new(1, 65536, &s->tap));
	if (recorder_start(&config, s->tap, &s->recorder, error)) {
		fprintf(stderr, "%s\n", error);
		remove_all(s->directory);
		exit(EXIT_FAILURE);
	}
	s->numbers = calloc(s->calls, sizeof(*s->numbers));
	check(s->numbers);
	q.wall_ns = clock_wall_ns();
	for (unsigned i = 0; i < s->calls; i++) {
		q.call.counter = i;
		check(!recorder_open(s->recorder, &q, &s->numbers[i], &start_ns, file));
	}
	// Calls do not begin all at once: the files are made before sound comes.
	struct recorder_status status;
	do {
		usleep(10000);
		recorder_status(s->recorder, &status);
	} while (status.bytes_written < s->calls * 4096ull);
	s->start_ns = bench_ns();
}

static unsigned option_take(int *argc, char **argv, const char *name, const char **value)
{
	for (int i = 1; i + 1 < *argc; i++) {
		if (strcmp(argv[i], name))
			continue;
		*value = argv[i + 1];
		memmove(&argv[i], &argv[i + 2], (*argc - i - 1) * sizeof(*argv));
		*argc -= 2;
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	static struct subject s;
	const char *calls = "1000", *directory = ".";
	struct recorder_status status;
	struct bench b;
	uint64_t count;

	option_take(&argc, argv, "--calls", &calls);
	option_take(&argc, argv, "--directory", &directory);
	bench_init(&b, "recording", argc, argv);
	if (str_u64(calls, &count) || !count || count > 100000) {
		fprintf(stderr, "--calls: a number from 1 to 100000\n");
		return 2;
	}
	s.calls = count;
	str_format(s.directory, sizeof(s.directory), "%s/recording-bench-XXXXXX", directory);
	check(mkdtemp(s.directory));
	subject_start(&s);
	bench_measure(&b,
		&(struct bench_metric){"cpu_percent", "%", BUDGET_10000 * s.calls / 10000},
		recording_run, &s);
	bench_report(&b, &(struct bench_metric){"written", "MB/s"}, s.mb_per_s + 1, s.run - 1);
	recorder_status(s.recorder, &status);
	double lost = s.ring_full + status.frames_lost;
	bench_report(&b, &(struct bench_metric){"frames_lost", "frames", 0.5}, &lost, 1);
	recorder_stop(s.recorder);
	tap_free(s.tap);
	free(s.numbers);
	remove_all(s.directory);
	return bench_end(&b);
}
