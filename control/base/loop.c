// Libre's loop with our timers. Libre keeps its timers in one sorted list: with 10,000 alive a
// start costs over 100 µs. Its functions are exported and called through the symbol table, so
// the ones defined here serve Debian's library too, at a few nanoseconds, whatever is alive.
#include "control/base/loop.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "control/base/timer.h"
#include "control/base/re.h"
#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/base/ring.h"

#define DEBUG_MODULE "loop" // re_dbg.h insists, for macros that nothing here uses
#define DEBUG_LEVEL  0
#include <re_dbg.h>

// Calls of a ring's reader in one turn of the loop, before sockets and timers have theirs.
#define RING_BATCHES_MAX 16

LOG_TOPIC("loop");

// A program's own symbol stands in for a library's only when it is exported.
#define LIBRE_OVERRIDE __attribute__((visibility("default"), used))

// Libre's struct tmr is a struct timer: the wheel's node lies where the
// list element was, which only libre's own timer functions ever touched. Zeroed memory is a
// timer at rest in both.
_Static_assert(sizeof(struct wheel_timer) <= sizeof(struct le), "the wheel's node fits");
_Static_assert(offsetof(struct timer, fn) == offsetof(struct tmr, th), "handler in its place");
_Static_assert(offsetof(struct timer, arg) == offsetof(struct tmr, arg), "argument in its place");
_Static_assert(
	offsetof(struct timer, of) == offsetof(struct tmr, jfs), "nobody else reads the time");
_Static_assert(sizeof(struct timer) == sizeof(struct tmr), "no more than that");

static struct timers *libre_timers; // of the process, as libre's loop is
static struct loop *libre_loop;	    // the same; NULL: there is none

void loop_libre_timers(struct timers *timers)
{
	libre_timers = timers;
}

static struct timer *tmr_timer(struct tmr *tmr)
{
	return (struct timer *)(void *)tmr;
}

LIBRE_OVERRIDE void tmr_init(struct tmr *tmr)
{
	if (tmr)
		*tmr = (struct tmr){.th = NULL};
}

LIBRE_OVERRIDE void tmr_start(struct tmr *tmr, uint64_t delay, tmr_h *th, void *arg)
{
	if (!tmr)
		return;
	if (!th) {
		timer_cancel(tmr_timer(tmr));
		return;
	}
	timer_start(libre_timers, tmr_timer(tmr), delay, th, arg);
}

LIBRE_OVERRIDE void tmr_cancel(struct tmr *tmr)
{
	if (tmr)
		timer_cancel(tmr_timer(tmr));
}

LIBRE_OVERRIDE uint64_t tmr_get_expire(const struct tmr *tmr)
{
	return tmr ? timer_left_ms((const struct timer *)(const void *)tmr) : 0;
}

LIBRE_OVERRIDE uint64_t tmr_jiffies(void)
{
	return timers_now_ms(libre_timers);
}

LIBRE_OVERRIDE void tmr_poll(struct list *tmrl)
{
	(void)tmrl; // libre's own list stays empty
	timers_run(libre_timers, timers_now_ms(libre_timers));
}

// True: some want another turn.
static bool loop_end_turn(void)
{
	bool again = late_run();

	if (libre_loop && libre_loop->runs)
		log_flush();
	return again;
}

// Libre asks for it at the end of each turn. It takes 0 as "sleep until a descriptor is ready" and
// casts the rest to int.
LIBRE_OVERRIDE uint64_t tmr_next_timeout(struct list *tmrl)
{
	bool again = loop_end_turn();
	if (libre_loop && libre_loop->runs)
		pace_wait(&libre_loop->pace);
	uint64_t next_ms = timers_next_ms(libre_timers);

	(void)tmrl;
	if (again)
		return 1;
	if (next_ms == UINT64_MAX)
		return 0;
	return next_ms == 0 ? 1 : next_ms < INT_MAX ? next_ms : INT_MAX;
}

LIBRE_OVERRIDE int tmr_status(struct re_printf *pf, void *unused)
{
	(void)unused;
	return re_hprintf(pf, "timers alive: %u\n", timers_count(libre_timers));
}

LIBRE_OVERRIDE void tmr_debug(void)
{
	log_debug("timers alive=%u", timers_count(libre_timers));
}

