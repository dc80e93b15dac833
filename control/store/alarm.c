// The store's alarms: notices by value through a ring, told again where there was no room.
#include "control/store/alarm.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "engine/base/str.h"

#define NOTICES_MAX 16

const char *store_topic(enum store_trouble kind)
{
	static const char *const topics[STORE_TROUBLES] = {
		[STORE_COMMIT] = "store",
		[STORE_DAMAGED] = "store-damaged",
		[STORE_LOG] = "store-log",
		[STORE_RETENTION] = "store-retention",
	};

	return topics[kind];
}

int store_alarms_init(struct store_alarms *a, struct ring_wake *wake)
{
	*a = (struct store_alarms){.wake = wake};
	a->notices = ring_new(RING_SPSC, NOTICES_MAX, sizeof(struct store_notice));
	return a->notices ? 0 : -ENOMEM;
}

void store_alarms_fini(struct store_alarms *a)
{
	ring_free(a->notices);
}

static bool notice_push(struct store_alarms *a, const struct store_notice *n)
{
	if (!ring_push(a->notices, n))
		return false;
	ring_wake_reader(a->wake);
	return true;
}

static void alarm_tell(struct store_alarms *a, enum store_trouble kind)
{
	struct store_alarm *one = &a->of[kind];
	struct store_notice n = {.kind = kind, .what = one->on ? NOTICE_BEGINS : NOTICE_OVER};

	if (one->on == one->told)
		return;
	str_copy(n.text, sizeof(n.text), one->text);
	if (notice_push(a, &n))
		one->told = one->on;
}

void store_alarms_tell(struct store_alarms *a)
{
	for (unsigned i = 0; i < STORE_TROUBLES; i++)
		alarm_tell(a, i);
}

void store_alarm(struct store_alarms *a, enum store_trouble kind, bool on, const char *fmt, ...)
{
	struct store_alarm *one = &a->of[kind];
	va_list args;

	if (one->on == on)
		return;
	one->on = on;
	va_start(args, fmt);
	vsnprintf(one->text, sizeof(one->text), fmt, args);
	va_end(args);
	alarm_tell(a, kind);
}

// Without room it is not told: control, which empties the ring at each turn, has not come to it
// for as many notices.
void store_say(struct store_alarms *a, enum store_trouble kind, const char *fmt, ...)
{
	struct store_notice n = {.kind = kind, .what = NOTICE_ONCE};
	va_list args;

	va_start(args, fmt);
	vsnprintf(n.text, sizeof(n.text), fmt, args);
	va_end(args);
	notice_push(a, &n);
}
