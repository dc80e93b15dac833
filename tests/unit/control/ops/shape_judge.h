// JSON held against the shapes of control/contract/member.h, by another hand than the one that
// makes it.
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "control/contract/member.h"

#define SHAPE_PROBLEM_MAX 512

// False: it is not as the shape says, and the problem says where.
bool shape_judge(const struct shape *s, const json_t *json, char problem[SHAPE_PROBLEM_MAX]);
// An event as `events follow` has it, with the body of its type.
bool shape_judge_event(const json_t *json, char problem[SHAPE_PROBLEM_MAX]);
