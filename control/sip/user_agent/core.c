// Tables and limits.
#include "control/sip/user_agent/core.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/sip/registrar/auth.h"
#include "control/sip/registrar/places.h"
#include "control/sip/registrar/registrar.h"
#include "control/sip/transport/guard.h"
#include "control/sip/transport/lockout.h"
#include "control/sip/transport/trace.h"
#include "control/sip/user_agent/methods.h"
#include "engine/base/rng.h"

#define SOURCES_MAX    16384
#define BALANCERS_MAX  1024
#define HEALTH_PER_S   100   // answers to each
#define LOCKED_MAX     16384 // addresses that said wrong passwords
#define NONCES_SPARE   4096  // beside those of registrations: for agents' calls
#define TRACE_BYTES    (16u << 20)
#define TRACE_MESSAGES 32768
#define LEG_BUCKETS    16384

int core_init(struct ua *ua, const struct ua_env *env)
{
	*ua = (struct ua){.timers = env->timers,
		.media = env->media,
		.config = env->config,
		.handlers = *env->handlers};
	ua->seed = rng_seed_os();
	rng_seed(&ua->rng, ua->seed);
	methods_allow(ua->allow, sizeof(ua->allow));
	dlist_init(&ua->all);
	dlist_init(&ua->byes);
	ua->guard = guard_new(SOURCES_MAX);
	ua->health = guard_new(BALANCERS_MAX);
	ua->lockout = lockout_new(LOCKED_MAX);
	ua->auth = auth_new();
	ua->places = calloc(1, sizeof(*ua->places));
	ua->trace = trace_new(TRACE_BYTES, TRACE_MESSAGES);
	if (!ua->guard || !ua->health || !ua->lockout || !ua->auth || !ua->places || !ua->trace ||
		hash_init(&ua->legs, LEG_BUCKETS) || hash_init(&ua->masked, 64) ||
		hash_init(&ua->invites, LEG_BUCKETS)) {
		core_fini(ua);
		return -ENOMEM;
	}
	guard_limit(ua->health, &(struct guard_limits){.answers_per_s = HEALTH_PER_S});
	core_limit(ua);
	return 0;
}

void core_fini(struct ua *ua)
{
	guard_free(ua->guard);
	guard_free(ua->health);
	lockout_free(ua->lockout);
	auth_free(ua->auth);
	if (ua->places)
		places_drop(ua->places);
	free(ua->places);
	trace_free(ua->trace);
	hash_fini(&ua->legs);
	hash_fini(&ua->masked);
	hash_fini(&ua->invites);
	*ua = (struct ua){0};
}

// As many nonces as all agents can use within the age of one when each registers as often as it
// may, each time over a new one.
static unsigned nonces_max(const struct config *c)
{
	uint64_t each = AUTH_NONCE_AGE_MS / (c->sip.register_min_s * 1000ull) + 1;
	uint64_t all = c->agent_count * each * BINDINGS_MAX + NONCES_SPARE;

	return all < UINT32_MAX ? (unsigned)all : UINT32_MAX;
}

void core_limit(struct ua *ua)
{
	const struct config_sip *sip = &ua->config->sip;
	struct guard_limits limits = {
		.answers_per_s = sip->unknown_per_s,
		.auth_failures = sip->auth_failures,
		.lockout_s = sip->auth_lockout_s,
	};
	struct lockout_limits lockout = {sip->auth_failures, sip->auth_lockout_s};

	guard_limit(ua->guard, &limits);
	lockout_limit(ua->lockout, &lockout);
	auth_limit(ua->auth, nonces_max(ua->config));
	places_configure(ua->places, ua->config);
}
