// The loop, and above all: whether Debian's libre really calls the timers of this program.
#include "tests/unit/unit.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "control/base/loop.h"
#include "control/base/timer.h"
#include "control/base/re.h"
#include "engine/base/ring.h"

static struct timers timers;
static struct loop loop;

static uint64_t sim_ms;

static uint64_t sim_mono_ms(void *arg)
{
	return sim_ms;
}

static uint64_t sim_wall_ns(void *arg)
{
	return sim_ms * 1000000;
}

static const struct timers_clock sim = {sim_mono_ms, sim_wall_ns, NULL};

static void count(void *arg)
{
	++*(int *)arg;
}

// Names that libre looks up must lead to this program, not to the library.
START_TEST(program_exports_the_timer_functions)
{
	static const char *const names[] = {"tmr_init", "tmr_start", "tmr_cancel", "tmr_poll",
		"tmr_next_timeout", "tmr_jiffies", "tmr_get_expire", "tmr_status", "tmr_debug"};
	Dl_info own, found;

	ck_assert(dladdr((void *)(uintptr_t)sim_mono_ms, &own));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		void *symbol = dlsym(RTLD_DEFAULT, names[i]);

		ck_assert_msg(symbol && dladdr(symbol, &found), "%s not found", names[i]);
		ck_assert_msg(found.dli_fbase == own.dli_fbase, "%s leads to %s", names[i],
			found.dli_fname);
	}
}
END_TEST

// And nothing else of ours may stand in for a function of libre.
START_TEST(program_exports_nothing_else_of_libre)
{
	static const char *const names[] = {"str_dup", "list_init", "hash_append", "re_main"};
	Dl_info own, found;

	ck_assert(dladdr((void *)(uintptr_t)sim_mono_ms, &own));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		ck_assert(dladdr(dlsym(RTLD_DEFAULT, names[i]), &found));
		ck_assert(found.dli_fbase != own.dli_fbase);
	}
}
END_TEST

// A name server that never answers: libre itself starts the timer that gives the query up, and
// it expires in our simulated time.
START_TEST(libre_starts_our_timers)
{
	struct dns_query *query = NULL;
	struct dnsc *client = NULL;
	struct sa server;

	sim_ms = 1000;
	timers_init(&timers, &sim);
	ck_assert_int_eq(loop_init(&loop, &timers, 1024), 0);
	sa_set_str(&server, "127.0.0.1", 9);
	ck_assert_int_eq(dnsc_alloc(&client, NULL, &server, 1), 0);
	ck_assert_uint_eq(timers_count(&timers), 0);
	ck_assert_int_eq(dnsc_query(&query, client, "example.com", DNS_TYPE_A, DNS_CLASS_IN, true,
				 NULL, NULL),
		0);
	ck_assert_uint_gt(timers_count(&timers), 0);
	for (int i = 0; i < 1000 && query; i++) {
		sim_ms += timers_next_ms(&timers);
		timers_run(&timers, sim_ms);
	}
	ck_assert_ptr_null(query); // given up
	mem_deref(client);
	ck_assert_uint_eq(timers_count(&timers), 0);
	loop_close(&loop);
}
END_TEST

START_TEST(libre_timer_keeps_its_promises)
{
	struct tmr t = {.th = NULL}; // zeroed, never initialised
	int fired = 0;

	sim_ms = 1000;
	timers_init(&timers, &sim);
	loop_libre_timers(&timers);
	ck_assert_uint_eq(tmr_jiffies(), 1000);
	ck_assert_uint_eq(tmr_next_timeout(NULL), 0);
	ck_assert(!tmr_isrunning(&t));
	tmr_cancel(&t);
	tmr_start(&t, 500, count, &fired);
	ck_assert(tmr_isrunning(&t));
	ck_assert_uint_eq(tmr_get_expire(&t), 500);
	tmr_start(&t, 32, count, &fired);
	ck_assert_uint_le(tmr_next_timeout(NULL), 32);
	ck_assert_uint_ge(tmr_next_timeout(NULL), 1);
	sim_ms += 31;
	tmr_poll(NULL);
	ck_assert_int_eq(fired, 0);
	sim_ms += 1;
	ck_assert_uint_eq(tmr_next_timeout(NULL), 1);
	tmr_poll(NULL);
	ck_assert_int_eq(fired, 1);
	ck_assert(!tmr_isrunning(&t));
	tmr_start(&t, 10, count, &fired);
	tmr_start(&t, 10, NULL, NULL); // libre's other way to cancel
	ck_assert(!tmr_isrunning(&t));
	tmr_start(&t, 10, count, &fired);
	tmr_cancel(&t);
	ck_assert_uint_eq(timers_count(&timers), 0);
}
END_TEST

static struct timer stop_timer, guard_timer;
static int guard_fired;

static void stop(void *arg)
{
	(void)arg;
	loop_stop();
}

static void guard(void *arg)
{
	count(arg);
	loop_stop();
}

static void loop_begin(void)
{
	guard_fired = 0;
	timers_init(&timers, NULL);
	ck_assert_int_eq(loop_init(&loop, &timers, 4096), 0);
	timer_start(&timers, &guard_timer, 30000, guard, &guard_fired);
}

static void loop_end(void)
{
	timer_cancel(&guard_timer);
	loop_close(&loop);
	ck_assert_int_eq(guard_fired, 0);
	ck_assert_uint_eq(timers_count(&timers), 0);
}

