// The check as a whole: reads, asks the machine, prints.
#include "control/check/check.h"

#include <stdio.h>
#include <stdlib.h>

#include "control/config/load.h"
#include "control/modules.h"
#include "control/check/host.h"
#include "engine/base/log.h"
#include "engine/base/str.h"

#define EXIT_CONFIG 2

static void say_host(struct config_read *r, void *arg)
{
	check_host(r, arg);
}

static void print_all(FILE *to, const struct config_problem *list, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		fprintf(to, "%s\n", list[i].text);
}

static void print_good(
	const char *file, unsigned warnings, bool elsewhere, const struct check_host *h)
{
	char count[STR_COUNT_MAX], told[STR_COUNT_MAX + 2] = "";
	if (warnings > 0)
		str_format(told, sizeof(told), ", %s", str_count(count, warnings, "warning"));
	const char *more = "";
	if (elsewhere)
		more = "; users, folders, addresses, devices and prompts are another host's and "
		       "were not looked at";
	else if (h->beside)
		more = "; a ringhall runs with it already";
	printf("%s: the configuration is good%s%s\n", file, told, more);
}

int check_file(const char *file, bool elsewhere)
{
	struct check_host host = {.privilege.look = true};
	const struct config_more more = {say_host, &host};
	struct config_problems problems;
	struct config *config = NULL;
	log_set_level("*", LOG_ERROR); // what a start would tell beside
	int err = elsewhere ? config_load(&control_modules, file, NULL, &config, &problems)
			    : config_load_more(&control_modules, file, &more, &config, &problems);
	print_all(stderr, problems.list, problems.count);
	print_all(stderr, problems.warnings, problems.warning_count);
	if (!err)
		print_good(file, problems.warning_count, elsewhere, &host);
	config_problems_free(&problems);
	config_release(config);
	return err ? EXIT_CONFIG : EXIT_SUCCESS;
}
