// Makes and frees what all of the user agent shares.
#include "control/sip/core.h"

#include <errno.h>
#include <string.h>

#include "control/sip/registrar/registrar.h"
#include "engine/base/rng.h"

#define SOURCES_MAX    16384
#define BALANCERS_MAX  1024
#define HEALTH_PER_S   100   // answers to each
#define LOCKED_MAX     16384 // addresses that said wrong passwords
#define NONCES_SPARE   4096  // beside those of registrations: for agents' calls
#define TRACE_BYTES    (16u << 20)
#define TRACE_MESSAGES 32768
#define LEG_BUCKETS    16384

struct core core;

int core_init(const struct ua_env *env)
{
	core = (struct core){
		.timers = env->timers, .config = env->config, .handlers = *env->handlers};
	core.seed = rng_seed_os();
	dlist_init(&core.all);
	core.guard = guard_new(SOURCES_MAX);
	core.health = guard_new(BALANCERS_MAX);
	core.lockout = lockout_new(LOCKED_MAX);
	core.auth = auth_new();
	core.trace = trace_new(TRACE_BYTES, TRACE_MESSAGES);
	if (!core.guard || !core.health || !core.lockout || !core.auth || !core.trace ||
		hash_init(&core.legs, LEG_BUCKETS) || hash_init(&core.masked, 64) ||
		hash_init(&core.invites, LEG_BUCKETS)) {
		core_fini();
		return -ENOMEM;
	}
	guard_limit(core.health, &(struct guard_limits){.answers_per_s = HEALTH_PER_S});
	core_limit();
	return 0;
}

void core_fini(void)
{
	guard_free(core.guard);
	guard_free(core.health);
	lockout_free(core.lockout);
	auth_free(core.auth);
	places_drop(&core.places);
	trace_free(core.trace);
	hash_fini(&core.legs);
	hash_fini(&core.masked);
	hash_fini(&core.invites);
	core = (struct core){0};
}

// As many nonces as all agents can use within the age of one when each registers as often as it
// may, each time over a new one.
static unsigned nonces_max(const struct config *c)
{
	uint64_t each = AUTH_NONCE_AGE_MS / (c->sip.register_min_s * 1000ull) + 1;
	uint64_t all = c->agent_count * each * BINDINGS_MAX + NONCES_SPARE;

	return all < UINT32_MAX ? (unsigned)all : UINT32_MAX;
}

void core_limit(void)
{
	const struct config_sip *sip = &core.config->sip;
	struct guard_limits limits = {
		.answers_per_s = sip->unknown_per_s,
		.auth_failures = sip->auth_failures,
		.lockout_s = sip->auth_lockout_s,
	};
	struct lockout_limits lockout = {sip->auth_failures, sip->auth_lockout_s};

	guard_limit(core.guard, &limits);
	lockout_limit(core.lockout, &lockout);
	auth_limit(core.auth, nonces_max(core.config));
	places_configure(&core.places, core.config);
}
