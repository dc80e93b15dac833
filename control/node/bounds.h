// What the configuration says of how the log and the store are kept.
#pragma once

#include "control/eventlog/eventlog.h"
#include "control/store/store.h"

struct config;

struct eventlog_options node_log_options(const struct config *c); // c outlives it
struct store_bounds node_store_bounds(const struct config *c);
