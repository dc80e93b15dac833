// Makes and frees what all of the user agent shares.
#include "control/sip/core.h"

#include <errno.h>
#include <string.h>

#include "engine/base/rng.h"

#define SOURCES_MAX    16384
#define TRACE_BYTES    (16u << 20)
#define TRACE_MESSAGES 32768
#define LEG_BUCKETS    16384

struct core core;

int core_init(const struct config *config, const struct ua_handlers *handlers)
{
	core = (struct core){.config = config, .handlers = *handlers};
	core.seed = rng_seed_os();
	dlist_init(&core.all);
	core.guard = guard_new(SOURCES_MAX);
	core.auth = auth_new();
	core.trace = trace_new(TRACE_BYTES, TRACE_MESSAGES);
	if (!core.guard || !core.auth || !core.trace || hash_init(&core.legs, LEG_BUCKETS) ||
		hash_init(&core.masked, 64)) {
		core_fini();
		return -ENOMEM;
	}
	core_limit();
	return 0;
}

void core_fini(void)
{
	guard_free(core.guard);
	auth_free(core.auth);
	trace_free(core.trace);
	hash_fini(&core.legs);
	hash_fini(&core.masked);
	core = (struct core){0};
}

void core_limit(void)
{
	const struct config_sip *sip = &core.config->sip;
	struct guard_limits limits = {
		.answers_per_s = sip->unknown_per_s,
		.auth_failures = sip->auth_failures,
		.lockout_s = sip->auth_lockout_s,
	};

	guard_limit(core.guard, &limits);
}
