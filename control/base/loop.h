// The one loop of the control thread: libre's, over epoll. SIP, timers (control/base/timer.h),
// rings from other threads and everything with a file descriptor meet here.
#pragma once

#include <stdbool.h>

struct ring_wake;
struct timers;

enum loop_flags { LOOP_READ = 1, LOOP_WRITE = 2, LOOP_ERROR = 4 };

typedef void(loop_fd_h)(int flags, void *arg);
// Reads messages, at most a bounded batch; true when there was at least one.
typedef bool(loop_ring_h)(void *arg);

// Its timers, libre's too, are these. fd_max: descriptors of the process, so numbers below it can
// be watched. 0 or -errno.
int loop_init(struct timers *timers, int fd_max);
// Libre's timers are these, with or without a loop.
void loop_libre_timers(struct timers *timers);
void loop_close(void); // after loop_run; what is still watched is forgotten

// Runs until loop_stop. 0 or -errno. No signal is touched: the program watches a signalfd.
int loop_run(void);
void loop_stop(void); // from within the loop: returns after this turn

// Calls fn whenever fd is ready for one of flags, for as long as it is; LOOP_ERROR comes unasked.
// Watching again changes flags and fn. 0 or -errno.
int loop_watch(int fd, int flags, loop_fd_h *fn, void *arg);
void loop_unwatch(int fd); // before close(fd)

// Calls fn when a writer woke w: until the rings behind it are empty, and once more after w was
// armed, so that no message is ever left lying; fn is called soon after this, too. 0 or -errno.
int loop_watch_ring(struct ring_wake *w, loop_ring_h *fn, void *arg);
void loop_unwatch_ring(struct ring_wake *w);
