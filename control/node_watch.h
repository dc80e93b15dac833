// What the node notices by itself once a second and says aloud, in the log and as TROUBLE events:
// gateways that stop answering, sound lost on the way to the recorder, a full disk.
#pragma once

#include <stdbool.h>

struct eventlog;
struct recorder;

void watch_start(struct eventlog *log, struct recorder *recorder);
void watch_stop(void);
// Says a trouble aloud, or that it is over.
void watch_trouble(const char *topic, const char *text, bool over);
