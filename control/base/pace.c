// Turns are counted over a few milliseconds; many in one window space those of the next.
#include "control/base/pace.h"

#include <time.h>

#include "engine/base/clock.h"

#define WINDOW_NS 10000000
#define MANY	  6	 // turns of a window: at PACE_NS ten are the most
#define LEAST_NS  100000 // shorter waits cost more than they gather

uint64_t pace_gap(struct pace *p, uint64_t now_ns)
{
	uint64_t since_ns = now_ns - p->last_ns;

	p->turns++;
	if (now_ns - p->window_ns >= WINDOW_NS) {
		p->thick = p->turns >= MANY && now_ns - p->window_ns < 2 * WINDOW_NS;
		p->window_ns = now_ns;
		p->turns = 0;
	}
	bool gathers = p->thick && since_ns + LEAST_NS <= PACE_NS;
	uint64_t gap_ns = gathers ? PACE_NS - since_ns : 0;
	p->last_ns = now_ns + gap_ns;
	return gap_ns;
}

void pace_wait(struct pace *p)
{
	uint64_t gap_ns = pace_gap(p, clock_mono_ns());

	if (gap_ns)
		(void)clock_nanosleep(
			CLOCK_MONOTONIC, 0, &(struct timespec){.tv_nsec = (long)gap_ns}, NULL);
}
