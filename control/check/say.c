// What depends on who asks: a start by root may do better than the check.
#include "control/check/host.h"

#include "control/config/read.h"

void check_host_say(
	struct config_read *r, const struct check_host *h, const void *slot, const char *sentence)
{
	if (h->strict)
		config_read_problem(r, slot, NULL, "%s", sentence);
	else
		config_read_warn(r, slot, NULL, "%s (as this user; a start by root may do better)",
			sentence);
}
