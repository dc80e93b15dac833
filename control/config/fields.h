// What the rows of keys are made of: where a value lies, how many there are, which words may stand.
#pragma once

#include <stddef.h>

#include "control/config/config.h"

#define AT(type, member)    offsetof(struct type, member), sizeof(((struct type *)NULL)->member)
#define COUNT(type, member) .count_offset = offsetof(struct type, member)
#define ITEM(kind, type)    .item = kind, .item_size = sizeof(type)
#define NAMES(...)                     \
	.names = (const char *const[]) \
	{                              \
		__VA_ARGS__, NULL      \
	}
// Skills with levels of whatever has such.
#define SKILLS_FIELD(type, help)                                                               \
	{                                                                                      \
		"skills", CONFIG_LEVELS, AT(type, skills.list), help, "", 1, CONFIG_LEVEL_MAX, \
			.count_offset = offsetof(struct type, skills.count)                    \
	}
#define END                 \
	{                   \
		.key = NULL \
	}
