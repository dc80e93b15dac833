// Waits between tries, and says a trouble's begin and end.
#include "control/base/retry.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/log.h"

LOG_TOPIC("retry");

static void calm_fired(void *arg)
{
	struct retry *r = arg;
	log_info("%s works again refusals=%llu", r->what, (unsigned long long)r->refused);
	r->refused = 0;
}

void retry_refused(struct retry *r, int error, timer_h *fn, void *arg)
{
	r->error = abs(error);
	if (r->refused++ == 0)
		log_error("%s is refused, it is tried again error=%s", r->what, strerror(r->error));
	timer_cancel(&r->calm);
	if (timer_alive(&r->timer))
		return;
	if (r->wait_ms < RETRY_MIN_MS)
		r->wait_ms = RETRY_MIN_MS;
	timer_start(r->timers, &r->timer, r->wait_ms, fn, arg);
	r->wait_ms = r->wait_ms < RETRY_MAX_MS / 2 ? r->wait_ms * 2 : RETRY_MAX_MS;
}

void retry_done(struct retry *r)
{
	if (r->refused == 0)
		return;
	r->wait_ms = 0;
	if (!timer_alive(&r->calm))
		timer_start(r->timers, &r->calm, RETRY_CALM_MS, calm_fired, r);
}

bool retry_waits(const struct retry *r)
{
	return timer_alive(&r->timer);
}

void retry_stop(struct retry *r)
{
	timer_cancel(&r->timer);
	timer_cancel(&r->calm);
	if (r->refused > 0)
		log_info("%s is wanted no more refusals=%llu", r->what,
			(unsigned long long)r->refused);
	r->refused = 0;
	r->wait_ms = 0;
}
