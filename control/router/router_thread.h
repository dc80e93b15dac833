// A thread for the router alone; without it the router runs on control's loop.
#pragma once

struct router;
struct router_thread;

int router_thread_start(struct router *r, struct router_thread **out); // 0 or -errno
void router_thread_stop(struct router_thread *t); // what was posted before is handled
