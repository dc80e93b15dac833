// Whose region a call is.
#include "control/config/regions.h"

#include <string.h>

#include "engine/base/str.h"

int config_area_order(const void *a, const void *b)
{
	const struct config_area *x = a, *y = b;
	if (x->tenant != y->tenant)
		return x->tenant < y->tenant ? -1 : 1;
	if (x->of_caller != y->of_caller)
		return x->of_caller ? 1 : -1;
	return strcmp(x->text, y->text);
}

static const struct config_region *area_exact(
	const struct config *c, const struct config_area *wanted)
{
	unsigned low = 0, high = c->area_count;
	while (low < high) {
		unsigned middle = (low + high) / 2;
		int order = config_area_order(&c->areas[middle], wanted);
		if (order == 0)
			return c->areas[middle].region;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

// The number itself, then what it begins with, from the longest to the shortest.
static const struct config_region *area_of(const struct config *c,
	const struct config_tenant *tenant, bool of_caller, const char *number)
{
	char text[NUMBER_TEXT_MAX + 1];
	struct config_area wanted = {.tenant = tenant, .of_caller = of_caller, .text = text};
	if (str_copy(text, NUMBER_TEXT_MAX, number) != 0)
		return NULL;
	if (number_is(text))
		number_strip(text);
	const struct config_region *found = area_exact(c, &wanted);
	for (size_t keep = strlen(text) + 1; found == NULL && keep-- > 0;) {
		text[keep] = '*';
		text[keep + 1] = '\0';
		found = area_exact(c, &wanted);
	}
	return found;
}

const char *config_find_region(const struct config *c, const struct config_tenant *tenant,
	const char *ours, const char *theirs)
{
	const struct config_region *found = NULL;
	if (c->area_count == 0 || tenant == NULL)
		return "";
	found = area_of(c, tenant, false, ours);
	if (found == NULL)
		found = area_of(c, tenant, true, theirs);
	return found ? found->name : "";
}
