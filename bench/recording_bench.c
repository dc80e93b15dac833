// What recording costs: the CPU of recorder thread and kernel workers for 1,000, 4,000 and 10,000
// calls (or --calls N), both sides and one side only, whose sound comes as a worker brings it, 20
// sub-slots a tick, onto --directory DIR (the current one), safe against a power cut after --flush
// SECONDS (as recording.flush; 3600 is never). Beside it how much of that the syncs are, what the
// worker's share costs, the largest time that a write took, and what was lost.
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "bench/bench.h"
#include "bench/folder.h"
#include "control/config/config.h"
#include "control/record/recorder.h"
#include "engine/base/check.h"
#include "engine/base/clock.h"
#include "engine/base/str.h"
#include "engine/tap.h"

#define RUN_S	      4 // about a chunk of each call: each run has its share of writes
#define FRAME	      160u
#define SLOTS	      20u // of a tick of 20 ms
#define NS_PER_SAMPLE 125000
#define CHUNK_NS      4096000000ull
#define BUDGET_10000  3.0 // percent

struct subject {
	unsigned calls, sides, flush_s;
	char directory[BENCH_FOLDER_MAX];
	struct tap *tap;
	struct recorder *recorder;
	struct call {
		uint32_t number;
		uint64_t position;
	} * calls_of;
	uint64_t start_ns, tick; // ticks since the start
	uint64_t refused;
	double cpu[BENCH_RUNS_MAX], sync[BENCH_RUNS_MAX], worker_ns[BENCH_RUNS_MAX],
		mb_per_s[BENCH_RUNS_MAX];
};

