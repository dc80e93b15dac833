// Registrations in the event log: each binding as it comes and goes, all of them in a snapshot,
// and back from the log after a restart.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct config;
struct eventlog;
struct floor;
struct rebuild;
struct ua;
struct ua_lockout;
struct ua_registration;

void registrations_binding(const struct ua_registration *r, const char *gone, struct eventlog *log);
void registrations_lockout(const struct ua_lockout *l, struct eventlog *log);
// A piece of a snapshot, the bindings of the agents numbered *from on; false: that was the last.
bool registrations_snapshot(
	struct ua *ua, struct eventlog *log, struct floor *floor, uint64_t *from);
void registrations_restore(struct ua *ua, const struct rebuild *rebuild);
