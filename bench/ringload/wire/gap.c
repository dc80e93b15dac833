// Two readings of the clock lie further apart than the work between them explains: a gap.
#include "bench/ringload/wire/gap.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "bench/ringload/wire/tally.h"
#include "engine/base/clock.h"
#include "engine/base/ring.h"

#define PROBE_NS   500000ull // sleeps so long: 0.3 % of a core
#define PRIORITY   50
#define RING_SLOTS 1024

struct gap {
	uint64_t begin_ns, end_ns;
};

struct gap_probe {
	pthread_t thread;
	struct ring *ring; // of struct gap: written by the probe's thread
	uint64_t min_ns;
	_Atomic bool stop; // written by the watch
};

static void *probe_run(void *arg)
{
	struct gap_probe *p = arg;
	uint64_t due_ns = clock_mono_ns() + PROBE_NS;

	while (!atomic_load_explicit(&p->stop, memory_order_relaxed)) {
		struct timespec due = {(time_t)(due_ns / NS_PER_S), (long)(due_ns % NS_PER_S)};

		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
		uint64_t now_ns = clock_mono_ns();
		if (now_ns - due_ns > p->min_ns)
			ring_push(p->ring, &(struct gap){due_ns, now_ns});
		due_ns = now_ns + PROBE_NS;
	}
	return NULL;
}

// Above every other thread of its CPU, so that only the host keeps it from running.
static int probe_new(struct gap_probe **out, unsigned core, uint64_t min_ns)
{
	struct gap_probe *p = calloc(1, sizeof(*p));
	struct sched_param param = {.sched_priority = PRIORITY};
	pthread_attr_t attr;
	cpu_set_t cpus;

	if (!p)
		return -ENOMEM;
	p->min_ns = min_ns;
	p->ring = ring_new(RING_SPSC, RING_SLOTS, sizeof(struct gap));
	CPU_ZERO(&cpus);
	CPU_SET(core, &cpus);
	pthread_attr_init(&attr);
	pthread_attr_setaffinity_np(&attr, sizeof(cpus), &cpus);
	pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
	pthread_attr_setschedpolicy(&attr, SCHED_FIFO);
	pthread_attr_setschedparam(&attr, &param);
	int err = p->ring ? pthread_create(&p->thread, &attr, probe_run, p) : ENOMEM;
	pthread_attr_destroy(&attr);
	if (err) {
		ring_free(p->ring);
		free(p);
		return -err;
	}
	*out = p;
	return 0;
}

int gap_watch_init(struct gap_watch *w, struct tally *tally, uint32_t min_ms, const char *cores)
{
	*w = (struct gap_watch){.tally = tally, .min_ns = min_ms * NS_PER_MS};
	while (*cores) {
		char *end;
		unsigned long core = strtoul(cores, &end, 10);

		if (end == cores || core >= CPU_SETSIZE || w->probes == GAP_PROBES_MAX)
			return -EINVAL;
		int err = probe_new(&w->probe[w->probes], (unsigned)core, w->min_ns);
		if (err)
			return err;
		w->probes++;
		cores = *end == ',' ? end + 1 : end;
	}
	w->last_ns = clock_mono_ns();
	return 0;
}

void gap_watch_fini(struct gap_watch *w)
{
	for (unsigned i = 0; i < w->probes; i++) {
		atomic_store(&w->probe[i]->stop, true);
		pthread_join(w->probe[i]->thread, NULL);
		ring_free(w->probe[i]->ring);
		free(w->probe[i]);
	}
	w->probes = 0;
}

void gap_watch_turn(struct gap_watch *w, uint64_t due_ns, uint64_t now_ns)
{
	uint64_t from_ns = due_ns > w->last_ns ? due_ns : w->last_ns;
	struct gap g;

	if (now_ns > from_ns + w->min_ns)
		tally_gap(w->tally, from_ns, now_ns);
	w->last_ns = now_ns;
	for (unsigned i = 0; i < w->probes; i++)
		while (ring_pop(w->probe[i]->ring, &g))
			tally_gap(w->tally, g.begin_ns, g.end_ns);
}
