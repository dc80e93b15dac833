// Ends the process on a programmer's error, saying where.
#include "engine/base/check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void check_failed(const char *expression, const char *file, int line)
{
	char text[512];
	int n = snprintf(text, sizeof(text), "check failed: %s at %s:%d\n", expression, file, line);
	size_t len = n < (int)sizeof(text) ? (size_t)n : sizeof(text) - 1;

	for (const char *p = text; len > 0;) {
		ssize_t wrote = write(STDERR_FILENO, p, len);
		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			break; // nobody reads it: it ends all the same
		p += wrote;
		len -= (size_t)wrote;
	}
	abort();
}
