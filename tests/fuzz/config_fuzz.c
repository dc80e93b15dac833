// A configuration from any bytes: problems with a place and a reason, or one that can be used.
#include <stdlib.h>
#include <string.h>

#include "control/config/load.h"
#include "control/modules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(const struct config *c)
{
	for (unsigned i = 0; i < c->number_count; i++) {
		const struct config_number *n = &c->numbers[i];
		char normal[NUMBER_TEXT_MAX];
		number_normal(&n->tenant->plan, n->number, normal);
		if (config_find_number(c, n->tenant, normal) != n)
			abort();
	}
	for (unsigned i = 0; i < c->agent_count; i++)
		if (config_find_agent(c, c->agents[i].name) != &c->agents[i])
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct config_text text = {"f.yaml", (const char *)data, size};
	struct config_problems problems;
	struct config *first, *second;

	int err = config_load_text(&control_modules, &text, NULL, &first, &problems);
	if ((err == 0) != (problems.count == 0) || (err == 0) != (first != NULL))
		abort();
	for (unsigned i = 0; i < problems.count; i++)
		if (strncmp(problems.list[i].text, "f.yaml:", 7) != 0 ||
			problems.list[i].mark.line == 0 || problems.list[i].mark.column == 0)
			abort();
	for (unsigned i = 0; i < problems.warning_count; i++)
		if (strstr(problems.warnings[i].text, ": warning: ") == NULL)
			abort();
	config_problems_free(&problems);
	if (err)
		return 0;
	use(first);
	// What loads once loads again, and its prompts keep their ids.
	if (config_load_text(&control_modules, &text, first, &second, &problems))
		abort();
	config_problems_free(&problems); // warnings
	for (unsigned i = 0; i < first->prompt_count; i++)
		if (first->prompts[i].id != second->prompts[i].id)
			abort();
	config_release(first);
	config_release(second);
	return 0;
}
