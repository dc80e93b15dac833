// What a start with this configuration would be refused on this machine, each by the function that
// the start itself asks.
#pragma once

#include <stdbool.h>

#include "control/node/privilege.h"

struct config_listen;
struct config_read;

struct check_host {
	struct privilege privilege; // whom the node becomes; look is set
	bool beside;	     // a ringhall runs with this configuration: what it holds is ours
	const char *made[2]; // folders that the start will make
	unsigned made_count;
	bool strict; // we have the rights that a start has; else their lack is a warning
};

void check_host(struct config_read *r, struct check_host *h);
// In check/engine.c: ports, CPUs, hugepages.
void check_host_engine(struct config_read *r, struct check_host *h);
// In check/folders.c: folders, what is in them, the command socket. Lowered, before and after.
void check_host_folders(struct config_read *r, struct check_host *h);
// In check/taken.c: by another program. IPv6 that takes IPv4 with it is not seen.
bool check_host_taken(const struct config_listen *l);
// In check/say.c. Of rights: a problem where we are who starts it, else a warning.
void check_host_say(
	struct config_read *r, const struct check_host *h, const void *slot, const char *sentence);
