// The router's lists by number grow as numbers come.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/router/router_private.h"

// Makes room for number id in a list of pointers.
int router_list_reach(void ***list, uint32_t *count, uint32_t id)
{
	if (id < *count)
		return 0;
	if (id > 1u << 24)
		return -EINVAL;
	uint32_t n = id + 1 > *count * 2 ? id + 1 : *count * 2;
	void **grown = realloc(*list, n * sizeof(*grown));
	if (grown == NULL)
		return -ENOMEM;
	memset(grown + *count, 0, (n - *count) * sizeof(*grown));
	*list = grown;
	*count = n;
	return 0;
}
