// What it costs to write down why an agent was offered a caller.
#include "bench/router/offer_log.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/bench.h"
#include "bench/folder.h"
#include "control/base/timer.h"
#include "control/call/call_private.h"
#include "control/eventlog/eventlog.h"
#include "control/queue/floor_private.h"
#include "engine/base/check.h"
#include "engine/base/str.h"

#define RECORDS	   20000u
#define TURN	   50u // records of one turn of the loop
#define AGENTS	   10000u
#define GOAL_NS	   2000
#define CANDIDATES (ROUTER_EXPLAINED + ROUTER_CANDIDATES_MORE)

// As much of a call and its floor as that record speaks of.
struct offer_log {
	struct timers timers;
	struct eventlog *log;
	struct floor floor;
	struct calls calls;
	struct call call;
	struct config_queue queue;
	struct floor_agent *agents[AGENTS];
	struct floor_skill skills[2], *skill_list[2];
	char directory[BENCH_FOLDER_MAX];
};

static void floor_make(struct offer_log *o)
{
	static const char *const names[] = {"german", "contracts"};
	for (unsigned i = 0; i < AGENTS; i++) {
		o->agents[i] = calloc(1, sizeof(struct floor_agent));
		check(o->agents[i] != NULL);
		str_format(o->agents[i]->name, sizeof(o->agents[i]->name), "agent%u", 1000 + i);
	}
	for (unsigned i = 0; i < 2; i++) {
		o->skill_list[i] = &o->skills[i];
		str_copy(o->skills[i].name, sizeof(o->skills[i].name), names[i]);
	}
	o->floor.agents = o->agents;
	o->floor.agent_count = AGENTS;
	o->floor.skills = o->skill_list;
	o->floor.skill_count = 2;
}

static void call_make(struct offer_log *o)
{
	str_copy(o->queue.name, sizeof(o->queue.name), "hotline-contracts");
	o->calls.log = o->log;
	o->calls.floor = &o->floor;
	o->call.calls = &o->calls;
	o->call.queue = &o->queue;
	o->call.wait.wants = (struct router_skills){.skill = {0, 1}, .level = {4, 7}, .count = 2};
	str_copy(o->call.record.tenant, sizeof(o->call.record.tenant), "acme");
}

static void log_open(struct offer_log *o)
{
	struct eventlog_options options = {.timers = &o->timers, .sync = EVENTLOG_SYNC_NEVER};
	struct eventlog_report report;
	bench_folder_new(o->directory, ".", "router");
	options.directory = o->directory;
	if (eventlog_open(&options, &o->log, &report)) {
		fprintf(stderr, "router_bench: %s\n", report.error);
		exit(EXIT_FAILURE);
	}
}

static void offered(struct offer_log *o, unsigned n)
{
	struct router_message m = {.kind = ROUTER_OFFER, .agent = n * 7919 % AGENTS};
	m.decision = (struct router_decision){.number = n,
		.seed = n * 0x9e3779b97f4a7c15u,
		.ready = 117,
		.waiting = 1 + n % 250,
		.waited_ms = n,
		.ring = n % 4};
	for (unsigned i = 0; i < CANDIDATES; i++) {
		struct router_candidate one = {(m.agent + i * 131) % AGENTS, 12300 + n % 1000};
		if (i < ROUTER_EXPLAINED)
			m.decision.candidate[i] = one;
		else
			o->floor.candidates.more[i - ROUTER_EXPLAINED] = one;
	}
	o->floor.candidates.count = ROUTER_CANDIDATES_MORE;
	o->call.record.id.counter = n;
	story_offered(&o->call, &m);
}

static void turn(struct offer_log *o, int wait_ms)
{
	struct pollfd p = {.fd = eventlog_fd(o->log), .events = POLLIN};
	if (poll(&p, 1, wait_ms) == 1)
		eventlog_poll(o->log);
	timers_run(&o->timers, timers_now_ms(&o->timers));
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

// The median of turns: a turn in which another program had the CPU says nothing of ours.
static double log_run(void *arg)
{
	struct offer_log *o = arg;
	struct eventlog_status status;
	double ns[RECORDS / TURN];
	for (unsigned n = 0; n < RECORDS; n += TURN) {
		uint64_t begin = bench_ns();
		for (unsigned i = 0; i < TURN; i++)
			offered(o, n + i);
		ns[n / TURN] = (double)(bench_ns() - begin) / TURN;
		turn(o, 0);
	}
	eventlog_status(o->log, &status);
	while (eventlog_written(o->log) < status.appended)
		turn(o, 1000);
	qsort(ns, RECORDS / TURN, sizeof(ns[0]), by_value);
	return ns[RECORDS / TURN / 2];
}

void offer_log_measure(struct bench *b)
{
	struct offer_log *o = calloc(1, sizeof(*o));
	check(o != NULL);
	timers_init(&o->timers, NULL);
	log_open(o);
	floor_make(o);
	call_make(o);
	bench_measure(b, &(struct bench_metric){"log_append_ns", "ns", GOAL_NS}, log_run, o);
	eventlog_close(o->log);
	bench_folder_remove(o->directory);
	for (unsigned i = 0; i < AGENTS; i++)
		free(o->agents[i]);
	free(o);
}
