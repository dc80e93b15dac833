// What agents, callers and queues wait for, and until when, in sentences: each is said once to
// `say`, with what a program wants of it. Control thread only; nothing fails.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct call_info;
struct calls;
struct floor_agent_info;
struct floor_queue_info;
struct floor_why;
struct floor_why_agent;
struct floor_why_class;
struct timers;

struct why_said {
	const char *why;	   // in one word: "state", "lacks", …
	const char *text;	   // the sentence, without its full stop
	uint64_t until_ms;	   // when that ends by itself, of timers_now_ms; 0: it does not
	const char *agent, *queue; // that it is about; NULL: none
	uint64_t call;		   // the same, its key; 0: none
	unsigned how_many;	   // agents or callers that it is said of; 0: no number
	const struct floor_why_class *agents; // which of them could take a call; NULL: not counted
};

struct why {
	struct calls *calls;
	struct timers *timers;
	void (*say)(const struct why_said *s, void *arg);
	void *arg;
};

void why_agent(const struct why *w, const struct floor_agent_info *a);
// Of an agent who is ready: of one of its queues, once that is counted.
void why_agent_queue(
	const struct why *w, const struct floor_agent_info *a, const struct floor_why_agent *y);
// True: it waits in a queue, and *of is what floor_why_page counts for why_callers.
bool why_call(const struct why *w, const struct call_info *i, struct floor_why *of);
void why_queue(const struct why *w, const struct floor_queue_info *q);
// Who could take the callers that were counted: of one, or of a queue.
void why_callers(const struct why *w, const struct floor_queue_info *q, const struct floor_why *y);
