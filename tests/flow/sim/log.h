// The event log of a scenario: on disk, in segments that turn all the time, and judged at its end.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct eventlog;
struct event;

#define SIM_SEGMENT 4096

void sim_log_begin(struct eventlog *l); // each segment is led by a snapshot of the calls
void sim_log_event(const struct event *e);
void sim_log_settle(void);		      // until all of it is in the file, snapshots too
void sim_folder_make(char *out, size_t size); // a new one, in memory where that can be
// Closed: every record is read back, and replayed from its snapshots at random moments it says what
// it says from its beginning.
void sim_log_judge(const char *directory, uint64_t seed);
void sim_log_end(void); // behind it
