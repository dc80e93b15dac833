// Messages in order that a full ring had no room for; grows before it must. None is ever moved:
// adding one and dropping one cost the same however many there are.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/router/router.h"

struct backlog_block;

struct backlog {
	struct backlog_block *head, *tail, *spare; // owned; spare NULL: none
	uint32_t first, end;			   // in head, and behind the last in tail
	uint32_t count;
};

int backlog_init(struct backlog *b); // 0 or -ENOMEM
void backlog_fini(struct backlog *b);
bool backlog_add(struct backlog *b, const struct router_message *m); // false: no memory
const struct router_message *backlog_first(const struct backlog *b); // NULL: empty
void backlog_drop(struct backlog *b);				     // the first
