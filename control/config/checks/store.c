// What must hold between the sizes of the event log.
#include "control/config/checks/checks.h"

#define MIB 1048576ull

// The segment being written and the one before, from which a start reads until the other's snapshot
// is whole: less cannot be kept.
#define SEGMENTS_KEPT 2

void config_check_store(struct config_read *r)
{
	const struct config_store *s = &r->config->store;
	if (!s->segment_bytes)
		return; // the section could not be read at all
	if (s->segment_bytes < MIB || s->segment_bytes > 16384 * MIB)
		config_read_problem(r, &s->segment_bytes, NULL,
			"expected 1MiB to 16GiB, got %llu bytes",
			(unsigned long long)s->segment_bytes);
	else if (s->retention_bytes > 0 && s->retention_bytes < SEGMENTS_KEPT * s->segment_bytes)
		config_read_problem(r, &s->retention_bytes, NULL,
			"expected 0 (no limit) or at least %u segments (store.segment: %llu MiB "
			"each), got %llu bytes",
			SEGMENTS_KEPT, (unsigned long long)(s->segment_bytes / MIB),
			(unsigned long long)s->retention_bytes);
}
