// What queues count of their callers, beside what was seen of these.
#pragma once

#include <stdbool.h>
#include <stdint.h>

void sums_begin(void);
void sums_joined(uint32_t queue);
void sums_out(uint32_t queue, bool answered); // else it left
void sums_judge(void);