_Static_assert((int)LOOP_READ == (int)FD_READ && (int)LOOP_WRITE == (int)FD_WRITE &&
		(int)LOOP_ERROR == (int)FD_EXCEPT,
	"libre's flags");

// What libre has to say, as a line of our log.
static void loop_libre_says(int level, const char *text, size_t len, void *arg)
{
	(void)arg;
	while (len && text[len - 1] == '\n')
		len--;
	if (level <= DBG_WARNING)
		log_warn("libre: %.*s", (int)len, text);
	else
		log_debug("libre: %.*s", (int)len, text);
}

int loop_init(struct loop *l, struct timers *timers, int fd_max)
{
	if (libre_timers && libre_timers != timers)
		return -EBUSY;
	*l = (struct loop){0};
	libre_loop = l;
	loop_libre_timers(timers);
	dbg_init(DBG_INFO, DBG_NONE);
	dbg_handler_set(loop_libre_says, NULL);
	int err = libre_init();
	if (!err)
		err = fd_setsize(fd_max);
	if (!err)
		err = poll_method_set(METHOD_EPOLL);
	if (!err)
		return 0;
	log_error("the loop does not start error=%d", err);
	loop_close(l); // libre's timers outlive nobody who stands on ours
	return -err;
}

struct loop_ring {
	struct loop_ring *next;
	struct loop *loop;
	struct ring_wake *wake; // NULL: unwatched while its own fn ran
	loop_ring_h *fn;
	void *arg;
};

void loop_close(struct loop *l)
{
	while (l->rings)
		loop_unwatch_ring(l, l->rings->wake);
	fd_setsize(0);
	libre_close();
	loop_libre_timers(NULL);
	if (libre_loop == l)
		libre_loop = NULL;
}

int loop_run(void)
{
	struct loop *l = libre_loop;
	struct dlist late;

	check(l);
	late_begin(&late);
	l->runs = true;
	log_hold();
	int err = re_main(NULL);
	loop_end_turn();
	late_end();
	l->runs = false;
	log_release();
	return -err;
}

void loop_stop(void)
{
	re_cancel();
}

int loop_watch(int fd, int flags, loop_fd_h *fn, void *arg)
{
	check(fn && (flags & (LOOP_READ | LOOP_WRITE)));
	return -fd_listen(fd, flags, fn, arg);
}

void loop_unwatch(int fd)
{
	fd_close(fd);
}

// Makes the descriptor readable, as a writer would.
static void loop_ring_knock(struct ring_wake *w)
{
	ring_wake_arm(w);
	ring_wake_reader(w);
}

// Drain, read to the end, arm, look again: asleep only when armed and then found empty.
static bool loop_ring_read(struct loop_ring *r)
{
	bool armed = false;

	ring_wake_drain(r->wake);
	for (unsigned i = 0; i < RING_BATCHES_MAX; i++) {
		bool found = r->fn(r->arg);

		if (!r->wake || (!found && armed))
			return true;
		if (!found) {
			ring_wake_arm(r->wake);
			armed = true;
		}
	}
	return false;
}

static void loop_ring_woken(int flags, void *arg)
{
	struct loop_ring *r = arg;

	(void)flags;
	struct loop *l = r->loop;
	l->running = r;
	bool empty = loop_ring_read(r);
	l->running = NULL;
	if (!r->wake)
		free(r);
	else if (!empty)
		loop_ring_knock(r->wake);
}

int loop_watch_ring(struct loop *l, struct ring_wake *w, loop_ring_h *fn, void *arg)
{
	struct loop_ring *r = malloc(sizeof(*r));

	if (!r)
		return -ENOMEM;
	*r = (struct loop_ring){.next = l->rings, .loop = l, .wake = w, .fn = fn, .arg = arg};
	int err = loop_watch(w->efd, LOOP_READ, loop_ring_woken, r);
	if (err) {
		free(r);
		return err;
	}
	l->rings = r;
	loop_ring_knock(w); // what was written before anybody watched
	return 0;
}

void loop_unwatch_ring(struct loop *l, struct ring_wake *w)
{
	struct loop_ring **at = &l->rings;

	while (*at && (*at)->wake != w)
		at = &(*at)->next;
	struct loop_ring *r = *at;
	if (!r)
		return;
	*at = r->next;
	loop_unwatch(w->efd);
	r->wake = NULL;
	if (r != l->running)
		free(r);
}
