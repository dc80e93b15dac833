// What the node notices by itself once a second and says aloud: a gateway or link that is down,
// packets that were lost, a disk that is full or behind.
#pragma once

#include <stdbool.h>

struct eventlog;
struct recorder;

// Every port's link is down: no call would be heard.
bool watch_dark(void);
void watch_open(struct eventlog *log); // from here on troubles can be told
void watch_start(struct recorder *recorder);
// Ends the watching, and with it every trouble that stands.
void watch_stop(void);
// Says a trouble of a topic that has one at a time (control/eventlog/trouble.h), or that it is
// over.
void watch_trouble(const char *topic, const char *text, bool over);
void watch_warning(
	const char *topic, const char *text, bool over); // that costs nobody anything yet
void watch_past(const char *topic, const char *text);	 // one that is past when it is told
