// The nearest name.
#include "control/base/near.h"

#include <stddef.h>
#include <string.h>

#include "engine/base/str.h"

unsigned near_edits(const char *a, const char *b)
{
	unsigned row[NEAR_NAME_MAX + 1];
	size_t n = strlen(b);
	if (n > NEAR_NAME_MAX)
		return NEAR_NAME_MAX;
	for (size_t j = 0; j <= n; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; a[i - 1] != '\0'; i++) {
		unsigned corner = row[0]++;
		for (size_t j = 1; j <= n; j++) {
			unsigned change = corner + (a[i - 1] != b[j - 1]);
			unsigned least = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
			corner = row[j];
			row[j] = change < least ? change : least;
		}
	}
	return row[n];
}

// A third of it may be wrong, and three characters at most; or it is the beginning.
void near_try(struct near *n, const char *name)
{
	size_t len = strlen(n->wanted);
	unsigned most = len < 3 ? 1 : len < 9 ? (unsigned)len / 3 + (len > 4) : 3;
	if (n->known || len > NEAR_NAME_MAX || name[0] == '\0')
		return;
	unsigned edits = near_edits(n->wanted, name);
	n->known = edits == 0;
	if (edits > most && len >= 3 && strncmp(name, n->wanted, len) == 0)
		edits = most;
	if (edits <= most && (n->name[0] == '\0' || edits < n->edits) &&
		str_copy(n->name, sizeof(n->name), name) == 0)
		n->edits = edits;
}
