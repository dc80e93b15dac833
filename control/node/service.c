// The node's words to its service manager, and when they are due.
#include "control/node/service.h"

#include <stdint.h>

#include "engine/base/clock.h"
#include "engine/base/str.h"

#define STATUS_MS   5000
#define EXTEND_US   30000000ull // until the next word of a drain
#define AT_EXIT_US  60000000ull // for what is on its way to the disk
#define LIFE_MIN_MS 10

void service_open(struct service *s, struct timers *timers)
{
	*s = (struct service){.timers = timers};
	notify_open(&s->notify);
	notify_say(&s->notify, "STATUS=starting");
}

bool service_manages(const struct service *s)
{
	return s->notify.fd >= 0;
}

static void on_status(void *arg)
{
	struct service *s = arg;
	char text[SERVICE_TEXT_MAX];

	s->status(text, s->arg);
	if (!str_equal(text, s->told))
		notify_say(&s->notify, "STATUS=%s", text);
	str_copy(s->told, sizeof(s->told), text);
	if (s->stops)
		notify_say(&s->notify, "EXTEND_TIMEOUT_USEC=%llu", EXTEND_US);
	timer_start(s->timers, &s->repeat, STATUS_MS, on_status, s);
}

static void on_life(void *arg)
{
	struct service *s = arg;
	uint64_t third_ms = s->notify.watchdog_us / 3000;

	notify_say(&s->notify, "WATCHDOG=1");
	timer_start(
		s->timers, &s->life, third_ms > LIFE_MIN_MS ? third_ms : LIFE_MIN_MS, on_life, s);
}

void service_ready(struct service *s, service_status_h *status, const void *arg)
{
	s->status = status;
	s->arg = arg;
	if (!service_manages(s))
		return;
	notify_say(&s->notify, "READY=1");
	on_status(s);
	if (s->notify.watchdog_us)
		on_life(s);
}

void service_reloading(struct service *s)
{
	notify_say(&s->notify, "RELOADING=1\nMONOTONIC_USEC=%llu\nSTATUS=reloading",
		(unsigned long long)(clock_mono_ns() / 1000));
}

void service_reloaded(struct service *s, bool good)
{
	s->told[0] = '\0'; // it is said again with the next status
	notify_say(&s->notify, "READY=1\nSTATUS=%s",
		good ? "running with the new configuration"
		     : "running with the old configuration, the new one is wrong");
}

void service_turned(struct service *s)
{
	if (!service_manages(s) || s->status == NULL)
		return;
	if (s->stops)
		notify_say(&s->notify, "STOPPING=1");
	on_status(s);
}

// From here on nothing turns: no sign of life is due, and the manager waits for the disk.
void service_stopping(struct service *s)
{
	timer_cancel(&s->life);
	timer_cancel(&s->repeat);
	notify_say(&s->notify,
		"STOPPING=1\nWATCHDOG_USEC=0\nEXTEND_TIMEOUT_USEC=%llu\nSTATUS=stopping",
		AT_EXIT_US);
}

void service_close(struct service *s)
{
	notify_close(&s->notify);
}
