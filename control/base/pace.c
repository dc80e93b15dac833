// Turns and the thread's work are counted over a few milliseconds; many turns of a thread that has
// much to do space those that follow.
#include "control/base/pace.h"

#include <time.h>

#include "engine/base/clock.h"

#define WINDOW_NS 10000000
#define MANY	  6	 // turns of a window: at PACE_NS ten are the most
#define LEAST_NS  100000 // shorter waits cost more than they gather
#define SHARE_ONE (1u << 20)
#define SMOOTH	  32		       // windows, about: one burst is no load
#define BUSY	  (SHARE_ONE / 16 * 3) // from then on there is work to be spared
#define IDLE	  (SHARE_ONE / 8)

static void pace_window(struct pace *p, uint64_t now_ns, uint64_t busy_ns)
{
	uint64_t wall_ns = now_ns - p->window_ns;
	uint64_t share = (busy_ns - p->busy_ns) * SHARE_ONE / wall_ns;
	uint32_t limit = p->busy ? IDLE : BUSY;

	// A long rest counts as as many windows as it was.
	if (wall_ns >= SMOOTH * WINDOW_NS)
		p->share = (uint32_t)share;
	else
		p->share = (uint32_t)((p->share * (SMOOTH - 1) + share) / SMOOTH);
	p->busy = p->share >= limit;
	p->thick = p->busy && p->turns >= MANY && wall_ns < 2 * WINDOW_NS;
	p->window_ns = now_ns;
	p->busy_ns = busy_ns;
	p->turns = 0;
}

uint64_t pace_gap(struct pace *p, uint64_t now_ns, uint64_t busy_ns)
{
	uint64_t since_ns = now_ns - p->last_ns;

	p->turns++;
	if (now_ns - p->window_ns >= WINDOW_NS)
		pace_window(p, now_ns, busy_ns);
	bool gathers = p->thick && since_ns + LEAST_NS <= PACE_NS;
	uint64_t gap_ns = gathers ? PACE_NS - since_ns : 0;
	p->last_ns = now_ns + gap_ns;
	return gap_ns;
}

void pace_wait(struct pace *p)
{
	uint64_t gap_ns = pace_gap(p, clock_mono_ns(), clock_thread_ns());

	if (gap_ns)
		(void)clock_nanosleep(
			CLOCK_MONOTONIC, 0, &(struct timespec){.tv_nsec = (long)gap_ns}, NULL);
}
