// From the configuration's words to the log's and the store's.
#include "control/node/bounds.h"

#include "control/config/config.h"
#include "engine/base/clock.h"

struct eventlog_options node_log_options(const struct config *c)
{
	const struct config_store *s = &c->store;
	return (struct eventlog_options){
		.directory = s->directory,
		.sync = s->sync,
		.segment_bytes = s->segment_bytes,
		.retention_bytes = s->retention_bytes,
		.retention_ns = (uint64_t)s->retention_days * 86400 * NS_PER_S,
	};
}

struct store_bounds node_store_bounds(const struct config *c)
{
	return (struct store_bounds){
		.history_days = c->store.history_days,
		.history_bytes = c->store.history_bytes,
		.recording_days = c->recording.retention_days,
		.recording_bytes = c->recording.retention_bytes,
	};
}
