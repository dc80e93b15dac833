// What the service manager (systemd, or whoever sets NOTIFY_SOCKET) hears of the node: READY
// when its SIP sockets listen and its media is up, RELOADING, STOPPING, a STATUS for people, and
// signs of life from the control loop's own turns, so that a loop that hangs is a node that is
// started again. While a stop that the manager asked for waits for calls its patience is
// extended.
#pragma once

#include <stdbool.h>

#include "control/base/timer.h"
#include "control/node/notify.h"

#define SERVICE_TEXT_MAX 160

typedef void service_status_h(char text[SERVICE_TEXT_MAX], const void *arg); // the STATUS of now

struct service {
	struct notify notify;
	bool stops;		  // set by the node: its stop waits for calls, and is the manager's
	service_status_h *status; // NULL: not ready yet
	const void *arg;
	struct timers *timers;
	struct timer life, repeat;
	char told[SERVICE_TEXT_MAX];
};

// Before the start: it is told that there is one.
void service_open(struct service *s, struct timers *timers);
bool service_manages(const struct service *s);
void service_ready(struct service *s, service_status_h *status, const void *arg);
void service_reloading(struct service *s);
void service_reloaded(struct service *s, bool good);
void service_turned(struct service *s);	  // draining, or not any more: says so at once
void service_stopping(struct service *s); // the loop is over
void service_close(struct service *s);
