// The node's load, taken ten times a second: while it is past its limits new calls are refused.
#pragma once

struct config;
struct load;

void node_load_start(const struct config *config);
void node_load_configure(const struct config *config);
void node_load_stop(void);
const struct load *node_load(void);
