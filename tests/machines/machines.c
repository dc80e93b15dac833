// The tables of states: printed, written into a page, or held against what the tests have reached.
//
//   machines                    prints them
//   machines --write PAGE       puts them into the page, between their marks
//   machines --reached FOLDER   how much of each table the tests that have run reach; fails where
//                               that is less than REACH_PERMILLE of what can be, and is skipped
//                               where the tests of a table were
#include <stdlib.h>
#include <string.h>

#include "tests/machines/tables.h"

#define REACH_PERMILLE 950
#define SKIPPED	       77 // as the test runner knows it

static int write_page(const char *path)
{
	char *kept, *page = tables_page(path, &kept);
	FILE *f = page ? fopen(path, "we") : NULL;
	int failed = f == NULL || fputs(page, f) == EOF;
	if (f != NULL && fclose(f))
		failed = 1;
	if (failed)
		fprintf(stderr, "machines: %s: cannot be written, or has no place for tables\n",
			path);
	free(page);
	free(kept);
	return failed;
}

static int tell_reached(const char *folder)
{
	const char *untested = NULL;
	int failed = 0;
	for (unsigned i = 0; machines[i] != NULL; i++) {
		struct tables_share t = tables_reached(machines[i], folder, stdout);
		unsigned permille = t.reachable ? t.reached * 1000 / t.reachable : 0;
		printf("%s: %u of %u cells reached by tests (%u.%u %%), %u cannot be\n",
			machines[i]->name, t.reached, t.reachable, permille / 10, permille % 10,
			t.cannot);
		if (t.reached == 0)
			untested = machines[i]->name;
		else if (permille < REACH_PERMILLE)
			failed = 1;
	}
	if (failed)
		printf("machines: less than %u.%u %% is too little\n", REACH_PERMILLE / 10,
			REACH_PERMILLE % 10);
	else if (untested != NULL)
		printf("skipped: no test of the table `%s` has run\n", untested);
	return failed ? EXIT_FAILURE : untested ? SKIPPED : EXIT_SUCCESS;
}

int main(int argc, char *argv[])
{
	if (argc == 3 && strcmp(argv[1], "--write") == 0)
		return write_page(argv[2]);
	if (argc == 3 && strcmp(argv[1], "--reached") == 0)
		return tell_reached(argv[2]);
	if (argc != 1) {
		fprintf(stderr, "usage: machines [--write PAGE | --reached FOLDER]\n");
		return 2;
	}
	tables_print(stdout);
	return 0;
}
