// What must hold of agents whose phones dial out.
#include <string.h>

#include "control/config/checks/checks.h"
#include "engine/base/str.h"

// The voice is there before it is known which of them has room.
static void check_trunk(struct config_read *r, const struct config_agent *a, unsigned i)
{
	const struct config_trunk *t = a->dials[i];
	if (t == NULL)
		return;
	if (t->out.target_count == 0)
		config_read_problem(r, &a->dials[i], NULL,
			"expected a trunk that has targets, got '%s'", t->name);
	else if (a->dials[0] != NULL && t->media != a->dials[0]->media)
		config_read_problem(r, &a->dials[i], NULL,
			"expected a trunk with the same media address as the first, got '%s'",
			t->name);
	if (*a->dials_as == '\0' && *t->out.caller == '\0')
		config_read_problem(r, &a->dials[i], NULL,
			"expected a trunk that has a caller, or dials_as, got '%s'", t->name);
}

static void check_caller(struct config_read *r, const struct config_agent *a)
{
	char normal[NUMBER_TEXT_MAX];
	number_normal(&a->tenant->plan, a->dials_as, normal);
	if (*normal != '\0' && !config_owns_number(r->config, a->tenant, normal))
		config_read_problem(r, a->dials_as, NULL,
			"expected one of the tenant's numbers, got '%s'", a->dials_as);
}

// An entry of the list that takes numbers which begin so; NULL: none does.
static const struct config_beginning *taking(
	const struct config_beginning *list, unsigned count, const char *begins)
{
	for (unsigned i = 0; i < count; i++) {
		size_t len = strcspn(list[i].text, "*");
		if (strncmp(list[i].text, begins, len < strlen(begins) ? len : strlen(begins)) == 0)
			return &list[i];
	}
	return NULL;
}

// With a country code "00" and "+" are the same; without one a number is what its text says.
static void check_abroad(struct config_read *r, const struct config_agent *a)
{
	const struct config_beginning *to = taking(a->dials_to, a->dials_to_count, "+");
	const struct config_beginning *not = taking(a->dials_not, a->dials_not_count, "00");
	if (*a->tenant->plan.country != '\0' || to == NULL || not == NULL ||
		taking(a->dials_not, a->dials_not_count, "+") != NULL)
		return;
	config_read_warn(r, not, NULL,
		"expected a country_code of the tenant, or '+' here, too: '%s' keeps nobody from "
		"dialling abroad with '+', which '%s' of dials_to allows",
		not ->text, to->text);
}

void config_check_dials(struct config_read *r)
{
	for (unsigned i = 0; i < r->config->agent_count; i++) {
		const struct config_agent *a = &r->config->agents[i];
		for (unsigned k = 0; k < a->dials_count; k++)
			check_trunk(r, a, k);
		check_caller(r, a);
		check_abroad(r, a);
		if (a->dials_to_count > 0 && a->dials_count == 0)
			config_read_problem(
				r, a->dials_to, NULL, "expected dials beside dials_to, got none");
	}
}
