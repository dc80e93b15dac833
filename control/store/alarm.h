// What is wrong with the store, from its thread to control: an alarm of each kind that stands until
// it is set off again, and what is said once. Set by the thread, or by control before it runs.
#pragma once

#include <stdbool.h>

#include "control/store/store.h"
#include "engine/base/ring.h"

struct store_notice { // store to control
	enum store_trouble kind;
	enum { NOTICE_BEGINS, NOTICE_OVER, NOTICE_ONCE } what;
	char text[STORE_TEXT_MAX];
};

struct store_alarm {
	bool on, told; // told: what control knows
	char text[STORE_TEXT_MAX];
};

struct store_alarms {
	struct store_alarm of[STORE_TROUBLES];
	struct ring *notices;	// popped by control
	struct ring_wake *wake; // control's
};

int store_alarms_init(struct store_alarms *a, struct ring_wake *wake); // 0 or -ENOMEM
void store_alarms_fini(struct store_alarms *a);

// One that is on already keeps its text.
void store_alarm(struct store_alarms *a, enum store_trouble kind, bool on, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void store_say(struct store_alarms *a, enum store_trouble kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
// Tells again what found no room: now and then.
void store_alarms_tell(struct store_alarms *a);
