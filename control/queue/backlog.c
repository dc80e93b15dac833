// Messages in order that a full ring had no room for; grows before it must.
#include "control/queue/backlog.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define AHEAD 64 // places that are there before they are wanted

void backlog_fini(struct backlog *b)
{
	free(b->list);
	memset(b, 0, sizeof(*b));
}

static bool grow(struct backlog *b)
{
	uint32_t size = b->size ? b->size * 2 : 2 * AHEAD;
	struct router_message *list = realloc(b->list, size * sizeof(*list));
	if (list == NULL)
		return false;
	b->list = list;
	b->size = size;
	return true;
}

int backlog_init(struct backlog *b)
{
	memset(b, 0, sizeof(*b));
	return grow(b) ? 0 : -ENOMEM;
}

bool backlog_add(struct backlog *b, const struct router_message *m)
{
	if (b->first + b->count == b->size && b->first > b->size / 2) {
		memmove(b->list, b->list + b->first, b->count * sizeof(*b->list));
		b->first = 0;
	}
	if (b->first + b->count == b->size && !grow(b))
		return false;
	b->list[b->first + b->count++] = *m;
	if (b->size - b->first - b->count < AHEAD)
		(void)grow(b); // while there is room a refusal costs nothing
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
