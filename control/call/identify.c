// Who calls what, and over which trunk.
#include <stdlib.h>

#include "control/call/call_private.h"
#include "control/config/regions.h"
#include "engine/base/str.h"

// A number in its one form, and as it was sent where that is another.
static void number_put(const struct number_plan *plan, const char *sent, char out[NUMBER_TEXT_MAX],
	char kept[RECORD_TEXT_MAX])
{
	number_normal(plan, sent, out);
	if (kept != NULL && !str_equal(sent, out))
		str_copy(kept, RECORD_TEXT_MAX, sent);
}

static void number_parties(struct call_record *r, const struct ua_incoming *in)
{
	const struct number_plan *plan = in->trunk ? &in->trunk->plan : &in->agent->tenant->plan;
	_Static_assert(NUMBER_TEXT_MAX == RECORD_TEXT_MAX, "a number fits");
	number_put(plan, in->called, r->called, r->called_sent);
	number_put(plan, in->caller, r->caller, r->caller_sent);
	number_put(plan, in->original_called, r->original_called, NULL);
	number_put(plan, in->redirected_by, r->redirected_by, NULL);
}

void call_region(
	struct call_record *r, const struct config *config, const struct config_tenant *tenant)
{
	bool out = str_equal(r->direction, "out");
	str_copy(r->region, sizeof(r->region),
		config_find_region(
			config, tenant, out ? r->caller : r->called, out ? r->called : r->caller));
}

const struct config_number *call_identify(
	struct call_record *r, const struct config *config, const struct ua_incoming *in)
{
	const struct config_tenant *tenant = in->trunk ? in->trunk->tenant : in->agent->tenant;
	number_parties(r, in);
	str_copy(r->direction, sizeof(r->direction), "in");
	str_copy(r->tenant, sizeof(r->tenant), tenant ? tenant->name : "");
	str_copy(r->trunk, sizeof(r->trunk), in->trunk ? in->trunk->name : "");
	str_copy(r->sip_call_id, sizeof(r->sip_call_id), in->call_id);
	str_copy(r->caller_name, sizeof(r->caller_name), in->caller_name);
	str_copy(r->privacy, sizeof(r->privacy), in->privacy);
	str_copy(r->redirect_reason, sizeof(r->redirect_reason), in->redirect_reason);
	call_region(r, config, tenant);
	const struct config_number *n = config_find_number(config, tenant, r->called);
	if (n == NULL || n->flow == NULL)
		return NULL;
	str_copy(r->number, sizeof(r->number), n->number);
	str_copy(r->flow, sizeof(r->flow), n->flow->name);
	return n;
}

// --- trunks ---

static struct trunk_use *trunk_use(struct calls *cs, const struct config_trunk *trunk)
{
	const char *tenant = trunk->tenant ? trunk->tenant->name : "";
	dlist_for_each (it, &cs->trunks) {
		struct trunk_use *t = container_of(it, struct trunk_use, link);
		if (str_equal(t->name, trunk->name) && str_equal(t->tenant, tenant))
			return t;
	}
	struct trunk_use *t = calloc(1, sizeof(*t));
	if (t == NULL)
		return NULL;
	str_copy(t->name, sizeof(t->name), trunk->name);
	str_copy(t->tenant, sizeof(t->tenant), tenant);
	dlist_push_back(&cs->trunks, &t->link);
	return t;
}

void call_take_trunk(struct call *c, const struct config_trunk *trunk)
{
	c->trunk = trunk_use(c->calls, trunk);
	if (c->trunk != NULL)
		c->trunk->calls++;
}

void call_leave_trunk(struct call *c)
{
	struct trunk_use *t = c->trunk;
	c->trunk = NULL;
	if (t == NULL || --t->calls > 0)
		return;
	dlist_remove(&t->link);
	free(t);
}

void trunk_uses_free(struct calls *cs)
{
	dlist_for_each_safe (it, &cs->trunks) {
		dlist_remove(it);
		free(container_of(it, struct trunk_use, link));
	}
}
