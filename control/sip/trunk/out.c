// The order of targets, and numbers for carriers.
#include "control/sip/trunk/out.h"

#include <errno.h>
#include <string.h>

#include "engine/base/str.h"

struct tries {
	struct out_try *list;
	unsigned count;
	bool silent; // those that are looked for
};

static void add_targets(struct tries *tries, struct trunk *t)
{
	const struct config_out *o = &t->config->out;

	for (unsigned i = 0; i < o->target_count && tries->count < CONFIG_TARGETS_MAX; i++) {
		const struct trunk_rest *rest = trunk_rests(t, &o->targets[i]);
		if ((rest && rest->asked) || (rest != NULL) != tries->silent)
			continue;
		trunk_hold(t);
		tries->list[tries->count++] = (struct out_try){t, o->targets[i]};
	}
}

unsigned out_tries(struct trunks *ts, const struct config_trunk *first,
	struct out_try list[CONFIG_TARGETS_MAX])
{
	struct trunk *t = trunk_of(ts, first);
	struct tries tries = {list, 0, false};

	if (!t)
		return 0;
	const struct config_out *o = &t->config->out;
	for (unsigned pass = 0; pass < 2; pass++, tries.silent = true) {
		add_targets(&tries, t);
		for (unsigned i = 0; i < o->failover_count; i++) {
			struct trunk *next = trunk_of(ts, o->failover[i]);
			if (next)
				add_targets(&tries, next);
		}
	}
	return tries.count;
}

void out_drop(struct out_try *tries, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		trunk_release(tries[i].trunk);
}

int out_number(const struct config_out *o, const char *number, char out[NUMBER_TEXT_MAX])
{
	const struct config_rewrite *best = NULL;

	for (unsigned i = 0; i < o->rewrite_count; i++) {
		const struct config_rewrite *w = &o->rewrites[i];
		if (str_starts(number, w->strip) &&
			(!best || strlen(w->strip) > strlen(best->strip)))
			best = w;
	}
	return str_format(out, NUMBER_TEXT_MAX, "%s%s", best ? best->add : "",
		       number + (best ? strlen(best->strip) : 0))
		? -EMSGSIZE
		: 0;
}

bool out_owns(const struct config_listen *targets, unsigned count, const struct addr *host)
{
	for (unsigned i = 0; i < count; i++)
		if (addr_same_ip(&targets[i].address, host))
			return true;
	return false;
}
