// The node: everything that main.c wires, started and stopped in order.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct config;

struct node_options {
	struct config *config; // held by the node from here on
	bool router_thread;
};

struct node;

// On failure -errno, everything undone and one sentence (or several lines: prompts) in error.
int node_start(const struct node_options *options, struct node **out, char error[4096]);
int node_run(struct node *n);	// until drained or stopped; 0 or -errno
void node_stop(struct node *n); // and frees it
