// Registrations in the event log: each binding as it comes and goes, all of them in a snapshot,
// and back from the log after a restart.
#pragma once

struct config;
struct eventlog;
struct rebuild;
struct ua_registration;

void registrations_start(struct eventlog *log);
void registrations_binding(const struct ua_registration *r, const char *gone, void *arg);
void registrations_snapshot(struct eventlog *log);
void registrations_restore(const struct rebuild *rebuild);
