// The loop of the control thread: libre's, over epoll. SIP, timers (control/base/timer.h), rings
// from other threads and everything with a file descriptor meet here.
//
// Libre has one poll for the process, and one list of timers: so there is one loop, and nodes that
// share a process share it and its timers. Which descriptors are watched libre keeps; what we keep
// beside it, rings, lies in struct loop.
#pragma once

#include <stdbool.h>

#include "control/base/late.h"
#include "control/base/pace.h"

struct loop_ring;
struct ring_wake;
struct timers;

enum loop_flags { LOOP_READ = 1, LOOP_WRITE = 2, LOOP_ERROR = 4 };

typedef void(loop_fd_h)(int flags, void *arg);
// Reads messages, at most a bounded batch; true when there was at least one.
typedef bool(loop_ring_h)(void *arg);

struct loop {
	struct loop_ring *rings; // owned
	const struct loop_ring *running;
	bool runs;
	struct pace pace;
};

// Its timers, libre's too, are these. fd_max: descriptors of the process, so numbers below it can
// be watched. 0 or -errno; -EBUSY: the process has a loop over other timers.
int loop_init(struct loop *l, struct timers *timers, int fd_max);
// Libre's timers are these, with or without a loop.
void loop_libre_timers(struct timers *timers);
void loop_close(struct loop *l); // after loop_run; what is still watched is forgotten

// Runs until loop_stop. 0 or -errno. No signal is touched: the program watches a signalfd. What is
// said to the log in a turn is written at its end (log_hold); what else a turn does at its end says
// control/base/late.h, and how turns are spaced control/base/pace.h.
int loop_run(void);
void loop_stop(void); // from within the loop: returns after this turn

// Calls fn whenever fd is ready for one of flags, for as long as it is; LOOP_ERROR comes unasked.
// Watching again changes flags and fn. 0 or -errno.
int loop_watch(int fd, int flags, loop_fd_h *fn, void *arg);
void loop_unwatch(int fd); // before close(fd)

// Calls fn when a writer woke w: until the rings behind it are empty, and once more after w was
// armed, so that no message is ever left lying; fn is called soon after this, too. 0 or -errno.
int loop_watch_ring(struct loop *l, struct ring_wake *w, loop_ring_h *fn, void *arg);
void loop_unwatch_ring(struct loop *l, struct ring_wake *w);
