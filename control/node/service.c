// The node's words to its service manager, and when they are due.
#include "control/node/service.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "control/config/config.h"
#include "control/base/load.h"
#include "control/node/notify.h"
#include "control/base/timer.h"
#include "control/call/call.h"
#include "control/node/load.h"
#include "control/node/state.h"
#include "engine/base/clock.h"
#include "engine/base/str.h"

#define STATUS_MS   5000
#define EXTEND_US   30000000ull // until the next word of a drain
#define AT_EXIT_US  60000000ull // for what is on its way to the disk
#define LIFE_MIN_MS 10

static struct {
	struct notify notify;
	struct timer life, status;
	char told[160];
} service;

void service_open(void)
{
	memset(&service, 0, sizeof(service));
	notify_open(&service.notify);
	notify_say(&service.notify, "STATUS=starting");
}

bool service_manages(void)
{
	return service.notify.fd >= 0;
}

static void status_text(char text[160])
{
	unsigned calls = calls_count(node.calls);

	if (node.draining && timer_alive(&node.drain_limit))
		str_format(text, 160,
			"draining, no new calls; open calls: %u, ended in %u s at the latest",
			calls, (unsigned)(timer_left_ms(&node.drain_limit) / 1000));
	else if (node.draining)
		str_format(text, 160, "draining, no new calls; open calls: %u", calls);
	else if (node_load()->overload.stands)
		str_format(text, 160, "overloaded, new calls are refused; open calls: %u", calls);
	else
		str_format(text, 160, "running; open calls: %u", calls);
}

static void on_status(void *arg)
{
	char text[160];

	status_text(text);
	if (!str_equal(text, service.told))
		notify_say(&service.notify, "STATUS=%s", text);
	str_copy(service.told, sizeof(service.told), text);
	if (node.managed_stop)
		notify_say(&service.notify, "EXTEND_TIMEOUT_USEC=%llu", EXTEND_US);
	timer_start(&service.status, STATUS_MS, on_status, NULL);
}

static void on_life(void *arg)
{
	uint64_t third_ms = service.notify.watchdog_us / 3000;

	notify_say(&service.notify, "WATCHDOG=1");
	timer_start(&service.life, third_ms > LIFE_MIN_MS ? third_ms : LIFE_MIN_MS, on_life, NULL);
}

void service_ready(void)
{
	if (!service_manages())
		return;
	notify_say(&service.notify, "READY=1");
	on_status(NULL);
	if (service.notify.watchdog_us)
		on_life(NULL);
}

void service_reloading(void)
{
	notify_say(&service.notify, "RELOADING=1\nMONOTONIC_USEC=%llu\nSTATUS=reloading",
		(unsigned long long)(clock_mono_ns() / 1000));
}

void service_reloaded(bool good)
{
	service.told[0] = '\0'; // it is said again with the next status
	notify_say(&service.notify, "READY=1\nSTATUS=%s",
		good ? "running with the new configuration"
		     : "running with the old configuration, the new one is wrong");
}

void service_turned(void)
{
	if (!service_manages() || node.stage != STAGE_ALL)
		return;
	if (node.managed_stop)
		notify_say(&service.notify, "STOPPING=1");
	on_status(NULL);
}

// From here on nothing turns: no sign of life is due, and the manager waits for the disk.
void service_stopping(void)
{
	timer_cancel(&service.life);
	timer_cancel(&service.status);
	notify_say(&service.notify,
		"STOPPING=1\nWATCHDOG_USEC=0\nEXTEND_TIMEOUT_USEC=%llu\nSTATUS=stopping",
		AT_EXIT_US);
}

void service_close(void)
{
	notify_close(&service.notify);
}
