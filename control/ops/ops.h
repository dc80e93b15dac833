// Operations: what the command socket can ask of a node, which hands over what it wired.
// Control thread only. A process may have several, each with a socket and a node of its own.
#pragma once

#include "control/ops/env.h"

struct event;
struct ops;

// env is copied. 0, or -errno with one sentence.
int ops_start(const struct ops_env *env, struct ops **out, char error[512]);
void ops_configure(struct ops *ops, struct config *config);
void ops_stop(struct ops *ops);	   // and frees it
int ops_fd(const struct ops *ops); // for the loop
void ops_poll(struct ops *ops);
void ops_event(struct ops *ops, const struct event *e); // the event log's feed
