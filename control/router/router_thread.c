// A thread for the router alone: runs it, sleeps on its mailbox until a message or a timer.
#include "control/router/router_thread.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "control/router/router.h"
#include "engine/base/clock.h"

#define SLEEP_MAX_MS 3600000

struct router_thread {
	struct router *router;
	pthread_t thread;
	_Atomic int stop; // written by router_thread_stop
};

static void thread_sleep(struct router_thread *t, struct ring_wake *wake)
{
	uint64_t ms = router_next_ms(t->router);
	struct pollfd p = {.fd = wake->efd, .events = POLLIN};
	poll(&p, 1, ms < SLEEP_MAX_MS ? (int)ms : SLEEP_MAX_MS);
}

static void *thread_main(void *arg)
{
	struct router_thread *t = arg;
	struct ring_wake *wake = router_mailbox_wake(t->router);
	for (;;) {
		// Looked at before the run: what was posted before the stop is still handled.
		bool stop = atomic_load_explicit(&t->stop, memory_order_acquire);
		while (router_run(t->router, clock_mono_ns() / NS_PER_MS))
			;
		if (stop)
			return NULL;
		ring_wake_arm(wake);
		bool busy = router_run(t->router, clock_mono_ns() / NS_PER_MS);
		if (!busy && !atomic_load_explicit(&t->stop, memory_order_acquire))
			thread_sleep(t, wake);
		ring_wake_drain(wake);
	}
}

int router_thread_start(struct router *r, struct router_thread **out)
{
	struct router_thread *t = calloc(1, sizeof(*t));
	if (t == NULL)
		return -ENOMEM;
	t->router = r;
	int err = pthread_create(&t->thread, NULL, thread_main, t);
	if (err) {
		free(t);
		return -err;
	}
	pthread_setname_np(t->thread, "router");
	*out = t;
	return 0;
}

void router_thread_stop(struct router_thread *t)
{
	atomic_store_explicit(&t->stop, 1, memory_order_release);
	ring_wake_reader(router_mailbox_wake(t->router));
	pthread_join(t->thread, NULL);
	free(t);
}