static double cpu_s(int who)
{
	struct rusage u;

	check(!getrusage(who, &u));
	return u.ru_utime.tv_sec + u.ru_stime.tv_sec +
		(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

// Of the thread that syncs, since its start.
static double saver_s(void)
{
	char path[320], name[32];
	unsigned long long ns = 0;
	const struct dirent *e;
	DIR *threads = opendir("/proc/self/task");

	check(threads);
	while ((e = readdir(threads))) {
		str_format(path, sizeof(path), "/proc/self/task/%s/comm", e->d_name);
		FILE *f = fopen(path, "r");
		bool it = f && fgets(name, sizeof(name), f) && !strcmp(name, "saver\n");
		if (f)
			fclose(f);
		str_format(path, sizeof(path), "/proc/self/task/%s/schedstat", e->d_name);
		f = it ? fopen(path, "r") : NULL;
		if (f && fscanf(f, "%llu", &ns) != 1)
			ns = 0;
		if (f)
			fclose(f);
	}
	closedir(threads);
	return ns / 1e9;
}

static void push_slot(struct subject *s, unsigned slot)
{
	static uint8_t payload[FRAME];
	struct tap_frame f = {.kind = TAP_SOUND, .bytes = FRAME, .payload = payload};

	for (unsigned i = slot; i < s->calls; i += SLOTS) {
		f.recording = s->calls_of[i].number;
		f.position = s->calls_of[i].position + s->tick * FRAME;
		payload[i % FRAME] ^= i;
		for (f.side = 0; f.side < s->sides; f.side++)
			s->refused += !tap_push(s->tap, 0, &f);
	}
}

static void sleep_until(uint64_t at_ns)
{
	struct timespec at = {at_ns / NS_PER_S, at_ns % NS_PER_S};

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

static uint64_t thread_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

// Run n: percent of a core that is not this thread's, and what this one takes for a frame.
static void subject_run(struct subject *s, unsigned n)
{
	struct recorder_status before, after;
	uint64_t begin = bench_ns(), worker_ns = 0;
	double others = cpu_s(RUSAGE_SELF) - cpu_s(RUSAGE_THREAD), saver = saver_s();

	recorder_status(s->recorder, &before);
	for (unsigned t = 0; t < RUN_S * 50; t++, s->tick++)
		for (unsigned slot = 0; slot < SLOTS; slot++) {
			sleep_until(s->start_ns + (s->tick * SLOTS + slot) * NS_PER_MS);
			uint64_t cpu = thread_ns();

			push_slot(s, slot);
			worker_ns += thread_ns() - cpu;
		}
	recorder_status(s->recorder, &after);
	double seconds = (bench_ns() - begin) / 1e9;
	s->cpu[n] = (cpu_s(RUSAGE_SELF) - cpu_s(RUSAGE_THREAD) - others) / seconds * 100;
	s->sync[n] = (saver_s() - saver) / seconds * 100;
	s->worker_ns[n] = (double)worker_ns / ((double)s->calls * s->sides * RUN_S * 50);
	s->mb_per_s[n] = (after.bytes_written - before.bytes_written) / seconds / 1e6;
}

// Calls begin at any time: their chunks do not end together.
static void calls_open(struct subject *s)
{
	struct recording_request q = {.tenant = "bench", .caller = "1", .law = CODEC_PCMA};
	uint64_t begin_ns = bench_ns(), start_ns[1];
	char file[512];

	for (unsigned i = 0; i < s->calls; i++) {
		q.wall_ns = clock_wall_ns();
		q.call.counter = i;
		sleep_until(begin_ns + i * CHUNK_NS / s->calls);
		check(!recorder_open(s->recorder, &q, &s->calls_of[i].number, start_ns, file));
		s->calls_of[i].position = start_ns[0];
	}
	s->start_ns = bench_ns();
	for (unsigned i = 0; i < s->calls; i++)
		s->calls_of[i].position = (s->start_ns - s->calls_of[i].position) / NS_PER_SAMPLE;
}

static void subject_start(struct subject *s, const char *parent)
{
	struct config config = {.recording = {.calls_max = s->calls, .flush_s = s->flush_s}};
	char error[512];

	bench_folder_new(s->directory, parent, "recording");
	str_copy(config.recording.directory, sizeof(config.recording.directory), s->directory);
	check(!tap_new(1, 65536, &s->tap));
	if (recorder_start(&config, s->tap, &s->recorder, error)) {
		fprintf(stderr, "%s\n", error);
		bench_folder_remove(s->directory);
		exit(EXIT_FAILURE);
	}
	s->calls_of = calloc(s->calls, sizeof(*s->calls_of));
	check(s->calls_of);
	calls_open(s);
}

static void subject_stop(struct subject *s)
{
	recorder_stop(s->recorder);
	tap_free(s->tap);
	free(s->calls_of);
	bench_folder_remove(s->directory);
}

static void report(struct bench *b, const struct subject *s, struct bench_metric m, double *values,
	unsigned count)
{
	char name[64];

	str_format(name, sizeof(name), "%s%s_%u", m.name, s->sides == 1 ? "_mono" : "", s->calls);
	m.name = name;
	bench_report(b, &m, values, count);
}

static void measure(struct bench *b, struct subject s, const char *parent)
{
	double budget = BUDGET_10000 * s.calls / 10000;
	struct recorder_status status;

	subject_start(&s, parent);
	subject_run(&s, 0); // to warm up
	for (unsigned i = 0; i < b->runs; i++)
		subject_run(&s, i);
	recorder_status(s.recorder, &status);
	double lost = s.refused + status.frames_lost, slowest_ms = status.write_max_ns / 1e6;
	report(b, &s, (struct bench_metric){"cpu_percent", "%", budget}, s.cpu, b->runs);
	report(b, &s, (struct bench_metric){"sync_cpu_percent", "%"}, s.sync, b->runs);
	report(b, &s, (struct bench_metric){"worker_ns_per_frame", "ns"}, s.worker_ns, b->runs);
	report(b, &s, (struct bench_metric){"written", "MB/s"}, s.mb_per_s, b->runs);
	report(b, &s, (struct bench_metric){"write_max", "ms"}, &slowest_ms, 1);
	report(b, &s, (struct bench_metric){"frames_lost", "frames", 0.5}, &lost, 1);
	subject_stop(&s);
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
	static const unsigned some[] = {1000, 4000, 10000};
	const char *calls = NULL, *directory = ".", *sides = NULL, *flush = "10";
	struct bench b;
	uint64_t count = 0, only = 0, flush_s = 0;

	option_take(&argc, argv, "--calls", &calls);
	option_take(&argc, argv, "--sides", &sides);
	option_take(&argc, argv, "--directory", &directory);
	option_take(&argc, argv, "--flush", &flush);
	bench_init(&b, "recording", argc, argv);
	if ((calls && (str_u64(calls, &count) || !count || count > 100000)) ||
		(sides && (str_u64(sides, &only) || !only || only > 2)) ||
		str_u64(flush, &flush_s) || !flush_s || flush_s > 3600) {
		fprintf(stderr,
			"--calls: a number from 1 to 100000; --sides: 1 or 2; --flush: "
			"seconds from 1 to 3600\n");
		return 2;
	}
	for (unsigned n = 2; n > 0; n--)
		for (unsigned i = 0; i < (count ? 1 : 3) && (!only || only == n); i++)
			measure(&b,
				(struct subject){.calls = count ? count : some[i],
					.sides = n,
					.flush_s = flush_s},
				directory);
	return bench_end(&b);
}
