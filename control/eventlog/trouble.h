// What is wrong with the node and no call's business: said in the daemon's messages and as TROUBLE
// events, each with its end. Control thread only.
//
// A trouble is named by its topic and, where a node has several of a kind (ports, gateways), its
// name. It begins once and is over once; what stands when the node stops in order is over then.
#pragma once

#include <stdbool.h>

#include "engine/bounds.h"

#define TROUBLES_MAX (MEDIA_MAX + 2 * PORTS_MAX + 16) // that stand at once

struct eventlog;

struct troubles {
	struct eventlog *log;
	unsigned count;
	struct trouble {
		char topic[24], name[32];
		bool warning; // that may become one: no error in the messages
	} standing[TROUBLES_MAX];
};

void troubles_start(struct troubles *t, struct eventlog *log);
void troubles_stop(struct troubles *t); // what stands is over: the node stops

// name: "" where the topic says it all. One that stands already is not begun again, nor is one
// over that does not stand. The texts need not be UTF-8.
void trouble_begins(struct troubles *t, const char *topic, const char *name, const char *text);
void trouble_warns(struct troubles *t, const char *topic, const char *name, const char *text);
void trouble_over(struct troubles *t, const char *topic, const char *name, const char *text);
// Something that was lost and is past when it is told: it begins, and is over.
void trouble_past(struct troubles *t, const char *topic, const char *name, const char *text);
bool trouble_stands(const struct troubles *t, const char *topic, const char *name);
