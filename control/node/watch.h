// What the node notices by itself once a second and says aloud: a gateway or link that is down,
// packets that were lost, a disk that is full or behind.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/base/timer.h"
#include "control/eventlog/trouble.h"
#include "engine/bounds.h"

struct eventlog;
struct media;
struct recorder;

struct watch_loss { // of a counter that should stand still
	uint64_t seen, began;
	unsigned calm;
};

struct watch {
	struct timers *timers;
	struct media *media;
	struct timer timer;
	struct troubles troubles;
	struct recorder *recorder;
	struct watch_loss port[PORTS_MAX], tap;
	unsigned down[PORTS_MAX]; // looks in a row
	unsigned looks;
	unsigned index; // of the port that is looked at
};

// Every port's link is down: no call would be heard.
bool watch_dark(const struct watch *w);
void watch_open(struct watch *w, struct eventlog *log); // from here on troubles can be told
void watch_start(
	struct watch *w, struct recorder *recorder, struct media *media, struct timers *timers);
// Ends the watching, and with it every trouble that stands.
void watch_stop(struct watch *w);
// Says a trouble of a topic that has one at a time (control/eventlog/trouble.h), or that it is
// over.
void watch_trouble(struct watch *w, const char *topic, const char *text, bool over);
// One that costs nobody anything yet.
void watch_warning(struct watch *w, const char *topic, const char *text, bool over);
// One that is past when it is told.
void watch_past(struct watch *w, const char *topic, const char *text);
