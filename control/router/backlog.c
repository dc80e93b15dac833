// Blocks of messages, one behind the other: a message is written once and stays where it is.
#include "control/router/backlog.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK 128
#define AHEAD 64 // places that are there before they are wanted

struct backlog_block {
	struct backlog_block *next;
	struct router_message list[BLOCK];
};

// While there is room a refusal costs nothing.
static void look_ahead(struct backlog *b)
{
	if (b->spare == NULL)
		b->spare = malloc(sizeof(*b->spare));
	if (b->spare != NULL)
		b->spare->next = NULL;
}

int backlog_init(struct backlog *b)
{
	memset(b, 0, sizeof(*b));
	look_ahead(b);
	b->head = b->tail = b->spare;
	b->spare = NULL;
	return b->head ? 0 : -ENOMEM;
}

void backlog_fini(struct backlog *b)
{
	while (b->head != NULL) {
		struct backlog_block *next = b->head->next;
		free(b->head);
		b->head = next;
	}
	free(b->spare);
	memset(b, 0, sizeof(*b));
}

bool backlog_add(struct backlog *b, const struct router_message *m)
{
	if (b->end >= BLOCK - AHEAD)
		look_ahead(b);
	if (b->end == BLOCK) {
		if (b->spare == NULL)
			return false;
		b->tail = b->tail->next = b->spare;
		b->spare = NULL;
		b->end = 0;
	}
	b->tail->list[b->end++] = *m;
	b->count++;
	return true;
}

const struct router_message *backlog_first(const struct backlog *b)
{
	return b->count ? &b->head->list[b->first] : NULL;
}

void backlog_drop(struct backlog *b)
{
	b->first++;
	if (--b->count == 0) {
		b->first = b->end = 0;
	} else if (b->first == BLOCK) {
		struct backlog_block *done = b->head;
		b->head = done->next;
		b->first = 0;
		if (b->spare == NULL) {
			b->spare = done;
			done->next = NULL;
		} else {
			free(done);
		}
	}
}
