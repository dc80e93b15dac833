// Red zones (base/red.h) behind each session, ear, coder and pool's piece of a worker's table.
#pragma once

#include "engine/base/red.h"

#ifdef GUARDS

struct session_table;

void red_table_begin(struct session_table *t);
void red_table_check(struct session_table *t);
void red_table_end(struct session_table *t);

#else

#define red_table_begin(t) ((void)0)
#define red_table_check(t) ((void)0)
#define red_table_end(t)   ((void)0)

#endif
