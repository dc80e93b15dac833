// Ends the process on a programmer's error, saying where.
#include "engine/base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void check_failed(const char *expression, const char *file, int line)
{
	char text[512];
	int n = snprintf(text, sizeof(text), "check failed: %s at %s:%d\n", expression, file, line);
	size_t len = n < (int)sizeof(text) ? (size_t)n : sizeof(text) - 1;

	if (write(STDERR_FILENO, text, len) < 0)
		_exit(134);
	abort();
}
