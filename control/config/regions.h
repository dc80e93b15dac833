// Whose region a call is. Numbers are in their one form (number_normal). Control thread; fails not.
#pragma once

#include "control/config/config.h"

// The region of the tenant that has its own number ours; else the one with the longest beginning of
// theirs, who calls or is called. "": of none. Borrowed from c.
const char *config_find_region(const struct config *c, const struct config_tenant *tenant,
	const char *ours, const char *theirs);
int config_area_order(const void *a, const void *b); // of two struct config_area, for qsort
