// Things alive by their keys, while the event log is replayed: calls, recordings, registrations,
// agents.
#pragma once

#include <jansson.h>

#include "control/base/hold.h"
#include "control/eventlog/eventlog.h"
#include "engine/base/dlist.h"
#include "engine/base/hash.h"

// Something alive, found by its key.
struct living {
	struct hash_node node;
	struct dlist link; // in the order of coming
	char key[640];
	struct callid call;
	char tenant[64];
	json_t *body;	   // of its last record; of a call: the record so far
	uint64_t since_ns; // wall time of that record
	int64_t began_ns;  // of a call: by the steady clock; before 0: before that began
	bool began;
	uint64_t queued_ns;	   // of a call: when it came into the queue that it is in
	uint64_t segment_ns;	   // of a call: when the segment began that is open
	uint64_t segment_ended_ns; // and when its wait was over, though it is not closed yet
	char segment_why[32];	   // why then
	struct hold held[2];	   // of a call, of the segment: by the caller, by the agent
};

struct kind {
	struct hash by_key;
	struct dlist list;
	size_t count;
};

int living_init(struct kind *k); // 0 or -ENOMEM
void living_fini(struct kind *k);
struct living *living_find(struct kind *k, const char *key); // NULL: there is none
// Found or new; NULL: no memory, which *error then says.
struct living *living_get(struct kind *k, const char *key, int *error);
void living_remove(struct kind *k, struct living *l); // NULL allowed
void living_last(struct kind *k, struct living *l);   // as if it had come last
void living_restate(struct living *l, const struct event *e, json_t *body);
// Members of a body: "" and 0 where there is none.
const char *body_text_of(const json_t *body, const char *member);
uint64_t body_number_of(const json_t *body, const char *member);
