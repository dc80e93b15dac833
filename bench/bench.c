// Options, medians and printing of all benchmark programs.
#include "bench/bench.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/check.h"
#include "engine/base/clock.h"
#include "engine/base/str.h"

#define RUNS_DEFAULT 5
#define SECONDS_MAX  3600

uint64_t bench_ns(void)
{
	return clock_mono_ns();
}

static void bench_cpu_model(char *out, size_t size)
{
	char line[256];
	FILE *f = fopen("/proc/cpuinfo", "re");

	str_copy(out, size, "unknown processor");
	while (f && fgets(line, sizeof(line), f)) {
		const char *colon = strchr(line, ':');

		if (!str_starts(line, "model name") || !colon)
			continue;
		str_copy_n(out, size, colon + 2, strcspn(colon + 2, "\n"));
		break;
	}
	if (f)
		fclose(f);
}

// The machine belongs to every figure; in JSON it goes to stderr, beside the stream.
static void bench_print_machine(const struct bench *b)
{
	char cpu[128];
	struct utsname os;

	uname(&os);
	bench_cpu_model(cpu, sizeof(cpu));
	fprintf(b->json ? stderr : stdout,
		"%s_bench: %s, %ld cpus, Linux %s, ringhall %s, runs %u\n", b->name, cpu,
		sysconf(_SC_NPROCESSORS_ONLN), os.release, RINGHALL_VERSION, b->runs);
}

_Noreturn static void bench_usage(const char *name, int status)
{
	fprintf(status ? stderr : stdout,
		"usage: %s_bench [--json] [--runs N] [--strict] [--seconds N] [--only METRIC]\n"
		"  --json    one JSON object a line instead of a table\n"
		"  --runs N  runs of each metric, 1 to %d (default %d)\n"
		"  --strict  exit 1 when a median misses its budget\n"
		"  --seconds N  load for so long, where the program measures over time\n"
		"  --only METRIC  this alone, where the program measures each by itself\n",
		name, BENCH_RUNS_MAX, RUNS_DEFAULT);
	exit(status);
}

static unsigned bench_number(const struct bench *b, const char *text, unsigned most)
{
	uint64_t number;

	if (str_u64(text, &number) || number < 1 || number > most)
		bench_usage(b->name, 2);
	return (unsigned)number;
}

void bench_init(struct bench *b, const char *name, int argc, char **argv)
{
	static const struct option options[] = {{"json", no_argument, NULL, 'j'},
		{"runs", required_argument, NULL, 'r'}, {"strict", no_argument, NULL, 's'},
		{"seconds", required_argument, NULL, 't'}, {"only", required_argument, NULL, 'o'},
		{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
	int c;

	*b = (struct bench){.name = name, .runs = RUNS_DEFAULT};
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'j')
			b->json = true;
		else if (c == 's')
			b->strict = true;
		else if (c == 'r')
			b->runs = bench_number(b, optarg, BENCH_RUNS_MAX);
		else if (c == 't')
			b->seconds = bench_number(b, optarg, SECONDS_MAX);
		else if (c == 'o')
			b->only = optarg;
		else
			bench_usage(name, c == 'h' ? 0 : 2);
	}
	if (optind < argc)
		bench_usage(name, 2);
	bench_print_machine(b);
	if (!b->json)
		printf("%-28s %12s %12s %12s %12s  %s\n", "metric", "median", "min", "max",
			"budget", "unit");
}

static int bench_compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static bool bench_missed(const struct bench_metric *m, double value)
{
	if (m->budget == 0)
		return false;
	return m->budget > 0 ? value > m->budget : value < -m->budget;
}

static void bench_print_row(const struct bench_metric *m, const double *values, unsigned count)
{
	double median = values[count / 2];
	char budget[32] = "-";

	if (m->budget != 0)
		str_format(budget, sizeof(budget), "%s %.6g",
			m->budget > 0 ? "<=" : ">=", m->budget > 0 ? m->budget : -m->budget);
	printf("%-28s %12.6g %12.6g %12.6g %12s  %s%s\n", m->name, median, values[0],
		values[count - 1], budget, m->unit, bench_missed(m, median) ? "  MISSED" : "");
}

double bench_report(struct bench *b, const struct bench_metric *m, double *values, unsigned count)
{
	check(count >= 1 && count <= BENCH_RUNS_MAX);
	qsort(values, count, sizeof(*values), bench_compare);
	double median = values[count / 2];

	if (b->json)
		printf("{\"bench\":\"%s\",\"metric\":\"%s\",\"value\":%.6g,\"unit\":\"%s\","
		       "\"min\":%.6g,\"max\":%.6g,\"runs\":%u}\n",
			b->name, m->name, median, m->unit, values[0], values[count - 1], count);
	else
		bench_print_row(m, values, count);
	fflush(stdout);
	b->missed += bench_missed(m, median);
	return median;
}

double bench_measure(struct bench *b, const struct bench_metric *m, bench_run_h *run, void *arg)
{
	double values[BENCH_RUNS_MAX];

	run(arg);
	for (unsigned i = 0; i < b->runs; i++)
		values[i] = run(arg);
	return bench_report(b, m, values, b->runs);
}

bool bench_wants(const struct bench *b, const char *metric)
{
	return !b->only || strcmp(b->only, metric) == 0;
}

int bench_end(const struct bench *b)
{
	return b->strict && b->missed ? EXIT_FAILURE : EXIT_SUCCESS;
}

int bench_in_child(int (*run)(void *arg), void *arg)
{
	int status = 1;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0)
		exit(run(arg));
	return child < 0 || waitpid(child, &status, 0) < 0 || status != 0;
}
