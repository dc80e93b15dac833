// The thread of a worker.
#include "engine/thread.h"

#include <signal.h>
#include <sys/prctl.h>
#include <time.h>

#include "engine/base/clock.h"

#define NAP_NS	     150000  // the 20 ms tick and its sub-slots stay right
#define NAP_EMPTY_NS 1000000 // with no session there is only ARP and the next call to miss

#define WATCH_NS	 100000
#define WATCH_EVERY_NAP	 16   // one of so many is spent awake
#define WATCH_EVERY_POLL 1024 // where it never naps, after so many without work
#define TAKEN_NS	 5000 // two looks at the clock are a hundred times as close

#if defined(__SSE2__)
#define FLOAT_FTZ_DAZ 0x8040u
void thread_float_init(void)
{
	__builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() | FLOAT_FTZ_DAZ);
}
#elif defined(__aarch64__)
void thread_float_init(void)
{
	uint64_t fpcr;

	__asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
	__asm__ volatile("msr fpcr, %0" : : "r"(fpcr | 1u << 24));
}
#else
void thread_float_init(void)
{
}
#endif

static void realtime_signals(sigset_t *set)
{
	sigemptyset(set);
	for (int i = SIGRTMIN; i <= SIGRTMAX; i++)
		sigaddset(set, i);
}

void thread_signals_init(void)
{
	sigset_t set;

	realtime_signals(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	// When the queue of realtime signals is full the kernel sends this one, and it would kill.
	signal(SIGIO, SIG_IGN);
}

// How much of its CPU others take cannot be told from the kernel's figures: they are samples at
// each tick of the kernel, with which our own work is in step. So the worker looks itself.
static void thread_watch(struct worker *w)
{
	uint64_t begin_ns = clock_mono_ns(), last_ns = begin_ns, now_ns;
	uint64_t end_ns = begin_ns + WATCH_NS;

	if (end_ns > w->next_subslot_ns)
		end_ns = w->next_subslot_ns;
	for (; last_ns < end_ns; last_ns = now_ns) {
		uint64_t gap_ns;

		now_ns = clock_mono_ns();
		gap_ns = now_ns - last_ns;
		if (gap_ns > HOST_GAP_NS) // worker_poll counts those
			break;
		w->stats->watched_ns += gap_ns;
		w->stats->taken_ns += gap_ns > TAKEN_NS ? gap_ns : 0;
	}
	w->napped_ns = last_ns - begin_ns;
}

static void thread_nap_start(struct worker *w)
{
	uint64_t now_ns = clock_mono_ns();
	uint64_t nap_ns = w->stats->sessions ? NAP_NS : NAP_EMPTY_NS;
	struct timespec nap = {0};

	if (now_ns >= w->next_subslot_ns)
		return;
	if (nap_ns > w->next_subslot_ns - now_ns)
		nap_ns = w->next_subslot_ns - now_ns;
	nap.tv_nsec = (long)nap_ns;
	w->napped_ns = nap_ns;
	clock_nanosleep(CLOCK_MONOTONIC, 0, &nap, NULL); // a tap's signal ends it early
}

int thread_start(void *thread)
{
	struct thread *t = thread;
	struct worker *w = t->worker;
	unsigned idle = 0;
	sigset_t set;

	thread_float_init();
	prctl(PR_SET_TIMERSLACK, 1ul); // the default of 50 µs is half a nap
	if (t->signals) {
		realtime_signals(&set);
		pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	}
	while (!atomic_load_explicit(t->ends, memory_order_acquire)) {
		if (worker_poll(w, clock_mono_ns()) > 0)
			continue;
		if (++idle % (t->spin ? WATCH_EVERY_POLL : WATCH_EVERY_NAP) == 0 &&
			w->stats->sessions)
			thread_watch(w);
		else if (!t->spin)
			thread_nap_start(w);
	}
	atomic_store_explicit(&t->ended, true, memory_order_release);
	return 0;
}
