// Reserves by the clock: the router is told when their hours begin and end. And what calls a
// reserve, for people.
#include <time.h>

#include "control/queue/floor_private.h"
#include "control/queue/hours.h"
#include "engine/base/clock.h"
#include "engine/base/str.h"

// A clock that is set is noticed so late, where no caller comes.
#define LOOK_MS (15u * 60 * 1000)

static time_t wall_s(const struct floor *f)
{
	return (time_t)(timers_wall_ns(f->options.timers) / NS_PER_S);
}

static void clock_fired(void *arg)
{
	struct floor *f = arg;
	f->hours.until = 0;
	floor_reserve_look(f);
}

// The timer for the next of all queues' changes.
static void clock_start(struct floor *f, time_t now)
{
	uint64_t left_ms = (uint64_t)(f->hours.until - now) * 1000;
	uint64_t of_second_ms = timers_wall_ns(f->options.timers) / NS_PER_MS % 1000;
	left_ms = left_ms > of_second_ms ? left_ms - of_second_ms : 1;
	timer_start(f->options.timers, &f->hours.timer, left_ms < LOOK_MS ? left_ms : LOOK_MS,
		clock_fired, f);
}

uint32_t floor_reserve_clock(struct floor *f, struct floor_queue *q, const struct config_queue *c)
{
	struct hours list[CONFIG_HOURS_MAX];
	unsigned count = 0;
	for (unsigned i = 0; i < c->reserve.during_count; i++)
		count += hours_parse(c->reserve.during[i].text, &list[count]);
	q->hours_change = 0;
	if (count == 0)
		return ROUTER_NO_CLOCK;
	time_t now = wall_s(f);
	q->hours_change = hours_change(list, count, now);
	f->hours.looked = now;
	if (f->hours.until == 0 || (q->hours_change != 0 && q->hours_change < f->hours.until))
		f->hours.until = q->hours_change ? q->hours_change : now + LOOK_MS / 1000;
	clock_start(f, now);
	return hours_in(list, count, now) ? ROUTER_CLOCK_IN : ROUTER_CLOCK_OUT;
}

void floor_reserve_look(struct floor *f)
{
	time_t now = wall_s(f);
	if (f->hours.looked == 0 || (now >= f->hours.looked && now < f->hours.until))
		return;
	f->hours.looked = f->hours.until = 0;
	for (uint32_t i = 0; i < f->queue_count; i++) {
		struct floor_queue *q = f->queues[i];
		if (q->config == NULL || q->config->reserve.during_count == 0)
			continue;
		uint32_t clock = floor_reserve_clock(f, q, q->config);
		if (clock == q->set.reserve_clock)
			continue;
		q->set.reserve_clock = clock;
		floor_post_queue(f, q);
	}
}

void floor_reserve_stop(struct floor *f)
{
	timer_cancel(&f->hours.timer);
}

// --- for people ---

static void add_called(const struct floor_queue *q, struct str_buf *b)
{
	const char *and = "";
	if (q->reserve_by & ROUTER_RESERVE_CALLERS) {
		str_buf_add(b, "many wait, until no more than %u do", q->set.reserve_to);
		and = "; ";
	}
	if (q->reserve_by & ROUTER_RESERVE_WAIT) {
		str_buf_add(b, "%sone has waited for %u s, until none has", and,
			q->set.reserve_wait_ms / 1000);
		and = "; ";
	}
	if (q->reserve_by & ROUTER_RESERVE_CLOCK) {
		str_buf_add(b, "%sby the clock", and);
		if (q->hours_change > 0) {
			str_buf_add(b, " until ");
			hours_moment_add(b, q->hours_change);
		}
	}
}

static void add_held(const struct floor_queue *q, struct str_buf *b)
{
	const char * or = "until ";
	if (q->set.reserve_from > 0) {
		str_buf_add(b, "%s%u wait", or, q->set.reserve_from);
		or = " or ";
	}
	if (q->set.reserve_wait_ms > 0) {
		str_buf_add(b, "%sone has waited for %u s", or, q->set.reserve_wait_ms / 1000);
		or = " or ";
	}
	if (q->hours_change > 0) {
		str_buf_add(b, "%s", or);
		hours_moment_add(b, q->hours_change);
	}
}

void floor_reserve_text(const struct floor *f, uint32_t queue, struct str_buf *b)
{
	const struct floor_queue *q = f->queues[queue];
	if (q->reserve_by)
		add_called(q, b);
	else
		add_held(q, b);
}
