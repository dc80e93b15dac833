// The service manager's ear: sd_notify(3) without its library. What is said is lines of KEY=VALUE
// in one datagram to the socket that NOTIFY_SOCKET names ("@" begins an abstract one). Nobody waits
// for the manager: what its socket does not take at once is lost, and its repetition is not.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct notify {
	int fd;		      // -1: nobody listens
	uint64_t watchdog_us; // how long it waits for a sign of life; 0: it does not
};

void notify_open(struct notify *n); // from the environment
void notify_close(struct notify *n);
void notify_say(const struct notify *n, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
