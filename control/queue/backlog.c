// Messages in order that a full ring had no room for; grows as it must.
#include "control/queue/backlog.h"

#include <stdlib.h>
#include <string.h>

void backlog_fini(struct backlog *b)
{
	free(b->list);
	memset(b, 0, sizeof(*b));
}

bool backlog_add(struct backlog *b, const struct router_message *m)
{
	if (b->first + b->count == b->size && b->first > b->size / 2) {
		memmove(b->list, b->list + b->first, b->count * sizeof(*b->list));
		b->first = 0;
	}
	if (b->first + b->count == b->size) {
		uint32_t size = b->size ? b->size * 2 : 64;
		struct router_message *list = realloc(b->list, size * sizeof(*list));
		if (list == NULL)
			return false;
		b->list = list;
		b->size = size;
	}
	b->list[b->first + b->count++] = *m;
	return true;
}

const struct router_message *backlog_first(const struct backlog *b)
{
	return b->count ? &b->list[b->first] : NULL;
}

void backlog_drop(struct backlog *b)
{
	b->first++;
	if (--b->count == 0)
		b->first = 0;
}
