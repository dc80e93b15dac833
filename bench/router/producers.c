// Messages of several threads at once. Each brings its own callers into a queue that nobody serves
// and takes them out again, so that the mailbox is what is shared; time is that of the router's
// thread on its CPU, as there may be fewer CPUs than threads.
#include "bench/router/producers.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <time.h>

#include "bench/bench.h"
#include "control/router/router.h"
#include "engine/base/check.h"

#define THREADS_MAX 4u
#define MESSAGES    (400u * 2 * WAIT) // of all threads
#define WAIT	    512u	      // callers of one thread at once

struct producer {
	struct router *router;
	pthread_t thread;
	uint32_t number, of, messages;
	uint64_t ticket, call;
};

static uint64_t cpu_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

// Numbers that no other thread gives.
static uint64_t own(const struct producer *p, uint64_t n)
{
	return n * p->of + p->number + 1;
}

static void post(struct producer *p, struct router_message m)
{
	m.ticket = own(p, p->ticket++);
	while (!router_post(p->router, &m))
		sched_yield(); // full
}

static void *produce(void *arg)
{
	struct producer *p = arg;
	for (uint32_t i = 0; i < p->messages; i++) {
		bool leaves = i / WAIT % 2;
		uint64_t call = own(p, p->call++ % WAIT);
		post(p,
			(struct router_message){
				.kind = leaves ? ROUTER_LEAVE : ROUTER_JOIN, .call = call});
	}
	return NULL;
}

// Until every message has its answer. False: one was refused.
static bool consume(struct router *r, uint32_t messages)
{
	struct router_message m;
	bool good = true;
	for (uint32_t done = 0; done < messages;) {
		if (!router_run(r, 1))
			sched_yield();
		while (router_take(r, &m)) {
			good &= m.kind == ROUTER_DONE && m.error == 0;
			done++;
		}
	}
	return good;
}

// Messages of so many threads, by the CPU of the router's thread.
static double run(struct router *r, struct producer all[], uint32_t threads)
{
	uint64_t begin = cpu_ns();
	for (uint32_t i = 0; i < threads; i++)
		check(pthread_create(&all[i].thread, NULL, produce, &all[i]) == 0);
	check(consume(r, MESSAGES));
	double rate = MESSAGES * 1e9 / (cpu_ns() - begin);
	for (uint32_t i = 0; i < threads; i++)
		pthread_join(all[i].thread, NULL);
	return rate;
}

static void measure(struct bench *b, uint32_t threads)
{
	struct router *r;
	struct producer all[THREADS_MAX];
	double rate[BENCH_RUNS_MAX];
	char name[40];
	check(router_new(1, 4096, &r) == 0);
	check(router_post(r, &(struct router_message){.kind = ROUTER_QUEUE, .ticket = ~0ull}));
	check(consume(r, 1));
	for (uint32_t i = 0; i < threads; i++)
		all[i] = (struct producer){
			.router = r, .number = i, .of = threads, .messages = MESSAGES / threads};
	for (unsigned i = 0; i < b->runs; i++)
		rate[i] = run(r, all, threads);
	snprintf(name, sizeof(name), "producers_%u_per_s", threads);
	bench_report(b, &(struct bench_metric){name, "/s", 0}, rate, b->runs);
	router_free(r);
}

void producers_measure(struct bench *b)
{
	measure(b, 1);
	measure(b, THREADS_MAX);
}
