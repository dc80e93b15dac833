// Messages in order that a full ring had no room for; grows before it must.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/queue/router.h"

struct backlog {
	struct router_message *list; // owned
	uint32_t first, count, size;
};

int backlog_init(struct backlog *b); // 0 or -ENOMEM
void backlog_fini(struct backlog *b);
bool backlog_add(struct backlog *b, const struct router_message *m); // false: no memory
const struct router_message *backlog_first(const struct backlog *b); // NULL: empty
void backlog_drop(struct backlog *b);				     // the first