// No timer lies in libre's own list, so its loop would sleep for ever on its own functions.
START_TEST(loop_runs_our_timers)
{
	loop_begin();
	timer_start(&timers, &stop_timer, 5, stop, NULL);
	ck_assert_int_eq(loop_run(), 0);
	ck_assert(!timer_alive(&stop_timer));
	loop_end();
}
END_TEST

static int fd_calls;

static void fd_ready(int flags, void *arg)
{
	int fd = *(int *)arg;

	ck_assert_int_eq(flags, LOOP_READ);
	if (++fd_calls < 3)
		return; // not read: it must come again
	loop_unwatch(fd);
	timer_start(&timers, &stop_timer, 5, stop, NULL);
}

START_TEST(descriptors_are_called_while_ready)
{
	int fd = eventfd(1, EFD_NONBLOCK);

	loop_begin();
	fd_calls = 0;
	ck_assert_int_lt(loop_watch(100000, LOOP_READ, fd_ready, &fd), 0);
	ck_assert_int_eq(loop_watch(fd, LOOP_READ, fd_ready, &fd), 0);
	ck_assert_int_eq(loop_run(), 0);
	ck_assert_int_eq(fd_calls, 3);
	loop_end();
	close(fd);
}
END_TEST

#define MESSAGES 100000u

struct door {
	struct ring *ring;
	struct ring_wake wake;
	uint32_t next;
	bool in_order;
};

static void *door_writer(void *arg)
{
	struct door *d = arg;

	for (uint32_t i = 0; i < MESSAGES; i++) {
		while (!ring_push(d->ring, &i))
			sched_yield();
		ring_wake_reader(&d->wake);
	}
	return NULL;
}

// Reads a few at a time, so that the loop has to come back for the rest.
static bool door_read(void *arg)
{
	struct door *d = arg;
	uint32_t i, batch = 0;

	while (batch < 7 && ring_pop(d->ring, &i)) {
		d->in_order = d->in_order && i == d->next;
		d->next++;
		batch++;
	}
	if (d->next == MESSAGES) {
		loop_unwatch_ring(&loop, &d->wake);
		loop_stop();
	}
	return batch > 0;
}

static void door_init(struct door *d)
{
	*d = (struct door){.in_order = true, .ring = ring_new(RING_SPSC, 1024, sizeof(uint32_t))};
	ck_assert_int_eq(ring_wake_init(&d->wake), 0);
}

static void door_fini(struct door *d)
{
	ring_wake_fini(&d->wake);
	ring_free(d->ring);
}

START_TEST(ring_of_another_thread_is_read_to_the_end)
{
	static struct door d;
	pthread_t writer;

	door_init(&d);
	loop_begin();
	ck_assert_int_eq(loop_watch_ring(&loop, &d.wake, door_read, &d), 0);
	ck_assert_int_eq(pthread_create(&writer, NULL, door_writer, &d), 0);
	ck_assert_int_eq(loop_run(), 0);
	pthread_join(writer, NULL);
	ck_assert(d.in_order);
	ck_assert_uint_eq(d.next, MESSAGES);
	loop_end();
	door_fini(&d);
}
END_TEST

START_TEST(messages_older_than_the_watch_are_read)
{
	static struct door d;

	door_init(&d);
	for (uint32_t i = 0; i < 500; i++)
		ck_assert(ring_push(d.ring, &i));
	loop_begin();
	ck_assert_int_eq(loop_watch_ring(&loop, &d.wake, door_read, &d), 0);
	timer_start(&timers, &stop_timer, 20, stop, NULL);
	ck_assert_int_eq(loop_run(), 0);
	ck_assert_uint_eq(d.next, 500);
	ck_assert_uint_eq(atomic_load(&d.wake.armed), 1);
	loop_end(); // forgets the watch
	door_fini(&d);
}
END_TEST

// Libre has one, and its timers would run in the second one's.
START_TEST(a_process_has_one_loop)
{
	struct timers others;
	struct loop second;

	timers_init(&others, NULL);
	loop_begin();
	ck_assert_int_eq(loop_init(&second, &others, 1024), -EBUSY);
	timer_start(&timers, &stop_timer, 5, stop, NULL);
	ck_assert_int_eq(loop_run(), 0);
	loop_end();
	ck_assert_int_eq(loop_init(&second, &others, 1024), 0);
	loop_close(&second);
}
END_TEST

// Who could not start it goes, and takes its timers along.
START_TEST(a_loop_that_did_not_start_is_none)
{
	struct rlimit limit;
	struct timers others;
	struct loop second;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	rlim_t files = limit.rlim_cur;
	limit.rlim_cur = 0;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	timers_init(&timers, NULL);
	ck_assert_int_lt(loop_init(&loop, &timers, 1024), 0);
	limit.rlim_cur = files;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	timers_init(&others, NULL);
	ck_assert_int_eq(loop_init(&second, &others, 1024), 0);
	loop_close(&second);
}
END_TEST

UNIT_MAIN("loop", a_loop_that_did_not_start_is_none, a_process_has_one_loop,
	program_exports_the_timer_functions, program_exports_nothing_else_of_libre,
	libre_starts_our_timers, libre_timer_keeps_its_promises, loop_runs_our_timers,
	descriptors_are_called_while_ready, ring_of_another_thread_is_read_to_the_end,
	messages_older_than_the_watch_are_read)
