// What flows ask of the history: each question to the store, its answer back to the call.
#pragma once

#include "control/call/call.h"
#include "engine/base/dlist.h"

struct store;

struct node_history {
	struct store *store;
	struct calls *calls; // who asked; set before the first question
	struct dlist open;   // questions that the store has
};

void history_start(struct node_history *h, struct store *store);
void history_stop(struct node_history *h);			// no more answers
int history_ask(const struct calls_question *q, void *history); // 0, -EBUSY, -ENOMEM
