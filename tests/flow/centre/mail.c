// Faults of the way into the router.
#include "tests/flow/centre/mail.h"

#include <errno.h>
#include <stdbool.h>

#include "control/router/router.h"
#include "engine/base/rng.h"

bool __real_router_post(struct router *r, const struct router_message *m);
bool __wrap_router_post(struct router *r, const struct router_message *m);
bool __real_router_take(struct router *r, struct router_message *out);
bool __wrap_router_take(struct router *r, struct router_message *out);

static struct {
	struct mail_faults faults;
	struct rng rng;
	struct mail_counts counts;
} mail;

void mail_faults(const struct mail_faults *faults, uint64_t seed)
{
	mail.faults = *faults;
	rng_seed(&mail.rng, seed);
}

const struct mail_counts *mail_counts(void)
{
	return &mail.counts;
}

static bool happens(unsigned per_mille)
{
	return per_mille > 0 && rng_below(&mail.rng, 1000) < per_mille;
}

bool __wrap_router_post(struct router *r, const struct router_message *m)
{
	if (happens(mail.faults.full)) {
		mail.counts.full++;
		return false;
	}
	if (!__real_router_post(r, m))
		return false;
	mail.counts.posted++;
	if (happens(mail.faults.twice) && __real_router_post(r, m))
		mail.counts.twice++;
	return true;
}

// Who has sent it once knows nothing of the other one.
bool __wrap_router_take(struct router *r, struct router_message *out)
{
	while (__real_router_take(r, out))
		if (out->kind != ROUTER_DONE || out->error != -EALREADY)
			return true;
	return false;
}
