// Regions: whose each number, each beginning of callers' numbers and each agent is. Fills in areas.
#include <stdlib.h>
#include <string.h>

#include "control/config/checks/checks.h"
#include "control/config/regions.h"
#include "engine/base/str.h"

struct area { // and where it stands
	struct config_area is;
	const struct config_beginning *at;
};

struct areas {
	struct config_read *r;
	const struct config_region *region;
	struct area *list; // owned
	unsigned count;
};

static void area_add(struct areas *a, bool of_caller, const struct config_beginning *at,
	const char *text, bool begins)
{
	size_t size = strlen(text) + 2;
	char *kept = config_read_take(a->r, size);
	if (kept == NULL)
		return;
	str_format(kept, size, "%s%s", text, begins ? "*" : "");
	struct config_area is = {a->region->tenant, of_caller, kept, a->region};
	a->list[a->count++] = (struct area){is, at};
}

// Where a plan is, a beginning is of numbers in E.164, and of short ones as it stands.
static void begins_add(struct areas *a, bool of_caller, const struct config_beginning *at)
{
	char stem[sizeof(at->text)], normal[NUMBER_TEXT_MAX];
	str_copy(stem, sizeof(stem), at->text);
	size_t len = strlen(stem);
	if (len > 0 && stem[len - 1] == '*')
		stem[len - 1] = '\0';
	bool known = *stem && number_stem(&a->region->tenant->plan, stem, normal);
	if (number_is(stem))
		number_strip(stem);
	if (known)
		area_add(a, of_caller, at, normal, true);
	if (!known || (*stem != '+' && !str_equal(stem, normal)))
		area_add(a, of_caller, at, stem, true);
}

static bool is_begin(const char *number)
{
	size_t len = strlen(number);
	return len > 0 && number[len - 1] == '*';
}

// Whether any number of the tenant is this one, or begins so.
static bool is_ours(const struct config *c, const struct config_tenant *tenant, const char *text)
{
	char number[NUMBER_TEXT_MAX];
	size_t len = strlen(text) - is_begin(text);
	str_copy_n(number, sizeof(number), text, len);
	if (config_find_number(c, tenant, number) != NULL)
		return true;
	for (unsigned i = 0; is_begin(text) && i < c->dialled_count; i++)
		if (c->dialled[i].tenant == tenant && strncmp(c->dialled[i].text, number, len) == 0)
			return true;
	return false;
}

static void number_add(struct areas *a, const struct config_beginning *at)
{
	const struct config_tenant *tenant = a->region->tenant;
	unsigned before = a->count;
	char normal[NUMBER_TEXT_MAX];
	bool ours = false;
	if (at->text[0] == '\0')
		return; // it was wrong, and that is told
	if (is_begin(at->text)) {
		begins_add(a, false, at);
	} else {
		number_normal(&tenant->plan, at->text, normal);
		if (number_is(normal))
			number_strip(normal);
		area_add(a, false, at, normal, false);
	}
	for (unsigned i = before; i < a->count; i++)
		ours |= is_ours(a->r->config, tenant, a->list[i].is.text);
	if (!ours && !a->r->memory)
		config_read_problem(a->r, at, NULL,
			"expected one of the tenant's numbers, or the beginning of one with '*', "
			"got "
			"'%s'",
			at->text);
}

static void agents_add(struct config_read *r, const struct config_region *region)
{
	for (unsigned i = 0; i < region->agent_count; i++) {
		struct config_agent *a = region->agents[i];
		if (a != NULL && a->region != NULL)
			config_read_problem(r, &region->agents[i], NULL,
				"expected each agent in one region, once, got '%s', which is in "
				"'%s'",
				a->name, a->region->name);
		else if (a != NULL)
			a->region = region;
	}
}

static int area_order(const void *a, const void *b)
{
	const struct area *x = a, *y = b;
	int order = config_area_order(&x->is, &y->is);
	return order ? order : (x->at > y->at) - (x->at < y->at);
}

static void doubles(struct areas *a)
{
	for (unsigned i = 1; i < a->count; i++) {
		const struct area *was = &a->list[i - 1], *now = &a->list[i];
		if (config_area_order(&was->is, &now->is) == 0 && was->at != now->at)
			config_read_problem(a->r, now->at, NULL,
				"expected each number in one region, once, got '%s', which is in "
				"'%s'",
				now->at->text, was->is.region->name);
	}
}

static void areas_keep(struct areas *a)
{
	struct config *c = a->r->config;
	c->areas = config_read_take(a->r, (a->count + 1) * sizeof(*c->areas));
	for (unsigned i = 0; i < a->count && c->areas != NULL; i++)
		c->areas[c->area_count++] = a->list[i].is;
}

void config_check_regions(struct config_read *r)
{
	const struct config *c = r->config;
	struct areas a = {.r = r};
	size_t count = 0;
	for (unsigned i = 0; i < c->region_count; i++)
		count += 2 * ((size_t)c->regions[i].number_count + c->regions[i].caller_count);
	a.list = calloc(count + 1, sizeof(*a.list));
	if (a.list == NULL) {
		r->memory = true;
		return;
	}
	for (unsigned i = 0; i < c->region_count && !r->memory; i++) {
		a.region = &c->regions[i];
		for (unsigned k = 0; k < a.region->number_count; k++)
			number_add(&a, &a.region->numbers[k]);
		for (unsigned k = 0; k < a.region->caller_count; k++)
			if (a.region->callers[k].text[0] != '\0')
				begins_add(&a, true, &a.region->callers[k]);
		agents_add(r, a.region);
	}
	qsort(a.list, a.count, sizeof(*a.list), area_order);
	doubles(&a);
	areas_keep(&a);
	free(a.list);
}
