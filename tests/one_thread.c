// A test that stands on one thread says so by linking this: where it starts another one, it ends.
// So the thread sanitizer has to see those of the suite `threads` alone, and none slips past it.
#include <stdio.h>
#include <stdlib.h>

int __wrap_pthread_create(void *thread, const void *attr, void *(*run)(void *), void *arg);
int __wrap_rte_eal_remote_launch(int (*run)(void *), void *arg, unsigned lcore);

static _Noreturn void stop(const char *name)
{
	fprintf(stderr, "%s: a second thread: name this test in `threaded` of tests/meson.build\n",
		name);
	abort();
}

int __wrap_pthread_create(void *thread, const void *attr, void *(*run)(void *), void *arg)
{
	stop("pthread_create");
}

int __wrap_rte_eal_remote_launch(int (*run)(void *), void *arg, unsigned lcore)
{
	stop("rte_eal_remote_launch");
}
