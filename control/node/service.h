// What the service manager (systemd, or whoever sets NOTIFY_SOCKET) hears of the node: READY
// when its SIP sockets listen and its media is up, RELOADING, STOPPING, a STATUS for people, and
// signs of life from the control loop's own turns, so that a loop that hangs is a node that is
// started again. While a stop that the manager asked for waits for calls its patience is
// extended.
#pragma once

#include <stdbool.h>

void service_open(void); // before the start: it is told that there is one
bool service_manages(void);
void service_ready(void);
void service_reloading(void);
void service_reloaded(bool good);
void service_turned(void);   // draining, or not any more: says so at once
void service_stopping(void); // the loop is over
void service_close(void);
