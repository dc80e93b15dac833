// The event log in the current directory: what an append costs the control thread, how long a
// record takes to count as written (which is what a caller's 200 OK waits for) under each
// store.sync, alone and at 2,000 records a second, and the longest that a snapshot of 50,000 calls
// keeps the loop.
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/bench.h"
#include "bench/folder.h"
#include "control/base/heap.h"
#include "control/eventlog/eventlog.h"
#include "control/base/timer.h"
#include "engine/base/check.h"
#include "engine/base/clock.h"
#include "engine/base/str.h"

#define RECORDS 20000
#define SINGLES 300 // one after the other
#define PACED	2000
#define PACE_NS (NS_PER_S / 2000)
#define ALIVE	50000

struct subject {
	char directory[BENCH_FOLDER_MAX];
	struct eventlog *log;
	uint64_t longest_ns;
};

static struct timers timers;

static const char call_body[] =
	"{\"started\":1790001012440000000,\"answered\":1790001012441000000,\"connected\":"
	"1790001022441000000,\"trunk\":\"carrier\",\"caller\":\"+8613812345678\",\"called\":"
	"\"9000\","
	"\"number\":\"9000\",\"flow\":\"main\",\"queue\":\"sales\",\"agent\":\"agent117\","
	"\"waited_ms\":10000,\"digits\":\"1\",\"recording\":\"20261001-101010-117\","
	"\"sip_call_id\":\"0123456789abcdef@192.0.2.17\",\"where\":\"talking\"}";

static void subject_start(struct subject *s, enum eventlog_sync sync, uint64_t segment_bytes)
{
	struct eventlog_options options = {
		.timers = &timers, .sync = sync, .segment_bytes = segment_bytes};
	struct eventlog_report report;

	bench_folder_new(s->directory, ".", "eventlog");
	options.directory = s->directory;
	if (eventlog_open(&options, &s->log, &report)) {
		fprintf(stderr, "%s\n", report.error);
		exit(EXIT_FAILURE);
	}
}

static void subject_stop(struct subject *s)
{
	eventlog_close(s->log);
	bench_folder_remove(s->directory);
}

static uint64_t append(struct subject *s, unsigned n)
{
	const struct callid call = {.counter = n};

	return eventlog_append(s->log, EVENT_CALL_STARTED, "acme", &call, call_body);
}

static void turn(struct subject *s, int wait_ms)
{
	struct pollfd p = {.fd = eventlog_fd(s->log), .events = POLLIN};

	if (poll(&p, 1, wait_ms) == 1) {
		uint64_t begin_ns = bench_ns();

		eventlog_poll(s->log);
		uint64_t took_ns = bench_ns() - begin_ns;
		if (took_ns > s->longest_ns)
			s->longest_ns = took_ns;
	}
	timers_run(&timers, timers_now_ms(&timers));
}

static void settle(struct subject *s, uint64_t sequence)
{
	while (eventlog_written(s->log) < sequence)
		turn(s, 1000);
}

static double run_append(void *arg)
{
	struct subject *s = arg;
	uint64_t spent_ns = 0, last = 0;

	for (unsigned n = 0; n < RECORDS; n += 100) {
		uint64_t begin_ns = bench_ns();

		for (unsigned k = 0; k < 100; k++)
			last = append(s, n + k);
		spent_ns += bench_ns() - begin_ns;
		turn(s, 0);
	}
	settle(s, last);
	return (double)spent_ns / RECORDS;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

struct waiting {
	uint64_t begin_ns;
	double *at;
};

static void written(uint64_t sequence, void *arg)
{
	struct waiting *w = arg;

	*w->at = (bench_ns() - w->begin_ns) / 1e6;
}

// p99, in ms, of what it takes from the append to "written": one at a time, or each PACE_NS.
static double latency(struct subject *s, unsigned count, bool paced)
{
	static double ms[PACED];
	static struct waiting waiting[PACED];
	uint64_t next_ns = bench_ns(), last = 0;

	for (unsigned n = 0; n < count; n++) {
		while (paced && bench_ns() < next_ns)
			turn(s, 0);
		next_ns += PACE_NS;
		waiting[n] = (struct waiting){bench_ns(), &ms[n]};
		last = append(s, n);
		eventlog_when_written(s->log, last, written, &waiting[n]);
		if (!paced)
			settle(s, last);
	}
	settle(s, last);
	qsort(ms, count, sizeof(*ms), by_value);
	return ms[count * 99 / 100];
}

static double run_single(void *arg)
{
	return latency(arg, SINGLES, false);
}

static double run_paced(void *arg)
{
	return latency(arg, PACED, true);
}

static bool restate(struct eventlog *l, struct eventlog_place *place, void *arg)
{
	for (unsigned n = 0; n < EVENTLOG_PIECE && place->at < ALIVE; n++, place->at++) {
		const struct callid call = {.counter = place->at};

		eventlog_append(l, EVENT_CALL_STARTED, "acme", &call, call_body);
	}
	return place->at < ALIVE;
}

// The longest turn of the loop, in ms, while a segment begins with so many calls up.
static double run_snapshot(void *arg)
{
	struct subject *s = arg;
	uint64_t begin = eventlog_written(s->log);

	s->longest_ns = 0;
	while (eventlog_written(s->log) < begin + ALIVE + 10) {
		append(s, 0);
		turn(s, 1000);
	}
	return s->longest_ns / 1e6;
}

int main(int argc, char **argv)
{
	static const char *const syncs[] = {"never", "second", "always"};
	struct subject s;
	struct bench b;
	char name[64];

	heap_keep();
	bench_init(&b, "eventlog", argc, argv);
	timers_init(&timers, NULL);
	subject_start(&s, EVENTLOG_SYNC_NEVER, 0);
	bench_measure(&b, &(struct bench_metric){"append_ns", "ns"}, run_append, &s);
	subject_stop(&s);
	for (unsigned i = 0; i < 3; i++) {
		subject_start(&s, i, 0);
		str_format(name, sizeof(name), "written_p99_%s", syncs[i]);
		bench_measure(&b, &(struct bench_metric){name, "ms"}, run_single, &s);
		str_format(name, sizeof(name), "written_p99_2000_a_second_%s", syncs[i]);
		bench_measure(&b, &(struct bench_metric){name, "ms"}, run_paced, &s);
		subject_stop(&s);
	}
	subject_start(&s, EVENTLOG_SYNC_NEVER, 65536);
	eventlog_set_snapshot(s.log, restate, NULL);
	bench_measure(&b, &(struct bench_metric){"snapshot_50000_longest_turn", "ms", 5},
		run_snapshot, &s);
	subject_stop(&s);
	return bench_end(&b);
}
