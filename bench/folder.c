// Folders by name, for the signal that ends the program to remove.
#include "bench/folder.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/check.h"
#include "engine/base/str.h"

#define MOST  4
#define FIRST 3 // of the words behind rm's own

static char paths[MOST][BENCH_FOLDER_MAX];
static const char *words[FIRST + MOST + 1] = {"rm", "-rf", "--"};

// Whatever else runs in the program is over with this, and may not write into them any more.
static void removed_by_signal(int number)
{
	(void)number;
	execv("/bin/rm", (char *const *)words);
	_exit(EXIT_FAILURE);
}

static void words_again(void)
{
	unsigned n = FIRST;
	for (unsigned i = 0; i < MOST; i++)
		if (paths[i][0] != '\0')
			words[n++] = paths[i];
	words[n] = NULL;
}

void bench_folder_new(char out[BENCH_FOLDER_MAX], const char *parent, const char *name)
{
	static const int ends[] = {SIGHUP, SIGINT, SIGPIPE, SIGTERM};
	unsigned i = 0;
	while (i < MOST && paths[i][0] != '\0')
		i++;
	check(i < MOST);
	str_format(out, BENCH_FOLDER_MAX, "%s/%s-bench-XXXXXX", parent, name);
	if (mkdtemp(out) == NULL) {
		perror(out);
		exit(EXIT_FAILURE);
	}
	str_copy(paths[i], sizeof(paths[i]), out);
	words_again();
	for (unsigned k = 0; k < sizeof(ends) / sizeof(ends[0]); k++)
		signal(ends[k], removed_by_signal);
}

void bench_folder_remove(const char *folder)
{
	char command[BENCH_FOLDER_MAX + 16];
	str_format(command, sizeof(command), "rm -rf '%s'", folder);
	check(system(command) == 0);
	for (unsigned i = 0; i < MOST; i++)
		if (str_equal(paths[i], folder))
			paths[i][0] = '\0';
	words_again();
}
